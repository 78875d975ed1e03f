package judge_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parry/internal/judge"
)

const (
	account = "111122223333"
	user    = "arn:aws:iam::" + account + ":user/alice"
	other   = "arn:aws:iam::" + account + ":user/bob"
	role    = "arn:aws:sts::" + account + ":assumed-role/parry/response"
)

// doc is a policy of one statement.
func doc(effect, action, resource, condition string) json.RawMessage {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return json.RawMessage(fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Sid":"S","Effect":%q,"Action":%q,"Resource":%q%s}]}`,
		effect, action, resource, condition))
}

func named(d json.RawMessage) []judge.Policy { return []judge.Policy{{Name: "p", Document: d}} }

func TestEvaluate(t *testing.T) {
	t.Parallel()
	j := judge.Need(t)
	all := doc("Allow", "*", "*", "")
	update := doc("Allow", "iam:UpdateAccessKey", user, "")
	inRegion := `{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}`
	on := func(resource string, policies []judge.Policy, change func(*judge.Request)) judge.Request {
		r := judge.Request{
			Action: "iam:UpdateAccessKey", Resource: resource, ResourceAccount: account,
			Principal: role, Policies: policies,
		}
		if change != nil {
			change(&r)
		}
		return r
	}
	cases := []struct {
		name string
		r    judge.Request
		want judge.Result
		why  string // a part of it
	}{
		{"the right resource", on(user, named(update), nil), judge.Allowed, "identity p statement S"},
		{"another resource", on(other, named(update), nil), judge.ImplicitlyDenied, "no Allow in identity"},
		{"no policy", on(user, nil, nil), judge.ImplicitlyDenied, "no Allow"},
		{"another action", on(user, named(update), func(r *judge.Request) { r.Action = "iam:DeleteUser" }), judge.ImplicitlyDenied, ""},
		{"a Deny", on(user, append(named(all), judge.Policy{Name: "d", Document: doc("Deny", "iam:*", user, "")}), nil), judge.ExplicitlyDenied, "Deny in identity d statement S"},
		{"another account's resource", on("arn:aws:iam::999988887777:user/alice", named(all), func(r *judge.Request) { r.ResourceAccount = "999988887777" }), judge.ImplicitlyDenied, ""},

		{"a session policy that lets it pass", on(user, named(all), func(r *judge.Request) { r.SessionPolicy = update }), judge.Allowed, ""},
		{"a session policy that narrows", on(other, named(all), func(r *judge.Request) { r.SessionPolicy = update }), judge.ImplicitlyDenied, "session"},
		{"a session policy cannot widen", on(user, nil, func(r *judge.Request) { r.SessionPolicy = all }), judge.ImplicitlyDenied, ""},
		{"a boundary", on(user, named(all), func(r *judge.Request) { r.Boundary = doc("Allow", "s3:*", "*", "") }), judge.ImplicitlyDenied, ""},
		{"a service control policy", on(user, named(all), func(r *judge.Request) { r.SCPs = append(named(all), named(doc("Deny", "iam:*", "*", ""))...) }), judge.ExplicitlyDenied, "scp"},

		{"a condition that holds", on(user, named(doc("Allow", "iam:*", "*", inRegion)), func(r *judge.Request) {
			r.Context = map[string][]string{"aws:RequestedRegion": {"eu-west-1"}}
		}), judge.Allowed, ""},
		{"a condition that does not hold", on(user, named(doc("Allow", "iam:*", "*", inRegion)), func(r *judge.Request) {
			r.Context = map[string][]string{"aws:RequestedRegion": {"us-east-1"}}
		}), judge.ImplicitlyDenied, ""},
		{"a condition on a key that is not there", on(user, named(doc("Allow", "iam:*", "*", inRegion)), nil), judge.ImplicitlyDenied, ""},
		{"sessions revoked before a time", on(user, append(named(all), judge.Policy{
			Name: "revoke", Document: doc("Deny", "*", "*", `{"DateLessThan":{"aws:TokenIssueTime":"2026-01-02T00:00:00Z"}}`),
		}), func(r *judge.Request) {
			r.Context = map[string][]string{"aws:TokenIssueTime": {"2026-01-01T00:00:00Z"}}
		}), judge.ExplicitlyDenied, "revoke"},
		{"sessions made after that time", on(user, append(named(all), judge.Policy{
			Name: "revoke", Document: doc("Deny", "*", "*", `{"DateLessThan":{"aws:TokenIssueTime":"2026-01-02T00:00:00Z"}}`),
		}), func(r *judge.Request) {
			r.Context = map[string][]string{"aws:TokenIssueTime": {"2026-01-03T00:00:00Z"}}
		}), judge.Allowed, ""},

		{"an unknown action", on(user, named(all), func(r *judge.Request) { r.Action = "iam:UpdateAccessKeys" }), judge.Invalid, "invalid.action"},
		{"an unknown service", on(user, named(all), func(r *judge.Request) { r.Action = "iamm:UpdateAccessKey" }), judge.Invalid, "invalid.service"},
		{"a resource that the action does not take", on("arn:aws:s3:::bucket", named(all), nil), judge.Invalid, "no.resource.types"},
		{"a policy that is none", on(user, named(json.RawMessage(`{"Statement":{"Effect":"Maybe"}}`)), nil), judge.Invalid, "policy.errors"},
	}
	requests := make([]judge.Request, len(cases))
	for i, c := range cases {
		requests[i] = c.r
	}
	verdicts, err := j.Evaluate(t.Context(), requests)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		if v := verdicts[i]; v.Result != c.want || !strings.Contains(v.Why, c.why) {
			t.Errorf("%s: %s (%s), want %s (…%s…)", c.name, v.Result, v.Why, c.want, c.why)
		}
	}
	want := []judge.Grant{{PolicyType: "identity", Policy: "p", Statement: 1, Sid: "S"}}
	if diff := cmp.Diff(want, verdicts[0].Grants); diff != "" {
		t.Errorf("the grants of the right resource (-want +got):\n%s", diff)
	}
}

