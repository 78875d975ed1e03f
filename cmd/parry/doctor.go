package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/assemble"
	"parry/internal/deploy"
	"parry/internal/doctor"
)

type doctorOptions struct {
	file, reader             string
	only, regions            []string
	assume, all, permissions bool
}

func (a *app) doctorCommand() *cobra.Command {
	var o doctorOptions
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say what of an account or an organization is ready, missing or risky",
		Long: "With --org-file it holds an organization against what 'parry deploy render' makes of the same file: detection, event rules, queues, roles,\n" +
			"guardrails, the record, the store, quotas. Without, it looks at the account and the Region of the environment's credentials, the roles of\n" +
			"--role and the table of --db. It only reads, and says of what it may not read which permission is missing. Every line that is not ok has\n" +
			"what would put it right. The exit code is 0 if all is ok, and 3 if a person should look. docs/doctor.md lists the checks.",
		Example: "  parry doctor\n  parry doctor --org-file org.yaml --reader ReadOnly\n  parry doctor --org-file org.yaml --only role-policy --json\n  parry doctor --org-file org.yaml --permissions",
		Args:    args(cobra.NoArgs, "parry doctor takes flags only"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context(), o) },
	}
	f := c.Flags()
	f.StringVar(&o.file, "org-file", "", "org.yaml, as 'parry deploy' takes it")
	f.StringVar(&o.reader, "reader", "", "the role to read with in every account, which needs ReadOnlyAccess or what --permissions prints; without it only the account of the credentials is read")
	f.StringSliceVar(&o.only, "only", nil, "run only these checks, by their ids; may be given more than once")
	f.StringSliceVar(&o.regions, "regions", nil, "look only at these Regions of org.yaml; without it at all of them, or at that of the environment")
	f.BoolVar(&o.assume, "assume", false, "take each playbook's role for a moment, to see that it can be taken; the credentials have to be Parry's own")
	f.BoolVar(&o.all, "all", false, "write a line for each thing that is ok, too")
	f.BoolVar(&o.permissions, "permissions", false, "print the least policy that it needs, and ask nothing of AWS")
	return c
}

// doctor looks, and prints what it found.
func (a *app) doctor(ctx context.Context, o doctorOptions) error {
	if strings.ContainsAny(o.reader, ":/{") {
		return parry.Errorf(parry.Invalid, "--reader is the name of a role, not %q", o.reader).WithHint("the same name in every account, such as ReadOnly")
	}
	table, _ := strings.CutPrefix(a.db, onDynamoDB)
	if table == a.db {
		table = "" // a file is no table
	}
	d := doctor.Doctor{Role: a.role, Table: table, Reader: o.reader, Assume: o.assume, Regions: o.regions, Only: o.only, Now: time.Now}
	playbooks, rules := a.playbookDir, a.ruleDir
	if o.file != "" {
		org, err := readOrg(o.file)
		if err != nil {
			return err
		}
		d.Org, playbooks, rules = org, beside(o.file, org.Playbooks), beside(o.file, org.Rules)
	}
	if o.permissions {
		_, err := fmt.Fprintln(a.stdout, parry.NewPolicy(doctor.Permissions(d.Org, "aws", o.reader, table)).Indent())
		return err
	}
	lib, err := assemble.NewLibrary(playbooks, rules)
	if err != nil {
		return a.wrongRules(err)
	}
	d.Wish = func(o *deploy.Org) *deploy.Wish { return deploy.NewWish(o, lib.Playbooks, lib.Rules) }
	if d.Config, err = a.aws(ctx); err != nil {
		return err
	}
	found, err := d.Run(ctx)
	if err != nil {
		return err
	}
	if doctor.Count(found, doctor.OK) < len(found) {
		a.worse(exitPerson)
	}
	if !a.json {
		doctor.Print(a.stdout, found, o.all)
		return nil
	}
	for _, f := range found {
		if err := a.encode(f); err != nil {
			return err
		}
	}
	return nil
}
