package expr_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"cel.dev/cel-go/common/types"

	"parry/internal/expr"
	"parry/internal/strictyaml"
)

const public = `{"Version":"2012-10-17","Statement":[{"Sid":"Own","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"},` +
	`{"Sid":"All","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"},` +
	`{"Sid":"Odd","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"new:Key":"x"}}},` +
	`{"Sid":"Other","Effect":"Allow","Principal":{"AWS":"999999999999"},"Action":"s3:GetObject","Resource":"*"}]}`

func env(t *testing.T) *expr.Env {
	t.Helper()
	ts, err := expr.NewTypes()
	if err != nil {
		t.Fatal(err)
	}
	e, err := expr.NewEnv(ts, map[string]*types.Type{"doc": types.StringType, "account": types.StringType, "trusted": types.NewListType(types.StringType), "policy": types.DynType})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func compile(t *testing.T, text string) (*expr.Expr, error) {
	t.Helper()
	n, err := strictyaml.Parse("x.yaml", []byte("x: y\n"))
	if err != nil {
		t.Fatal(err)
	}
	return env(t).Compile(n.Get("x"), text)
}

func eval(t *testing.T, text, doc string) (string, error) {
	t.Helper()
	x, err := compile(t, text)
	if err != nil {
		t.Fatal(err)
	}
	v, err := x.Eval(map[string]any{"doc": doc, "account": "111122223333", "trusted": []any{}, "policy": map[string]any{"Policy": doc}})
	if err != nil {
		return "", err
	}
	if s, ok := v.(string); ok {
		return s, nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), nil
}

func TestPoliciesInExpressions(t *testing.T) {
	for text, want := range map[string]string{
		`policy.problem(doc)`:            "",
		`fromjson(doc).Statement[1].Sid`: "All",
		`policy.canonical(doc) == policy.canonical(doc.replace('{"AWS":"111122223333"}', '{"AWS":["arn:aws:iam::111122223333:root"]}'))`: `true`,
		`policy.canonical(doc) == policy.canonical(doc.replace("111122223333", "222222222222"))`:                                         `false`,
		`policy.statements(doc, account, trusted).map(s, s.verdict)`:                                                                     `["own","public","unsure","foreign"]`,
		`policy.publicStatements(doc, account, trusted).map(s, s.sid)`:                                                                   `["All"]`,
		`policy.foreignStatements(doc, account, []).map(s, s.accounts[0] + " " + string(s.index))`:                                       `["999999999999 3"]`,
		`policy.foreignStatements(doc, account, ["999999999999"])`:                                                                       `[]`,
		`policy.unsureStatements(doc, account, trusted)[0].why`:                                                                          `whether new:Key keeps strangers out is not known`,
		`policy.publicStatements(policy.withoutPublic(policy.Policy, account, trusted), account, trusted)`:                               `[]`,
		`size(policy.statements(policy.withoutForeign(doc, account, trusted), account, trusted))`:                                        `3`,
		`policy.withDeny("", json({"Sid": "C", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}))`:                 `{"Version":"2012-10-17","Statement":[{"Action":"s3:*","Effect":"Deny","Principal":"*","Resource":"*","Sid":"C"}]}`,
		`policy.withoutSid(policy.withoutSid(doc, "Own"), "none") == policy.withoutSid(doc, "Own")`:                                      `true`,
		`policy.adminStatements('{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}')[0].why`:                                  `Action *`,
		`policy.withoutAdmin('{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}')`:                                            ``,
		`policy.narrowAdmin('{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}', ["s3:*"])`:                                   `{"Statement":{"Effect":"Allow","Action":["s3:*"],"Resource":"*"}}`,
		`policy.requireMFA("M", false).contains('"Bool":{"aws:MultiFactorAuthPresent"')`:                                                 `true`,
	} {
		got, err := eval(t, text, public)
		if err != nil || got != want {
			t.Errorf("%s: %s %v, want %s", text, got, err, want)
		}
	}
}

// TestNoPolicyIsNoTrouble: what a service gives for none is "".
func TestNoPolicyIsNoTrouble(t *testing.T) {
	for text, want := range map[string]string{
		`policy.problem(doc)`: "", `policy.canonical(doc)`: "", `policy.statements(doc, account, trusted)`: "[]", `policy.withoutPublic(doc, account, trusted)`: "",
		`policy.withoutForeign(doc, account, trusted)`: "", `policy.adminStatements(doc)`: "[]", `policy.withoutAdmin(doc)`: "",
		`policy.withoutSid(doc, "x")`: "", `policy.narrowAdmin(doc, ["s3:*"])`: "",
	} {
		if got, err := eval(t, text, ""); err != nil || got != want {
			t.Errorf("%s: %s %v", text, got, err)
		}
	}
}

func TestAPolicyThatCannotBeReadIsAnError(t *testing.T) {
	const broken = `{"Statement":[{"Effect":"Allow","Effect":"Deny","Action":"*"}]}`
	const why = `policy document, line 1, column 33 (Statement[0]): "Effect" is there twice`
	for _, text := range []string{`policy.publicStatements(doc, account, trusted)`, `policy.withoutPublic(doc, account, trusted)`, `policy.withoutAdmin(doc)`,
		`policy.withoutSid(doc, "x")`, `policy.withDeny(doc, json({"Sid": "C", "Effect": "Deny", "Action": "*"}))`, `policy.adminStatements(doc)`} {
		if got, err := eval(t, text, broken); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	if got, err := eval(t, `policy.problem(doc)`, broken); err != nil || !strings.HasPrefix(got, why) {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := eval(t, `policy.publicStatements(doc, "me", [])`, ""); err == nil || !strings.Contains(err.Error(), "twelve digits") {
		t.Errorf("an account that is none: %v", err)
	}
}

func TestPolicyFunctionsAreTypeChecked(t *testing.T) {
	for text, want := range map[string]string{
		`policy.publicStatements(doc, account)`:                            "no matching overload",
		`policy.publicStatements(doc, account, "999999999999")`:            "no matching overload",
		`policy.publicStatements(doc, account, trusted)[0].sdi`:            `there is no field "sdi" here`,
		`policy.withoutPublic(1, account, trusted)`:                        "no matching overload",
		`policy.publicStatements(doc, account, trusted).map(s, s.sid + 1)`: "no matching overload",
	} {
		if _, err := compile(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestAFunctionsNameIsNoVariable: a let named policy may call policy.withoutPublic without reading itself.
func TestAFunctionsNameIsNoVariable(t *testing.T) {
	e := env(t)
	for text, want := range map[string][]string{
		`policy.withoutPublic(doc, account, [])`:           {"account", "doc"},
		`policy.withoutPublic(policy.Policy, account, [])`: {"account", "policy"},
		`math.greatest([1]) > 0 && doc.startsWith("x")`:    {"doc"},
		`policy.unknown(doc)`:                              {"doc", "policy"},
		`doc.contains(account)`:                            {"account", "doc"},
	} {
		if got := e.Uses(text); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}
