package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/render"
	"parry/internal/telemetry"
)

func (a *app) statsCommand() *cobra.Command {
	var since time.Duration
	c := &cobra.Command{
		Use:   "stats",
		Short: "Show how long it took to detect and to respond, by rule and tier",
		Long: "Reads the store. The time to detect is from when the trouble was first seen to when Parry heard of it, the time to respond from then to the\n" +
			"verified end, a person's time for a yes within. Given are the median and the 95th percentile of those that are known.",
		Example: "  parry stats --since 720h",
		Args:    args(cobra.NoArgs, "parry stats"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if since <= 0 {
				return parry.Errorf(parry.Invalid, "--since is above 0, such as 24h")
			}
			if a.console() {
				return a.statsThere(cmd.Context(), since)
			}
			store, err := a.store(cmd.Context(), false)
			if err != nil {
				return err
			}
			defer store.Close()
			rows, err := telemetry.Stats(cmd.Context(), store, time.Now().Add(-since))
			if err != nil {
				return err
			}
			return a.showStats(rows)
		},
	}
	c.Flags().DurationVar(&since, "since", 7*24*time.Hour, "of the responses to what was heard of in this time")
	return c
}

func (a *app) showStats(rows []telemetry.Row) error {
	if a.json {
		for _, r := range rows {
			if err := a.encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	if len(rows) == 0 {
		_, err := fmt.Fprintln(a.stdout, "there are no responses in this time")
		return err
	}
	t := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "RULE\tTIER\tRESPONSES\tDETECT MEDIAN\tP95\tRESPOND MEDIAN\tP95\tSTATES")
	for _, r := range rows {
		var states []string
		for _, s := range slices.Sorted(maps.Keys(r.States)) {
			states = append(states, fmt.Sprintf("%d %s", r.States[s], s))
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\n", render.Clean(r.Rule), r.Tier, r.Total, took(r.Detect, r.Detect.Median), took(r.Detect, r.Detect.P95),
			took(r.Respond, r.Respond.Median), took(r.Respond, r.Respond.P95), strings.Join(states, ", "))
	}
	return t.Flush()
}

// took is a time for people; a dash where none is known.
func took(s telemetry.Spread, d time.Duration) string {
	switch {
	case s.Known == 0:
		return "-"
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
