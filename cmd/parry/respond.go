package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/assemble"
	"parry/internal/awsapi"
	"parry/internal/render"
	"parry/internal/source"
)

type respondOptions struct {
	apply, yes, ignoreHold bool
	playbook               string
	set                    []string
}

func (a *app) respondCommand() *cobra.Command {
	var o respondOptions
	c := &cobra.Command{
		Use:   "respond EVENT.json...",
		Short: "Plan a response to an event, and with --apply carry it out",
		Long: "Reads events from files, or from standard input where the name is -: one JSON object, a JSON array, or JSON lines.\n" +
			"Prints for each finding the rule that answers it, the plan and the tier. Nothing is changed without --apply, and\n" +
			"with it only after a yes on the terminal, or --yes.",
		Example: "  parry respond finding.json\n  parry respond --apply finding.json\n  aws guardduty get-findings ... | parry respond -",
		Args:    args(cobra.MinimumNArgs(1), "parry respond EVENT.json, or - for standard input"),
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.respond(cmd.Context(), files, o)
		},
	}
	c.Flags().BoolVar(&o.apply, "apply", false, "carry the plan out after a yes on the terminal")
	c.Flags().BoolVar(&o.yes, "yes", false, "say yes beforehand, for use without a terminal")
	c.Flags().BoolVar(&o.ignoreHold, "ignore-hold", false, "go on although an undo put the finding on hold")
	c.Flags().StringVar(&o.playbook, "playbook", "", "use this playbook, whatever the rules say")
	c.Flags().StringArrayVar(&o.set, "set", nil, "a parameter of the playbook, name=value; lists with commas")
	return c
}

