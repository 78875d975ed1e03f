package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/rules"
)

func (a *app) policyCommand() *cobra.Command {
	c := &cobra.Command{Use: "policy", Short: "Check and show the policy: who says yes, what is never touched, how much is done by itself, and when"}
	c.AddCommand(&cobra.Command{
		Use:   "check FILE",
		Short: "Say what is wrong with a policy file, with line and column",
		Args:  args(cobra.ExactArgs(1), "parry policy check FILE"),
		RunE: func(_ *cobra.Command, given []string) error {
			text, err := os.ReadFile(given[0])
			if err != nil {
				return parry.Errorf(parry.Invalid, "%w", err)
			}
			if _, err := rules.ReadPolicy(given[0], text); err != nil {
				return asInvalid(err)
			}
			fmt.Fprintf(a.stdout, "%s is in order\n", given[0])
			return nil
		},
	}, &cobra.Command{
		Use:   "show",
		Short: "Show what holds: the policy file's, and what is so where it says nothing",
		Args:  args(cobra.NoArgs, "parry policy show"),
		RunE: func(*cobra.Command, []string) error {
			guard, err := a.policy()
			if err != nil {
				return err
			}
			if a.json {
				return a.encode(guard)
			}
			a.style().Policy(a.stdout, guard)
			return nil
		},
	})
	return c
}
