package policydoc

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Viewer is from where a document is looked at: the account that owns the resource, and who else is trusted.
type Viewer struct {
	account string
	trusted map[string]bool
	orgs    bool // some organization is trusted, so that another one is foreign
}

var accountRoot = regexp.MustCompile(`^arn:[a-z-]+:iam::([0-9]{12}):root$`)

// NewViewer takes the owner's account and the accounts, organizations, VPCs, endpoints, canonical users and IP ranges that
// are trusted, each by its id. Patterns are refused: trust is given by name.
func NewViewer(account string, trusted []string) (Viewer, error) {
	v := Viewer{account: account, trusted: map[string]bool{}}
	if !accountID.MatchString(account) {
		return v, fmt.Errorf("the account %q is not twelve digits; say whose resource the policy is on", account)
	}
	for _, t := range trusted {
		if m := accountRoot.FindStringSubmatch(t); m != nil {
			t = m[1]
		}
		if t == "" || wild(t) {
			return v, fmt.Errorf("%q cannot be trusted: name accounts, organizations, VPCs or endpoints by their ids", t)
		}
		v.trusted[t] = true
		v.orgs = v.orgs || orgID.MatchString(t)
	}
	return v, nil
}

// standing is what a party is to the viewer.
func (v Viewer) standing(party string) Verdict {
	switch {
	case party == v.account || v.trusted[party]:
		return Own
	case accountID.MatchString(party), orgID.MatchString(party) && v.orgs:
		return Foreign
	}
	return Limited
}

// standings is what all of a limit's parties are together, and which are foreign.
func (v Viewer) standings(l limit) (Verdict, []string) {
	worst := Own
	var foreign []string
	for _, r := range l.values {
		s := v.standing(r.party)
		if s == Foreign && !slices.Contains(foreign, r.party) {
			foreign = append(foreign, r.party)
		}
		worst = worse(worst, s)
	}
	if l.about == service {
		worst = Limited
	}
	return worst, foreign
}

// arnAccount is the account of a principal's ARN.
var arnAccount = regexp.MustCompile(`^arn:[a-z-]+:(?:iam|sts)::([0-9]{12}):(?:root|(?:user|role|assumed-role|federated-user|saml-provider|oidc-provider)/[^*?]+)$`)

// uniqueID is what AWS puts in the place of a principal that was deleted.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
var uniqueID = regexp.MustCompile(`^A[A-Z]{3}[A-Z0-9]{12,}$`)

// originAccess is a CloudFront origin access identity.
var originAccess = regexp.MustCompile(`^arn:[a-z-]+:iam::cloudfront:user/CloudFront Origin Access Identity [A-Z0-9]+$`)

// accountOf is the account of an AWS principal, if it has one.
func accountOf(p Principal) string {
	if accountID.MatchString(p.Value) {
		return p.Value
	}
	if m := arnAccount.FindStringSubmatch(p.Value); m != nil {
		return m[1]
	}
	return ""
}

func anyone(p Principal) bool {
	return p.Value == "*" && (p.Type == "*" || p.Type == "AWS")
}

// webIdentity are the identity providers that need no provider in the account: without a condition on the audience, all
// their users are meant. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
var webIdentity = []string{"cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com"}

// oidcHost is the provider whose claims are in condition keys such as "token.actions.githubusercontent.com:sub".
func oidcHost(p Principal) string {
	if _, host, ok := strings.Cut(p.Value, ":oidc-provider/"); ok {
		return host
	}
	if slices.Contains(webIdentity, p.Value) {
		return p.Value
	}
	return ""
}
