package deploy_test

import (
	"slices"
	"strings"
	"testing"

	"parry"
	"parry/internal/deploy"
)

func TestReadOrg(t *testing.T) {
	o := org(t, orgYAML)
	if o.Name != "parry" || o.Hub.Account != "111111111111" || o.Partition != "aws" || !slices.Equal(o.Regions, []string{"eu-central-1", "us-east-1"}) {
		t.Errorf("%+v", o)
	}
	if o.Highest != parry.TierApprove || o.Audit.Mode != "COMPLIANCE" || o.Audit.Days != 400 {
		t.Errorf("%+v", o)
	}
}

// Each mistake is told with its place and what it should be.
func TestWhatIsWrongWithOrg(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"a misspelt field":            {"regions:", "region:", `org.yaml:4:1`},
		"a number without quotes":     {`account: "111111111111"`, `account: 11111111111`, "account is a text"},
		"no organization":             {"organization: o-a1b2c3d4e5", "name: parry", "organization is missing"},
		"an organization's name":      {"o-a1b2c3d4e5", "my-org", "organization is the organization's id"},
		"the hub is the management":   {`management: "222222222222"`, `management: "111111111111"`, "no service control policy binds that one"},
		"nobody may change it":        {`deployers: ["arn:aws:iam::*:role/platform-deployer"]`, "", "deployers"},
		"accounts and units":          {"ous:", "accounts: [\"444444444444\"]\nous:", "one or the other"},
		"neither":                     {"ous: [ou-a1b2-11111111]\nexcept: [\"333333333333\"]\n", "", "accounts, or ous"},
		"a Region twice":              {"regions: [us-east-1]", "regions: [us-east-1, us-east-1]", "is there twice"},
		"another partition":           {"regions: [us-east-1]", "regions: [cn-north-1]", "another partition"},
		"a tier that there is not":    {"tier: approve", "tier: maybe", "auto, approve or alert"},
		"guardrails of nobody":        {"management: \"222222222222\"\n", "", "name it with management"},
		"kept for too short":          {"days: 400", "days: 1", "from 30 to 3653"},
		"an approver that is no ARN":  {"arn:aws:iam::111111111111:role/oncall", "ada", "exact ARNs of roles or users"},
		"an address that is none":     {"security@example.com", "security", "addresses"},
		"a name that is no name":      {"organization:", "name: Parry!\norganization:", "small letters"},
		"a wildcard for an approver":  {"arn:aws:iam::111111111111:role/oncall", "arn:aws:iam::111111111111:role/on*", "exact"},
		"a lake that is nowhere":      {`location: "s3://aws-security-data-lake-eu-central-1-abc/ext/parry/1.0/", `, "", "location is missing: where AWS says that the source is"},
		"a lake's whole bucket":       {"/ext/parry/1.0/", "", "location is where AWS says that the source is"},
		"a lake with no role":         {`"arn:aws:iam::555555555555:role/AmazonSecurityLake-Provider-parry-eu-central-1"`, "parry", "role is the ARN of the role that AWS made"},
		"a lake that is no word":      {`{location: "s3://aws-security-data-lake-eu-central-1-abc/ext/parry/1.0/", role: "arn:aws:iam::555555555555:role/AmazonSecurityLake-Provider-parry-eu-central-1", external_id: 0a1b2c3d4e}`, "yes please", "true or false"},
		"an approver of another kind": {"arn:aws:iam::111111111111:role/oncall", "arn:aws:sts::111111111111:assumed-role/oncall/ada", "exact"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(orgYAML, c.old) {
				t.Fatalf("%q is not in the file", c.old)
			}
			_, err := deploy.ReadOrg("org.yaml", []byte(strings.Replace(orgYAML, c.old, c.new, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "org.yaml:") {
				t.Errorf("the error is %v, want %q with its place", err, c.want)
			}
		})
	}
}
