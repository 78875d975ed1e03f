package deploy_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"parry/internal/judge"
	"parry/internal/moto"
	"parry/internal/playbook"
)

const evidenceOfAFleet = `{playbook: fleet-collect-evidence, tier: approve, accept: high, with: {accounts: ["444444444444"], regions: [us-east-1], tag: "team=shop"}}`

// The documents that a rule's playbook makes, and those that it names, are in a template for every account and Region, word for word; nothing is where no playbook uses one.
// moto's Systems Manager takes each.
func TestDocumentsAreThereBeforehand(t *testing.T) {
	for name, tc := range map[string]struct{ answer, want string }{
		"none":       {"{playbook: iam-quarantine-user, tier: approve}", ""},
		"a host's":   {"{playbook: host-isolate, tier: approve}", "IsolateHost"},
		"of a fleet": {evidenceOfAFleet, "CollectEvidence RunOnInstance SnapshotInstance"},
	} {
		t.Run(name, func(t *testing.T) {
			w := withRules(t, "", answering(tc.answer))
			files := renderedOf(t, w)
			body, there := files["documents.json"]
			if there != (tc.want != "") || there != strings.Contains(string(files["README.md"]), "documents.json") {
				t.Fatalf("documents.json is there: %v; the README: %s", there, files["README.md"])
			}
			if !there {
				return
			}
			lints(t, map[string][]byte{"documents.json": opened(t, body)})
			var kinds []string
			for id, d := range of(t, body, "AWS::SSM::Document") {
				name := d["Name"].(string)
				kinds = append(kinds, strings.Split(name, "-")[1])
				i := slices.IndexFunc(w.Documents, func(own playbook.Document) bool { return own.Name == name })
				if i < 0 || w.Documents[i].Content != d["Content"] || d["UpdateMethod"] != "NewVersion" || !strings.HasSuffix(strings.ToLower(id), name[len(name)-8:]) {
					t.Errorf("%s: %v", id, d)
				}
			}
			slices.Sort(kinds)
			if got := strings.Join(kinds, " "); got != tc.want {
				t.Errorf("%s, not %s", got, tc.want)
			}
			taken(t, body)
		})
	}
}

