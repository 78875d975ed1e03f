package audit

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"parry"
)

// around is how far from the first and the last call CloudTrail's events are looked for.
const around = time.Hour

// Place is where and as whom calls were made: an account's Region, and the session or user that CloudTrail calls the user name.
type Place struct{ Account, Region, User string }

// Places are where the response's records say that calls were made.
func Places(id string, records []parry.Record) (all []Place) {
	for _, rec := range calls(records) {
		p := Place{rec.Call.Call.Account, rec.Call.Call.Region, id}
		if rec.Call.Principal != "" {
			p.User = sessionOf(rec.Call.Principal)
		}
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}

// LookupEvents asks CloudTrail for the events of one place, in the time of the records. It needs cloudtrail:LookupEvents, and finds
// management events of the last 90 days. cfg has the account's credentials and the Region.
func LookupEvents(ctx context.Context, cfg aws.Config, p Place, records []parry.Record) (all []Event, err error) {
	if len(records) == 0 {
		return nil, nil
	}
	pages := cloudtrail.NewLookupEventsPaginator(cloudtrail.NewFromConfig(cfg), &cloudtrail.LookupEventsInput{
		LookupAttributes: []types.LookupAttribute{{AttributeKey: types.LookupAttributeKeyUsername, AttributeValue: &p.User}},
		StartTime:        aws.Time(records[0].At.Add(-around)), EndTime: aws.Time(records[len(records)-1].At.Add(around)),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, parry.Errorf(parry.Fault, "CloudTrail of account %s in %s cannot be asked: %w", p.Account, p.Region, err).
				WithHint("it needs cloudtrail:LookupEvents, with --role in the role parry-audit of that account; or give the trail's files with --cloudtrail")
		}
		for _, e := range page.Events {
			if got, ok := ParseEvent([]byte(aws.ToString(e.CloudTrailEvent))); ok {
				all = append(all, got)
			}
		}
	}
	return all, nil
}
