package sweep

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
)

// accessAnalyzer lists the active findings of every analyzer. Those on external access are listed by the first version of the call,
// as the second leaves out who has access to what; the others have only the second. Sources: ListFindings and ListFindingsV2, IAM
// Access Analyzer API Reference.
func accessAnalyzer() Source {
	return Source{
		Name: "access-analyzer", Summary: "active findings of every analyzer of IAM Access Analyzer",
		Actions: []string{"access-analyzer:ListAnalyzers", "access-analyzer:ListFindings", "access-analyzer:GetFinding"},
		open: func(cfg aws.Config, w window) lister {
			a := &analyzers{client: accessanalyzer.NewFromConfig(cfg), w: w, types: map[string]types.Type{}}
			return lister{parts: a.parts, page: a.page, most: 100}
		},
	}
}

type analyzers struct {
	client *accessanalyzer.Client
	w      window
	types  map[string]types.Type // by the analyzer's ARN
}

func (a *analyzers) parts(ctx context.Context) ([]string, error) {
	var arns []string
	pages := accessanalyzer.NewListAnalyzersPaginator(a.client, &accessanalyzer.ListAnalyzersInput{})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, one := range out.Analyzers {
			arn := aws.ToString(one.Arn)
			arns = append(arns, arn)
			a.types[arn] = one.Type
		}
	}
	return arns, nil
}

func (a *analyzers) page(ctx context.Context, analyzer, token string, n int32) (items []json.RawMessage, next string, err error) {
	active := map[string]types.Criterion{"status": {Eq: []string{string(types.FindingStatusActive)}}}
	external := a.types[analyzer] == types.TypeAccount || a.types[analyzer] == types.TypeOrganization
	items, err = raw(ctx, "findings", func(ctx context.Context) error {
		if external {
			out, err := a.client.ListFindings(ctx, &accessanalyzer.ListFindingsInput{AnalyzerArn: &analyzer, Filter: active, MaxResults: &n, NextToken: given(token)})
			if err == nil {
				next = aws.ToString(out.NextToken)
			}
			return err
		}
		out, err := a.client.ListFindingsV2(ctx, &accessanalyzer.ListFindingsV2Input{AnalyzerArn: &analyzer, Filter: active, MaxResults: &n, NextToken: given(token)})
		if err == nil {
			next = aws.ToString(out.NextToken)
		}
		return err
	})
	if err != nil {
		return nil, "", err
	}
	kept := items[:0]
	for _, item := range items {
		var f struct {
			ID, FindingType string
			UpdatedAt       time.Time
		}
		if err := json.Unmarshal(item, &f); err != nil {
			return nil, "", err
		}
		if !f.UpdatedAt.IsZero() && f.UpdatedAt.Before(a.w.since) {
			continue // the call has no filter by time
		}
		switch {
		case external || f.FindingType == string(types.FindingTypeInternalAccess):
			// A bucket's ARN names no Region. An analyzer looks at the resources of its own, and events say which. Source: "Using IAM
			// Access Analyzer", IAM User Guide.
			item, err = with(item, "region", a.w.place.Region)
		case f.FindingType == string(types.FindingTypeUnusedIamUserAccessKey):
			item, err = a.withKey(ctx, analyzer, f.ID, item)
		}
		if err != nil {
			return nil, "", err
		}
		kept = append(kept, item)
	}
	return kept, next, nil
}

// withKey adds the access key that nobody uses to its finding, under the name that the event has for it: the list leaves it out.
// Source: UnusedIamUserAccessKeyDetails, IAM Access Analyzer API Reference.
func (a *analyzers) withKey(ctx context.Context, analyzer, id string, item json.RawMessage) (json.RawMessage, error) {
	out, err := a.client.GetFindingV2(ctx, &accessanalyzer.GetFindingV2Input{AnalyzerArn: &analyzer, Id: &id})
	if err != nil {
		return nil, err
	}
	for _, d := range out.FindingDetails {
		if key, ok := d.(*types.FindingDetailsMemberUnusedIamUserAccessKeyDetails); ok {
			return with(item, "accessKeyId", aws.ToString(key.Value.AccessKeyId))
		}
	}
	return item, nil
}

// with is an item with one more member.
func with(item json.RawMessage, name, value string) (json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(item, &members); err != nil {
		return nil, err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	members[name] = text
	return json.Marshal(members)
}

// given is a token that may be empty.
func given(token string) *string {
	if token == "" {
		return nil
	}
	return &token
}