// opened is the template with the documents' texts as objects: cfn-lint (1.58, rule E3051) reads no text that stands in a template of JSON, and holds an object to its schema of documents.
func opened(t *testing.T, template []byte) []byte {
	t.Helper()
	v := parse(t, template)
	for _, r := range v["Resources"].(tree) {
		p := r.(tree)["Properties"].(tree)
		p["Content"] = parse(t, []byte(p["Content"].(string)))
	}
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// taken gives the documents to moto's Systems Manager.
func taken(t *testing.T, template []byte) {
	t.Helper()
	client := ssm.NewFromConfig(moto.Need(t).Config(member, "us-east-1"))
	for _, d := range of(t, template, "AWS::SSM::Document") {
		out, err := client.CreateDocument(t.Context(), &ssm.CreateDocumentInput{
			Name: aws.String(d["Name"].(string)), Content: aws.String(d["Content"].(string)), DocumentType: types.DocumentType(d["DocumentType"].(string)), DocumentFormat: types.DocumentFormatJson,
			TargetType: aws.String(d["TargetType"].(string)),
		})
		if err != nil {
			t.Errorf("%s: %v", d["Name"], err)
			continue
		}
		t.Cleanup(func() {
			_, _ = client.DeleteDocument(t.Context(), &ssm.DeleteDocumentInput{Name: aws.String(d["Name"].(string))})
		})
		if len(out.DocumentDescription.Parameters) == 0 {
			t.Errorf("%s takes nothing", d["Name"])
		}
	}
}

// An automation that goes to other accounts has two roles: the hub's can take the other and nothing else, and the other can do what the documents do, and trusts that one role of the hub.
func TestAFleetHasItsRoles(t *testing.T) {
	j, checker := judge.Need(t), judge.NeedChecker(t)
	files := renderedOf(t, withRules(t, "", answering(evidenceOfAFleet)))
	lints(t, map[string][]byte{"roles.json": files["roles.json"]})
	roles := of(t, files["roles.json"], "AWS::IAM::Role")
	if readme := string(files["README.md"]); !strings.Contains(readme, "stacks in the hub, too") {
		t.Errorf("the README does not say what the hub needs:\n%s", readme)
	}
	fleet, admin := roles["FleetRole"], roles["FleetAdminRole"]
	if fleet["RoleName"] != "parry-fleet" || admin["RoleName"] != "parry-hub-fleet" || fleet["PermissionsBoundary"] == nil {
		t.Fatalf("the roles are %v and %v", fleet, admin)
	}
	if c := parse(t, files["roles.json"])["Resources"].(tree)["FleetAdminRole"].(tree)["Condition"]; c != "IsHub" {
		t.Errorf("the hub's role is made where %v", c)
	}
	ofFleet, ofAdmin := inAccount(t, fleet["Policies"].([]any)[0].(tree)["PolicyDocument"]), inAccount(t, admin["Policies"].([]any)[0].(tree)["PolicyDocument"])
	faults, err := checker.Faults(t.Context(), []json.RawMessage{ofFleet, ofAdmin})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range slices.Concat(faults...) {
		t.Error(f)
	}
	boundary := inAccount(t, of(t, files["roles.json"], "AWS::IAM::ManagedPolicy")["AutomationBoundary"]["PolicyDocument"])
	in := func(rest string) string { return "arn:aws:ec2:us-east-1:" + member + ":" + rest }
	mayUnder(t, j, ofFleet, boundary, []asked{
		{"ssm:SendCommand", "arn:aws:ssm:us-east-1:" + member + ":document/Parry-CollectEvidence-08ef0474", true}, {"ssm:SendCommand", in("instance/i-1"), true},
		{"ssm:SendCommand", "arn:aws:ssm:us-east-1:" + member + ":document/shop", false}, {"ec2:CreateSnapshots", in("volume/vol-1"), true},
		{"ssm:StartAutomationExecution", "arn:aws:ssm:eu-central-1:" + hub + ":document/Parry-RunOnInstance-a54e5c46", true}, {"iam:PutRolePolicy", "arn:aws:iam::" + member + ":role/shop", false},
		{"ec2:DeleteSnapshot", "arn:aws:ec2:us-east-1::snapshot/snap-1", false},
	})

	// Who takes them.
	var requests []judge.Request
	scps := append(guards(t, files["guardrails.json"], "SERVICE_CONTROL_POLICY"), judge.Policy{Name: "everything", Document: json.RawMessage(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)})
	who := []string{"parry-hub-fleet", "parry-hub-worker", "Admin"}
	for _, name := range who {
		requests = append(requests, judge.Request{
			Action: "sts:AssumeRole", Resource: "arn:aws:iam::" + member + ":role/parry-fleet", ResourceAccount: member, Principal: "arn:aws:sts::" + hub + ":assumed-role/" + name + "/x",
			Context:  map[string][]string{"aws:PrincipalArn": {"arn:aws:iam::" + hub + ":role/" + name}, "aws:PrincipalOrgID": {"o-a1b2c3d4e5"}, "aws:ResourceOrgID": {"o-a1b2c3d4e5"}},
			Policies: []judge.Policy{{Name: "admin", Document: ofAdmin}}, SCPs: scps, ResourcePolicy: inAccount(t, fleet["AssumeRolePolicyDocument"]),
		})
	}
	verdicts, err := j.Evaluate(t.Context(), requests)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		if (v.Result == judge.Allowed) != (who[i] == "parry-hub-fleet") {
			t.Errorf("%s takes parry-fleet: %s %s", who[i], v.Result, v.Why)
		}
	}
}

// Roles of another deployment's name are refused, and nothing is made for whoever does not go anywhere.
func TestWhichRolesAFleetHas(t *testing.T) {
	_, err := withRules(t, "name: acme\n", answering(evidenceOfAFleet)).Render()
	if want := "rule r has fleet-collect-evidence go to other accounts with the roles parry-hub-fleet and parry-fleet, and this deployment makes acme-hub-fleet and acme-fleet"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, not %q", err, want)
	}
	if roles := of(t, rendered(t)["roles.json"], "AWS::IAM::Role"); roles["FleetRole"] != nil || roles["FleetAdminRole"] != nil {
		t.Error("the packs' deployment has roles of a fleet")
	}
}
