package hub_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"parry/internal/hub"
	"parry/internal/moto"
)

// all reads what an account has in Security Hub, page by page.
func all(t *testing.T, cfg aws.Config) []types.AwsSecurityFinding {
	t.Helper()
	var found []types.AwsSecurityFinding
	pages := securityhub.NewGetFindingsPaginator(securityhub.NewFromConfig(cfg), &securityhub.GetFindingsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, page.Findings...)
	}
	return found
}

// What is written to an AWS that was not written here and read back is the same findings; and again, they are updated.
func TestPublishOnMoto(t *testing.T) {
	server := moto.Need(t)
	account := moto.Account()
	p := &hub.Publisher{Now: now, Config: func(_ context.Context, at hub.Place) (aws.Config, error) {
		return server.Config(at.Account, at.Region), nil
	}}
	items := numbered(250, account, "eu-west-1")
	if n := len(hub.NewPlan(items, false, now()).Batches); n != 3 {
		t.Errorf("%d batches", n)
	}
	keys := map[string]bool{}
	for _, i := range items {
		keys[i.Finding.Key()] = true
	}
	for _, title := range []string{"first", "second"} {
		for i := range items {
			items[i].Finding.Info.Title = title
			items[i].Finding.Info.ModifiedTime++
		}
		if r := publish(t, p, items); len(r.Published) != 250 {
			t.Fatalf("%d published, %+v", len(r.Published), r.Failed)
		}
		found := all(t, server.Config(account, "eu-west-1"))
		if len(found) != 250 {
			t.Fatalf("%s time: %d findings in Security Hub", title, len(found))
		}
		for _, f := range found {
			if got := back(t, f); !keys[got.Key()] || got.Info.Title != title || got.Cloud.Account.UID != account {
				t.Fatalf("%s time: %s came back, %q", title, got.Key(), got.Info.Title)
			}
		}
	}
	if n := len(all(t, server.Config(account, "us-east-1"))); n != 0 {
		t.Errorf("%d findings in a Region that they do not belong to", n)
	}
}
