package sweep

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/inspector2"
	"github.com/aws/aws-sdk-go-v2/service/inspector2/types"
)

// inspector lists the active findings, the worst first. Source: ListFindings, Amazon Inspector API Reference.
func inspector() Source {
	return Source{
		Name: "inspector", Summary: "active findings of Inspector",
		Actions: []string{"inspector2:ListFindings"},
		open: func(cfg aws.Config, w window) lister {
			client := inspector2.NewFromConfig(cfg)
			filter := &types.FilterCriteria{FindingStatus: []types.StringFilter{{Comparison: types.StringComparisonEquals, Value: aws.String("ACTIVE")}}}
			if !w.since.IsZero() {
				filter.UpdatedAt = []types.DateFilter{{StartInclusive: &w.since, EndInclusive: &w.now}}
			}
			return lister{parts: onePart, most: 100, page: func(ctx context.Context, _, token string, n int32) (items []json.RawMessage, next string, err error) {
				items, err = raw(ctx, "findings", func(ctx context.Context) error {
					out, err := client.ListFindings(ctx, &inspector2.ListFindingsInput{
						FilterCriteria: filter, MaxResults: &n, NextToken: given(token),
						SortCriteria: &types.SortCriteria{Field: types.SortFieldSeverity, SortOrder: types.SortOrderDesc},
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
