package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// identities are the roles of an account and its own managed policies.
type identities struct {
	roles    map[string]role
	policies map[string]any // documents by ARN
}

type role struct {
	trust    any
	inline   []any
	attached []string // ARNs
	boundary string   // an ARN
}

// identities reads all roles at once, one time for an account: asking for each would be hundreds of calls.
func (p *place) identities(ctx context.Context) (*identities, error) {
	p.who.once.Do(func() { p.who.iam, p.who.err = readIdentities(ctx, p.cfg) })
	return p.who.iam, p.who.err
}

func readIdentities(ctx context.Context, cfg aws.Config) (*identities, error) {
	c := iam.NewFromConfig(cfg)
	all := &identities{map[string]role{}, map[string]any{}}
	var wrong error
	read := func(text *string) any {
		document, err := decoded(aws.ToString(text))
		if err != nil && wrong == nil {
			wrong = err
		}
		return document
	}
	err := pages(ctx, func(ctx context.Context, at *string) (*iam.GetAccountAuthorizationDetailsOutput, error) {
		return c.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{Marker: at, Filter: []types.EntityType{types.EntityTypeRole, types.EntityTypeLocalManagedPolicy}})
	}, func(o *iam.GetAccountAuthorizationDetailsOutput) *string { return o.Marker }, func(o *iam.GetAccountAuthorizationDetailsOutput) {
		for _, d := range o.RoleDetailList {
			one := role{trust: read(d.AssumeRolePolicyDocument)}
			for _, i := range d.RolePolicyList {
				one.inline = append(one.inline, read(i.PolicyDocument))
			}
			for _, a := range d.AttachedManagedPolicies {
				one.attached = append(one.attached, aws.ToString(a.PolicyArn))
			}
			if d.PermissionsBoundary != nil {
				one.boundary = aws.ToString(d.PermissionsBoundary.PermissionsBoundaryArn)
			}
			all.roles[aws.ToString(d.RoleName)] = one
		}
		for _, m := range o.Policies {
			for _, v := range m.PolicyVersionList {
				if v.IsDefaultVersion {
					all.policies[aws.ToString(m.Arn)] = read(v.Document)
				}
			}
		}
	})
	if err == nil {
		err = wrong
	}
	return all, err
}

// decoded reads a document. IAM gives it in URL encoding. Source: GetAccountAuthorizationDetails, IAM API Reference.
func decoded(text string) (document any, err error) {
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		if text, err = url.PathUnescape(text); err != nil {
			return nil, fmt.Errorf("a policy document cannot be read: %w", err)
		}
	}
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		return nil, fmt.Errorf("a policy document cannot be read: %w", err)
	}
	return document, nil
}

// should is a document as it should be in this account.
func (p *place) should(w wantedRole, document any) any {
	if w.filledAlready {
		return document
	}
	return p.filled(document, p.account)
}

// redeploy is how a role is put right.
func (p *place) redeploy() string {
	if p.Org == nil {
		return "'parry playbook policy NAME' prints what the role needs; put it as the role's only policy"
	}
	return "'parry deploy render', then update the StackSet of roles.json: it puts back what was rendered; see in CloudTrail who changed it"
}

// each looks at every role that should be and is there; the names of the others are given back.
func (p *place) each(ctx context.Context, look func(w wantedRole, is role, all *identities) []Finding) (found []Finding, there int, absent []string, err error) {
	all, err := p.identities(ctx)
	if err != nil {
		return nil, 0, nil, err
	}
	for _, w := range p.want.roles {
		is, has := all.roles[w.name]
		if !has {
			absent = append(absent, w.name)
			continue
		}
		there++
		found = append(found, look(w, is, all)...)
	}
	return found, there, absent, nil
}

func lookAtRolePolicies(ctx context.Context, p *place) ([]Finding, error) {
	found, there, absent, err := p.each(ctx, func(w wantedRole, is role, all *identities) []Finding {
		var should []any
		for _, d := range w.policies {
			should = append(should, p.should(w, d))
		}
		has := slices.Clone(is.inline)
		var found []Finding
		for _, arn := range is.attached {
			document, own := all.policies[arn]
			if !own {
				found = append(found, risk("aws iam detach-role-policy --role-name "+w.name+" --policy-arn "+arn, "the role %s has AWS's policy %s besides", w.name, arn))
				continue
			}
			has = append(has, document)
		}
		d := drifted(grains(has...), grains(should...))
		switch {
		case d.none():
		case len(d.added)+len(d.changed) == 0:
			found = append(found, missing(p.redeploy(), "the role %s is short of what its playbook needs; %s", w.name, d))
		default:
			found = append(found, risk(p.redeploy(), "the role %s is not as it was derived; %s", w.name, d))
		}
		return found
	})
	if err != nil {
		return nil, err
	}
	if len(absent) > 0 {
		found = append(found, missing(p.redeploy(), "%d of %d roles are not there: %s", len(absent), there+len(absent), some(absent)))
	}
	if p.Org != nil {
		found = append(found, p.strangers()...)
	}
	if len(found) == 0 {
		found = []Finding{ok("%d roles hold what was derived", there)}
	}
	return found, nil
}

