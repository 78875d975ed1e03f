package hub

import (
	"context"

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

// send updates one finding.
func (w *WriteBack) send(ctx context.Context, p Place, at address, u update) error {
	cfg, err := w.Config(ctx, p)
	if err != nil {
		return err
	}
	client := securityhub.NewFromConfig(cfg, func(o *securityhub.Options) { o.Region = p.Region })
	if at.v2 {
		return sendV2(ctx, client, p, at, u)
	}
	out, err := client.BatchUpdateFindings(ctx, &securityhub.BatchUpdateFindingsInput{
		FindingIdentifiers: []types.AwsSecurityFindingIdentifier{{Id: &at.id, ProductArn: &at.product}},
		Workflow:           &types.WorkflowUpdate{Status: u.workflow},
		Note:               &types.NoteUpdate{Text: &u.note, UpdatedBy: aws.String(ourMark)},
		UserDefinedFields:  map[string]string{ourMark: u.response},
	})
	if err != nil {
		return callFailed(p, err)
	}
	if len(out.UnprocessedFindings) > 0 {
		f := out.UnprocessedFindings[0]
		return unprocessed(p, aws.ToString(f.ErrorCode), aws.ToString(f.ErrorMessage))
	}
	return nil
}

// sendV2 updates one finding in OCSF.
func sendV2(ctx context.Context, client *securityhub.Client, p Place, at address, u update) error {
	out, err := client.BatchUpdateFindingsV2(ctx, &securityhub.BatchUpdateFindingsV2Input{
		FindingIdentifiers: []types.OcsfFindingIdentifier{{CloudAccountUid: &at.account, FindingInfoUid: &at.id, MetadataProductUid: &at.product}},
		StatusId:           aws.Int32(u.statusID()),
		Comment:            &u.note,
	})
	if err != nil {
		return callFailed(p, err)
	}
	if len(out.UnprocessedFindings) > 0 {
		f := out.UnprocessedFindings[0]
		return unprocessed(p, string(f.ErrorCode), aws.ToString(f.ErrorMessage))
	}
	return nil
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
