package twin

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"parry/internal/tap"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// RequireRoles makes AssumeRole look at the role: it must exist in its account and its trust policy must let the
// caller in. Without it any role of any account can be taken, as on moto, so that a scene need not make them all.
func (o *Org) RequireRoles(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requireRoles = on
}

func stsHandlers(t table) {
	on(t, "STS", "GetCallerIdentity", getCallerIdentity)
	on(t, "STS", "AssumeRole", assumeRole)
}

func getCallerIdentity(r *request, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	return &sts.GetCallerIdentityOutput{
		Account: aws.String(r.caller.Account),
		Arn:     aws.String(r.caller.ARN),
		UserId:  aws.String(r.acct.iam.principalID(r.caller)),
	}, nil
}

// principalID is the unique id by which AWS knows a caller: AIDA… of a user, AROA…:session of a role.
func (s *iamState) principalID(who tap.Caller) string {
	if role, ok := assumedRole(who.ARN); ok {
		return s.roleID(who.Account, role) + ":" + who.Session
	}
	if u, ok := s.users[who.ARN[strings.LastIndex(who.ARN, "/")+1:]]; ok {
		return *u.view.UserId
	}
	return madeUpID("AIDA", who.ARN)
}

func (s *iamState) roleID(account, role string) string {
	if found, ok := s.roles[role]; ok {
		return *found.view.RoleId
	}
	return madeUpID("AROA", "arn:aws:iam::"+account+":role/"+role)
}

// assumedRole gives the role's name from the ARN of a session, which has no path.
func assumedRole(arn string) (string, bool) {
	_, rest, ok := strings.Cut(arn, ":assumed-role/")
	name, _, _ := strings.Cut(rest, "/")
	return name, ok
}

var (
	roleARN     = regexp.MustCompile(`^arn:(aws[a-z-]*):iam::(\d{12}):role/(?:[\x21-\x7e]+/)?([\w+=,.@-]{1,64})$`)
	sessionName = regexp.MustCompile(`^[\w+=,.@-]*$`)
)

// sessionPolicySize is in characters, and so is the limit: white space counts. Source: STS API reference, AssumeRole.
const sessionPolicySize = 2048

