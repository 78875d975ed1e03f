package twin

import (
	"cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	shtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
)

// securityhubState is whether Security Hub CSPM is on in one region of one account. Findings and standards are not kept here.
type securityhubState struct {
	since     string // empty where it is off
	generator shtypes.ControlFindingGenerator
}

func securityhubHandlers(t table) {
	const service = "SecurityHub"
	on(t, service, "EnableSecurityHub", enableSecurityHub)
	on(t, service, "DisableSecurityHub", disableSecurityHub)
	on(t, service, "DescribeHub", describeHub)
}

func notSubscribed(r *request) error {
	return &shtypes.InvalidAccessException{Code: aws.String("InvalidAccessException"), Message: aws.String("Account " + r.acct.id + " is not subscribed to AWS Security Hub")}
}

func enableSecurityHub(r *request, in *securityhub.EnableSecurityHubInput) (*securityhub.EnableSecurityHubOutput, error) {
	s := &r.reg.securityhub
	if s.since != "" { // moto takes a second one and does nothing; the API Reference has this error
		return nil, &shtypes.ResourceConflictException{Code: aws.String("ResourceConflictException"), Message: aws.String("Account is already subscribed to Security Hub")}
	}
	s.since, s.generator = r.now.UTC().Format("2006-01-02T15:04:05.000Z"), cmp.Or(in.ControlFindingGenerator, shtypes.ControlFindingGeneratorSecurityControl)
	return &securityhub.EnableSecurityHubOutput{}, nil
}

func disableSecurityHub(r *request, _ *securityhub.DisableSecurityHubInput) (*securityhub.DisableSecurityHubOutput, error) {
	if r.reg.securityhub.since == "" {
		return nil, notSubscribed(r)
	}
	r.reg.securityhub = securityhubState{}
	return &securityhub.DisableSecurityHubOutput{}, nil
}

func describeHub(r *request, _ *securityhub.DescribeHubInput) (*securityhub.DescribeHubOutput, error) {
	s := r.reg.securityhub
	if s.since == "" {
		return nil, notSubscribed(r)
	}
	return &securityhub.DescribeHubOutput{
		HubArn: aws.String(r.arn("securityhub", "hub/default")), SubscribedAt: aws.String(s.since), AutoEnableControls: aws.Bool(true), ControlFindingGenerator: s.generator,
	}, nil
}
