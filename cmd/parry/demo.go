package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/assemble"
	"parry/internal/demo"
	"parry/internal/render"
	"parry/internal/source"
	"parry/internal/sqlite"
)

func (a *app) demoCommand() *cobra.Command {
	var listen string
	c := &cobra.Command{
		Use:     "demo",
		Short:   "Show the main job on a simulated organization of three accounts; nothing real is touched",
		Long:    "Lets five events hit three accounts that are simulated in memory: one waits for a person, one is undone.\nWith --listen the console then shows them in a browser, where you say yes to what waits.",
		Example: "  parry demo\n  parry demo --listen 127.0.0.1:8080",
		Args:    args(cobra.NoArgs, "parry demo"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), listen) },
	}
	c.Flags().StringVar(&listen, "listen", "", "keep the simulated organization, and open the console at this address of this machine, such as 127.0.0.1:8080")
	return c
}

// demo lets five events hit the simulated organization, one after the other.
func (a *app) demo(ctx context.Context, listen string) error {
	a.playbookDir, a.ruleDir = "", ""
	scene, err := demo.New(ctx)
	if err != nil {
		return err
	}
	lib, err := assemble.NewLibrary("", "")
	if err != nil {
		return err
	}
	lib.Rules.Act = true // a fresh install observes; here a person has turned the rules on
	store, err := sqlite.Open(ctx, ":memory:")
	if err != nil {
		return err
	}
	defer store.Close()
	watch := a.watch
	var server *demoServer
	if listen != "" {
		if server, err = a.demoListen(ctx, listen, store); err != nil {
			return err
		}
		watch = func(r parry.Response, rec parry.Record) {
			a.watch(r, rec)
			server.board.Moved(r, rec)
		}
	}
	r, _ := lib.Responder(scene.Org.Config(demo.Hub, "us-east-1"), store, assemble.Options{Role: "parry-{playbook}", Watch: watch, Patience: 10 * time.Second})
	d := &demonstration{app: a, r: r, style: a.style()}
	d.say("Three accounts, simulated in memory: %s. Five events come in.", strings.Join(demo.Accounts, ", "))
	for i, ev := range scene.Events {
		if err := d.event(ctx, i+1, ev); err != nil {
			return err
		}
	}
	if err := d.close(); err != nil || server == nil {
		return err
	}
	return server.run(ctx, d, consoleParts{engine: r, store: store, lib: lib})
}

// demonstration is the demo's thread: what was answered so far.
type demonstration struct {
	*app
	r     *parry.Responder
	style render.Style
	all   []parry.Response
}

func (d *demonstration) say(format string, args ...any) {
	if !d.json {
		fmt.Fprintf(d.stdout, format+"\n", args...)
	}
}

func (d *demonstration) event(ctx context.Context, n int, ev demo.Event) error {
	d.say("\n%s\n", strings.Repeat("─", 72))
	d.say("%d. %s\n", n, ev.Story)
	items, err := source.Read(ev.Name, strings.NewReader(ev.JSON))
	if err != nil {
		return err
	}
	for _, item := range items {
		if item.Err != nil {
			return item.Err
		}
		findings, err := source.Decode(item.Event)
		if err != nil {
			return err
		}
		for _, f := range findings {
			if err := d.finding(ctx, item.Event, f, ev); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *demonstration) finding(ctx context.Context, e parry.Event, f parry.Finding, ev demo.Event) error {
	prepared, err := d.r.Prepare(ctx, e, f)
	if err != nil {
		return err
	}
	if !d.json {
		d.style.Finding(d.stdout, f)
	}
	for i := range prepared {
		resp := &prepared[i]
		if !d.json {
			d.say("\n  %s rule %s", d.style.State("→"), resp.Answer.Rule)
			d.style.Plan(d.stdout, resp.Plan)
			d.style.Decision(d.stdout, resp.Decided)
		}
		if err := d.carryOut(ctx, resp, ev); err != nil {
			return err
		}
		d.all = append(d.all, *resp)
	}
	return nil
}

// carryOut does what the engine would: auto at once, approve by the person whom the demo plays.
func (d *demonstration) carryOut(ctx context.Context, resp *parry.Response, ev demo.Event) error {
	switch {
	case resp.State != parry.Planned:
		if err := d.r.Tell(ctx, resp); err != nil {
			return err
		}
	case resp.Decided.Tier == parry.TierAuto:
		if err := d.r.Apply(ctx, resp, "rule "+resp.Answer.Rule); err != nil {
			return err
		}
	case resp.Decided.Tier == parry.TierApprove && ev.Approve:
		d.say("  a person reads the plan and says yes")
		if err := d.r.Apply(ctx, resp, demo.Person); err != nil {
			return err
		}
	default:
		if err := d.r.Ask(ctx, resp); err != nil {
			return err
		}
	}
	if d.json {
		if err := d.encode(resp); err != nil {
			return err
		}
	} else if resp.State == parry.Done {
		d.say("  %s and verified in %s: planned again, nothing is missing", d.style.State(resp.State), render.Duration(resp.Times.TimeToRespond()))
	} else {
		d.say("  %s", d.style.State(resp.State))
	}
	if !ev.Undo || resp.State != parry.Done || !slices.ContainsFunc(resp.Plan.Changes, parry.Change.Reversible) {
		return nil
	}
	return d.undo(ctx, resp)
}

func (d *demonstration) undo(ctx context.Context, resp *parry.Response) error {
	d.say("\n  The case turns out to be a load test that nobody had announced: it is undone.\n")
	rev, err := d.r.PlanUndo(ctx, resp.ID)
	if err != nil {
		return err
	}
	if !d.json {
		d.style.Reversal(d.stdout, rev)
	}
	if *resp, err = d.r.Undo(ctx, resp.ID, demo.Person); err != nil {
		return err
	}
	d.say("  %s: every interface has exactly its own groups again, and the finding is on hold", d.style.State(resp.State))
	if d.json {
		return d.encode(resp)
	}
	return nil
}

// close ends with the table of times.
func (d *demonstration) close() error {
	if d.json {
		return nil
	}
	d.say("\n%s\n", strings.Repeat("─", 72))
	d.style.Times(d.stdout, d.all)
	d.say("\nNothing real was touched. Next: 'parry respond EVENT.json' plans on your own account and changes nothing.")
	return nil
}