// A resource control policy binds whoever comes to a resource, from within the organization and from without.
func TestResourceControlPolicies(t *testing.T) {
	t.Parallel()
	open := json.RawMessage(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}`)
	closed := json.RawMessage(`{"Version":"2012-10-17","Statement":[{"Sid":"S","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*",
		"Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}}]}`)
	ask := func(org string, rcps []judge.Policy) judge.Request {
		r := judge.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", ResourceAccount: "999988887777", Principal: role, Policies: named(doc("Allow", "*", "*", "")), ResourcePolicy: open, RCPs: rcps}
		if org != "" {
			r.Context = map[string][]string{"aws:PrincipalOrgID": {org}}
		}
		return r
	}
	verdicts, err := judge.Need(t).Evaluate(t.Context(), []judge.Request{
		ask("", nil), ask("o-a1b2c3d4e5", named(closed)), ask("o-zzzzzzzzzz", named(closed)), ask("", named(closed)), ask("", named(doc("Deny", "s3:*", "*", ""))),
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []judge.Result
	for _, v := range verdicts {
		got = append(got, v.Result)
	}
	// The last has no Principal, which a resource control policy must have.
	want := []judge.Result{judge.Allowed, judge.Allowed, judge.ExplicitlyDenied, judge.ExplicitlyDenied, judge.Invalid}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s\n%+v", diff, verdicts)
	}
	if !strings.Contains(verdicts[2].Why, "Deny in rcp p statement S") {
		t.Errorf("the reason is %q", verdicts[2].Why)
	}
}

func TestEvaluateNamesIgnoredContext(t *testing.T) {
	t.Parallel()
	verdicts, err := judge.Need(t).Evaluate(t.Context(), []judge.Request{{
		Action: "iam:UpdateAccessKey", Resource: user, ResourceAccount: account, Principal: role,
		Policies: named(doc("Allow", "*", "*", "")),
		Context:  map[string][]string{"ec2:Vpc": {"x"}, "aws:RequestedRegion": {"us-east-1"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ec2:Vpc"}, verdicts[0].IgnoredContext); diff != "" {
		t.Errorf("ignored context (-want +got):\n%s", diff)
	}
}

func TestActions(t *testing.T) {
	t.Parallel()
	got, err := judge.Need(t).Actions(t.Context(), []string{
		"ec2:CreateSecurityGroup", "ec2:DescribeInstances", "iam:NoSuchAction", "nonsense",
	})
	if err != nil {
		t.Fatal(err)
	}
	create := got["ec2:CreateSecurityGroup"]
	if !create.Exists || create.AccessLevel != "Write" || create.WildcardOnly {
		t.Errorf("ec2:CreateSecurityGroup: %+v", create)
	}
	types := map[string]string{}
	for _, r := range create.ResourceTypes {
		types[r.Name] = r.ARN
	}
	want := map[string]string{
		"security-group": "arn:${Partition}:ec2:${Region}:${Account}:security-group/${SecurityGroupId}",
		"vpc":            "arn:${Partition}:ec2:${Region}:${Account}:vpc/${VpcId}",
	}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Errorf("its resource types (-want +got):\n%s", diff)
	}
	if d := got["ec2:DescribeInstances"]; !d.Exists || d.AccessLevel != "List" || !d.WildcardOnly {
		t.Errorf("ec2:DescribeInstances: %+v", d)
	}
	for _, name := range []string{"iam:NoSuchAction", "nonsense"} {
		if got[name].Exists {
			t.Errorf("%s exists: %+v", name, got[name])
		}
	}
}

func TestNothingToJudge(t *testing.T) {
	t.Parallel()
	verdicts, err := judge.Need(t).Evaluate(t.Context(), nil)
	if err != nil || len(verdicts) != 0 {
		t.Errorf("%v, %v; want none", verdicts, err)
	}
}

func TestNewWithoutTools(t *testing.T) {
	t.Parallel()
	_, err := judge.New(t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "make tools") {
		t.Errorf("error %v, want one that names make tools", err)
	}
}