// strangers are roles with Parry's name that nobody rendered: the hub's functions may take them, too.
func (p *place) strangers() []Finding {
	var names []string
	for name := range p.who.iam.roles {
		rendered := slices.ContainsFunc(p.want.roles, func(w wantedRole) bool { return w.name == name })
		if strings.HasPrefix(name, p.Org.Name+"-") && !strings.HasPrefix(name, p.Org.HubRole("")) && !rendered && name != p.Reader {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return []Finding{risk("see whether they are left over, and take them away; the hub's functions may take every role whose name begins so", "no playbook has these roles: %s", some(names))}
}

func lookAtTrust(ctx context.Context, p *place) ([]Finding, error) {
	found, there, _, err := p.each(ctx, func(w wantedRole, is role, _ *identities) []Finding {
		has, should := grains(is.trust), grains(p.should(w, w.trust))
		if d := drifted(has, should); !d.none() {
			return []Finding{risk(p.redeploy(), "the role %s does not trust whom it should; %s", w.name, d)}
		}
		return nil
	})
	return p.summed(found, there, err, "%d roles can be taken by whom they should, and by nobody else")
}

func lookAtBoundaries(ctx context.Context, p *place) ([]Finding, error) {
	arn := fmt.Sprintf("arn:%s:iam::%s:policy/%s", p.partition, p.account, p.Org.Boundary())
	found, there, _, err := p.each(ctx, func(w wantedRole, is role, _ *identities) []Finding {
		switch {
		case !w.bounded || is.boundary == arn:
			return nil
		case is.boundary == "":
			return []Finding{missing(p.redeploy(), "the role %s has no boundary", w.name)}
		}
		return []Finding{risk(p.redeploy(), "the role %s has another boundary: %s", w.name, is.boundary)}
	})
	if err != nil {
		return nil, err
	}
	if document, has := p.who.iam.policies[arn]; !has {
		found = append(found, missing(p.redeploy(), "there is no policy %s", p.Org.Boundary()))
	} else if d := drifted(grains(document), grains(p.filled(p.want.boundary, p.account))); !d.none() {
		found = append(found, risk(p.redeploy(), "the boundary is not as it was rendered; %s", d))
	}
	return p.summed(found, there, nil, "%d roles have the boundary, which is as it was rendered")
}

// summed is what to say when nothing was found, and when there was nothing to look at.
func (p *place) summed(found []Finding, there int, err error, good string) ([]Finding, error) {
	switch {
	case err != nil:
		return nil, err
	case there == 0:
		return append(found, missing(p.redeploy(), "none of the roles is there")), nil
	case len(found) == 0:
		return []Finding{ok(good, there)}, nil
	}
	return found, nil
}

// lookAtTaking takes each role as planning does, and lets the credentials go. What fails is told with AWS's own words: they do not say whether the
// role is missing, does not trust, or these credentials may not ask.
func lookAtTaking(ctx context.Context, p *place) ([]Finding, error) {
	c := sts.NewFromConfig(p.Config)
	var found []Finding
	took := 0
	for _, w := range p.want.roles {
		if !w.ofPlaybook {
			continue
		}
		arn := fmt.Sprintf("arn:%s:iam::%s:role/%s", p.partition, p.account, w.name)
		_, err := c.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("parry-plan"), SourceIdentity: aws.String("parry-plan"), DurationSeconds: aws.Int32(900)})
		switch {
		case err == nil:
			took++
		case denials.MatchString(code(err)):
			found = append(found, risk("let its trust policy name Parry's role for sts:AssumeRole and sts:SetSourceIdentity, and allow both to these credentials", "the role %s cannot be taken: %s", w.name, short(err)))
		default:
			return found, err
		}
	}
	if len(found) == 0 {
		found = []Finding{ok("%d roles can be taken", took)}
	}
	return found, nil
}
