package main

import (
	"os"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"parry/internal/sweep"
)

// backfillLimit is how many findings are taken where nothing is said: few enough to read.
const backfillLimit = 100

func (a *app) backfillCommand() *cobra.Command {
	var o sweepOptions
	c := &cobra.Command{
		Use:   "backfill securityhub|securityhub-v2",
		Short: "Plan a response to the open findings of Security Hub",
		Long: "Lists the findings that were open before Parry came, the newest first: in Security Hub CSPM (securityhub) those that are active and whose\n" +
			"workflow is new, in the newer Security Hub (securityhub-v2) those whose status is new. Each goes the way of an event: it is planned, and\n" +
			"with --apply carried out as 'parry respond' does. With --apply the next run goes on where the limit ended this one.\n" +
			"In the administrator's account and aggregation Region these are the findings of all members.\n" +
			"With --role parry-{playbook} the role parry-sweep is taken, which can only list.",
		Example: "  parry backfill securityhub --limit 20\n  parry backfill securityhub --apply --yes --limit 0",
		Args:    args(cobra.ExactArgs(1), "parry backfill securityhub, or securityhub-v2"),
		RunE: func(cmd *cobra.Command, given []string) error {
			picked, err := sweep.Named(sweep.Backlog(), given)
			if err != nil {
				return err
			}
			a.progress(&o)
			return a.sweep(cmd.Context(), picked, o)
		},
	}
	a.sweepFlags(c, &o, backfillLimit)
	return c
}

// progress shows a bar on standard error, where that is a terminal. What is said about an item takes its place for the while.
func (a *app) progress(o *sweepOptions) {
	f, ok := a.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return
	}
	total := int64(-1) // unknown: it only counts
	if o.limit > 0 {
		total = int64(o.limit * max(len(o.accounts), 1) * max(len(o.regions), 1))
	}
	bar := progressbar.NewOptions64(total, progressbar.OptionSetWriter(f), progressbar.OptionSetDescription("findings"), progressbar.OptionShowCount(),
		progressbar.OptionUseANSICodes(false), progressbar.OptionClearOnFinish())
	// A bar that cannot be drawn is no reason to stop.
	o.before = func() { _ = bar.Clear() }
	o.after = func() { _ = bar.Add(1) }
}
