package sweep

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"

	"parry"
)

// configRules lists what is not compliant, rule by rule. The rules that Security Hub put there are left out: what they find is told by
// Security Hub. Sources: DescribeComplianceByConfigRule, DescribeConfigRules and GetComplianceDetailsByConfigRule, AWS Config API Reference.
func configRules() Source {
	return Source{
		Name: "config", Summary: "resources that are not compliant, by the rules of AWS Config",
		Actions: []string{"config:DescribeComplianceByConfigRule", "config:DescribeConfigRules", "config:GetComplianceDetailsByConfigRule"},
		open: func(cfg aws.Config, w window) lister {
			c := &compliance{client: configservice.NewFromConfig(cfg), w: w, arns: map[string]string{}}
			return lister{parts: c.parts, page: c.page, most: 100}
		},
	}
}

type compliance struct {
	client *configservice.Client
	w      window
	arns   map[string]string // of the rules, by name
}

// describeMost is how many rules one call describes. Source: DescribeConfigRules.
const describeMost = 25

func (c *compliance) parts(ctx context.Context) ([]string, error) {
	var failing []string
	pages := configservice.NewDescribeComplianceByConfigRulePaginator(c.client, &configservice.DescribeComplianceByConfigRuleInput{
		ComplianceTypes: []types.ComplianceType{types.ComplianceTypeNonCompliant},
	})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, rule := range out.ComplianceByConfigRules {
			failing = append(failing, aws.ToString(rule.ConfigRuleName))
		}
	}
	var names []string
	for some := range slices.Chunk(failing, describeMost) {
		out, err := c.client.DescribeConfigRules(ctx, &configservice.DescribeConfigRulesInput{ConfigRuleNames: some})
		if err != nil {
			return nil, err
		}
		for _, rule := range out.ConfigRules {
			name, arn := aws.ToString(rule.ConfigRuleName), aws.ToString(rule.ConfigRuleArn)
			if strings.Contains(arn, ":config-rule/aws-service-rule/securityhub.amazonaws.com/") {
				continue
			}
			names = append(names, name)
			c.arns[name] = arn
		}
	}
	return names, nil
}

func (c *compliance) page(ctx context.Context, rule, token string, n int32) ([]json.RawMessage, string, error) {
	out, err := c.client.GetComplianceDetailsByConfigRule(ctx, &configservice.GetComplianceDetailsByConfigRuleInput{
		ConfigRuleName: &rule, ComplianceTypes: []types.ComplianceType{types.ComplianceTypeNonCompliant}, Limit: n, NextToken: given(token),
	})
	if err != nil {
		return nil, "", err
	}
	var items []json.RawMessage
	for _, r := range out.EvaluationResults {
		if t := aws.ToTime(r.ResultRecordedTime); !t.IsZero() && t.Before(c.w.since) {
			continue // the call has no filter by time
		}
		item, err := json.Marshal(changeOf(r, rule, c.arns[rule], c.w.place))
		if err != nil {
			return nil, "", parry.Errorf(parry.Fault, "rule %s: %w", rule, err)
		}
		items = append(items, item)
	}
	return items, aws.ToString(out.NextToken), nil
}

// change is an evaluation in the form in which Config tells that one has changed. There is no result before it: the API does not
// know any. Source: "Example compliance change notification", AWS Config Developer Guide.
type change struct {
	MessageType   string     `json:"messageType"`
	Account       string     `json:"awsAccountId"`
	Region        string     `json:"awsRegion"`
	Rule          string     `json:"configRuleName"`
	RuleARN       string     `json:"configRuleARN"`
	ResourceType  string     `json:"resourceType"`
	ResourceID    string     `json:"resourceId"`
	RecordVersion string     `json:"recordVersion"`
	Result        evaluation `json:"newEvaluationResult"`
	Created       string     `json:"notificationCreationTime,omitempty"`
}

type evaluation struct {
	Identifier struct {
		Qualifier struct {
			Rule         string `json:"configRuleName"`
			ResourceType string `json:"resourceType"`
			ResourceID   string `json:"resourceId"`
		} `json:"evaluationResultQualifier"`
		Ordering string `json:"orderingTimestamp,omitempty"`
	} `json:"evaluationResultIdentifier"`
	Type       string `json:"complianceType"`
	Recorded   string `json:"resultRecordedTime,omitempty"`
	Invoked    string `json:"configRuleInvokedTime,omitempty"`
	Annotation string `json:"annotation,omitempty"`
}

func changeOf(r types.EvaluationResult, rule, arn string, p Place) change {
	var e evaluation
	if id := r.EvaluationResultIdentifier; id != nil {
		e.Identifier.Ordering = stamp(id.OrderingTimestamp)
		if q := id.EvaluationResultQualifier; q != nil {
			e.Identifier.Qualifier.ResourceType, e.Identifier.Qualifier.ResourceID = aws.ToString(q.ResourceType), aws.ToString(q.ResourceId)
		}
	}
	e.Identifier.Qualifier.Rule = rule
	e.Type, e.Recorded, e.Invoked = string(r.ComplianceType), stamp(r.ResultRecordedTime), stamp(r.ConfigRuleInvokedTime)
	e.Annotation = aws.ToString(r.Annotation)
	return change{
		MessageType: "ComplianceChangeNotification", Account: p.Account, Region: p.Region, Rule: rule, RuleARN: arn, RecordVersion: "1.0",
		ResourceType: e.Identifier.Qualifier.ResourceType, ResourceID: e.Identifier.Qualifier.ResourceID, Result: e, Created: e.Recorded,
	}
}

// stamp is a time as Config's notifications have it; empty for none.
func stamp(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
