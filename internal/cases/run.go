package cases

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry"
	"parry/internal/assemble"
	"parry/internal/awsapi"
	"parry/internal/given"
	"parry/internal/render"
	"parry/internal/source"
	"parry/internal/strictyaml"
)

// Stage is where a case runs: the twin, or an emulator of AWS.
type Stage interface {
	// Config gives credentials of an account's administrator.
	Config(account, region string) aws.Config
	// Account gives an account that no other case uses.
	Account() string
	// Now is the stage's own time.
	Now() time.Time
	// Sleep lets time go by.
	Sleep(ctx context.Context, d time.Duration) error
}

// Probe looks over the shoulder of a run; its functions may be nil.
type Probe struct {
	// Responder may wrap the parts of the responder before the case starts.
	Responder func(r *parry.Responder, cloud *awsapi.Cloud)
	// Step is called after each stage: "given", "planned", "applied", "again", "undone", "held".
	Step func(stage string, r parry.Response)
	// Skip ends a run before a stage: "apply", "undo".
	Skip func(stage string) bool
	// Heir, where given, takes the event up when the first responder's apply fails, as after a crash.
	Heir func() *parry.Responder
	// Away, where given, is called before a response that was left as it was (parry.Responder.Leave) is taken up again.
	Away func()
}

// Result is what came of a case.
type Result struct {
	Plan   string // as people see it, with <names>
	Failed []string
	Final  parry.Response
}

// OK tells whether everything was as the case says.
func (r Result) OK() bool { return len(r.Failed) == 0 }

func (r *Result) fail(format string, args ...any) {
	r.Failed = append(r.Failed, fmt.Sprintf(format, args...))
}

const homeRegion = "us-east-1"

// runner is one run of one case.
type runner struct {
	c     Case
	stage Stage
	lib   *assemble.Library
	saved names
	state *given.State
	probe Probe
	acct  string
	res   Result
}

// Run runs a case on a stage: given, plan, apply, again, undo, and once more, which must be held.
func Run(ctx context.Context, c Case, stage Stage, lib *assemble.Library, store parry.Store, probe Probe) (Result, error) {
	acct := stage.Account()
	r := &runner{c: c, stage: stage, lib: lib, probe: probe, acct: acct, saved: names{
		"account": acct, "region": homeRegion, "now": now(stage.Now()), "hourAgo": now(stage.Now().Add(-time.Hour)), "soon": now(stage.Now().Add(time.Minute)),
	}}
	r.state = &given.State{Config: stage.Config, Sleep: stage.Sleep, Account: acct, Region: homeRegion, Saved: r.saved}
	if c.Given != nil {
		if err := r.state.Make(ctx, c.Given); err != nil {
			return r.res, err
		}
	}
	event, finding, err := r.finding()
	if err != nil {
		return r.res, err
	}
	params, err := r.params()
	if err != nil {
		return r.res, err
	}
	resp, cloud := lib.Responder(stage.Config(hub, homeRegion), store, assemble.Options{
		Role: "parry-{playbook}", Now: stage.Now, Sleep: stage.Sleep, Patience: 30 * time.Second,
	})
	resp.Matcher = one{parry.Answer{Rule: "case", Playbook: c.Playbook, Params: params, Tier: parry.TierAuto, Accept: parry.RiskHigh}}
	if probe.Responder != nil {
		probe.Responder(resp, cloud)
	}
	r.step("given", parry.Response{})
	return r.res, r.whole(ctx, resp, event, finding)
}

// hub is the account that Parry itself runs in.
const hub = "999999999999"

// one answers every finding with the case's own playbook.
type one struct{ parry.Answer }

func (o one) Match(context.Context, parry.Event, parry.Finding) ([]parry.Answer, []parry.Miss, error) {
	return []parry.Answer{o.Answer}, nil, nil
}

func (r *runner) step(stage string, resp parry.Response) {
	if r.probe.Step != nil {
		r.probe.Step(stage, resp)
	}
}

func (r *runner) skips(stage string) bool { return r.probe.Skip != nil && r.probe.Skip(stage) }

// params are the case's parameters, with what was saved in them.
func (r *runner) params() (map[string]any, error) {
	if len(r.c.Params) == 0 {
		return r.c.Params, nil
	}
	b, err := json.Marshal(r.c.Params)
	if err != nil {
		return nil, err
	}
	text, err := r.saved.fill(string(b))
	if err != nil {
		return nil, err
	}
	var filled map[string]any
	return filled, json.Unmarshal([]byte(text), &filled)
}

// finding decodes the case's event.
func (r *runner) finding() (parry.Event, parry.Finding, error) {
	text, err := r.saved.fill(r.c.Event)
	if err != nil {
		return parry.Event{}, parry.Finding{}, err
	}
	items, err := source.Read(r.c.File+" event.json", strings.NewReader(text))
	if err != nil {
		return parry.Event{}, parry.Finding{}, err
	}
	if len(items) != 1 {
		return parry.Event{}, parry.Finding{}, parry.Errorf(parry.Invalid, "%s: a case has one event, not %d", r.c.File, len(items))
	}
	if items[0].Err != nil {
		return parry.Event{}, parry.Finding{}, items[0].Err
	}
	findings, err := source.Decode(items[0].Event)
	if err != nil {
		return parry.Event{}, parry.Finding{}, err
	}
	return items[0].Event, findings[0], nil
}

