package signin

import (
	"slices"
	"strings"
	"unicode"

	"parry"
)

// maxID bounds who somebody is.
const maxID = 200

// merge adds what userinfo says to what the signed token says, which counts more. An address and whether it is verified go together.
func merge(signed, more map[string]any) map[string]any {
	if _, ok := signed["email"]; ok {
		delete(more, "email")
		delete(more, "email_verified")
	} else {
		delete(signed, "email_verified")
	}
	for k, v := range more {
		if _, ok := signed[k]; !ok {
			signed[k] = v
		}
	}
	return signed
}

// person is who the claims speak of, with the highest role that a group gives. An error says what is missing, with the next step; the person is
// then who it is as far as it is known, without a role.
func (p *provider) person(claims map[string]any) (Person, error) {
	id, err := p.identity(claims)
	if err != nil {
		return Person{Via: "oidc"}, err
	}
	who := Person{ID: id, Name: id, Via: "oidc"}
	if name, ok := claims["name"].(string); ok && strings.TrimSpace(name) != "" {
		who.Name = plain(strings.TrimSpace(name), 100)
	}
	groups, sent := texts(claims[p.GroupsClaim])
	for _, has := range []struct {
		role   Role
		groups []string
	}{{Admin, p.Admins}, {Approver, p.Approvers}, {Viewer, p.Viewers}} {
		if slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(has.groups, g) }) {
			who.Role = has.role
			return who, nil
		}
	}
	wanted := strings.Join(slices.Concat(p.Viewers, p.Approvers, p.Admins), ", ")
	if !sent {
		return who, parry.Errorf(parry.Refused, "You are %s, and the provider sent no claim %q, which must name one of these groups: %s.", id, p.GroupsClaim, wanted).
			WithHint("Ask who runs the provider to send the groups of this application's people, or set oidc.groups_claim to the claim that has them. Entra ID leaves groups out of a person who has very many: assign groups to the application, and send only those.")
	}
	return who, parry.Errorf(parry.Refused, "You are %s, and the provider named none of the groups that may sign in: %s. It named %d others.", id, wanted, len(groups)).
		WithHint("Ask who runs the provider to put you into one of them.")
}

// identity is who somebody is.
func (p *provider) identity(claims map[string]any) (string, error) {
	id, _ := claims[p.Claim].(string)
	if id == "" {
		return "", parry.Errorf(parry.Refused, "The provider sent no claim %q, which says who you are.", p.Claim).
			WithHint("Ask who runs the provider to send it, or set oidc.claim to another.")
	}
	if p.Claim == "email" {
		if !isTrue(claims["email_verified"]) {
			return "", parry.Errorf(parry.Refused, "The provider does not vouch for your e-mail address: email_verified is not true.").
				WithHint("Confirm the address with the provider; where it never says email_verified, as Entra ID, set oidc.claim to sub or to another claim that is stable.")
		}
		if strings.Count(id, "@") != 1 {
			return "", parry.Errorf(parry.Refused, "The claim email is no e-mail address.")
		}
		id = strings.ToLower(id)
	}
	low := strings.ToLower(id)
	odd := func(c rune) bool {
		return c == unicode.ReplacementChar || !unicode.IsGraphic(c) || unicode.IsSpace(c) && c != ' '
	}
	if len(id) > maxID || id != strings.TrimSpace(id) || strings.ContainsFunc(id, odd) || strings.HasPrefix(low, "arn:") || strings.HasPrefix(low, "token:") {
		return "", parry.Errorf(parry.Refused, "The claim %q holds a name that cannot stand in a record.", p.Claim).
			WithHint("It is longer than %d bytes, has signs that are not seen, or looks like the ARN of a role or the name of a token.", maxID)
	}
	return id, nil
}

// isTrue reads a claim that some providers send as a text.
func isTrue(v any) bool { return v == true || v == "true" }

// texts reads a claim that is a text or a list of them, and whether it was sent.
func texts(v any) (all []string, sent bool) {
	switch v := v.(type) {
	case string:
		return []string{v}, true
	case []any:
		for _, one := range v {
			if s, ok := one.(string); ok {
				all = append(all, s)
			}
		}
		return all, true
	}
	return nil, false
}
