package twin

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

type automation struct {
	view  types.AutomationExecution
	token string // the client's
	tags  map[string]string
	due   time.Time
}

// ofAmazon are the runbooks of AWS that the twin knows: what they ask for. Source: "Systems Manager Automation Runbook Reference", the pages
// of the three, whose lengths of up to 1,024 are left out, as a Go expression counts to 1,000 only; defaults are what is not required there.
func ofAmazon(name string) (*ssmDocument, bool) {
	either := []string{"Contain", "Restore"}
	truth := []string{"true", "false"}
	const key = `^[a-zA-Z0-9\.\-_\\!*'()/]*$`
	const principals = `^$|^arn:(aws|aws-cn|aws-us-gov|aws-iso(-[a-z])?):iam::[0-9]{12}:(role|user)\/[\w+\/=,.@-]+$`
	optional := map[string]ssmParameter{
		"DryRun":               {Type: "Boolean", Default: "true", AllowedValues: truth},
		"BackupS3BucketName":   {Type: "String", Default: ""},
		"BackupS3KeyName":      {Type: "String", Default: "", AllowedPattern: key},
		"BackupS3BucketAccess": {Type: "StringList", Default: "", AllowedPattern: principals},
		"TagIdentifier":        {Type: "String", Default: ""},
		"AutomationAssumeRole": {Type: "String", Default: ""},
	}
	own := map[string]map[string]ssmParameter{
		"AWSSupport-ContainEC2Instance": {"Action": {Type: "String", AllowedValues: either}, "InstanceId": {Type: "String", AllowedPattern: `^m?i-([a-z0-9]{8}|[a-z0-9]{17})$`}},
		"AWSSupport-ContainIAMPrincipal": {"Action": {Type: "String", AllowedValues: either}, "PrincipalType": {Type: "String", AllowedValues: []string{"IAM user", "IAM role", "Identity Center user"}},
			"PrincipalName": {Type: "String", AllowedPattern: `^[a-zA-Z0-9\.\-_\\!*'()/+=,@]+$`}, "ActivateDisabledKeys": {Type: "Boolean", Default: "false", AllowedValues: truth}},
		"AWSSupport-ContainS3Resource": {"Action": {Type: "String", AllowedValues: either}, "BucketName": {Type: "String", AllowedPattern: `^[0-9a-z][a-z0-9\-\.]{2,62}$`},
			"BucketRestrictAccess": {Type: "StringList", Default: "", AllowedPattern: principals}},
	}[name]
	if own == nil {
		return nil, false
	}
	maps.Copy(own, optional)
	return &ssmDocument{name: name, kind: types.DocumentTypeAutomation, parameters: own}, true
}

func startAutomationExecution(r *request, in *ssm.StartAutomationExecutionInput) (*ssm.StartAutomationExecutionOutput, error) {
	token := aws.ToString(in.ClientToken)
	for _, a := range r.reg.ssm.executions.all() {
		if token == "" || a.token != token {
			continue
		}
		if *a.view.DocumentName != *in.DocumentName || !reflect.DeepEqual(a.view.Parameters, in.Parameters) {
			return nil, &types.IdempotentParameterMismatch{Message: aws.String("The token was used with other parameters.")}
		}
		return &ssm.StartAutomationExecutionOutput{AutomationExecutionId: a.view.AutomationExecutionId}, nil
	}
	d, ok := ofAmazon(*in.DocumentName)
	if !ok {
		if d, ok = r.reg.ssm.documents.byID[*in.DocumentName]; !ok || d.kind != types.DocumentTypeAutomation {
			return nil, &types.AutomationDefinitionNotFoundException{Message: aws.String("Automation definition not found: " + *in.DocumentName)}
		}
	}
	if err := checkLocations(in); err != nil {
		return nil, err
	}
	params := map[string][]string{}
	maps.Copy(params, in.Parameters)
	if by := aws.ToString(in.TargetParameterName); by != "" { // what each of the targets is put into
		if params[by] = []string{firstValue(in.Targets)}; len(in.TargetLocations) > 0 {
			params[by] = []string{"i-0123456789abcdef0"} // those that have the tag, which are found where it runs
		}
	}
	if err := d.accepts(params); err != nil {
		return nil, &types.InvalidAutomationExecutionParametersException{Message: aws.String(err.Error())}
	}
	if role := strings.Join(in.Parameters["AutomationAssumeRole"], ""); role != "" {
		if _, ok := r.acct.iam.roles[role[strings.LastIndexByte(role, '/')+1:]]; !ok {
			return nil, &types.InvalidAutomationExecutionParametersException{Message: aws.String("The defined assume role is unable to be assumed.")}
		}
	}
	id := r.org.uuid()
	a := &automation{token: token, due: r.now.Add(r.org.delay), tags: map[string]string{}, view: types.AutomationExecution{
		AutomationExecutionId: aws.String(id), DocumentName: in.DocumentName, DocumentVersion: aws.String(cmp.Or(aws.ToString(in.DocumentVersion), "1")),
		AutomationExecutionStatus: types.AutomationExecutionStatusInprogress, ExecutionStartTime: aws.Time(r.now), Parameters: in.Parameters,
		ExecutedBy: aws.String(r.caller.ARN), Mode: types.ExecutionModeAuto, Targets: in.Targets, TargetParameterName: in.TargetParameterName,
		MaxConcurrency: in.MaxConcurrency, MaxErrors: in.MaxErrors, TargetLocations: in.TargetLocations,
	}}
	for _, t := range in.Tags {
		a.tags[*t.Key] = aws.ToString(t.Value)
	}
	r.reg.ssm.executions.put(id, a)
	return &ssm.StartAutomationExecutionOutput{AutomationExecutionId: aws.String(id)}, nil
}

