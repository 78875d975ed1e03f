package telemetry

import (
	"cmp"
	"context"
	"slices"
	"time"

	"parry"
)

// Row is the figures of a rule on a tier.
type Row struct {
	Rule   string              `json:"rule"`
	Tier   string              `json:"tier"`
	Total  int                 `json:"total"`
	States map[parry.State]int `json:"states"`
	// Detect and Respond are of those responses for which the times are known.
	Detect  Spread `json:"time_to_detect"`
	Respond Spread `json:"time_to_respond"`
}

// Spread is the median and the 95th percentile of times: one of them, and the one that 95 of 100 do not exceed.
type Spread struct {
	Known  int           `json:"known"`
	Median time.Duration `json:"median,omitempty"` // in nanoseconds
	P95    time.Duration `json:"p95,omitempty"`
}

// Stats makes the figures of the responses that were received at or after a time, by rule and tier, in their order. How long a person
// took for a yes is in the time to respond.
func Stats(ctx context.Context, store Lister, since time.Time) ([]Row, error) {
	type key struct{ rule, tier string }
	type times struct{ detect, respond []time.Duration }
	rows, spans := map[key]*Row{}, map[key]*times{}
	q := parry.Query{Limit: 500}
	for {
		page, next, err := store.List(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, resp := range page {
			if parry.OwnLog(resp.ID) {
				continue
			}
			if resp.Times.Received.Before(since) {
				next = "" // pages are newest first; the rest of this one may still hold some that are not older
				continue
			}
			k := key{ruleOf(resp), resp.Decided.Tier.String()}
			if rows[k] == nil {
				rows[k], spans[k] = &Row{Rule: k.rule, Tier: k.tier, States: map[parry.State]int{}}, &times{}
			}
			rows[k].Total++
			rows[k].States[resp.State]++
			if d := resp.Times.TimeToDetect(); d > 0 {
				spans[k].detect = append(spans[k].detect, d)
			}
			if d := RespondTime(resp); d > 0 {
				spans[k].respond = append(spans[k].respond, d)
			}
		}
		if q.After = next; next == "" {
			break
		}
	}
	var all []Row
	for k, row := range rows {
		row.Detect, row.Respond = SpreadOf(spans[k].detect), SpreadOf(spans[k].respond)
		all = append(all, *row)
	}
	slices.SortFunc(all, func(a, b Row) int { return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Tier, b.Tier)) })
	return all, nil
}

// RespondTime is how long it took from hearing of the trouble to the verified end; 0 where there is none: what failed put nothing right.
func RespondTime(resp parry.Response) time.Duration {
	if resp.State != parry.Done && resp.State != parry.Undone {
		return 0
	}
	return resp.Times.TimeToRespond()
}

// SpreadOf takes percentiles by the nearest rank: what it gives did happen. It sorts what it is given.
func SpreadOf(all []time.Duration) Spread {
	if len(all) == 0 {
		return Spread{}
	}
	slices.Sort(all)
	rank := func(percent int) time.Duration { return all[(len(all)*percent+99)/100-1] }
	return Spread{Known: len(all), Median: rank(50), P95: rank(95)}
}
