package sweep

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"parry"
)

// hubFindings lists the active findings that nobody looked at yet, in ASFF, the newest first. In the administrator's account and
// aggregation Region these are all members' findings. Source: GetFindings, Security Hub API Reference.
func hubFindings() Source {
	return Source{
		Name: "securityhub", Summary: "active and new findings of Security Hub CSPM (ASFF)",
		Actions: []string{"securityhub:GetFindings"},
		open: func(cfg aws.Config, w window) lister {
			client := securityhub.NewFromConfig(cfg)
			filters := &types.AwsSecurityFindingFilters{RecordState: equals("ACTIVE"), WorkflowStatus: equals("NEW")}
			if !w.since.IsZero() {
				filters.UpdatedAt = []types.DateFilter{{Start: rfc3339(w.since), End: rfc3339(w.now)}}
			}
			return lister{parts: onePart, most: 100, page: func(ctx context.Context, _, token string, n int32) (items []json.RawMessage, next string, err error) {
				items, err = raw(ctx, "Findings", func(ctx context.Context) error {
					out, err := client.GetFindings(ctx, &securityhub.GetFindingsInput{
						Filters: filters, MaxResults: &n, NextToken: given(token),
						SortCriteria: []types.SortCriterion{{Field: aws.String("UpdatedAt"), SortOrder: types.SortOrderDescending}},
					})
					if err == nil {
						next = aws.ToString(out.NextToken)
					}
					return err
				})
				return items, next, err
			}}
		},
	}
}

// hubFindingsV2 lists the findings with the status New, in OCSF, the newest first. A member of a list in the answer is one whole
// finding. Source: GetFindingsV2, Security Hub API Reference; OCSF status_id.
func hubFindingsV2() Source {
	return Source{
		Name: "securityhub-v2", Summary: "new findings of Security Hub (OCSF)",
		Actions: []string{"securityhub:GetFindings"},
		open: func(cfg aws.Config, w window) lister {
			client := securityhub.NewFromConfig(cfg)
			is := types.CompositeFilter{NumberFilters: []types.OcsfNumberFilter{
				{FieldName: types.OcsfNumberFieldStatusId, Filter: &types.NumberFilter{Eq: aws.Float64(parry.StatusNew)}},
			}}
			if !w.since.IsZero() {
				is.Operator = types.AllowedOperatorsAnd
				is.DateFilters = []types.OcsfDateFilter{{
					FieldName: types.OcsfDateFieldFindingInfoModifiedTimeDt, Filter: &types.DateFilter{Start: rfc3339(w.since), End: rfc3339(w.now)},
				}}
			}
			return lister{parts: onePart, most: 100, page: func(ctx context.Context, _, token string, n int32) (items []json.RawMessage, next string, err error) {
				items, err = raw(ctx, "Findings", func(ctx context.Context) error {
					out, err := client.GetFindingsV2(ctx, &securityhub.GetFindingsV2Input{
						Filters: &types.OcsfFindingFilters{CompositeFilters: []types.CompositeFilter{is}}, MaxResults: &n, NextToken: given(token),
						SortCriteria: []types.SortCriterion{{Field: aws.String("finding_info.modified_time_dt"), SortOrder: types.SortOrderDescending}},
					})
					if err == nil {
						next = aws.ToString(out.NextToken)
					}
					return err
				})
				return items, next, err
			}}
		},
	}
}

func equals(value string) []types.StringFilter {
	return []types.StringFilter{{Comparison: types.StringFilterComparisonEquals, Value: &value}}
}

func rfc3339(t time.Time) *string { return aws.String(t.UTC().Format(time.RFC3339)) }
