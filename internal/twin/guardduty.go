package twin

import (
	"cmp"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	gdtypes "github.com/aws/aws-sdk-go-v2/service/guardduty/types"
)

// guarddutyState is the detector of one account in one region; there is one at most.
type guarddutyState struct {
	detector *detector
}

type detector struct {
	tags                 map[string]string
	filters              map[string]map[string]string // the tags of each, by its name
	id, created, updated string
	enabled              bool
	frequency            gdtypes.FindingPublishingFrequency
	administrator        string // the account that manages it; empty for one that stands alone
}

func guarddutyHandlers(t table) {
	const service = "GuardDuty"
	on(t, service, "CreateDetector", createDetector)
	on(t, service, "ListDetectors", listDetectors)
	on(t, service, "GetDetector", getDetector)
	on(t, service, "UpdateDetector", updateDetector)
	on(t, service, "DeleteDetector", deleteDetector)
	on(t, service, "GetAdministratorAccount", getAdministratorAccount)
	on(t, service, "CreateMembers", createMembers)
	on(t, service, "StopMonitoringMembers", stopMonitoringMembers)
	guarddutyTagHandlers(t)
}

func badDetector(format string, args ...any) error {
	return &gdtypes.BadRequestException{Type: aws.String("InvalidInputException"), Message: aws.String("The request is rejected because " + fmt.Sprintf(format, args...))}
}

func (r *request) detector(id *string) (*detector, error) {
	d := r.reg.guardduty.detector
	if d == nil || d.id != aws.ToString(id) {
		return nil, badDetector("the input detectorId is not owned by the current account.")
	}
	return d, nil
}

func (r *request) newDetector(enabled bool) *detector {
	now := r.now.UTC().Format("2006-01-02T15:04:05.000Z")
	d := &detector{id: strings.ToLower(r.org.keyID("") + r.org.keyID("")[:12]), created: now, updated: now, enabled: enabled, frequency: gdtypes.FindingPublishingFrequencySixHours}
	return d
}

func createDetector(r *request, in *guardduty.CreateDetectorInput) (*guardduty.CreateDetectorOutput, error) {
	if r.reg.guardduty.detector != nil {
		return nil, badDetector("a detector already exists for the current account.")
	}
	d := r.newDetector(*in.Enable)
	d.frequency, d.tags = cmp.Or(in.FindingPublishingFrequency, d.frequency), tagsOf(in.Tags)
	r.reg.guardduty.detector = d
	return &guardduty.CreateDetectorOutput{DetectorId: aws.String(d.id)}, nil
}

func listDetectors(r *request, _ *guardduty.ListDetectorsInput) (*guardduty.ListDetectorsOutput, error) {
	out := &guardduty.ListDetectorsOutput{DetectorIds: []string{}}
	if d := r.reg.guardduty.detector; d != nil {
		out.DetectorIds = []string{d.id}
	}
	return out, nil
}

func getDetector(r *request, in *guardduty.GetDetectorInput) (*guardduty.GetDetectorOutput, error) {
	d, err := r.detector(in.DetectorId)
	if err != nil {
		return nil, err
	}
	status := gdtypes.DetectorStatusDisabled
	if d.enabled {
		status = gdtypes.DetectorStatusEnabled
	}
	return &guardduty.GetDetectorOutput{
		CreatedAt: aws.String(d.created), UpdatedAt: aws.String(d.updated), Status: status, FindingPublishingFrequency: d.frequency, Tags: maps.Clone(d.tags),
		ServiceRole: aws.String("arn:aws:iam::" + r.acct.id + ":role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty"),
	}, nil
}

func updateDetector(r *request, in *guardduty.UpdateDetectorInput) (*guardduty.UpdateDetectorOutput, error) {
	d, err := r.detector(in.DetectorId)
	if err != nil {
		return nil, err
	}
	if d.administrator != "" {
		return nil, badDetector("the current account is a member account, and its administrator manages its detector.")
	}
	if in.Enable != nil {
		d.enabled = *in.Enable
	}
	d.frequency, d.updated = cmp.Or(in.FindingPublishingFrequency, d.frequency), r.now.UTC().Format("2006-01-02T15:04:05.000Z")
	return &guardduty.UpdateDetectorOutput{}, nil
}

func deleteDetector(r *request, in *guardduty.DeleteDetectorInput) (*guardduty.DeleteDetectorOutput, error) {
	d, err := r.detector(in.DetectorId)
	if err != nil {
		return nil, err
	}
	if d.administrator != "" {
		return nil, badDetector("the detector cannot be deleted while it is associated with an administrator account.")
	}
	r.reg.guardduty.detector = nil
	return &guardduty.DeleteDetectorOutput{}, nil
}

func getAdministratorAccount(r *request, in *guardduty.GetAdministratorAccountInput) (*guardduty.GetAdministratorAccountOutput, error) {
	d, err := r.detector(in.DetectorId)
	if err != nil {
		return nil, err
	}
	out := &guardduty.GetAdministratorAccountOutput{}
	if d.administrator != "" {
		out.Administrator = &gdtypes.Administrator{AccountId: aws.String(d.administrator), RelationshipStatus: aws.String("Enabled")}
	}
	return out, nil
}

// createMembers is called by an organization's delegated administrator: the accounts are of one organization, so they are members at
// once, and have a detector. Source: CreateMembers in the GuardDuty API Reference.
func createMembers(r *request, in *guardduty.CreateMembersInput) (*guardduty.CreateMembersOutput, error) {
	if _, err := r.detector(in.DetectorId); err != nil {
		return nil, err
	}
	for _, m := range in.AccountDetails {
		state := &r.org.account(*m.AccountId).region(r.region).guardduty
		if state.detector == nil {
			state.detector = r.newDetector(true)
		}
		state.detector.administrator = r.acct.id
	}
	return &guardduty.CreateMembersOutput{UnprocessedAccounts: []gdtypes.UnprocessedAccount{}}, nil
}

func stopMonitoringMembers(r *request, in *guardduty.StopMonitoringMembersInput) (*guardduty.StopMonitoringMembersOutput, error) {
	if _, err := r.detector(in.DetectorId); err != nil {
		return nil, err
	}
	out := &guardduty.StopMonitoringMembersOutput{UnprocessedAccounts: []gdtypes.UnprocessedAccount{}}
	for _, id := range in.AccountIds {
		d := r.org.account(id).region(r.region).guardduty.detector
		if d == nil || d.administrator != r.acct.id {
			out.UnprocessedAccounts = append(out.UnprocessedAccounts, gdtypes.UnprocessedAccount{AccountId: aws.String(id), Result: aws.String("The request is rejected because the account is not a member.")})
			continue
		}
		d.enabled = false
	}
	return out, nil
}
