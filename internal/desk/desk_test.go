package desk_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"parry"
	"parry/internal/assemble"
	"parry/internal/demo"
	"parry/internal/desk"
	"parry/internal/signin"
	"parry/internal/source"
	"parry/internal/sqlite"
)

// scene is the demo's organization, with one response that waits.
func scene(t *testing.T) (*parry.Responder, parry.Response) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	org, err := demo.New(ctx)
	if err != nil {
		t.Fatal(err)
	}
	lib, err := assemble.NewLibrary("", "")
	if err != nil {
		t.Fatal(err)
	}
	lib.Rules.Act = true
	store, err := sqlite.Open(ctx, ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	r, _ := lib.Responder(org.Org.Config(demo.Hub, "us-east-1"), store, assemble.Options{Role: "parry-{playbook}", Patience: 10 * time.Second})
	items, err := source.Read("event", strings.NewReader(org.Events[0].JSON))
	if err != nil {
		t.Fatal(err)
	}
	findings, err := source.Decode(items[0].Event)
	if err != nil {
		t.Fatal(err)
	}
	all, err := r.Respond(ctx, items[0].Event, findings[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, resp := range all {
		if resp.State == parry.Waiting {
			return r, resp
		}
	}
	t.Fatal("nothing waits")
	return nil, parry.Response{}
}

func as(t *testing.T, id string, role signin.Role) context.Context {
	return signin.With(t.Context(), signin.Person{ID: id, Role: role})
}

// Each act asks for its role, by whatever way somebody comes to it.
func TestActsAskForTheirRole(t *testing.T) {
	r, resp := scene(t)
	d := desk.New(r, nil, slog.New(slog.DiscardHandler))
	for name, c := range map[string]struct {
		role signin.Role
		do   func(ctx context.Context) error
	}{
		"approve":  {signin.Approver, func(ctx context.Context) error { _, err := d.Approve(ctx, "none", "", ""); return err }},
		"reject":   {signin.Approver, func(ctx context.Context) error { _, err := d.Reject(ctx, "none", "", "no"); return err }},
		"refresh":  {signin.Approver, func(ctx context.Context) error { _, _, err := d.Refresh(ctx, "none"); return err }},
		"remark":   {signin.Approver, func(ctx context.Context) error { _, err := d.Remark(ctx, "none", "x"); return err }},
		"hold":     {signin.Approver, func(ctx context.Context) error { _, err := d.Hold(ctx, "none", "x"); return err }},
		"unhold":   {signin.Admin, func(ctx context.Context) error { return d.Unhold(ctx, "none") }},
		"planundo": {signin.Viewer, func(ctx context.Context) error { _, err := d.PlanUndo(ctx, "none"); return err }},
		"undo":     {signin.Approver, func(ctx context.Context) error { _, err := d.Undo(ctx, "none"); return err }},
		"stop":     {signin.Admin, func(ctx context.Context) error { return d.Stop(ctx, "", "") }},
	} {
		for _, role := range []signin.Role{signin.Nobody, signin.Viewer, signin.Approver, signin.Admin} {
			err := c.do(as(t, "dana", role))
			if refused := parry.KindOf(err) == parry.Refused; refused != (role < c.role) || err == nil {
				t.Errorf("%s as %s: %v", name, role, err)
			}
		}
	}
	// The store's own histories are no responses.
	if err := d.Engine.SignedIn(t.Context(), "dana signs in"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Remark(as(t, "root", signin.Admin), parry.SignInLog, "x"); parry.KindOf(err) != parry.NotFound {
		t.Error(err)
	}
	if _, err := d.Hold(as(t, "root", signin.Admin), parry.SignInLog, "x"); parry.KindOf(err) != parry.NotFound {
		t.Error(err)
	}
	if err := d.Start(as(t, "dana", signin.Approver), ""); parry.KindOf(err) != parry.Refused {
		t.Error(err)
	}
	if now, err := r.Store.Response(t.Context(), resp.ID); err != nil || now.State != parry.Waiting {
		t.Error(now.State, err)
	}
}

// What is begun here is carried out by whoever is next to look, where nobody here does it: at once, and not when a lease is over.
func TestItIsHandedOver(t *testing.T) {
	r, resp := scene(t)
	d := desk.New(r, nil, slog.New(slog.DiscardHandler))
	got, err := d.Approve(as(t, "dana", signin.Approver), resp.ID, resp.Plan.Digest, "")
	if err != nil || got.State != parry.Approved {
		t.Fatal(got.State, err)
	}
	if err := r.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now, err := r.Store.Response(t.Context(), resp.ID); err != nil || now.State != parry.Done || now.By != "dana" {
		t.Fatal(now.State, now.By, err)
	}
	if got, err = d.Undo(as(t, "omar", signin.Approver), resp.ID); err != nil || got.State != parry.Undoing {
		t.Fatal(got.State, err)
	}
	if err := r.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now, err := r.Store.Response(t.Context(), resp.ID); err != nil || now.State != parry.Undone {
		t.Fatal(now.State, err)
	}
}

// A page never waits: the yes is there before the first call.
func TestItIsCarriedOnBehind(t *testing.T) {
	r, resp := scene(t)
	var under sync.WaitGroup
	begin := make(chan struct{})
	d := desk.New(r, func(work func(context.Context)) {
		ctx := context.WithoutCancel(t.Context())
		under.Go(func() { <-begin; work(ctx) })
	}, slog.New(slog.DiscardHandler))
	got, err := d.Approve(as(t, "dana", signin.Approver), resp.ID, resp.Plan.Digest, "")
	if err != nil || got.State != parry.Approved || len(got.Results) != 0 {
		t.Fatal(got.State, got.Results, err)
	}
	close(begin)
	under.Wait()
	if now, err := r.Store.Response(t.Context(), resp.ID); err != nil || now.State != parry.Done {
		t.Fatal(now.State, err)
	}
}