func invalidMember(field, value, constraint string) error {
	return reject("ValidationError", "1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, field, constraint)
}

// checkSessionName checks a name that CloudTrail will show: of the session, or the source identity.
func checkSessionName(field, name string) error {
	switch {
	case len(name) < 2:
		return invalidMember(field, name, "Member must have length greater than or equal to 2")
	case len(name) > 64:
		return invalidMember(field, name, "Member must have length less than or equal to 64")
	case !sessionName.MatchString(name):
		return invalidMember(field, name, `Member must satisfy regular expression pattern: [\w+=,.@-]*`)
	}
	return nil
}

func assumeRole(r *request, in *sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
	if err := r.checkAssume(in); err != nil {
		return nil, err
	}
	m := roleARN.FindStringSubmatch(*in.RoleArn)
	if m == nil {
		return nil, reject("ValidationError", "%s is invalid", *in.RoleArn)
	}
	if strings.HasSuffix(r.caller.ARN, ":root") {
		return nil, reject("AccessDenied", "Roles may not be assumed by root accounts.")
	}
	account, role := r.org.account(m[2]), m[3]
	if err := r.mayAssume(account, role, in); err != nil {
		return nil, err
	}
	who := tap.Caller{
		Account: account.id,
		ARN:     fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", m[1], account.id, role, *in.RoleSessionName),
		Session: *in.RoleSessionName,
		Source:  r.caller.Source, // stays through a chain of roles
		Policy:  aws.ToString(in.Policy),
	}
	if in.SourceIdentity != nil {
		who.Source = *in.SourceIdentity
	}
	return r.newSession(in, who, account.iam.roleID(account.id, role)), nil
}

// newSession makes credentials that sign as who.
func (r *request) newSession(in *sts.AssumeRoleInput, who tap.Caller, roleID string) *sts.AssumeRoleOutput {
	seconds := int32(3600)
	if in.DurationSeconds != nil {
		seconds = *in.DurationSeconds
	}
	key := r.org.keyID("ASIA")
	r.org.sessions[key] = who
	out := &sts.AssumeRoleOutput{
		AssumedRoleUser: &ststypes.AssumedRoleUser{Arn: aws.String(who.ARN), AssumedRoleId: aws.String(roleID + ":" + who.Session)},
		Credentials: &ststypes.Credentials{
			AccessKeyId:     aws.String(key),
			SecretAccessKey: aws.String(r.org.keyID("") + r.org.keyID("")),
			SessionToken:    aws.String("FwoGZXIvYXdzE" + r.org.keyID("")),
			// By the machine's clock, not the organization's: the SDK renews credentials by comparing with that.
			Expiration: aws.Time(time.Now().Add(time.Duration(seconds) * time.Second)),
		},
	}
	if who.Source != "" {
		out.SourceIdentity = aws.String(who.Source)
	}
	return out
}

// checkAssume checks what can be said of the call without looking at the role.
func (r *request) checkAssume(in *sts.AssumeRoleInput) error {
	if err := checkSessionName("roleSessionName", *in.RoleSessionName); err != nil {
		return err
	}
	if in.SourceIdentity != nil {
		if err := checkSessionName("sourceIdentity", *in.SourceIdentity); err != nil {
			return err
		}
		if r.caller.Source != "" && r.caller.Source != *in.SourceIdentity {
			return r.assumeDenied("sts:SetSourceIdentity", *in.RoleArn)
		}
	}
	if in.Policy != nil {
		if n := len([]rune(*in.Policy)); n < 1 || n > sessionPolicySize {
			return invalidMember("policy", *in.Policy, fmt.Sprintf("Member must have length less than or equal to %d", sessionPolicySize))
		}
		if problem := checkPolicy(*in.Policy, identityPolicy); problem != "" {
			return &ststypes.MalformedPolicyDocumentException{Message: aws.String(problem)}
		}
	}
	return r.checkDuration(in.DurationSeconds)
}

func (r *request) checkDuration(seconds *int32) error {
	if seconds == nil {
		return nil
	}
	_, chained := assumedRole(r.caller.ARN)
	switch {
	case *seconds < 900:
		return invalidMember("durationSeconds", fmt.Sprint(*seconds), "Member must have value greater than or equal to 900")
	case *seconds > 43200:
		return invalidMember("durationSeconds", fmt.Sprint(*seconds), "Member must have value less than or equal to 43200")
	case chained && *seconds > 3600:
		return reject("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	return nil
}

func (r *request) assumeDenied(action, arn string) error {
	return reject("AccessDenied", "User: %s is not authorized to perform: %s on resource: %s", r.caller.ARN, action, arn)
}

// mayAssume asks the role, where the organization wants roles to be asked. A role that does not exist is
// refused like one that trusts somebody else: AWS does not tell them apart.
func (r *request) mayAssume(account *account, name string, in *sts.AssumeRoleInput) error {
	if !r.org.requireRoles {
		return nil
	}
	role, ok := account.iam.roles[name]
	if !ok || *role.view.Arn != *in.RoleArn {
		return r.assumeDenied("sts:AssumeRole", *in.RoleArn)
	}
	trust, err := parsePolicy(role.trust)
	if err != nil {
		return fmt.Errorf("twin: trust policy of %s: %w", *in.RoleArn, err)
	}
	for _, action := range assumeActions(r.caller, in) {
		if allow, deny := trust.decide(r.caller, action, "", assumeContext(r.caller, in)); !allow || deny {
			return r.assumeDenied(action, *in.RoleArn)
		}
	}
	if in.DurationSeconds != nil && *in.DurationSeconds > *role.view.MaxSessionDuration {
		return reject("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return nil
}

// assumeActions are the actions that the trust policy must grant for a call.
func assumeActions(who tap.Caller, in *sts.AssumeRoleInput) []string {
	actions := []string{"sts:AssumeRole"}
	if in.SourceIdentity != nil || who.Source != "" {
		actions = append(actions, "sts:SetSourceIdentity")
	}
	if len(in.Tags) > 0 {
		actions = append(actions, "sts:TagSession")
	}
	return actions
}

// assumeContext holds the condition keys that a trust policy may ask for. A key that the call leaves out is absent.
func assumeContext(who tap.Caller, in *sts.AssumeRoleInput) map[string]string {
	c := map[string]string{
		"aws:principalaccount": who.Account,
		"aws:principalarn":     rolePrincipal(who.ARN),
		"sts:rolesessionname":  *in.RoleSessionName,
	}
	for key, v := range map[string]*string{"sts:externalid": in.ExternalId, "sts:sourceidentity": in.SourceIdentity} {
		if v != nil {
			c[key] = *v
		}
	}
	if who.Source != "" {
		c["aws:sourceidentity"] = who.Source
	}
	return c
}

// rolePrincipal is a caller's ARN as policies name it: a session's is that of its role.
func rolePrincipal(arn string) string {
	if role, ok := assumedRole(arn); ok {
		return "arn:aws:iam::" + arnAccount(arn) + ":role/" + role
	}
	return arn
}

// arnAccount gives the account in an ARN, empty where there is none.
func arnAccount(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[4]
}

// policy is a policy document of any kind: identity, trust, bucket, secret.
type policy struct {
	Version   string
	Statement oneOrMore[statement]
}

type statement struct {
	Effect                  string
	Principal, NotPrincipal principals
	Action, NotAction       oneOrMore[string]
	Resource, NotResource   oneOrMore[string]
	Condition               map[string]map[string]oneOrMore[any]
}

// oneOrMore is a value that may stand alone or in a list.
type oneOrMore[T any] []T

// UnmarshalJSON takes both forms.
func (v *oneOrMore[T]) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, (*[]T)(v))
	}
	var single T
	if err := json.Unmarshal(b, &single); err != nil {
		return err
	}
	*v = oneOrMore[T]{single}
	return nil
}

// principals maps "AWS", "Service"... to those named; the bare "*" is kept under AWS.
type principals map[string]oneOrMore[string]

// UnmarshalJSON takes the object and the bare "*".
func (p *principals) UnmarshalJSON(b []byte) error {
	if string(b) == `"*"` {
		*p = principals{"AWS": {"*"}}
		return nil
	}
	return json.Unmarshal(b, (*map[string]oneOrMore[string])(p))
}

func parsePolicy(document string) (policy, error) {
	var p policy
	err := json.Unmarshal([]byte(document), &p)
	return p, err
}

// policyKind says which elements a document must have; those that it need not have it must not have.
type policyKind int

const (
	identityPolicy policyKind = iota // resources, no principals
	trustPolicy                      // principals, no resources
	resourcePolicy                   // both
)

// badSyntax is what AWS says of a document that it cannot read.
const badSyntax = "Syntax errors in policy."

// checkPolicy gives what AWS says of a document that is not one, or nothing.
func checkPolicy(document string, kind policyKind) string {
	p, err := parsePolicy(document)
	if err != nil || len(p.Statement) == 0 {
		return badSyntax
	}
	if p.Version != "" && p.Version != "2012-10-17" && p.Version != "2008-10-17" {
		return "The policy must contain a valid version string"
	}
	for _, s := range p.Statement {
		if problem := s.check(kind); problem != "" {
			return problem
		}
	}
	return ""
}

func (s statement) check(kind policyKind) string {
	resources, principals := len(s.Resource)+len(s.NotResource) > 0, len(s.Principal)+len(s.NotPrincipal) > 0
	switch {
	case s.Effect != "Allow" && s.Effect != "Deny":
		return badSyntax
	case len(s.Action)+len(s.NotAction) == 0:
		return "Policy statement must contain actions."
	case kind != trustPolicy && !resources:
		return "Policy statement must contain resources."
	case kind == trustPolicy && resources:
		return "Has prohibited field Resource"
	case kind != identityPolicy && !principals:
		return "Missing required field Principal"
	case kind == identityPolicy && principals:
		return "Policy document should not specify a principal."
	}
	for _, action := range slices.Concat(s.Action, s.NotAction) {
		if vendor, _, ok := strings.Cut(action, ":"); action != "*" && (!ok || vendor == "") {
			return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
		}
	}
	return ""
}

// decide says what a resource's policy holds for a caller.
func (p policy) decide(who tap.Caller, action, resource string, context map[string]string) (allow, deny bool) {
	for _, s := range p.Statement {
		if !s.names(who) || !s.covers(action, resource) || !s.conditionsHold(context) {
			continue
		}
		if s.Effect == "Deny" {
			deny = true
		} else {
			allow = true
		}
	}
	return allow, deny
}

// covers says whether a statement is about an action on a resource. A trust policy names no resource.
func (s statement) covers(action, resource string) bool {
	matches := func(patterns []string, value string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return wildcard(p, value) })
	}
	acts := func(patterns []string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return wildcard(strings.ToLower(p), strings.ToLower(action)) })
	}
	return (s.Action == nil || acts(s.Action)) && (s.NotAction == nil || !acts(s.NotAction)) &&
		(s.Resource == nil || matches(s.Resource, resource)) && (s.NotResource == nil || !matches(s.NotResource, resource))
}

