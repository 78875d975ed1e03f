package sweep

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"parry"
)

// firstLook is how far back CloudTrail is looked at where nothing else is said: it keeps 90 days, of which most are of no use.
const firstLook = 24 * time.Hour

// cloudTrail looks up management events by their names, as a lookup takes one attribute. Two calls a second are allowed for an account
// and Region: the SDK's retryer slows down. Source: LookupEvents, AWS CloudTrail API Reference.
func cloudTrail() Source {
	return Source{
		Name: "cloudtrail", Summary: "management events of CloudTrail, by the names that the rules ask for",
		Actions: []string{"cloudtrail:LookupEvents"},
		open: func(cfg aws.Config, w window) lister {
			t := &trail{client: cloudtrail.NewFromConfig(cfg), w: w}
			if t.w.since.IsZero() {
				t.w.since = w.now.Add(-firstLook)
			}
			return lister{parts: t.parts, page: t.page, most: 50}
		},
	}
}

type trail struct {
	client *cloudtrail.Client
	w      window
}

func (t *trail) parts(context.Context) ([]string, error) {
	if len(t.w.events) == 0 {
		return nil, parry.Errorf(parry.Invalid, "no event is named, and CloudTrail cannot list all").WithHint("name events: --event CreateAccessKey")
	}
	return t.w.events, nil
}

func (t *trail) page(ctx context.Context, event, token string, n int32) ([]json.RawMessage, string, error) {
	out, err := t.client.LookupEvents(ctx, &cloudtrail.LookupEventsInput{
		LookupAttributes: []types.LookupAttribute{{AttributeKey: types.LookupAttributeKeyEventName, AttributeValue: &event}},
		StartTime:        &t.w.since, EndTime: &t.w.now, MaxResults: &n, NextToken: given(token),
	})
	if err != nil {
		return nil, "", err
	}
	var items []json.RawMessage
	for _, e := range out.Events {
		items = append(items, json.RawMessage(aws.ToString(e.CloudTrailEvent)))
	}
	return items, aws.ToString(out.NextToken), nil
}
