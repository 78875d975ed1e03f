package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// rulesOnBus is how many rules a bus takes where nobody asked for more. Source: "Amazon EventBridge quotas", EventBridge User Guide; a few Regions
// take 100.
const rulesOnBus = 300

// rulesOf lists rules by the beginning of their names; nil is the default bus.
func rulesOf(ctx context.Context, c *eventbridge.Client, bus, prefix *string) ([]types.Rule, error) {
	var all []types.Rule
	err := pages(ctx, func(ctx context.Context, at *string) (*eventbridge.ListRulesOutput, error) {
		return c.ListRules(ctx, &eventbridge.ListRulesInput{EventBusName: bus, NamePrefix: prefix, NextToken: at})
	}, func(o *eventbridge.ListRulesOutput) *string { return o.NextToken }, func(o *eventbridge.ListRulesOutput) { all = append(all, o.Rules...) })
	return all, err
}

// sends says what is wrong with where a rule sends to.
func sends(ctx context.Context, c *eventbridge.Client, bus *string, rule string, targets []string) (string, error) {
	var has []string
	err := pages(ctx, func(ctx context.Context, at *string) (*eventbridge.ListTargetsByRuleOutput, error) {
		return c.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{EventBusName: bus, Rule: &rule, NextToken: at})
	}, func(o *eventbridge.ListTargetsByRuleOutput) *string { return o.NextToken }, func(o *eventbridge.ListTargetsByRuleOutput) {
		for _, t := range o.Targets {
			has = append(has, aws.ToString(t.Arn))
		}
	})
	if err != nil {
		return "", err
	}
	for _, t := range targets {
		if !slices.Contains(has, t) {
			return "does not send to " + t, nil
		}
	}
	for _, t := range has {
		if !slices.Contains(targets, t) {
			return "sends to " + t + ", too", nil
		}
	}
	return "", nil
}

// compared holds the rules of a bus against those that should be there.
func (p *place) compared(ctx context.Context, bus *string, should []wantedRule, fix string) ([]Finding, error) {
	c := eventbridge.NewFromConfig(p.cfg)
	all, err := rulesOf(ctx, c, bus, aws.String(p.Org.EventRule()))
	if err != nil {
		return nil, err
	}
	var found []Finding
	var absent []string
	for _, w := range should {
		i := slices.IndexFunc(all, func(r types.Rule) bool { return aws.ToString(r.Name) == w.name })
		if i < 0 {
			absent = append(absent, w.name)
			continue
		}
		if all[i].State != types.RuleStateEnabled {
			found = append(found, risk(fmt.Sprintf("aws events enable-rule --name %s --event-bus-name %s%s", w.name, named(bus), p.regionFlag()), "the event rule %s is switched off", w.name))
		}
		if !samePattern(aws.ToString(all[i].EventPattern), w.pattern) {
			found = append(found, risk(fix, "the event rule %s has another pattern than was rendered", w.name))
		}
		wrong, err := sends(ctx, c, bus, w.name, w.targets)
		if err != nil {
			return found, err
		}
		if wrong != "" {
			found = append(found, risk(fix, "the event rule %s %s", w.name, wrong))
		}
	}
	if len(absent) > 0 {
		found = append(found, missing(fix, "%d of %d event rules are not there: %s", len(absent), len(should), some(absent)))
	}
	for _, r := range all {
		if name := aws.ToString(r.Name); !slices.ContainsFunc(should, func(w wantedRule) bool { return w.name == name }) {
			found = append(found, risk("see whether it is left over, and delete it", "the event rule %s is none that was rendered", name))
		}
	}
	if len(found) == 0 {
		found = []Finding{ok("%d event rules are as they were rendered", len(should))}
	}
	return found, nil
}

func named(bus *string) string {
	if bus == nil {
		return "default"
	}
	return *bus
}

// samePattern compares two patterns by what they say; the order of a list does not matter in a pattern.
func samePattern(text string, should any) bool {
	var is any
	return json.Unmarshal([]byte(text), &is) == nil && canonicalPattern(is) == canonicalPattern(should)
}

func canonicalPattern(v any) string {
	var even func(any) any
	even = func(v any) any {
		switch v := v.(type) {
		case object:
			out := object{}
			for k, e := range v {
				out[k] = even(e)
			}
			return out
		case []any:
			var texts []string
			for _, e := range v {
				texts = append(texts, canonicalPattern(e))
			}
			slices.Sort(texts)
			return texts
		}
		return v
	}
	text, err := json.Marshal(even(v))
	if err != nil {
		return fmt.Sprint(v) // plain values always encode
	}
	return string(text)
}

func lookAtRules(ctx context.Context, p *place) ([]Finding, error) {
	return p.compared(ctx, nil, p.want.rules, "'parry deploy render', then update the StackSet of region.json for this account and Region")
}

// lookAtArrival looks at the rule on the hub's own bus; its pattern takes all that has a source.
func lookAtArrival(ctx context.Context, p *place) ([]Finding, error) {
	o := p.Org
	all := []wantedRule{{o.EventRule() + "arrival", object{"source": []any{object{"prefix": ""}}}, []string{p.queueARN(o.Queue())}}}
	bus := o.Bus()
	found, err := p.compared(ctx, &bus, all, "'parry deploy render', then update the stack of hub.json")
	if code(err) == "ResourceNotFoundException" {
		return []Finding{missing("deploy hub.json in the hub", "there is no event bus %s: nothing that accounts send arrives", bus)}, nil
	}
	return found, err
}

func lookAtBusQuota(ctx context.Context, p *place) ([]Finding, error) {
	all, err := rulesOf(ctx, eventbridge.NewFromConfig(p.cfg), nil, nil)
	if err != nil {
		return nil, err
	}
	more := 0
	for _, w := range p.want.rules {
		if !slices.ContainsFunc(all, func(r types.Rule) bool { return aws.ToString(r.Name) == w.name }) {
			more++
		}
	}
	if len(all)+more > rulesOnBus*9/10 {
		return []Finding{risk("aws service-quotas list-service-quotas --service-code events"+p.regionFlag()+" says what holds here; ask for more, or delete rules", "the default bus has %d rules and needs %d more; by default it takes %d", len(all), more, rulesOnBus)}, nil
	}
	return []Finding{ok("the default bus has %d rules of %d", len(all), rulesOnBus)}, nil
}
