package assemble

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/rules"
	"parry/internal/sweep"
)

// Sweeper lists services with the cloud's credentials: where a role is set, with the one named "sweep" (parry-sweep), in a session
// that can do nothing but list the source. words remembers where listings stand; nil to remember nothing.
func Sweeper(cloud *awsapi.Cloud, words sweep.Words, now func() time.Time) *sweep.Sweeper {
	return &sweep.Sweeper{Words: words, Now: now, Config: func(ctx context.Context, s sweep.Source, p sweep.Place) (aws.Config, error) {
		t := parry.Target{Type: "AWS::::Account", ID: p.Account, Account: p.Account, Region: p.Region, Partition: p.Partition}
		return cloud.Narrow(ctx, "sweep", t, s.Permissions())
	}}
}

// EventNames are the names of CloudTrail's events that rules ask for as they are. A rule that asks by a prefix, or for all but some, is
// not among them: a lookup takes whole names.
func EventNames(book *rules.Book) ([]string, error) {
	var names []string
	for _, r := range book.Rules {
		var pattern any
		if err := json.Unmarshal(r.Pattern, &pattern); err != nil {
			return nil, parry.Errorf(parry.Fault, "the pattern of rule %s: %w", r.Name, err)
		}
		names = append(names, named(pattern, "eventName")...)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// named are the plain texts that a pattern wants in a field of that name, at whatever depth.
func named(pattern any, field string) []string {
	var all []string
	switch v := pattern.(type) {
	case []any: // of $or
		for _, one := range v {
			all = append(all, named(one, field)...)
		}
	case map[string]any:
		for key, inner := range v {
			wanted, isList := inner.([]any)
			if key != field || !isList {
				all = append(all, named(inner, field)...)
				continue
			}
			for _, w := range wanted {
				if text, ok := w.(string); ok {
					all = append(all, text)
				}
			}
		}
	}
	return all
}
