package hub

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"parry"
)

// UpdatePermissions are what writing back there needs, on both roads: BatchUpdateFindingsV2 has no action of its own. The action has
// no resource that must be named: the hub is optional, and AWS's own policies give "*". Sources: BatchUpdateFindingsV2, Security Hub
// API Reference; "Actions, resources, and condition keys for AWS Security Hub", Service Authorization Reference.
func (p Place) UpdatePermissions() []parry.Permission {
	return []parry.Permission{{Action: "securityhub:BatchUpdateFindings", Resources: []string{"*"}}}
}

// errWhich says that a call was answered, and that some of its findings were not updated, but not which.
var errWhich = errors.New("it is not said which findings were not updated")

// send makes one call. failed has an error for each finding that was not updated, by its place in the batch.
func (w *WriteBack) send(ctx context.Context, b notice) (failed map[int]error, err error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	cfg, err := w.Config(ctx, b.place)
	if err != nil {
		return nil, err
	}
	client := securityhub.NewFromConfig(cfg, func(o *securityhub.Options) { o.Region = b.place.Region })
	if b.findings[0].at.v2 {
		return sendV2(ctx, client, b)
	}
	in := &securityhub.BatchUpdateFindingsInput{
		Workflow:          &types.WorkflowUpdate{Status: b.update.workflow},
		Note:              &types.NoteUpdate{Text: &b.update.note, UpdatedBy: aws.String(ourMark)},
		UserDefinedFields: map[string]string{ourMark: b.update.response},
	}
	for _, f := range b.findings {
		in.FindingIdentifiers = append(in.FindingIdentifiers, types.AwsSecurityFindingIdentifier{Id: &f.at.id, ProductArn: &f.at.product})
	}
	out, err := client.BatchUpdateFindings(ctx, in)
	if err != nil {
		return nil, callFailed(b.place, err)
	}
	failed = map[int]error{}
	for _, u := range out.UnprocessedFindings {
		id := u.FindingIdentifier
		err = errors.Join(err, b.notDone(failed, id != nil, func(a address) bool { return aws.ToString(id.Id) == a.id && aws.ToString(id.ProductArn) == a.product },
			unprocessed(b.place, aws.ToString(u.ErrorCode), aws.ToString(u.ErrorMessage))))
	}
	return failed, err
}

// sendV2 makes one call about findings in OCSF.
func sendV2(ctx context.Context, client *securityhub.Client, b notice) (map[int]error, error) {
	in := &securityhub.BatchUpdateFindingsV2Input{StatusId: aws.Int32(b.update.statusID()), Comment: &b.update.note}
	for _, f := range b.findings {
		in.FindingIdentifiers = append(in.FindingIdentifiers,
			types.OcsfFindingIdentifier{CloudAccountUid: &f.at.account, FindingInfoUid: &f.at.id, MetadataProductUid: &f.at.product})
	}
	out, err := client.BatchUpdateFindingsV2(ctx, in)
	if err != nil {
		return nil, callFailed(b.place, err)
	}
	failed := map[int]error{}
	for _, u := range out.UnprocessedFindings {
		id := u.FindingIdentifier
		err = errors.Join(err, b.notDone(failed, id != nil, func(a address) bool {
			return aws.ToString(id.FindingInfoUid) == a.id && aws.ToString(id.MetadataProductUid) == a.product && aws.ToString(id.CloudAccountUid) == a.account
		}, unprocessed(b.place, string(u.ErrorCode), aws.ToString(u.ErrorMessage))))
	}
	return failed, err
}

// notDone notes the error for the finding that it is about. Of several it has to be named.
func (b notice) notDone(failed map[int]error, named bool, is func(address) bool, err error) error {
	for i, f := range b.findings {
		if named && is(f.at) || len(b.findings) == 1 {
			failed[i] = err
			return nil
		}
	}
	return errWhich
}

// callFailed tells a call that was not answered, or answered with an error.
func callFailed(p Place, err error) error {
	code, msg, _ := explain(err)
	e := parry.Errorf(parry.Fault, "%s: %s: %s", p, code, cut(msg, 300))
	switch code {
	case "AccessDenied", "AccessDeniedException":
		return e.WithHint("the role needs securityhub:BatchUpdateFindings in account %s", p.Account)
	case "InvalidAccessException":
		return e.WithHint("Security Hub must be enabled in account %s and Region %s, or name the administrator's", p.Account, p.Region)
	case "InvalidInputException", "ValidationException":
		e.Kind = parry.Invalid
	}
	return e
}

// unprocessed tells a finding that Security Hub did not update. Sources: BatchUpdateFindingsUnprocessedFinding and
// BatchUpdateFindingsV2UnprocessedFinding, Security Hub API Reference.
func unprocessed(p Place, code, msg string) error {
	e := parry.Errorf(parry.Fault, "%s: %s: %s", p, cut(code, 100), cut(msg, 300))
	switch code {
	case "FindingNotFound", "ResourceNotFoundException":
		e.Kind = parry.Refused
		return e.WithHint("the finding is not there any more; or it is in another account and Region: name the administrator's aggregation Region")
	case "InvalidInput", "ValidationException", "FindingSizeExceeded":
		e.Kind = parry.Invalid
	}
	return e
}
