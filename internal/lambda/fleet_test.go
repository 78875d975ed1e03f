package lambda_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"parry"
)

// other is an account that the automation goes to from the one that the finding is of.
const other = "222233334444"

// An automation across two accounts is waited for by the machine, and Systems Manager's event of the whole ends the wait; one of what it began in an account, which has an id of its own, is nobody's.
func TestAFleetIsWaitedFor(t *testing.T) {
	s := newScene(t, thePolicy)
	s.org.SetDelay(20 * time.Minute)
	for _, r := range [][2]string{{account, "parry-hub-fleet"}, {account, "parry-fleet"}, {other, "parry-fleet"}} {
		_, err := iam.NewFromConfig(s.org.Config(r[0], "us-east-1")).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String(r[1]), AssumeRolePolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ssm.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
		s.ok(err)
	}
	now := s.clock.UTC().Format(time.RFC3339)
	s.batch(fmt.Sprintf(`{"version":"0","id":"e-fleet","detail-type":"Security Hub Findings - Imported","source":"aws.securityhub","account":%q,"time":%q,"region":"us-east-1","resources":[],"detail":{"findings":[
{"SchemaVersion":"2018-10-08","Id":"arn:aws:securityhub:us-east-1:%s:security-control/EC2.8/finding/0001","ProductArn":"arn:aws:securityhub:us-east-1::product/aws/securityhub","ProductName":"Security Hub",
"CompanyName":"AWS","GeneratorId":"security-control/EC2.8","AwsAccountId":%q,"Region":"us-east-1","Types":["Software and Configuration Checks"],"CreatedAt":%q,"UpdatedAt":%q,
"Severity":{"Label":"HIGH","Normalized":70},"Title":"t","Description":"d","Compliance":{"Status":"FAILED","SecurityControlId":"EC2.8"},"Workflow":{"Status":"NEW"},"RecordState":"ACTIVE",
"Resources":[{"Type":"AwsAccount","Id":"AWS::::Account:%s","Partition":"aws","Region":"us-east-1"}]}]}}`, hub, now, account, account, now, now, account))
	s.goOn(0)
	if status, got := s.yes(ada); status != 200 {
		t.Fatalf("%d %v: %s", status, got, s.only().Reason)
	}
	for n := range 2 { // to collect, and to take snapshots
		s.goOn(19*time.Minute + 50*time.Second)
		r := s.only()
		if r.State != parry.Applying {
			t.Fatalf("while the automation is at it, it is %s: %s", r.State, r.Reason)
		}
		s.goOn(15 * time.Second)
		run, _ := r.Results[len(r.Results)-1].Output["AutomationExecutionId"].(string)
		if run == "" {
			t.Fatalf("the last of %d calls began nothing", len(r.Results))
		}
		for _, ended := range []string{"0e2f1c7a-0000-4000-8000-000000000001", run} {
			if again := s.batch(fmt.Sprintf(`{"version":"0","id":"e%d","source":"aws.ssm","detail-type":"EC2 Automation Execution Status-change Notification",
"account":%q,"region":"us-east-1","time":%q,"resources":[],"detail":{"ExecutionId":%q,"Definition":"Parry-RunOnInstance","Status":"Success"}}`, n, account, s.clock.UTC().Format(time.RFC3339), ended)); len(again) > 0 {
				t.Fatalf("comes again: %v", again)
			}
		}
		s.goOn(time.Second) // far less than the machine would wait without the event
		if r = s.only(); n == 0 && len(r.Results) != 6 {
			t.Fatalf("it did not go on: %s with %d calls: %s, %s", r.State, len(r.Results), r.Reason, s.way(0))
		}
	}
	s.goOn(15 * time.Second) // to verify
	if r := s.only(); r.State != parry.Done || s.runs[0].ended != "Succeed" {
		t.Fatalf("it is %s, %s: %s", r.State, s.way(0), r.Reason)
	}
	runs, err := ssm.NewFromConfig(s.org.Config(account, "us-east-1")).DescribeAutomationExecutions(t.Context(), &ssm.DescribeAutomationExecutionsInput{})
	if s.ok(err); len(runs.AutomationExecutionMetadataList) != 2 {
		t.Errorf("%d automations were begun", len(runs.AutomationExecutionMetadataList))
	}
	for _, run := range runs.AutomationExecutionMetadataList {
		got, err := ssm.NewFromConfig(s.org.Config(account, "us-east-1")).GetAutomationExecution(t.Context(), &ssm.GetAutomationExecutionInput{AutomationExecutionId: run.AutomationExecutionId})
		if s.ok(err); got.AutomationExecution.AutomationExecutionStatus != "Success" || len(got.AutomationExecution.StepExecutions) != 2 {
			t.Errorf("%s in %d places", got.AutomationExecution.AutomationExecutionStatus, len(got.AutomationExecution.StepExecutions))
		}
	}
}