// whole is the way of the case.
func (r *runner) whole(ctx context.Context, resp *parry.Responder, e parry.Event, f parry.Finding) error {
	prepared, err := resp.Prepare(ctx, e, f)
	if err != nil {
		return err
	}
	r.res.Plan = r.show(prepared)
	if r.c.Plan != "" && r.res.Plan != r.c.Plan {
		r.res.fail("the plan is not the expected one:\n%s", diff(r.c.Plan, r.res.Plan))
	}
	for _, p := range prepared {
		r.step("planned", p)
	}
	if len(prepared) != 1 || prepared[0].State != parry.Planned {
		if r.c.After != nil {
			return r.check(ctx, r.c.After, "after.yaml")
		}
		return nil
	}
	if r.skips("apply") {
		return nil
	}
	p := prepared[0]
	err = resp.Apply(ctx, &p, "case")
	for err == nil && p.State.Begun() && r.probe.Away != nil {
		r.probe.Away()
		p, err = resp.Advance(ctx, p.ID)
	}
	if err != nil {
		if r.probe.Heir == nil {
			r.res.fail("apply: %v", err)
			r.step("failed", p)
			return nil
		}
		resp = r.probe.Heir()
		taken, err := resp.Respond(ctx, e, f)
		if err != nil || taken[0].State != parry.Done {
			r.res.fail("taking up: %v: %s %s", err, taken[0].State, taken[0].Reason)
			return nil
		}
		p = taken[0]
	}
	r.res.Final = p
	r.step("applied", p)
	if err := r.check(ctx, r.c.After, "after.yaml"); err != nil {
		return err
	}
	again, err := resp.Respond(ctx, e, f)
	if err != nil {
		return err
	}
	if again[0].Again == "" || again[0].ID != p.ID {
		r.res.fail("the second delivery of the event is not the first's: %s %q: %s", again[0].ID, again[0].State, again[0].Reason)
	}
	r.step("again", again[0])
	if r.skips("undo") {
		return nil
	}
	return r.undo(ctx, resp, p, e, f)
}

func (r *runner) undo(ctx context.Context, resp *parry.Responder, p parry.Response, e parry.Event, f parry.Finding) error {
	undone, err := resp.Undo(ctx, p.ID, "case")
	for err == nil && undone.State == parry.Undoing && r.probe.Away != nil {
		r.probe.Away()
		undone, err = resp.Advance(ctx, p.ID)
	}
	if err != nil && r.probe.Heir != nil {
		resp = r.probe.Heir()
		undone, err = resp.Undo(ctx, p.ID, "heir")
	}
	if err != nil {
		r.res.fail("undo: %v", err)
		return nil
	}
	r.res.Final = undone
	r.step("undone", undone)
	if err := r.check(ctx, r.c.Undone, "undone.yaml"); err != nil {
		return err
	}
	held, err := resp.Respond(ctx, e, f)
	if err != nil {
		return err
	}
	// What the playbook refuses now, besides, is told for that reason, and is on hold all the same.
	if s := held[0].State; s != parry.Held && s != parry.Nothing && !held[0].Decided.Held {
		r.res.fail("after undo the same event is %q: a hold would have left it alone", s)
	}
	r.step("held", held[0])
	return nil
}

// show is what people would see of the prepared responses.
func (r *runner) show(all []parry.Response) string {
	var b bytes.Buffer
	for _, p := range all {
		if p.Plan.Playbook == "" {
			fmt.Fprintf(&b, "%s: %s\n", p.State, render.Clean(p.Reason))
			continue
		}
		render.Style{}.Plan(&b, p.Plan)
	}
	text := r.saved.hide(b.String())
	if len(all) > 0 {
		text = hideTimes(text, all[0].Times.Received)
	}
	return strings.TrimSpace(text)
}

// check makes a list of reads and compares what they say.
func (r *runner) check(ctx context.Context, n *strictyaml.Node, part string) error {
	if n == nil {
		return nil
	}
	for _, i := range n.Items {
		if err := i.Only("a check", "call", "with", "region", "that", "fails"); err != nil {
			return err
		}
		out, err := r.state.Do(ctx, i, false)
		if want, _ := i.Text("fails"); want != "" {
			var said interface{ ErrorCode() string }
			if !errors.As(err, &said) || said.ErrorCode() != want {
				r.res.fail("%s: want error %s, got %v", part, want, err)
			}
			continue
		}
		if err != nil {
			return i.Errorf("%v", err)
		}
		if err := r.that(i, out, part); err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) that(n *strictyaml.Node, out map[string]any, part string) error {
	that := n.Get("that")
	if that == nil {
		return n.Errorf("a check needs \"that\", what must be true of the output, or \"fails\", the error code")
	}
	vars := maps.Clone(r.saved)
	vars["output"] = out
	env, err := given.Env(vars)
	if err != nil {
		return err
	}
	t, err := env.Template(that)
	if err != nil {
		return err
	}
	v, err := t.Fill(vars, nil)
	if err != nil {
		r.res.fail("%s: %v; output was %v", part, err, out)
		return nil
	}
	if v != true {
		r.res.fail("%s: not true: %v; output was %v", part, that.Value, out)
	}
	return nil
}

// diff shows the first lines that differ, with what stands round them.
func diff(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	var b strings.Builder
	for i := range max(len(w), len(g)) {
		var x, y string
		if i < len(w) {
			x = w[i]
		}
		if i < len(g) {
			y = g[i]
		}
		if x == y {
			continue
		}
		if slices.Contains(g, x) && x != "" {
			fmt.Fprintf(&b, "+ %s\n", y)
			continue
		}
		fmt.Fprintf(&b, "- %s\n+ %s\n", x, y)
	}
	return b.String()
}
