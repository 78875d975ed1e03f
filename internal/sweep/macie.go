package sweep

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/macie2"
	"github.com/aws/aws-sdk-go-v2/service/macie2/types"
)

// macie lists the ids of findings that are not archived, and then reads these. Sources: ListFindings and GetFindings, Amazon Macie API
// Reference: 50 ids in one call.
func macie() Source {
	return Source{
		Name: "macie", Summary: "findings of Macie that are not archived",
		Actions: []string{"macie2:ListFindings", "macie2:GetFindings"},
		open: func(cfg aws.Config, w window) lister {
			client := macie2.NewFromConfig(cfg)
			criteria := map[string]types.CriterionAdditionalProperties{"archived": {Eq: []string{"false"}}}
			if !w.since.IsZero() {
				criteria["updatedAt"] = types.CriterionAdditionalProperties{Gte: aws.Int64(w.since.UnixMilli())}
			}
			sorted := &types.SortCriteria{AttributeName: aws.String("updatedAt"), OrderBy: types.OrderByDesc}
			return lister{parts: onePart, most: 50, page: func(ctx context.Context, _, token string, n int32) ([]json.RawMessage, string, error) {
				out, err := client.ListFindings(ctx, &macie2.ListFindingsInput{
					FindingCriteria: &types.FindingCriteria{Criterion: criteria}, MaxResults: &n, NextToken: given(token), SortCriteria: sorted,
				})
				if err != nil || len(out.FindingIds) == 0 {
					if err == nil {
						return nil, aws.ToString(out.NextToken), nil
					}
					return nil, "", err
				}
				items, err := raw(ctx, "findings", func(ctx context.Context) error {
					_, err := client.GetFindings(ctx, &macie2.GetFindingsInput{FindingIds: out.FindingIds, SortCriteria: sorted})
					return err
				})
				return items, aws.ToString(out.NextToken), err
			}}
		},
	}
}
