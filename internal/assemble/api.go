package assemble

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"parry"
	"parry/internal/api"
	"parry/internal/desk"
	"parry/internal/playbook"
	"parry/internal/telemetry"
)

// API is the JSON interface over a desk and its store, to be mounted at api.Prefix + "/" behind what knows who asks.
func (l *Library) API(d *desk.Desk, store parry.Store, log *slog.Logger) (http.Handler, error) {
	return api.New(api.Options{
		Desk: d, Store: store, Now: d.Engine.Now, Log: log,
		Rules: func() []api.Rule { return apiRules(l) }, Playbooks: func() []api.Playbook { return apiPlaybooks(l.Playbooks.All()) },
		Stats: func(ctx context.Context, since time.Time) ([]api.Figures, error) {
			rows, err := telemetry.Stats(ctx, store, since)
			return figures(rows), err
		},
	})
}

// apiRules are the rules as the interface tells them.
func apiRules(l *Library) []api.Rule {
	var all []api.Rule
	for _, r := range l.Rules.Rules {
		told := api.Rule{Name: r.Name, Summary: r.Summary, Observe: r.Observe, Otherwise: r.Otherwise, When: r.When, Scope: r.Scope, Limits: r.Limits, Answers: r.Answers}
		if len(r.Pattern) > 0 {
			told.Match = json.RawMessage(r.Pattern)
		}
		if told.Answers == nil {
			told.Answers = []parry.Answer{}
		}
		all = append(all, told)
	}
	return all
}

// apiPlaybooks are the playbooks as the interface tells them.
func apiPlaybooks(known []*playbook.Playbook) []api.Playbook {
	var all []api.Playbook
	for _, p := range known {
		told := api.Playbook{Name: p.Name, Summary: p.Summary, Target: p.Target, Risk: p.Risk, RiskReason: p.RiskReason, Breaks: p.Breaks, Digest: p.Digest, Params: []api.Param{}}
		for _, v := range p.Params {
			told.Params = append(told.Params, api.Param{Name: v.Name, Doc: v.Doc, Type: v.Type, Default: v.Default, OneOf: v.OneOf})
		}
		all = append(all, told)
	}
	return all
}

// figures are those of telemetry as the interface tells them.
func figures(rows []telemetry.Row) []api.Figures {
	var all []api.Figures
	for _, r := range rows {
		all = append(all, api.Figures{Rule: r.Rule, Tier: r.Tier, Total: r.Total, States: r.States, Detect: spread(r.Detect), Respond: spread(r.Respond)})
	}
	return all
}

func spread(s telemetry.Spread) api.Spread {
	return api.Spread{Known: s.Known, Median: s.Median, P95: s.P95}
}