func firstValue(targets []types.Target) string {
	if len(targets) == 0 || len(targets[0].Values) == 0 {
		return ""
	}
	return targets[0].Values[0]
}

// settle ends an execution whose time has come. A runbook of AWS that contains or restores reports where it keeps what was before, and will
// not restore from what it has not written.
func (a *automation) settle(r *request) {
	if r.now.Before(a.due) || a.view.AutomationExecutionStatus != types.AutomationExecutionStatusInprogress {
		return
	}
	v := &a.view
	v.AutomationExecutionStatus, v.ExecutionEndTime = types.AutomationExecutionStatusSuccess, aws.Time(a.due)
	if len(v.TargetLocations) > 0 {
		a.settleLocations(r)
		return
	}
	one := func(name string) string { return strings.Join(v.Parameters[name], "") }
	key := a.due.UTC().Format("2006/01/02/15/04/") + *v.AutomationExecutionId + ".json"
	switch {
	case one("Action") == "Contain":
		v.StepExecutions = []types.StepExecution{{StepName: aws.String("ReportContain"), StepStatus: types.AutomationExecutionStatusSuccess, Outputs: map[string][]string{
			"Message": {"Backup location:\nAmazon S3 bucket : " + one("BackupS3BucketName") + "\nAmazon S3 prefix : " + key + "\n"},
		}}}
	case one("Action") == "Restore" && !slices.ContainsFunc(r.reg.ssm.executions.all(), func(o *automation) bool {
		return o != a && strings.HasSuffix(one("BackupS3KeyName"), *o.view.AutomationExecutionId+".json")
	}):
		v.AutomationExecutionStatus = types.AutomationExecutionStatusFailed
		v.FailureMessage = aws.String(fmt.Sprintf("Step fails when it is Execute/Verifying action. The backup %s was not found", one("BackupS3KeyName")))
	}
}

// stopAutomationExecution ends an execution at once; what its steps have done stays done.
func stopAutomationExecution(r *request, in *ssm.StopAutomationExecutionInput) (*ssm.StopAutomationExecutionOutput, error) {
	a, ok := r.reg.ssm.executions.byID[*in.AutomationExecutionId]
	if !ok {
		return nil, &types.AutomationExecutionNotFoundException{Message: aws.String("Automation execution " + *in.AutomationExecutionId + " does not exist.")}
	}
	if a.settle(r); a.view.AutomationExecutionStatus == types.AutomationExecutionStatusInprogress {
		a.view.AutomationExecutionStatus, a.view.ExecutionEndTime = types.AutomationExecutionStatusCancelled, aws.Time(r.now)
	}
	return &ssm.StopAutomationExecutionOutput{}, nil
}

func getAutomationExecution(r *request, in *ssm.GetAutomationExecutionInput) (*ssm.GetAutomationExecutionOutput, error) {
	a, ok := r.reg.ssm.executions.byID[*in.AutomationExecutionId]
	if !ok {
		return nil, &types.AutomationExecutionNotFoundException{Message: aws.String("Automation execution " + *in.AutomationExecutionId + " does not exist.")}
	}
	a.settle(r)
	return &ssm.GetAutomationExecutionOutput{AutomationExecution: new(copied(a.view))}, nil
}

// describeAutomationExecutions lists the newest first.
func describeAutomationExecutions(r *request, in *ssm.DescribeAutomationExecutionsInput) (*ssm.DescribeAutomationExecutionsOutput, error) {
	out := &ssm.DescribeAutomationExecutionsOutput{AutomationExecutionMetadataList: []types.AutomationExecutionMetadata{}}
	for _, a := range slices.Backward(r.reg.ssm.executions.all()) {
		a.settle(r)
		wanted := true
		for _, f := range in.Filters {
			switch f.Key {
			case types.AutomationExecutionFilterKeyTagKey:
				wanted = wanted && slices.ContainsFunc(f.Values, func(k string) bool { _, has := a.tags[k]; return has })
			case types.AutomationExecutionFilterKeyDocumentNamePrefix:
				wanted = wanted && slices.ContainsFunc(f.Values, func(p string) bool { return strings.HasPrefix(*a.view.DocumentName, p) })
			default:
				return nil, &types.InvalidFilterKey{Message: aws.String("the twin does not know the filter " + string(f.Key))}
			}
		}
		if wanted {
			v := a.view
			out.AutomationExecutionMetadataList = append(out.AutomationExecutionMetadataList, copied(types.AutomationExecutionMetadata{
				AutomationExecutionId: v.AutomationExecutionId, DocumentName: v.DocumentName, AutomationExecutionStatus: v.AutomationExecutionStatus,
				ExecutionStartTime: v.ExecutionStartTime, ExecutionEndTime: v.ExecutionEndTime, ExecutedBy: v.ExecutedBy, Mode: v.Mode, Targets: v.Targets,
				TargetParameterName: v.TargetParameterName, FailureMessage: v.FailureMessage,
			}))
		}
	}
	return out, nil
}