// names says whether a statement is about a caller. An account stands for everyone in it: what the account's own
// policies then allow is not looked at.
func (s statement) names(who tap.Caller) bool {
	if s.NotPrincipal != nil {
		return !statement{Principal: s.NotPrincipal}.names(who)
	}
	return slices.ContainsFunc(s.Principal["AWS"], func(p string) bool {
		switch p {
		case "*", who.Account, "arn:aws:iam::" + who.Account + ":root", who.ARN:
			return true
		}
		// A session's ARN has lost its role's path.
		role, assumed := assumedRole(who.ARN)
		_, path, named := strings.Cut(p, ":role/")
		return assumed && named && arnAccount(p) == who.Account && path[strings.LastIndex(path, "/")+1:] == role
	})
}

// conditionsHold evaluates the operators that trust policies are written with. A condition that it does not know
// does not hold, so an Allow that rests on one grants nothing, and a Deny that rests on one refuses nothing.
func (s statement) conditionsHold(context map[string]string) bool {
	for operator, keys := range s.Condition {
		base, optional := strings.CutSuffix(operator, "IfExists")
		for key, wanted := range keys {
			have, present := context[strings.ToLower(key)]
			if !present && optional {
				continue
			}
			if !conditionHolds(base, have, present, wanted) {
				return false
			}
		}
	}
	return true
}

