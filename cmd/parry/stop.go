package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/door"
	"parry/internal/render"
)

func (a *app) stopCommand() *cobra.Command {
	var playbook, why string
	var history bool
	c := &cobra.Command{
		Use:   "stop",
		Short: "Stop every worker from changing anything, or one playbook",
		Long: "From now on no worker that has this store makes a call that changes anything: what a rule would do by itself is asked about, a yes is not\n" +
			"taken, and what is half-way stands still between two calls. 'parry start' takes it back, and what stood still goes on.\n" +
			"An undo by a person is not stopped. Stops, starts and holds taken off are records in the log like all others; --history shows them.",
		Example: "  parry stop --why 'a rule answers what it should not'\n  parry stop --playbook ec2-quarantine --why 'breaks the build machines'\n  parry stop --history",
		Args:    args(cobra.NoArgs, "parry stop --why TEXT"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case history && a.console():
				return a.switchesThere(cmd.Context())
			case history:
				return a.switches(cmd.Context())
			case a.console():
				return a.stopThere(cmd.Context(), func(d *door.Client) (door.Switches, error) { return d.Stop(cmd.Context(), playbook, why) })
			}
			return a.stop(cmd.Context(), playbook, why)
		},
	}
	c.Flags().BoolVar(&history, "history", false, "stop nothing, and show what was stopped and started, by whom and why")
	c.Flags().StringVar(&playbook, "playbook", "", "stop only this one")
	c.Flags().StringVar(&why, "why", "", "the reason, for whoever finds it stopped")
	c.MarkFlagsMutuallyExclusive("history", "why")
	c.MarkFlagsMutuallyExclusive("history", "playbook")
	return c
}

// switches prints what was stopped, started and released, the oldest first.
func (a *app) switches(ctx context.Context) error {
	store, err := a.store(ctx, false)
	if err != nil {
		return err
	}
	defer store.Close()
	records, err := store.Records(ctx, parry.SwitchLog)
	if err != nil {
		return err
	}
	return a.showSwitches(records)
}

func (a *app) showSwitches(records []parry.Record) (err error) {
	for _, rec := range records {
		if a.json {
			err = a.encode(rec)
		} else {
			_, err = fmt.Fprintf(a.stdout, "%s  %s\n", rec.At.UTC().Format("2006-01-02 15:04:05Z"), render.Clean(rec.Text))
		}
		if err != nil {
			return err
		}
	}
	if len(records) == 0 && !a.json {
		_, err = fmt.Fprintln(a.stdout, "nothing was ever stopped")
	}
	return err
}

// whoPatience is how long a stop waits for AWS to say who gives it.
const whoPatience = 5 * time.Second

func (a *app) stop(ctx context.Context, playbook, why string) error {
	return a.switched(ctx, playbook, func(r *parry.Responder, who func() string) error {
		err := r.Stop(ctx, playbook, why, who)
		return errors.Join(a.said(ctx, r, playbook), err)
	})
}

func (a *app) startCommand() *cobra.Command {
	var playbook string
	c := &cobra.Command{
		Use:   "start",
		Short: "Take a stop back, and close the breaker",
		Long: "What stood still goes on. Failures from before do not count for the breaker any more. A stop of one playbook is taken back with\n" +
			"--playbook.",
		Args: args(cobra.NoArgs, "parry start, or parry start --playbook NAME"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.console() {
				return a.stopThere(cmd.Context(), func(d *door.Client) (door.Switches, error) { return d.Start(cmd.Context(), playbook) })
			}
			return a.switched(cmd.Context(), playbook, func(r *parry.Responder, who func() string) error {
				if err := r.Start(cmd.Context(), playbook, who()); err != nil {
					return err
				}
				return a.said(cmd.Context(), r, playbook)
			})
		},
	}
	c.Flags().StringVar(&playbook, "playbook", "", "start only this one")
	return c
}

// switched gives a responder that can set the switch. AWS is not needed for it.
func (a *app) switched(ctx context.Context, playbook string, set func(r *parry.Responder, who func() string) error) error {
	lib, err := a.library()
	if err != nil {
		return err
	}
	if playbook != "" {
		if _, err := lib.Playbooks.Get(playbook); err != nil {
			return asInvalid(err)
		}
	}
	store, err := a.store(ctx, true)
	if err != nil {
		return err
	}
	defer store.Close()
	r, cloud, err := a.responder(ctx, lib, store, nil)
	if err != nil {
		return err
	}
	if err := set(r, func() string {
		ctx, cancel := context.WithTimeout(ctx, whoPatience)
		defer cancel()
		_, arn, _ := cloud.Who(ctx) // not to know it stops nothing
		return arn
	}); err != nil {
		return err
	}
	if playbook != "" {
		return nil
	}
	for _, p := range lib.Playbooks.All() { // a stop of one playbook is not seen in that of all
		if err := a.said(ctx, r, p.Name); err != nil {
			return err
		}
	}
	return nil
}

// said prints what is stopped.
func (a *app) said(ctx context.Context, r *parry.Responder, playbook string) error {
	everything, err := r.Stopped(ctx, "")
	if err != nil {
		return err
	}
	why, err := r.Stopped(ctx, playbook)
	switch {
	case err != nil:
		return err
	case why != "" && (playbook == "" || why != everything):
		fmt.Fprintf(a.stdout, "%s\n", render.Clean(why))
	case why == "" && playbook == "":
		fmt.Fprintln(a.stdout, "nothing is stopped")
	}
	return nil
}