func (a *app) respond(ctx context.Context, files []string, o respondOptions) error {
	lib, err := a.library()
	if err != nil {
		return err
	}
	if err := a.choose(lib, &o); err != nil {
		return err
	}
	store, err := a.store(ctx, o.apply)
	if err != nil {
		return err
	}
	defer store.Close()
	if o.apply {
		seal, err := a.sealing(ctx, store)
		if err != nil {
			return err
		}
		defer seal()
	}
	r, cloud, err := a.responder(ctx, lib, store, a.watch)
	if err != nil {
		return err
	}
	// A person stands beside this: a rule that only observes shows its plan, and the person's yes decides.
	lib.Rules.Act = true
	r.Matcher = chosen{r.Matcher, o, lib}
	if o.ignoreHold {
		r.Store = unheld{r.Store}
	}
	for _, name := range files {
		items, err := a.read(name)
		if err != nil {
			a.fail(err)
			continue
		}
		for _, item := range items {
			if item.Err != nil {
				a.fail(item.Err)
				continue
			}
			if err := a.respondTo(ctx, r, cloud, item.Event, o); err != nil {
				a.fail(err)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	if a.code != exitOK {
		return errSaid
	}
	return nil
}

func (a *app) read(name string) ([]source.Item, error) {
	if name == "-" {
		return source.Read("standard input", a.stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "%w", err)
	}
	defer f.Close()
	return source.Read(name, f)
}

func (a *app) respondTo(ctx context.Context, r *parry.Responder, cloud *awsapi.Cloud, e parry.Event, o respondOptions) error {
	findings, err := source.Decode(e)
	if err != nil {
		return parry.Errorf(parry.KindOf(err), "%s: %w", e.Place, err)
	}
	for _, f := range findings {
		responses, err := r.Prepare(ctx, e, f)
		if err != nil {
			return parry.Errorf(parry.KindOf(err), "%s: %w", e.Place, err)
		}
		for i := range responses {
			if err := a.one(ctx, r, cloud, &responses[i], i == 0, o); err != nil {
				a.fail(err)
			}
		}
		if err := a.publishTo(ctx, r, f, responses, o); err != nil {
			a.fail(err)
		}
	}
	return nil
}

// publishTo writes the finding where its rules want it, if what was planned was to be carried out.
func (a *app) publishTo(ctx context.Context, r *parry.Responder, f parry.Finding, responses []parry.Response, o respondOptions) error {
	wanted := slices.ContainsFunc(responses, func(resp parry.Response) bool { return resp.Answer.Publish != "" })
	switch {
	case !wanted:
		return nil
	case o.apply:
		return r.Publish(ctx, f, responses)
	case !a.json:
		fmt.Fprintf(a.stdout, "  with --apply the finding would be written into Security Hub\n\n")
	}
	return nil
}

// one shows one response, and carries it out where that was asked for.
func (a *app) one(ctx context.Context, r *parry.Responder, cloud *awsapi.Cloud, resp *parry.Response, first bool, o respondOptions) error {
	if resp.State == parry.Unreadable {
		a.worse(exitFailed)
	}
	if !a.json {
		a.showPlan(*resp, first)
	}
	var wrong error
	if o.apply {
		if wrong = a.apply(ctx, r, cloud, resp, o); wrong != nil && resp.State != parry.Waiting {
			return wrong
		}
	}
	if a.json {
		return errors.Join(wrong, a.encode(resp))
	}
	switch {
	case resp.Again != "" && (resp.State == parry.Done || resp.State == parry.Nothing):
		fmt.Fprintf(a.stdout, "  %s: %s; response %s is %s\n\n", a.style().State(parry.Nothing), render.Clean(resp.Again), resp.ID, a.style().State(resp.State))
	case resp.Again != "":
		fmt.Fprintf(a.stdout, "  %s already, response %s: %s\n\n", a.style().State(resp.State), resp.ID, render.Clean(resp.Again))
	case resp.State == parry.Planned:
		fmt.Fprintf(a.stdout, "  nothing was changed; with --apply it would be\n\n")
	case resp.State == parry.Done:
		fmt.Fprintf(a.stdout, "  %s in %s: response %s; 'parry undo %s' takes it back\n\n", a.style().State(resp.State), resp.Times.TimeToRespond().Round(1e6), resp.ID, resp.ID)
	case resp.State == parry.Nothing && resp.Plan.Playbook != "":
		fmt.Fprintln(a.stdout) // the plan has said so
	default:
		a.style().Outcome(a.stdout, *resp)
		fmt.Fprintln(a.stdout)
	}
	return wrong
}

func (a *app) showPlan(resp parry.Response, first bool) {
	s := a.style()
	if first {
		s.Finding(a.stdout, resp.Finding)
		fmt.Fprintln(a.stdout)
	}
	if resp.Plan.Playbook == "" {
		return
	}
	fmt.Fprintf(a.stdout, "rule %s\n", resp.Answer.Rule)
	if resp.Again != "" && resp.State != parry.Waiting && !toldOnly(resp.State) {
		fmt.Fprintf(a.stdout, "%s on %s in account %s\n", resp.Answer.Playbook, render.Clean(resp.Target.String()), resp.Target.Account)
		return // the plan is of the earlier delivery: nobody is asked about it
	}
	s.Plan(a.stdout, resp.Plan)
	if !resp.Plan.Empty() {
		s.Decision(a.stdout, resp.Decided)
	}
}

// toldOnly tells whether a response ended with people: nothing was done, and something is wrong.
func toldOnly(s parry.State) bool {
	return s == parry.Alerted || s == parry.Held || s == parry.Rejected || s == parry.Expired
}

// apply carries one response out: by a person's yes, and never above what its tier and its guards allow.
func (a *app) apply(ctx context.Context, r *parry.Responder, cloud *awsapi.Cloud, resp *parry.Response, o respondOptions) error {
	if resp.State == parry.Waiting {
		resp.Again = "" // this is the person who was waited for
	}
	if resp.State != parry.Planned && resp.State != parry.Waiting && !resp.State.Begun() {
		if toldOnly(resp.State) {
			a.worse(exitPerson)
		}
		if resp.Again != "" {
			return r.SeenAgain(ctx, resp)
		}
		return r.Tell(ctx, resp)
	}
	if resp.State == parry.Planned && resp.Decided.Tier == parry.TierAlert {
		resp.Reason = "only told: " + strings.Join(resp.Decided.Reasons, "; ")
		a.worse(exitPerson)
		return r.Tell(ctx, resp)
	}
	_, arn, err := cloud.Who(ctx)
	if err != nil {
		return err
	}
	if !o.yes {
		ok, err := a.yes(fmt.Sprintf("\n  Apply these %d changes in account %s?", len(resp.Plan.Changes), resp.Target.Account))
		if err != nil {
			return err
		}
		if !ok {
			a.worse(exitPerson)
			if resp.Stored == "" {
				resp.State, resp.Reason = parry.Alerted, "nobody said yes"
			}
			return nil
		}
	}
	if o.playbook != "" && r.Guard.Approvals.Known() && resp.Stored == "" {
		resp.AskedBy = arn // no rule wanted it: somebody else has to say yes
	}
	if o.ignoreHold {
		if err := r.Unhold(ctx, resp.Key, arn); err != nil {
			return err
		}
	}
	err = r.Yes(ctx, resp, parry.Vote{By: arn, Digest: resp.Plan.Digest})
	if resp.State == parry.Waiting {
		a.worse(exitPerson)
	}
	return err
}

// unheld is a store that knows of no holds, for a person who goes on in spite of one. It is released only when that is done.
type unheld struct{ parry.Store }

// Held implements parry.Store.
func (unheld) Held(context.Context, string) (string, error) { return "", nil }

// watch prints each call as it is made.
func (a *app) watch(_ parry.Response, rec parry.Record) {
	if (rec.Kind == "call" || rec.Kind == "published" || rec.Kind == "not published") && !a.json {
		fmt.Fprintf(a.stdout, "  %s\n", rec.Text)
	}
}

// choose checks the playbook and the parameters that a person names.
func (a *app) choose(lib *assemble.Library, o *respondOptions) error {
	if o.playbook == "" {
		return nil
	}
	params, err := parseSet(lib, o.playbook, o.set)
	if err != nil {
		return err
	}
	return asInvalid(lib.Playbooks.Check(o.playbook, params))
}

func asInvalid(err error) error {
	if err == nil || parry.KindOf(err) != parry.Fault {
		return err
	}
	return parry.Errorf(parry.Invalid, "%w", err)
}

// chosen is the rules with what a person says on the command line.
type chosen struct {
	parry.Matcher
	o   respondOptions
	lib *assemble.Library
}

// Match implements parry.Matcher.
func (c chosen) Match(ctx context.Context, e parry.Event, f parry.Finding) ([]parry.Answer, []parry.Miss, error) {
	if c.o.playbook != "" {
		params, err := parseSet(c.lib, c.o.playbook, c.o.set)
		return []parry.Answer{{Rule: "command line", Playbook: c.o.playbook, Params: params, Tier: parry.TierApprove, Accept: parry.RiskHigh}}, nil, err
	}
	answers, misses, err := c.Matcher.Match(ctx, e, f)
	for i, a := range answers {
		if a.Playbook == "" || len(c.o.set) == 0 {
			continue
		}
		params, serr := parseSet(c.lib, a.Playbook, c.o.set)
		if serr != nil {
			return nil, nil, serr
		}
		for k, v := range a.Params {
			if _, said := params[k]; !said {
				params[k] = v
			}
		}
		answers[i].Params = params
	}
	return answers, misses, err
}

// parseSet reads name=value by the type that the playbook gives the parameter.
func parseSet(lib *assemble.Library, name string, set []string) (map[string]any, error) {
	p, err := lib.Playbooks.Get(name)
	if err != nil {
		return nil, err
	}
	params := map[string]any{}
	for _, s := range set {
		k, v, ok := strings.Cut(s, "=")
		if !ok {
			return nil, parry.Errorf(parry.Invalid, "--set %s: write it as name=value", s)
		}
		var typ string
		for _, pm := range p.Params {
			if pm.Name == k {
				typ = pm.Type
			}
		}
		params[k] = parseParam(typ, v)
	}
	if _, err := p.Accept(params); err != nil {
		return nil, parry.Errorf(parry.Invalid, "playbook %s: %w", name, err)
	}
	return params, nil
}

func parseParam(typ, v string) any {
	if of, ok := strings.CutPrefix(typ, "list("); ok {
		list := []any{}
		for part := range strings.SplitSeq(v, ",") {
			list = append(list, parseParam(strings.TrimSuffix(of, ")"), strings.TrimSpace(part)))
		}
		return list
	}
	switch typ {
	case "int":
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			return n
		}
	case "bool":
		if b, err := strconv.ParseBool(v); err == nil {
			return b
		}
	}
	return v
}
