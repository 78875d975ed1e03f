package playbook_test

import (
	"strings"
	"testing"

	"parry/internal/awsapi"
	"parry/internal/playbook"
)

const sound = `name: sound
summary: Deactivates a key.
target: AWS::IAM::AccessKey
risk: low
risk_reason: It can be put back.
breaks: The key.
params:
  how: {type: string, default: a, one_of: [a, b]}
read:
  keys:
    call: iam:ListAccessKeys
    with: {UserName: "${target.user}"}
    absent: [NoSuchEntity]
let:
  active: ${keys.AccessKeyMetadata.exists(k, k.AccessKeyId == target.id && k.Status == "Active")}
change:
  - id: off
    call: iam:UpdateAccessKey
    with: {UserName: "${target.user}", AccessKeyId: "${target.id}", Status: Inactive}
    state: ${active}
    after: false
    undo:
      call: iam:UpdateAccessKey
      with: {UserName: "${target.user}", AccessKeyId: "${target.id}", Status: Active}
`

func TestASoundPlaybookLoads(t *testing.T) {
	if _, err := playbook.Load("sound/playbook.yaml", []byte(sound), awsapi.Catalog()); err != nil {
		t.Fatal(err)
	}
}

// Whatever is wrong is told with its place, and with what was meant.
func TestWhatIsWrongIsToldWithItsPlace(t *testing.T) {
	for name, tc := range map[string]struct{ old, new, want string }{
		"unknown field":         {"breaks:", "braeks:", `:6:1: a playbook has no field "braeks": did you mean "breaks"?`},
		"unknown operation":     {"call: iam:ListAccessKeys", "call: iam:ListAcessKeys", `did you mean "iam:ListAccessKeys"?`},
		"unknown input field":   {`{UserName: "${target.user}"}`, `{Username: "${target.user}"}`, `:12:12: iam.ListAccessKeysInput has no field "Username": did you mean "UserName"?`},
		"unknown output field":  {"keys.AccessKeyMetadata.exists", "keys.AccessKeyMetadta.exists", `there is no field "AccessKeyMetadta" here: did you mean "AccessKeyMetadata"?`},
		"unknown variable":      {"state: ${active}", "state: ${activ}", `there is no "activ" here: did you mean "active"?`},
		"wrong word":            {"Status: Inactive}", "Status: Inactve}", `Status has no value "Inactve": did you mean "Inactive"?`},
		"wrong type":            {`AccessKeyId: "${target.id}", Status: Inactive`, `AccessKeyId: "${active}", Status: Inactive`, "AccessKeyId wants string"},
		"wrong literal":         {`AccessKeyId: "${target.id}", Status: Inactive`, `AccessKeyId: 7, Status: Inactive`, "not the number 7"},
		"a read that writes":    {"call: iam:ListAccessKeys", "call: iam:DeleteAccessKey", "a read cannot"},
		"a change that reads":   {"- id: off\n    call: iam:UpdateAccessKey\n    with: {UserName: \"${target.user}\", AccessKeyId: \"${target.id}\", Status: Inactive}", "- id: off\n    call: iam:ListAccessKeys\n    with: {UserName: \"${target.user}\"}", "only reads"},
		"no undo":               {sound[strings.Index(sound, "    undo:"):], "", "change off has no undo"},
		"two ways back":         {"    undo:", "    kept: as it is\n    undo:", "more than one of"},
		"an undo without state": {"    state: ${active}\n    after: false\n", "    when: ${active}\n", `no "state"`},
		"never finished":        {"    state: ${active}\n    after: false\n", "    state: ${active}\n", "made for ever"},
		"condition":             {"    state: ${active}", "    when: ${target.id}\n    state: ${active}", "when is true or false"},
		"cycle":                 {"active: ${keys", "round: ${round}\n  active: ${keys", "needs itself"},
		"taken name":            {"active: ${keys", "target: ${1}\n  active: ${keys", "taken already"},
		"unknown change":        {"    undo:", "    until: of\n    kept: as it is\n    undo:", `there is no change "of"`},
		"parameter":             {"default: a,", "default: c,", `is one of a, b, not "c"`},
		"risk":                  {"risk: low", "risk: lo", `did you mean "low"?`},
		"name":                  {"name: sound", "name: Sound One", "lower-case words"},
		"unclosed":              {"state: ${active}", "state: ${active", "has no closing brace"},
		"needs":                 {"    undo:", "    needs: {\"iam:PassRole\": [x]}\n    undo:", "does not need iam:PassRole"},
		"a secret":              {"call: iam:UpdateAccessKey\n    with: {UserName: \"${target.user}\", AccessKeyId: \"${target.id}\", Status: Inactive}", "call: secretsmanager:PutSecretValue\n    with: {SecretId: \"${target.id}\", SecretString: \"${target.user}\"}", "SecretString of secretsmanager:PutSecretValue is a secret"},
		"a secret deep inside":  {"call: iam:UpdateAccessKey\n    with: {UserName: \"${target.user}\", AccessKeyId: \"${target.id}\", Status: Inactive}", "call: lambda:CreateFunction\n    with: {FunctionName: f, Environment: {Variables: {TOKEN: x}}}", "Environment.Variables of lambda:CreateFunction is a secret"},
		"the time":              {"AccessKeyId: \"${target.id}\", Status: Inactive}\n    state", "AccessKeyId: \"${string(moment)}\", Status: Inactive}\n    state", `AccessKeyId rests on "moment"`},
		"the time, by a name":   {"${keys.AccessKeyMetadata.exists", "${moment > timestamp(\"2026-01-01T00:00:00Z\") && keys.AccessKeyMetadata.exists", `state of off rests on "moment"`},
		"wait":                  {"    undo:", "    wait: {until: \"${active}\"}\n    undo:", `"within"`},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(sound, tc.old) {
				t.Fatalf("the sound playbook has no %q", tc.old)
			}
			_, err := playbook.Load("p.yaml", []byte(strings.Replace(sound, tc.old, tc.new, 1)), awsapi.Catalog())
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "p.yaml:") {
				t.Errorf("got %v\nwant %s", err, tc.want)
			}
		})
	}
}

func TestWhatIsKnownOnlyAfterApplyIsPassedOnAsItIs(t *testing.T) {
	text := strings.Replace(sound, "change:\n", `change:
  - id: first
    call: iam:CreateAccessKey
    with: {UserName: "${target.user}"}
    when: ${active}
    kept: it is used
`, 1)
	asItIs := strings.Replace(text, `AccessKeyId: "${target.id}", Status: Inactive`, `AccessKeyId: "${first.AccessKey.AccessKeyId}", Status: Inactive`, 1)
	if _, err := playbook.Load("p.yaml", []byte(asItIs), awsapi.Catalog()); err != nil {
		t.Error(err)
	}
	computed := strings.Replace(text, `AccessKeyId: "${target.id}", Status: Inactive`, `AccessKeyId: "${first.AccessKey.AccessKeyId + target.id}", Status: Inactive`, 1)
	if _, err := playbook.Load("p.yaml", []byte(computed), awsapi.Catalog()); err == nil || !strings.Contains(err.Error(), "known only after apply") {
		t.Error(err)
	}
}

func TestTheFolderHasThePlaybooksName(t *testing.T) {
	err := playbook.NewSet(awsapi.Catalog()).Add("other/playbook.yaml", "other", []byte(sound))
	if err == nil || !strings.Contains(err.Error(), "they must be the same") {
		t.Error(err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(sound))
	catalog := awsapi.Catalog()
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = playbook.Load("f", b, catalog) })
}
