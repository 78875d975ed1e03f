// Package desk is what people do with responses, whatever they do it through: the console's pages, the API. It holds each act to the role of
// whoever asks, begins it, and has it carried out behind their back: a page never waits for AWS to finish.
package desk

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"parry"
	"parry/internal/signin"
)

// Desk does what people ask for.
type Desk struct {
	// Engine decides and begins. It is under a worker's name of its own.
	Engine *parry.Responder
	// Carry goes on with a response that was begun; nil leaves that to other workers on the same store: the next one that looks takes it up.
	Carry func(work func(ctx context.Context))
	Log   *slog.Logger
}

// New makes a desk of an engine.
func New(e *parry.Responder, carry func(work func(ctx context.Context)), log *slog.Logger) *Desk {
	own := *e
	own.Worker += "-desk"
	return &Desk{Engine: &own, Carry: carry, Log: log}
}

// may refuses who has not the role.
func may(ctx context.Context, role signin.Role) (signin.Person, error) {
	p := signin.From(ctx)
	if !p.May(role) {
		return p, parry.Errorf(parry.Refused, "this takes the role %s, and %s has the role %s", role, nameOf(p), p.Role).
			WithHint("docs/console-signin.md: the groups of your sign-in decide the role")
	}
	return p, nil
}

// about is may for an act on a response. The histories that are of none are not acted on.
func about(ctx context.Context, role signin.Role, id string) (signin.Person, error) {
	p, err := may(ctx, role)
	if err == nil && parry.OwnLog(id) {
		err = parry.Errorf(parry.NotFound, "there is no response %s", id)
	}
	return p, err
}

func nameOf(p signin.Person) string {
	if p.ID == "" {
		return "who asks"
	}
	return p.ID
}

// begins is the engine that leaves what it begins before the first call.
func (d *Desk) begins() *parry.Responder {
	e := *d.Engine
	e.Leave = func(parry.Response, time.Duration) bool { return true }
	return &e
}

// goOn has a response that was begun carried out: here, or by the next worker that looks.
func (d *Desk) goOn(ctx context.Context, resp parry.Response) {
	if !resp.State.Begun() && resp.State != parry.Undoing {
		return
	}
	// What fails here is stored where it stands, and taken up by the clock.
	said := func(err error) {
		if err != nil {
			d.Log.Warn("a response could not be carried on", "response", resp.ID, "error", err.Error(), "next", parry.HintOf(err))
		}
	}
	if d.Carry == nil {
		said(d.Engine.HandOver(context.WithoutCancel(ctx), resp.ID))
		return
	}
	d.Carry(func(ctx context.Context) {
		_, err := d.Engine.Advance(ctx, resp.ID)
		said(err)
	})
}

// Approve takes the person's yes to a plan, by its digest. What it then takes is begun, and goes on by itself.
func (d *Desk) Approve(ctx context.Context, id, digest, comment string) (parry.Response, error) {
	p, err := about(ctx, signin.Approver, id)
	if err != nil {
		return parry.Response{}, err
	}
	resp, err := d.begins().Approve(ctx, id, parry.Vote{By: p.ID, Digest: digest, Comment: strings.TrimSpace(comment)})
	if err == nil {
		d.goOn(ctx, resp)
	}
	return resp, err
}

// Reject takes the person's no, with the reason. Without a digest it is for the plan as it is.
func (d *Desk) Reject(ctx context.Context, id, digest, comment string) (parry.Response, error) {
	p, err := about(ctx, signin.Approver, id)
	if err != nil {
		return parry.Response{}, err
	}
	comment = strings.TrimSpace(comment)
	if comment == "" {
		return parry.Response{}, parry.Errorf(parry.Invalid, "a no needs a reason").WithHint("say why in the comment")
	}
	return d.Engine.Reject(ctx, id, parry.Vote{By: p.ID, Digest: digest, Comment: comment})
}

// Refresh plans a response that waits anew, and says what is not as it was.
func (d *Desk) Refresh(ctx context.Context, id string) (parry.Response, []string, error) {
	if _, err := about(ctx, signin.Approver, id); err != nil {
		return parry.Response{}, nil, err
	}
	return d.Engine.Refresh(ctx, id)
}

// Remark keeps a comment in the response's history.
func (d *Desk) Remark(ctx context.Context, id, text string) (parry.Response, error) {
	p, err := about(ctx, signin.Approver, id)
	if err != nil {
		return parry.Response{}, err
	}
	return d.Engine.Remark(ctx, id, p.ID, text)
}

// Hold puts a response's finding on hold.
func (d *Desk) Hold(ctx context.Context, id, why string) (parry.Response, error) {
	p, err := about(ctx, signin.Approver, id)
	if err != nil {
		return parry.Response{}, err
	}
	return d.Engine.Hold(ctx, id, p.ID, why)
}

// Unhold takes the hold off a response's finding.
func (d *Desk) Unhold(ctx context.Context, id string) error {
	p, err := about(ctx, signin.Admin, id)
	if err != nil {
		return err
	}
	resp, err := d.Engine.Store.Response(ctx, id)
	if err != nil {
		return err
	}
	return d.Engine.Unhold(ctx, resp.Key, p.ID)
}

// PlanUndo says what taking a response back would do: all of it, or the changes that are named.
func (d *Desk) PlanUndo(ctx context.Context, id string, changes ...string) (parry.Reversal, error) {
	if _, err := about(ctx, signin.Viewer, id); err != nil {
		return parry.Reversal{}, err
	}
	return d.Engine.PlanUndo(ctx, id, changes...)
}

// Undo begins to take a response back.
func (d *Desk) Undo(ctx context.Context, id string, changes ...string) (parry.Response, error) {
	p, err := about(ctx, signin.Approver, id)
	if err != nil {
		return parry.Response{}, err
	}
	resp, err := d.begins().Undo(ctx, id, p.ID, changes...)
	if err == nil {
		d.goOn(ctx, resp)
	}
	return resp, err
}

// Stop is the kill switch, for one playbook or, where none is named, for all.
func (d *Desk) Stop(ctx context.Context, playbook, why string) error {
	p, err := may(ctx, signin.Admin)
	if err != nil {
		return err
	}
	return d.Engine.Stop(ctx, playbook, strings.TrimSpace(why), func() string { return p.ID })
}

// Start takes a stop back.
func (d *Desk) Start(ctx context.Context, playbook string) error {
	p, err := may(ctx, signin.Admin)
	if err != nil {
		return err
	}
	return d.Engine.Start(ctx, playbook, p.ID)
}
