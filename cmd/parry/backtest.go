package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/backtest"
)

type backtestOptions struct {
	events                 []string
	state, answers, record string
	live                   bool
}

func (a *app) backtestCommand() *cobra.Command {
	var o backtestOptions
	c := &cobra.Command{
		Use:   "backtest RULES --events PATH...",
		Short: "Run rules over events that have happened: what would match, be planned, be decided, and what is noise",
		Long: "RULES is a file of rules, a folder of them, or \"embedded\" for those that come with Parry. PATH is a file of events or a folder of\n" +
			".json, .jsonl and .log files, each also with .gz: findings and events as EventBridge delivers or archives them, CloudTrail's log files,\n" +
			"answers of APIs. Files of any size are read in bounded memory. Nothing is changed anywhere, and nothing is stored.\n\n" +
			"Plans need a state to be made on: --state simulates one, --answers replays recorded reads, and --live reads your accounts as\n" +
			"'parry respond' does. Without one the tiers are told that the playbooks' risk allows.\n\n" +
			"The exit code is 0 where everything was read, 2 where something could not be, and 1 where the run was interrupted.",
		Example: "  parry backtest embedded --events cloudtrail-logs/\n" +
			"  parry backtest my-rules/ --events archive.jsonl.gz --live --record answers.jsonl\n" +
			"  parry backtest my-rules/ --events archive.jsonl.gz --answers answers.jsonl",
		Args: args(cobra.ExactArgs(1), "parry backtest RULES --events PATH"),
		RunE: func(cmd *cobra.Command, given []string) error {
			return a.backtest(cmd.Context(), given[0], o)
		},
	}
	f := c.Flags()
	f.StringArrayVar(&o.events, "events", nil, "a file or a folder of events; may be given several times")
	f.StringVar(&o.state, "state", "", "plan on a simulated state: a YAML list of calls that make it, as in a case's given.yaml, with account and known_as")
	f.StringVar(&o.answers, "answers", "", "plan on recorded reads: JSON lines as --record writes them")
	f.BoolVar(&o.live, "live", false, "plan on what your accounts are now; it only reads")
	f.StringVar(&o.record, "record", "", "with --live: write what is read into this file, to be replayed with --answers")
	return c
}

func (o backtestOptions) check() error {
	states := 0
	for _, given := range []bool{o.state != "", o.answers != "", o.live} {
		if given {
			states++
		}
	}
	switch {
	case len(o.events) == 0:
		return parry.Errorf(parry.Invalid, "there are no events to run over").WithHint("name a file or a folder: --events PATH")
	case states > 1:
		return parry.Errorf(parry.Invalid, "--state, --answers and --live exclude each other: plans are made on one state")
	case o.record != "" && !o.live:
		return parry.Errorf(parry.Invalid, "--record writes what --live reads").WithHint("say --live too")
	}
	return nil
}

func (a *app) backtest(ctx context.Context, path string, o backtestOptions) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	book, lib, err := a.rulesOf(path)
	if err != nil {
		return a.wrongRules(err)
	}
	org, err := a.organization(ctx)
	if err != nil {
		return err
	}
	inputs := backtest.Files(o.events)
	run := backtest.Options{Library: lib, Rules: book, Inputs: inputs, Role: a.role, Org: org}
	end, err := a.stateOf(ctx, o, &run)
	if err != nil {
		return err
	}
	bar := a.bar(inputs)
	run.Progress = bar.to
	start := time.Now()
	report, err := backtest.Run(ctx, run)
	took := time.Since(start)
	bar.end()
	if err := errors.Join(err, end()); err != nil {
		return err
	}
	return a.showBacktest(report, took)
}

// stateOf opens the state that plans are made on. The function that it gives closes it.
func (a *app) stateOf(ctx context.Context, o backtestOptions, run *backtest.Options) (end func() error, err error) {
	end = func() error { return nil }
	switch {
	case o.state != "":
		text, err := os.ReadFile(o.state)
		if err != nil {
			return nil, parry.Errorf(parry.Invalid, "%w", err)
		}
		run.State = "given"
		run.Observe, run.At, err = backtest.Simulated(ctx, o.state, text, time.Now())
		return end, err
	case o.answers != "":
		f, err := os.Open(o.answers)
		if err != nil {
			return nil, parry.Errorf(parry.Invalid, "%w", err)
		}
		run.State = "recorded"
		run.Observe, err = backtest.Recorded(o.answers, f)
		return f.Close, err
	case o.live:
		cfg, err := a.aws(ctx)
		if err != nil {
			return nil, err
		}
		run.State, run.Observe = "live", awsapi.New(cfg, awsapi.Options{Role: a.role}).Observe
		if o.record == "" {
			return end, nil
		}
		// What is in accounts is nobody else's business.
		f, err := os.OpenFile(o.record, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, parry.Errorf(parry.Invalid, "%w", err)
		}
		run.Observe = backtest.Record(f, run.Observe)
		return f.Close, nil
	}
	return end, nil
}

func (a *app) showBacktest(r backtest.Report, took time.Duration) error {
	if r.Partial != "" {
		a.worse(exitFailed)
	}
	if r.Unreadable.N > 0 {
		a.worse(exitUsage)
	}
	if a.json {
		if err := a.encode(struct {
			backtest.Report
			Seconds float64 `json:"seconds"`
		}{r, took.Seconds()}); err != nil {
			return err
		}
	} else {
		if err := r.WriteText(a.stdout); err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "\n%d events, %.1f MB as they lie in files, in %.1f s: %.0f events a second\n", r.Events, float64(r.Bytes)/1e6, took.Seconds(),
			float64(r.Events)/took.Seconds())
	}
	if a.code != exitOK {
		return errSaid
	}
	return nil
}

// bar shows on a terminal how far a run is; elsewhere it shows nothing.
type bar struct {
	*progressbar.ProgressBar
	start time.Time
}

func (a *app) bar(inputs iter.Seq2[backtest.Input, error]) bar {
	f, ok := a.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return bar{}
	}
	return bar{newBar(f, backtest.Size(inputs)), time.Now()}
}

// refresh is how often the bar is drawn anew at the most.
const refresh = 100 * time.Millisecond

func newBar(w io.Writer, size int64) *progressbar.ProgressBar {
	return progressbar.NewOptions64(size, progressbar.OptionSetWriter(w), progressbar.OptionShowBytes(true), progressbar.OptionThrottle(refresh),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30), progressbar.OptionSetPredictTime(true))
}

// to moves the bar.
func (b bar) to(bytes int64, events int) {
	if b.ProgressBar == nil {
		return
	}
	b.Describe(fmt.Sprintf("%d events, %.0f a second", events, float64(events)/max(time.Since(b.start).Seconds(), 0.001)))
	_ = b.Set64(bytes) // a terminal that cannot be written to is no reason to stop
}

func (b bar) end() {
	if b.ProgressBar != nil {
		_ = b.Clear()
	}
}
