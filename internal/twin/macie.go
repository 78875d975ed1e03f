package twin

import (
	"cmp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/macie2"
	mctypes "github.com/aws/aws-sdk-go-v2/service/macie2/types"
)

// macieState is whether Macie is on in one region of one account. Findings and jobs are not kept here.
type macieState struct {
	status    mctypes.MacieStatus // empty where it is off
	frequency mctypes.FindingPublishingFrequency
	since     time.Time
}

func macieHandlers(t table) {
	const service = "Macie2"
	on(t, service, "GetMacieSession", getMacieSession)
	on(t, service, "EnableMacie", enableMacie)
	on(t, service, "UpdateMacieSession", updateMacieSession)
	on(t, service, "DisableMacie", disableMacie)
}

// macieOff is what an account hears where Macie is off; moto answers ResourceNotFoundException.
// https://docs.aws.amazon.com/macie/latest/APIReference/macie.html
func macieOff() error {
	return &mctypes.AccessDeniedException{Message: aws.String("Macie is not enabled")}
}

func getMacieSession(r *request, _ *macie2.GetMacieSessionInput) (*macie2.GetMacieSessionOutput, error) {
	s := r.reg.macie
	if s.status == "" {
		return nil, macieOff()
	}
	return &macie2.GetMacieSessionOutput{
		Status: s.status, FindingPublishingFrequency: s.frequency, CreatedAt: aws.Time(s.since), UpdatedAt: aws.Time(s.since),
		ServiceRole: aws.String("arn:aws:iam::" + r.acct.id + ":role/aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie"),
	}, nil
}

func enableMacie(r *request, in *macie2.EnableMacieInput) (*macie2.EnableMacieOutput, error) {
	if r.reg.macie.status != "" {
		return nil, &mctypes.ConflictException{Message: aws.String("Macie has already been enabled")}
	}
	r.reg.macie = macieState{
		status: cmp.Or(in.Status, mctypes.MacieStatusEnabled), frequency: cmp.Or(in.FindingPublishingFrequency, mctypes.FindingPublishingFrequencyFifteenMinutes), since: r.now,
	}
	return &macie2.EnableMacieOutput{}, nil
}

func updateMacieSession(r *request, in *macie2.UpdateMacieSessionInput) (*macie2.UpdateMacieSessionOutput, error) {
	s := &r.reg.macie
	if s.status == "" {
		return nil, macieOff()
	}
	s.status, s.frequency = cmp.Or(in.Status, s.status), cmp.Or(in.FindingPublishingFrequency, s.frequency)
	return &macie2.UpdateMacieSessionOutput{}, nil
}

func disableMacie(r *request, _ *macie2.DisableMacieInput) (*macie2.DisableMacieOutput, error) {
	if r.reg.macie.status == "" {
		return nil, macieOff()
	}
	r.reg.macie = macieState{}
	return &macie2.DisableMacieOutput{}, nil
}
