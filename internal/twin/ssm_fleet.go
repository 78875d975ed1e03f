package twin

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// documentShares is how many accounts one call can share a document with. Source: "Quotas for Systems Manager Documents" is silent on a call; the service model of
// ModifyDocumentPermission (AccountIdList) has 20.
const documentShares = 20

func modifyDocumentPermission(r *request, in *ssm.ModifyDocumentPermissionInput) (*ssm.ModifyDocumentPermissionOutput, error) {
	d, ok := r.reg.ssm.documents.byID[*in.Name]
	if !ok {
		return nil, noDocument(*in.Name)
	}
	if len(in.AccountIdsToAdd) > documentShares || len(in.AccountIdsToRemove) > documentShares {
		return nil, reject("ValidationException", "1 validation error detected: a list of accounts has at most %d", documentShares)
	}
	for _, a := range in.AccountIdsToAdd {
		if !slices.Contains(d.shares, a) {
			d.shares = append(d.shares, a)
		}
	}
	d.shares = slices.DeleteFunc(d.shares, func(a string) bool { return slices.Contains(in.AccountIdsToRemove, a) })
	return &ssm.ModifyDocumentPermissionOutput{}, nil
}

func describeDocumentPermission(r *request, in *ssm.DescribeDocumentPermissionInput) (*ssm.DescribeDocumentPermissionOutput, error) {
	d, ok := r.reg.ssm.documents.byID[*in.Name]
	if !ok {
		return nil, noDocument(*in.Name)
	}
	return &ssm.DescribeDocumentPermissionOutput{AccountIds: slices.Clone(d.shares)}, nil
}

// rates are the forms of how many at once and at how many errors it ends. Source: TargetLocation and StartAutomationExecution, API Reference of Systems Manager.
var (
	atOnce   = regexp.MustCompile(`^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$`)
	atErrors = regexp.MustCompile(`^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$`)
)

// checkLocations holds what an automation across accounts is given to what AWS takes: targets by a tag, and pairs of accounts and Regions.
func checkLocations(in *ssm.StartAutomationExecutionInput) error {
	wrong := func(format string, args ...any) error {
		return &types.InvalidAutomationExecutionParametersException{Message: aws.String(fmt.Sprintf(format, args...))}
	}
	rate := func(of, value string, form *regexp.Regexp) error {
		if value != "" && !form.MatchString(value) {
			return wrong("%s %q is no number and no share", of, value)
		}
		return nil
	}
	checks := []error{rate("MaxConcurrency", aws.ToString(in.MaxConcurrency), atOnce), rate("MaxErrors", aws.ToString(in.MaxErrors), atErrors)}
	for _, l := range in.TargetLocations {
		if len(l.Accounts) == 0 || len(l.Accounts) > 50 || len(l.Regions) == 0 || len(l.Regions) > 50 {
			checks = append(checks, wrong("a location has 1 to 50 accounts and 1 to 50 Regions"))
		}
		checks = append(checks, rate("TargetLocationMaxConcurrency", aws.ToString(l.TargetLocationMaxConcurrency), atOnce), rate("TargetLocationMaxErrors", aws.ToString(l.TargetLocationMaxErrors), atErrors))
	}
	for _, t := range in.Targets {
		if len(in.TargetLocations) > 0 && !strings.HasPrefix(aws.ToString(t.Key), "tag:") && aws.ToString(t.Key) != "ResourceGroup" {
			checks = append(checks, wrong("across accounts, targets go by a tag or a resource group, not by %s", aws.ToString(t.Key)))
		}
	}
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}

// settleLocations ends an automation across accounts: a step for each pair of account and Region, which fails where the role that is taken there is not there, or the document
// is not shared with the account. Of the pairs that fail, one more than is allowed fails the whole. Source: "Running automations in multiple AWS Regions and accounts",
// Systems Manager User Guide.
func (a *automation) settleLocations(r *request) {
	v := &a.view
	d := r.reg.ssm.documents.byID[*v.DocumentName]
	for _, l := range v.TargetLocations {
		failed := 0
		for _, id := range l.Accounts {
			for _, region := range l.Regions {
				step := types.StepExecution{StepName: aws.String(id + "-" + region), Action: aws.String("aws:executeAutomation"), StepStatus: types.AutomationExecutionStatusSuccess,
					Outputs: map[string][]string{"Output": {r.org.uuid()}}}
				why := ""
				if _, ok := r.org.account(id).iam.roles[aws.ToString(l.ExecutionRoleName)]; !ok {
					why = "the role " + aws.ToString(l.ExecutionRoleName) + " cannot be taken in account " + id
				} else if id != r.acct.id && d != nil && !slices.Contains(d.shares, id) {
					why = "the document is not shared with account " + id
				}
				if why != "" {
					step.StepStatus, step.FailureMessage, step.Outputs = types.AutomationExecutionStatusFailed, aws.String(why), nil
					v.FailureMessage = aws.String(why)
					failed++
				}
				v.StepExecutions = append(v.StepExecutions, step)
			}
		}
		if failed > allowed(aws.ToString(l.TargetLocationMaxErrors), len(l.Accounts)*len(l.Regions)) {
			v.AutomationExecutionStatus = types.AutomationExecutionStatusFailed
		}
	}
}

// allowed is a number, or a share of all.
func allowed(rate string, all int) int {
	n, err := strconv.Atoi(strings.TrimSuffix(rate, "%"))
	switch {
	case err != nil:
		return 0
	case strings.HasSuffix(rate, "%"):
		return all * n / 100
	}
	return n
}
