package playbooks_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"parry/internal/cases"
)

// An organization's trail that a finding of a member account names is refused there, with the reason. A case makes its state in one
// account only, and moto shows no trail of another.
func TestAnOrganizationsTrailIsItsManagementAccounts(t *testing.T) {
	all := allCases(t)
	for _, c := range all {
		if c.Playbook != "cloudtrail-start-logging" || c.Name != "gone" {
			continue
		}
		stage := cases.NewTwin()
		cfg := stage.Config("999988887777", "eu-west-1")
		if _, err := s3.NewFromConfig(stage.Config("999988887777", "us-east-1")).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("org-logs")}); err != nil {
			t.Fatal(err)
		}
		_, err := cloudtrail.NewFromConfig(cfg).CreateTrail(t.Context(), &cloudtrail.CreateTrailInput{
			Name: aws.String("audit"), S3BucketName: aws.String("org-logs"), IsOrganizationTrail: aws.Bool(true), IsMultiRegionTrail: aws.Bool(true),
		})
		if err != nil {
			t.Fatal(err)
		}
		c.Plan = ""
		res := run(t, c, stage, library(t), cases.Probe{})
		if !strings.Contains(res.Plan, "refused: audit is an organization's trail of account 999988887777, which alone can start it") || strings.Contains(res.Plan, "StartLogging") {
			t.Errorf("the plan is:\n%s", res.Plan)
		}
		return
	}
	t.Error("there is no case about a trail that is gone")
}
