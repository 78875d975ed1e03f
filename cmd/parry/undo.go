package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"parry"
)

func (a *app) undoCommand() *cobra.Command {
	var yes, dry bool
	var only []string
	c := &cobra.Command{
		Use:   "undo ID",
		Short: "Take a response back",
		Long: "Compares the present state with what the response left. Where nobody changed it since, the earlier state is put back and the\n" +
			"finding is held, so that its next delivery does not contain again. Where somebody did, nothing is changed and it says what.",
		Args: args(cobra.ExactArgs(1), "parry undo ID; 'parry list' shows the ids"),
		RunE: func(cmd *cobra.Command, given []string) error { return a.undo(cmd.Context(), given[0], yes, dry, only) },
	}
	c.Flags().BoolVar(&yes, "yes", false, "say yes beforehand, for use without a terminal")
	c.Flags().StringArrayVar(&only, "change", nil, "take only this change back, by its name as 'parry show' gives it; may be said again")
	c.Flags().BoolVar(&dry, "plan", false, "only show what would be done")
	return c
}

func (a *app) undo(ctx context.Context, id string, yes, dry bool, only []string) error {
	if a.server != "" {
		return a.undoThere(ctx, id, yes, dry, only)
	}
	lib, err := a.library()
	if err != nil {
		return err
	}
	store, err := a.store(ctx, false)
	if err != nil {
		return err
	}
	defer store.Close()
	if !dry {
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
	if id, err = store.Resolve(ctx, id); err != nil {
		return err
	}
	rev, err := r.PlanUndo(ctx, id, only...)
	if err != nil {
		return err
	}
	if a.json && dry {
		return a.encode(rev)
	}
	if !a.json {
		a.style().Reversal(a.stdout, rev)
	}
	if dry {
		return nil
	}
	if len(rev.Conflicts) == 0 && !yes {
		ok, err := a.yes(fmt.Sprintf("\n  Undo in account %s?", rev.Response.Target.Account))
		if err != nil {
			return err
		}
		if !ok {
			return parry.Errorf(parry.Refused, "nothing was undone: nobody said yes")
		}
	}
	_, arn, err := cloud.Who(ctx)
	if err != nil {
		return err
	}
	resp, err := r.Undo(ctx, id, arn, only...)
	if err != nil {
		return err
	}
	if a.json {
		return a.encode(resp)
	}
	what := "the finding is on hold and will not be answered again by itself"
	if len(rev.Left) > 0 {
		what = "only what was named is taken back; " + what
	}
	fmt.Fprintf(a.stdout, "  %s: %s\n", a.style().State(resp.State), what)
	return nil
}
