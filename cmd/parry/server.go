package main

import (
	"context"
	"fmt"
	"time"

	"parry"
	"parry/internal/door"
)

// door is the way to a deployment on AWS, where --server names one.
func (a *app) door(ctx context.Context) (*door.Client, error) {
	cfg, err := a.aws(ctx)
	if err != nil {
		return nil, err
	}
	return door.New(cfg, a.server, time.Now)
}

// listThere lists the responses of a deployment.
func (a *app) listThere(ctx context.Context, state parry.State, n int) error {
	d, err := a.door(ctx)
	if err != nil {
		return err
	}
	all, err := d.List(ctx, state, n)
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
}

// showThere shows a response of a deployment.
func (a *app) showThere(ctx context.Context, id string) error {
	d, err := a.door(ctx)
	if err != nil {
		return err
	}
	resp, err := d.Response(ctx, id)
	if err != nil {
		return err
	}
	if a.json {
		return a.encode(resp)
	}
	a.style().Response(a.stdout, resp, nil)
	return nil
}

// voteThere says a person's word to a deployment, which knows by the request's signature who it is. The yes is for the plan that is shown here.
func (a *app) voteThere(ctx context.Context, id string, o voteOptions, approve bool) error {
	d, err := a.door(ctx)
	if err != nil {
		return err
	}
	resp, err := d.Response(ctx, id)
	if err != nil {
		return err
	}
	a.showQuestion(resp, nil)
	digest := resp.Plan.Digest
	if o.digest != "" {
		digest = o.digest
	}
	if resp.State == parry.Waiting && !o.yes {
		if ok, err := a.yes(question(resp, approve)); err != nil || !ok {
			a.worse(exitPerson)
			return err
		}
	}
	if approve {
		resp, err = d.Approve(ctx, id, digest, o.comment)
	} else {
		resp, err = d.Reject(ctx, id, digest, o.comment)
	}
	if err != nil {
		return err
	}
	return a.told(resp, "your word is kept; 'parry show "+resp.ID+"' tells how it goes on")
}

// undoThere has a deployment take a response back.
func (a *app) undoThere(ctx context.Context, id string, yes, dry bool, only []string) error {
	d, err := a.door(ctx)
	if err != nil {
		return err
	}
	rev, err := d.PlanUndo(ctx, id, only...)
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
	if len(rev.Conflicts) == 0 && !yes { // with a conflict the door refuses, and says why
		if ok, err := a.yes("Take it back?"); err != nil || !ok {
			a.worse(exitPerson)
			return err
		}
	}
	resp, err := d.Undo(ctx, id, only)
	if err != nil {
		return err
	}
	return a.told(resp, "it is being taken back; 'parry show "+resp.ID+"' tells how it goes on")
}

// told prints where a response stands in a deployment.
func (a *app) told(resp parry.Response, text string) error {
	if a.json {
		return a.encode(resp)
	}
	fmt.Fprintf(a.stdout, "  %s: %s\n", a.style().State(resp.State), text)
	return nil
}
