package playbooks_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	gdtypes "github.com/aws/aws-sdk-go-v2/service/guardduty/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"parry"
	"parry/internal/cases"
)

// What an organization's administrator holds is refused in a member account, with the reason. A case makes its state in one account only,
// and moto has no members, so these run on the twin.

const administrator = "999988887777"

// member runs a case in an account that another one administers from before the plan is made.
func member(t *testing.T, playbook, name string, administer func(stage *cases.Twin, member string)) string {
	t.Helper()
	for _, c := range allCases(t) {
		if c.Playbook != playbook || c.Name != name {
			continue
		}
		stage := cases.NewTwin()
		c.Plan, c.After, c.Undone = "", nil, nil
		return run(t, c, stage, cases.Probe{Step: func(step string, _ parry.Response) {
			if step == "given" {
				administer(stage, "111111111111") // the stage's first
			}
		}}).Plan
	}
	t.Fatalf("there is no case %s of %s", name, playbook)
	return ""
}

func TestAnOrganizationsTrailIsItsManagementAccounts(t *testing.T) {
	change := "refused: audit is an organization's trail of account " + administrator + ", which alone can change it"
	for playbook, tc := range map[string]struct{ name, want string }{
		"cloudtrail-start-logging":      {"gone", "refused: audit is an organization's trail of account " + administrator + ", which alone can start it"},
		"cloudtrail-validate-log-files": {"gone", change},
		"cloudtrail-encrypt":            {"gone", change},
		"cloudtrail-to-cloudwatch-logs": {"gone", change},
		"cloudtrail-create-trail":       {"no-bucket-named", "refused: the organization's trail audit of account " + administrator + " covers this account in all Regions"},
	} {
		t.Run(playbook, func(t *testing.T) {
			plan := member(t, playbook, tc.name, func(stage *cases.Twin, _ string) {
				_, err := s3.NewFromConfig(stage.Config(administrator, "us-east-1")).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("org-logs")})
				if err != nil {
					t.Fatal(err)
				}
				_, err = cloudtrail.NewFromConfig(stage.Config(administrator, "eu-west-1")).CreateTrail(t.Context(), &cloudtrail.CreateTrailInput{
					Name: aws.String("audit"), S3BucketName: aws.String("org-logs"), IsOrganizationTrail: aws.Bool(true), IsMultiRegionTrail: aws.Bool(true),
				})
				if err != nil {
					t.Fatal(err)
				}
			})
			if !strings.Contains(plan, tc.want) || strings.Contains(plan, "that undo takes back") || strings.Contains(plan, "kept on purpose") {
				t.Errorf("the plan is:\n%s", plan)
			}
		})
	}
}

func TestAMembersDetectorIsItsAdministrators(t *testing.T) {
	plan := member(t, "guardduty-enable", "on-again", func(stage *cases.Twin, member string) {
		c := guardduty.NewFromConfig(stage.Config(administrator, "us-east-1"))
		d, err := c.CreateDetector(t.Context(), &guardduty.CreateDetectorInput{Enable: aws.Bool(true)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.CreateMembers(t.Context(), &guardduty.CreateMembersInput{
			DetectorId: d.DetectorId, AccountDetails: []gdtypes.AccountDetail{{AccountId: aws.String(member), Email: aws.String("a@example.com")}},
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.StopMonitoringMembers(t.Context(), &guardduty.StopMonitoringMembersInput{DetectorId: d.DetectorId, AccountIds: []string{member}}); err != nil {
			t.Fatal(err)
		}
	})
	if !strings.Contains(plan, "refused: GuardDuty in this account is managed by account "+administrator) {
		t.Errorf("the plan is:\n%s", plan)
	}
}
