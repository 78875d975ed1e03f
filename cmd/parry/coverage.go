package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/coverage"
)

func (a *app) coverageCommand() *cobra.Command {
	var all bool
	var page string
	c := &cobra.Command{
		Use:   "coverage",
		Short: "Say what has a response: GuardDuty's finding types, Security Hub's controls, ATT&CK's techniques",
		Long: "Coverage makes an event of each finding type and of each control, lets the rules answer it, and counts by tier. It counts the rules\n" +
			"and playbooks that are in use, your own too. It speaks to no cloud.",
		Args: args(cobra.NoArgs, "parry coverage"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			lib, err := a.library()
			if err != nil {
				return err
			}
			r, err := coverage.Of(cmd.Context(), lib.Rules, lib.Playbooks)
			if err != nil {
				return err
			}
			if page != "" {
				if err := writePage(page, r); err != nil {
					return err
				}
			}
			if a.json {
				return a.encode(r)
			}
			if err := r.WriteText(a.stdout, all); err != nil {
				return err
			}
			switch {
			case page != "":
				fmt.Fprintf(a.stdout, "The whole list is in %s.\n", page)
			case !all:
				fmt.Fprintln(a.stdout, "'parry coverage --all' lists each, --html FILE makes a page of it.")
			}
			return nil
		},
	}
	c.Flags().BoolVar(&all, "all", false, "list every item with its rules and playbooks, not only the sums")
	c.Flags().StringVar(&page, "html", "", "write the whole list as a page for the browser, a file that needs nothing beside it")
	return c
}

// writePage writes the page into a file.
func writePage(path string, r coverage.Report) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return parry.Errorf(parry.Invalid, "the page cannot be written: %w", err)
	}
	defer func() {
		if closing := f.Close(); err == nil && closing != nil {
			err = parry.Errorf(parry.Invalid, "the page cannot be written: %w", closing)
		}
	}()
	return r.WriteHTML(f)
}
