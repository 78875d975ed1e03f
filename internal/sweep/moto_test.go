package sweep_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"parry/internal/moto"
	"parry/internal/sweep"
)

// The backlog of an AWS that was not written here is read to its end, over several listings of a limited length. (moto filters nothing.)
func TestBacklogOnMoto(t *testing.T) {
	server := moto.Need(t)
	at := sweep.Place{Account: moto.Account(), Region: "eu-west-1", Partition: "aws"}
	client := securityhub.NewFromConfig(server.Config(at.Account, at.Region))
	const all = 30
	for i := range all {
		_, err := client.BatchImportFindings(t.Context(), &securityhub.BatchImportFindingsInput{Findings: []types.AwsSecurityFinding{{
			SchemaVersion: aws.String("2018-10-08"), Id: aws.String(fmt.Sprintf("f-%d", i)), ProductArn: aws.String("arn:aws:securityhub:eu-west-1:" + at.Account + ":product/" + at.Account + "/default"),
			GeneratorId: aws.String("g"), AwsAccountId: &at.Account, Region: &at.Region, CreatedAt: aws.String("2026-03-01T08:00:00Z"), UpdatedAt: aws.String("2026-03-01T09:00:00Z"),
			Types: []string{"TTPs"}, Title: aws.String("<t>"), Description: aws.String("d"), Severity: &types.Severity{Label: types.SeverityLabelHigh},
			Resources: []types.Resource{{Id: aws.String("arn:aws:ec2:eu-west-1:" + at.Account + ":security-group/sg-1"), Type: aws.String("AwsEc2SecurityGroup")}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	s := &sweep.Sweeper{Now: now, Words: words(t), Config: func(_ context.Context, _ sweep.Source, p sweep.Place) (aws.Config, error) {
		return server.Config(p.Account, p.Region), nil
	}}
	seen := map[string]bool{}
	listings := 0
	for more := true; more; listings++ {
		r, err := s.Sweep(t.Context(), named(t, "securityhub"), at, sweep.Options{Limit: 7}, func(_ context.Context, i sweep.Item) error {
			for _, f := range findings(t, i) {
				if f.Info.Title != "<t>" || f.Quiet != "" {
					t.Errorf("%+v", f)
				}
				seen[f.Key()] = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		more = r.More
	}
	if len(seen) != all || listings != 5 {
		t.Errorf("%d findings in %d listings", len(seen), listings)
	}
}
