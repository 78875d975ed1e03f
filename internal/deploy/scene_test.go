package deploy_test

import (
	"encoding/json"
	"testing"

	"parry/internal/assemble"
	"parry/internal/deploy"
)

const orgYAML = `organization: o-a1b2c3d4e5
hub: {account: "111111111111", region: eu-central-1}
management: "222222222222"
regions: [us-east-1]
ous: [ou-a1b2-11111111]
except: ["333333333333"]
act: ["guardduty-access-key-*"]
tier: approve
approvers: ["arn:aws:iam::111111111111:role/oncall"]
deployers: ["arn:aws:iam::*:role/platform-deployer"]
channels: {email: [security@example.com], sns: ["arn:aws:sns:eu-central-1:111111111111:security"]}
audit:
  days: 400
  mode: compliance
  security_lake: {location: "s3://aws-security-data-lake-eu-central-1-abc/ext/parry/1.0/", role: "arn:aws:iam::555555555555:role/AmazonSecurityLake-Provider-parry-eu-central-1", external_id: 0a1b2c3d4e}
security_hub: {aggregate: true}
guardrails: {attach: [ou-a1b2-11111111, "111111111111"], break_glass: ["arn:aws:iam::*:role/break-glass"], resource_policies: true, conformance_pack: true}
`

func org(t *testing.T, text string) *deploy.Org {
	t.Helper()
	o, err := deploy.ReadOrg("org.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// wish is the whole catalogue with the packs' rules.
func wish(t *testing.T) *deploy.Wish {
	t.Helper()
	lib, err := assemble.NewLibrary("", "")
	if err != nil {
		t.Fatal(err)
	}
	return deploy.NewWish(org(t, orgYAML), lib.Playbooks, lib.Rules)
}

func rendered(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := wish(t).Render()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		all[f.Name] = f.Body
	}
	return all
}

// tree is a template as it was written.
type tree = map[string]any

func parse(t *testing.T, text []byte) tree {
	t.Helper()
	var v tree
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// of gives the properties of the resources of a type, by their ids.
func of(t *testing.T, template []byte, kind string) map[string]tree {
	t.Helper()
	all := map[string]tree{}
	for id, r := range parse(t, template)["Resources"].(tree) {
		if r := r.(tree); r["Type"] == kind {
			all[id] = r["Properties"].(tree)
		}
	}
	return all
}
