package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/playbook"
)

func (a *app) playbookCommand() *cobra.Command {
	c := &cobra.Command{Use: "playbook", Short: "List, show and check playbooks, and derive their permissions"}
	c.AddCommand(a.playbookList(), a.playbookShow(), a.playbookCheck(), a.playbookPermissions())
	return c
}

func (a *app) playbookList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the playbooks", Args: args(cobra.NoArgs, "parry playbook list"),
		RunE: func(*cobra.Command, []string) error {
			lib, err := a.library()
			if err != nil {
				return err
			}
			if a.json {
				for _, p := range lib.Playbooks.All() {
					if err := a.encode(map[string]any{"name": p.Name, "summary": p.Summary, "target": p.Target, "risk": p.Risk, "attack": p.Attack, "controls": p.Controls, "guardduty": p.GuardDuty, "digest": p.Digest}); err != nil {
						return err
					}
				}
				return nil
			}
			t := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
			fmt.Fprintln(t, "PLAYBOOK\tRISK\tTARGET\tSUMMARY")
			for _, p := range lib.Playbooks.All() {
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", p.Name, p.Risk, p.Target, p.Summary)
			}
			return t.Flush()
		},
	}
}

func (a *app) playbookShow() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show what a playbook does, breaks and needs", Args: args(cobra.ExactArgs(1), "parry playbook show NAME"),
		RunE: func(_ *cobra.Command, given []string) error {
			lib, err := a.library()
			if err != nil {
				return err
			}
			p, err := lib.Playbooks.Get(given[0])
			if err != nil {
				return err
			}
			if a.json {
				return a.encode(map[string]any{"name": p.Name, "summary": p.Summary, "target": p.Target, "risk": p.Risk, "breaks": p.Breaks, "digest": p.Digest, "text": string(p.Text)})
			}
			_, err = a.stdout.Write([]byte(p.Page()))
			return err
		},
	}
}

func (a *app) playbookCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check PATH", Short: "Check a playbook, or a folder of them, and say what is wrong with line and column",
		Args: args(cobra.ExactArgs(1), "parry playbook check PATH: a playbook.yaml, its folder, or a folder of such folders"),
		RunE: func(_ *cobra.Command, given []string) error {
			set, err := checkPath(given[0])
			if err != nil {
				return asInvalid(err)
			}
			for _, p := range set.All() {
				fmt.Fprintf(a.stdout, "%s: ok\n", p.Name)
			}
			return nil
		},
	}
}

// checkPath loads what a path names: a file, a playbook's folder, or a folder of playbooks.
func checkPath(path string) (*playbook.Set, error) {
	set := playbook.NewSet(awsapi.Catalog())
	info, err := os.Stat(path)
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "%w", err)
	}
	file := path
	if info.IsDir() {
		file = filepath.Join(path, "playbook.yaml")
		if _, err := os.Stat(file); err != nil {
			if err := set.AddFolder(os.DirFS(path), ".", path); err != nil {
				return nil, err
			}
			if len(set.All()) == 0 {
				return nil, parry.Errorf(parry.Invalid, "%s holds no playbook", path).WithHint("a playbook is a folder with a playbook.yaml in it")
			}
			return set, nil
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "%w", err)
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "%w", err)
	}
	return set, set.Add(file, filepath.Base(filepath.Dir(abs)), text)
}

func (a *app) playbookPermissions() *cobra.Command {
	var account, region, partition string
	c := &cobra.Command{
		Use: "permissions NAME", Short: "Print the least-privilege IAM policy of a playbook's role, derived from its calls",
		Args: args(cobra.ExactArgs(1), "parry playbook permissions NAME"),
		RunE: func(_ *cobra.Command, given []string) error {
			lib, err := a.library()
			if err != nil {
				return err
			}
			p, err := lib.Playbooks.Get(given[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.stdout, parry.NewPolicy(p.Permissions(partition, account, region)).Indent())
			return err
		},
	}
	c.Flags().StringVar(&account, "account", "", "the account that the role is for; a wildcard where it is not said")
	c.Flags().StringVar(&region, "region", "", "the only Region that the role is for; a wildcard where it is not said")
	c.Flags().StringVar(&partition, "partition", "aws", strings.Join([]string{"aws", "aws-cn", "aws-us-gov"}, ", "))
	return c
}
