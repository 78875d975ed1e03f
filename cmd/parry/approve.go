package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/render"
)

type voteOptions struct {
	yes             bool
	digest, comment string
}

func (a *app) approveCommand() *cobra.Command {
	var o voteOptions
	c := &cobra.Command{
		Use:   "approve ID",
		Short: "Say yes to a response that waits",
		Long: "Plans again, shows the plan and what of it is not as it was when it was asked about, and asks on the terminal. The yes is that of whom\n" +
			"the AWS credentials name, it is for this plan only, and it counts once. Where it is the last one that is needed, the plan is applied.\n" +
			"The policy file says who may say yes, and how many it takes.",
		Example: "  parry list --state waiting\n  parry approve ID\n  parry approve ID --yes --digest sha256:...",
		Args:    args(cobra.ExactArgs(1), "parry approve ID; 'parry list --state waiting' shows the ids"),
		RunE:    func(cmd *cobra.Command, given []string) error { return a.vote(cmd.Context(), given[0], o, true) },
	}
	c.Flags().BoolVar(&o.yes, "yes", false, "say yes beforehand, for use without a terminal; needs --digest")
	c.Flags().StringVar(&o.digest, "digest", "", "the digest of the plan that the yes is for, as 'parry show' gives it")
	c.Flags().StringVar(&o.comment, "comment", "", "why; it is kept with the response")
	return c
}

func (a *app) rejectCommand() *cobra.Command {
	var o voteOptions
	c := &cobra.Command{
		Use:   "reject ID",
		Short: "Say no to a response that waits",
		Args:  args(cobra.ExactArgs(1), "parry reject ID --comment TEXT; 'parry list --state waiting' shows the ids"),
		RunE: func(cmd *cobra.Command, given []string) error {
			if strings.TrimSpace(o.comment) == "" {
				return parry.Errorf(parry.Invalid, "a no needs a reason").WithHint("say --comment TEXT")
			}
			return a.vote(cmd.Context(), given[0], o, false)
		},
	}
	c.Flags().BoolVar(&o.yes, "yes", false, "do not ask on the terminal")
	c.Flags().StringVar(&o.comment, "comment", "", "why not; it is kept with the response")
	return c
}

// vote shows a response that waits and takes a person's word on it.
func (a *app) vote(ctx context.Context, id string, o voteOptions, approve bool) error {
	if approve && o.yes && o.digest == "" {
		return parry.Errorf(parry.Invalid, "a yes beforehand is for one plan").WithHint("say which: --digest sha256:..., as 'parry show %s' gives it", id)
	}
	if a.server != "" {
		return a.voteThere(ctx, id, o, approve)
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
	r, cloud, err := a.responder(ctx, lib, store, a.watch)
	if err != nil {
		return err
	}
	if id, err = store.Resolve(ctx, id); err != nil {
		return err
	}
	resp, err := store.Response(ctx, id)
	if err != nil {
		return err
	}
	var differs []string
	if approve {
		if resp, differs, err = r.Refresh(ctx, id); err != nil {
			return err
		}
	}
	a.showQuestion(resp, differs)
	_, arn, err := cloud.Who(ctx)
	if err != nil {
		return err
	}
	v := parry.Vote{By: arn, Comment: o.comment, Digest: resp.Plan.Digest}
	if o.digest != "" {
		v.Digest = o.digest
	}
	if resp.State == parry.Waiting && !o.yes {
		if ok, err := a.yes(question(resp, approve)); err != nil || !ok {
			a.worse(exitPerson)
			return err
		}
	}
	if approve {
		resp, err = r.Approve(ctx, id, v)
	} else {
		resp, err = r.Reject(ctx, id, v)
	}
	if err != nil {
		return err
	}
	if a.json {
		return a.encode(resp)
	}
	a.style().Outcome(a.stdout, resp)
	if resp.State == parry.Waiting {
		fmt.Fprintf(a.stdout, "  %s: your yes is kept, and it takes another one\n", a.style().State(resp.State))
	}
	return nil
}

func question(resp parry.Response, approve bool) string {
	if approve {
		return fmt.Sprintf("\n  Apply these %d changes in account %s?", len(resp.Plan.Changes), resp.Target.Account)
	}
	return "\n  Reject this response?"
}

// showQuestion prints what is to be decided.
func (a *app) showQuestion(resp parry.Response, differs []string) {
	if a.json {
		return
	}
	s := a.style()
	s.Finding(a.stdout, resp.Finding)
	fmt.Fprintln(a.stdout)
	if resp.Plan.Playbook != "" {
		s.Plan(a.stdout, resp.Plan)
		s.Decision(a.stdout, resp.Decided)
		fmt.Fprintf(a.stdout, "  %s\n", resp.Plan.Digest)
	}
	s.Asked(a.stdout, resp)
	for _, d := range differs {
		fmt.Fprintf(a.stdout, "  not as it was: %s\n", render.Clean(d))
	}
}
