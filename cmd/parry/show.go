package main

import (
	"github.com/spf13/cobra"

	"parry"
)

func (a *app) showCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show one response: plan, decision, and every call with AWS's request id",
		Args:  args(cobra.ExactArgs(1), "parry show ID; 'parry list' shows the ids"),
		RunE: func(cmd *cobra.Command, given []string) error {
			store, err := a.store(cmd.Context(), false)
			if err != nil {
				return err
			}
			defer store.Close()
			id, err := store.Resolve(cmd.Context(), given[0])
			if err != nil {
				return err
			}
			resp, err := store.Response(cmd.Context(), id)
			if err != nil {
				return err
			}
			records, err := store.Records(cmd.Context(), id)
			if err != nil {
				return err
			}
			if a.json {
				return a.encode(struct {
					parry.Response
					Records []parry.Record `json:"records"`
				}{resp, records})
			}
			a.style().Response(a.stdout, resp, records)
			return nil
		},
	}
}

func (a *app) listCommand() *cobra.Command {
	var n int
	c := &cobra.Command{
		Use:   "list",
		Short: "List responses, newest first",
		Args:  args(cobra.NoArgs, "parry list"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			store, err := a.store(cmd.Context(), false)
			if err != nil {
				return err
			}
			defer store.Close()
			all, _, err := store.List(cmd.Context(), parry.Query{Limit: n})
			if err != nil {
				return err
			}
			if !a.json {
				a.style().List(a.stdout, all)
				return nil
			}
			for _, r := range all {
				if err := a.encode(r); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().IntVarP(&n, "number", "n", 50, "how many at the most")
	return c
}