func conditionHolds(operator, have string, present bool, wanted []any) bool {
	anyOf := func(match func(want string) bool) bool {
		return slices.ContainsFunc(wanted, func(v any) bool { return match(fmt.Sprint(v)) })
	}
	switch operator {
	case "StringEquals":
		return present && anyOf(func(want string) bool { return want == have })
	case "StringEqualsIgnoreCase", "Bool":
		return present && anyOf(func(want string) bool { return strings.EqualFold(want, have) })
	case "StringLike", "ArnLike", "ArnEquals": // the two for ARNs are the same
		return present && anyOf(func(want string) bool { return wildcard(want, have) })
	case "StringNotEquals":
		return !present || !anyOf(func(want string) bool { return want == have })
	case "StringNotLike", "ArnNotLike", "ArnNotEquals":
		return !present || !anyOf(func(want string) bool { return wildcard(want, have) })
	case "Null":
		return anyOf(func(want string) bool { return (want == "true") == !present })
	}
	return false
}

// wildcard matches as policies do: * for any run of characters, ? for one.
func wildcard(pattern, value string) bool {
	if pattern == "" {
		return value == ""
	}
	if pattern[0] == '*' {
		return wildcard(pattern[1:], value) || value != "" && wildcard(pattern, value[1:])
	}
	return value != "" && (pattern[0] == '?' || pattern[0] == value[0]) && wildcard(pattern[1:], value[1:])
}
