package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/deploy"
	"parry/internal/rollout"
)

// carrying is what 'deploy up', 'status' and 'down' are told.
type carrying struct {
	file, binary, role string
	only               []string
	plan, yes          bool
}

func (a *app) deployUp() *cobra.Command {
	var o carrying
	c := &cobra.Command{
		Use:   "up --config org.yaml [--binary FILE]",
		Short: "Make the deployment what org.yaml says: show what would be done, ask, and do that",
		Long: "Renders org.yaml and holds it against what CloudFormation has: resources that come, change and go, accounts and Regions that lack stacks or have\n" +
			"some too many. Shows that, asks, and does it through change sets and StackSets: the bucket for code, the hub, roles, event rules, and the\n" +
			"guardrails last. A change set that would do more than what was shown is not carried out. Run it again after a failure: it goes on from there.\n\n" +
			"With credentials of the hub it makes all but the guardrails, which are the management account's; --role names a role to take there.",
		Example: "  parry deploy up --config org.yaml --binary bootstrap\n  parry deploy up --config org.yaml --plan\n  parry deploy up --config org.yaml --only guardrails --role OrganizationAccountAccessRole",
		Args:    args(cobra.NoArgs, "parry deploy up --config org.yaml --binary bootstrap"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.deployCarry(cmd.Context(), o, false) },
	}
	a.carryFlags(c, &o)
	c.Flags().StringVar(&o.binary, "binary", "", "what the functions run: the binary, built for Linux without cgo; without it they go on with what they have")
	return c
}

func (a *app) deployDown() *cobra.Command {
	var o carrying
	c := &cobra.Command{
		Use:   "down --config org.yaml",
		Short: "Take the deployment away: show what would go and what stays behind, ask, and do that",
		Long: "Deletes what 'parry deploy up' made, in the other order: guardrails first, then the accounts' stacks, then the hub. The table, the record, its\n" +
			"bucket and keys, the logs and the bucket for code stay behind, and 'up' takes up again those that have a name. Responses that wait are not gone\n" +
			"on with.",
		Args: args(cobra.NoArgs, "parry deploy down --config org.yaml"),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.deployCarry(cmd.Context(), o, true) },
	}
	a.carryFlags(c, &o)
	return c
}

func (a *app) carryFlags(c *cobra.Command, o *carrying) {
	c.Flags().StringVar(&o.file, "config", "", "org.yaml: what is wanted")
	c.Flags().StringVar(&o.role, "role", "", "the name of a role to take in the hub or the management account, where the credentials are of the other")
	c.Flags().StringSliceVar(&o.only, "only", nil, "only these parts, such as hub, roles, region, guardrails; may be given more than once")
	c.Flags().BoolVar(&o.plan, "plan", false, "only show what would be done; the exit code is 3 if there is something")
	c.Flags().BoolVar(&o.yes, "yes", false, "say yes beforehand, for use without a terminal")
}

func (a *app) deployStatus() *cobra.Command {
	var o carrying
	c := &cobra.Command{
		Use:   "status --config org.yaml",
		Short: "Say which parts of the deployment are as org.yaml says, and which are not",
		Long:  "Compares as 'parry deploy up --plan' does, and only reads. The exit code is 0 if everything is as org.yaml says, and 3 if not.",
		Args:  args(cobra.NoArgs, "parry deploy status --config org.yaml"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := a.rollout(cmd.Context(), o)
			if err != nil {
				return err
			}
			p, err := r.Plan(cmd.Context())
			if err != nil {
				return err
			}
			if !p.Whole() {
				a.worse(exitPerson)
			}
			return a.showDeployment(p)
		},
	}
	c.Flags().StringVar(&o.file, "config", "", "org.yaml: what is wanted")
	c.Flags().StringVar(&o.role, "role", "", "the name of a role to take in the hub or the management account, where the credentials are of the other")
	c.Flags().StringVar(&o.binary, "binary", "", "the binary that the functions should run; without it that is not looked at")
	c.Flags().StringSliceVar(&o.only, "only", nil, "only these parts; may be given more than once")
	return c
}

// deployCarry shows what there is to do, asks, and does it.
func (a *app) deployCarry(ctx context.Context, o carrying, down bool) error {
	r, err := a.rollout(ctx, o)
	if err != nil {
		return err
	}
	find, question := r.Plan, "Deploy this?"
	if down {
		find, question = r.Down, "Take this away?"
	}
	p, err := find(ctx)
	if err != nil {
		return err
	}
	if err := a.showDeployment(p); err != nil {
		return err
	}
	switch {
	case o.plan:
		if p.Changes() {
			a.worse(exitPerson)
		}
		return nil
	case !p.Changes():
		if !p.Whole() {
			a.worse(exitPerson) // something is out of reach, or in the way
		}
		return nil
	case !o.yes:
		ok, err := a.yes("\n  " + question)
		if err != nil {
			return err
		}
		if !ok {
			return parry.Errorf(parry.Refused, "nothing was done: nobody said yes")
		}
	}
	return r.Carry(ctx, p)
}

func (a *app) showDeployment(p *rollout.Plan) error {
	if a.json {
		return a.encode(p)
	}
	rollout.Print(a.stdout, p)
	return nil
}

// between is how often CloudFormation is asked whether it is through.
const between = 5 * time.Second

// rollout puts together what org.yaml wants.
func (a *app) rollout(ctx context.Context, o carrying) (*rollout.Rollout, error) {
	if o.file == "" {
		return nil, parry.Errorf(parry.Invalid, "what is wanted is not named").WithHint("--config org.yaml; docs/deploy.md has one to begin with")
	}
	org, files, err := a.renderOrg(o.file)
	if err != nil {
		return nil, err
	}
	r := &rollout.Rollout{Org: org, Files: files, Role: o.role, Only: o.only, Every: between, Say: func(what string) { fmt.Fprintln(a.stderr, what) }}
	if o.binary != "" {
		var zip bytes.Buffer
		if r.Architecture, err = deploy.Bundle(&zip, o.binary, bundled(o.file, org)); err != nil {
			return nil, err
		}
		r.Zip = zip.Bytes()
	}
	r.Config, err = a.aws(ctx)
	return r, err
}
