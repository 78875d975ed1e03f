package playbooks_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"parry"
	"parry/internal/cases"
)

// as is a session of a role of the account; the twin lets everybody take it.
func as(t *testing.T, stage *cases.Twin, account, role string) *s3.Client {
	t.Helper()
	cfg := stage.Config(account, "us-east-1")
	out, err := sts.NewFromConfig(cfg).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::" + account + ":role/" + role), RoleSessionName: aws.String("someone")})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken}, nil
	})
	return s3.NewFromConfig(cfg)
}

// denied tells whether a client is refused the bucket of an account.
func denied(t *testing.T, c *s3.Client, bucket string) bool {
	t.Helper()
	_, err := c.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: &bucket})
	var api smithy.APIError
	if err != nil && (!errors.As(err, &api) || api.ErrorCode() != "Forbidden") {
		t.Fatal(err)
	}
	return err != nil
}

// A contained bucket is closed to every role but Parry's and those that are named, whoever takes a similar name. What others write into its
// policy meanwhile stays when it is opened again, and so does what they wrote between the plan and the call.
func TestAContainedBucketStaysInReach(t *testing.T) {
	stage := cases.NewTwin()
	c := caseOf(t, "s3-contain/contained")
	c.After, c.Undone = nil, nil // the policies are compared here
	own := func(r parry.Response) *s3.Client {
		return s3.NewFromConfig(stage.Config(r.Target.Account, "us-east-1"))
	} // user/admin, who is named
	say := func(r parry.Response, sid string) {
		got, err := own(r).GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: &r.Target.ID})
		if err != nil {
			t.Fatal(err)
		}
		more := strings.Replace(*got.Policy, `"Statement":[`, `"Statement":[{"Sid":"`+sid+`","Effect":"Deny","Principal":"*","Action":"s3:DeleteBucket","Resource":"arn:aws:s3:::`+r.Target.ID+`"},`, 1)
		if _, err := own(r).PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &r.Target.ID, Policy: &more}); err != nil {
			t.Fatal(err)
		}
	}
	holds := func(r parry.Response, step string, want map[string]bool) {
		got, err := own(r).GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: &r.Target.ID})
		if err != nil {
			t.Fatal(err)
		}
		for sid, there := range want {
			if strings.Contains(*got.Policy, `"`+sid+`"`) != there {
				t.Errorf("%s: the policy has %s: %v, want %v", step, sid, !there, there)
			}
		}
	}
	probe := cases.Probe{Step: func(step string, r parry.Response) {
		switch step {
		case "planned":
			say(r, "Earlier")
		case "applied":
			for role, want := range map[string]bool{"parry-s3-contain": false, "application": true, "parry-s3-contain-not": true, "parry": true} {
				if got := denied(t, as(t, stage, r.Target.Account, role), r.Target.ID); got != want {
					t.Errorf("%s is denied: %v, want %v", role, got, want)
				}
			}
			holds(r, step, map[string]bool{"ParryContain": true, "Partner": true, "Inside": true, "Earlier": true})
			say(r, "Meanwhile")
		case "undone":
			if denied(t, as(t, stage, r.Target.Account, "application"), r.Target.ID) {
				t.Error("the application is denied still")
			}
			holds(r, step, map[string]bool{"ParryContain": false, "Partner": true, "Inside": true, "Earlier": true, "Meanwhile": true})
		}
	}}
	run(t, c, stage, probe)
}

// An interface that a service of AWS manages keeps its groups, whoever asks: the instance would stay reachable by it, so nothing is begun.
func TestAnInterfaceOfAServiceIsNotIsolated(t *testing.T) {
	stage := cases.NewTwin()
	c := caseOf(t, "ec2-quarantine/groups-made-earlier")
	c.Plan, c.After, c.Undone = "", nil, nil
	const account = "111111111111" // the stage's first
	plan := run(t, c, stage, cases.Probe{Step: func(step string, _ parry.Response) {
		if step != "given" {
			return
		}
		out, err := ec2.NewFromConfig(stage.Config(account, "us-east-1")).DescribeNetworkInterfaces(t.Context(), &ec2.DescribeNetworkInterfacesInput{})
		if err != nil || len(out.NetworkInterfaces) != 1 {
			t.Fatal(out, err)
		}
		stage.Org.SetRequesterManaged(account, "us-east-1", *out.NetworkInterfaces[0].NetworkInterfaceId)
	}}).Plan
	if !strings.Contains(plan, "refused: an interface of the instance is managed by an AWS service and cannot be given another group") {
		t.Errorf("the plan is:\n%s", plan)
	}
}
