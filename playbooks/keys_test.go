package playbooks_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"parry"
	"parry/internal/cases"
)

const twoKeys = `A user has one key of a hundred days and one of sixty: only the older one is deactivated.
-- given.yaml --
- call: iam:CreateUser
  with: {UserName: robot}
- call: iam:CreateAccessKey
  with: {UserName: robot}
  save: {old: "${output.AccessKey.AccessKeyId}"}
-- control.yaml --
control: IAM.3
type: AwsIamUser
id: "arn:aws:iam::${account}:user/robot"
updated: "2026-06-12T06:00:00.000Z"
-- after.yaml --
- call: iam:ListAccessKeys
  with: {UserName: robot}
  that: ${output.AccessKeyMetadata.size() == 2 && output.AccessKeyMetadata.exists_one(k, k.Status == "Active") && output.AccessKeyMetadata.exists(k, k.AccessKeyId == old && k.Status == "Inactive")}
`

// Only old keys are deactivated, not every key of a user who has an old one. An emulator has no key that is older than the test, so this runs
// on the twin, whose clock can be moved.
func TestYoungerKeysOfTheSameUserStay(t *testing.T) {
	for _, name := range []string{"iam-deactivate-old-keys", "iam-deactivate-unused-credentials"} {
		t.Run(name, func(t *testing.T) {
			c, err := cases.Parse(name+"/cases/two-keys.txtar", []byte(twoKeys))
			if err != nil {
				t.Fatal(err)
			}
			c.Playbook = name
			stage := cases.NewTwin()
			account := ""
			res := run(t, c, &knownTwin{stage, &account}, cases.Probe{Step: func(step string, _ parry.Response) {
				if step != "given" {
					return
				}
				_ = stage.Sleep(t.Context(), 40*24*time.Hour)
				if _, err := iam.NewFromConfig(stage.Config(account, "us-east-1")).CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("robot")}); err != nil {
					t.Fatal(err)
				}
			}})
			if len(res.Final.Plan.Changes) != 1 {
				t.Errorf("%d changes, want 1:\n%s", len(res.Final.Plan.Changes), res.Plan)
			}
		})
	}
}

// knownTwin tells which account a run was given.
type knownTwin struct {
	*cases.Twin
	account *string
}

func (s *knownTwin) Account() string {
	*s.account = s.Twin.Account()
	return *s.account
}
