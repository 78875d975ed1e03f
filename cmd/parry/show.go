package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"parry"
)

func (a *app) showCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show one response: plan, decision, and every call with AWS's request id",
		Args:  args(cobra.ExactArgs(1), "parry show ID; 'parry list' shows the ids"),
		RunE: func(cmd *cobra.Command, given []string) error {
			if a.server != "" {
				return a.showThere(cmd.Context(), given[0])
			}
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
	var state string
	c := &cobra.Command{
		Use:   "list",
		Short: "List responses, newest first",
		Args:  args(cobra.NoArgs, "parry list"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			want, err := stateNamed(state)
			if err != nil {
				return err
			}
			if a.server != "" {
				return a.listThere(cmd.Context(), want, n)
			}
			store, err := a.store(cmd.Context(), false)
			if err != nil {
				return err
			}
			defer store.Close()
			all, _, err := store.List(cmd.Context(), parry.Query{Limit: n, State: want})
			if err != nil {
				return err
			}
			all = slices.DeleteFunc(all, func(r parry.Response) bool { return parry.OwnLog(r.ID) })
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
	c.Flags().StringVar(&state, "state", "", "only those in this state; the first words of it are enough: waiting")
	return c
}

// stateNamed finds a state by how its name begins; none is all.
func stateNamed(name string) (parry.State, error) {
	var like, all []string
	for _, s := range parry.States() {
		if string(s) == name {
			return s, nil
		}
		if all = append(all, string(s)); strings.HasPrefix(string(s), strings.ToLower(name)) {
			like = append(like, string(s))
		}
	}
	switch {
	case name == "":
		return "", nil
	case len(like) == 1:
		return parry.State(like[0]), nil
	case len(like) > 1:
		return "", parry.Errorf(parry.Invalid, "several states begin with %q: %s", name, strings.Join(like, ", "))
	}
	return "", parry.Errorf(parry.Invalid, "there is no state %q", name).WithHint("there are: %s", strings.Join(all, ", "))
}
