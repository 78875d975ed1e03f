package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"parry"
	"parry/internal/door"
	"parry/internal/render"
	"parry/internal/telemetry"
)

// door is the way to a deployment on AWS, or to a console's server, where --server names one. A function's URL takes requests that are signed with AWS
// credentials, any other server a token; on this machine it may be either.
func (a *app) door(ctx context.Context) (*door.Client, error) {
	token, err := a.token()
	switch {
	case err != nil:
		return nil, err
	case door.IsDoor(a.server): // a token is for others
	case token != "":
		return door.NewConsole(token, a.server)
	case !door.IsHere(a.server) && strings.HasPrefix(a.server, "https://"):
		return nil, parry.Errorf(parry.Invalid, "there is no token for the server %s", a.server).
			WithHint("name its file: --server-token-file FILE, or set PARRY_SERVER_TOKEN; 'parry token new' makes one at the server. A deployment's door is the output DoorUrl of its stack")
	}
	cfg, err := a.aws(ctx)
	if err != nil {
		return nil, err
	}
	return door.New(cfg, a.server, time.Now)
}

// token is what says at a console's server who asks; empty for none. It is in no flag, where others on this machine would see it.
func (a *app) token() (string, error) {
	token := strings.TrimSpace(a.env("PARRY_SERVER_TOKEN"))
	if a.tokenFile == "" {
		return token, nil
	}
	if token != "" {
		return "", parry.Errorf(parry.Invalid, "the server's token is given twice: by PARRY_SERVER_TOKEN and by --server-token-file").WithHint("leave one out")
	}
	text, err := os.ReadFile(a.tokenFile)
	if err != nil {
		return "", parry.Errorf(parry.Invalid, "--server-token-file: %w", err)
	}
	if token = strings.TrimSpace(string(text)); token == "" {
		return "", parry.Errorf(parry.Invalid, "--server-token-file: %s is empty", a.tokenFile)
	}
	return token, nil
}

// console tells whether --server names a console's server, which has more than a door.
func (a *app) console() bool { return a.server != "" && !door.IsDoor(a.server) }

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
	resp, records, err := d.Whole(ctx, id)
	if err != nil {
		return err
	}
	if a.json {
		return a.encode(struct {
			parry.Response
			Records []parry.Record `json:"records,omitempty"`
		}{resp, records})
	}
	a.style().Response(a.stdout, resp, records)
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
	var differs []string
	if approve && d.Console() && resp.State == parry.Waiting {
		if resp, differs, err = d.Refresh(ctx, id); err != nil {
			return err
		}
	}
	a.showQuestion(resp, differs)
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

// stopThere stops or starts at a console's server, and prints what is stopped.
func (a *app) stopThere(ctx context.Context, do func(d *door.Client) (door.Switches, error)) error {
	d, err := a.door(ctx)
	if err != nil {
		return err
	}
	now, err := do(d)
	if err != nil {
		return err
	}
	if now.Everything != "" {
		fmt.Fprintf(a.stdout, "everything is stopped: %s\n", render.Clean(now.Everything))
	} else {
		fmt.Fprintln(a.stdout, "nothing is stopped as a whole")
	}
	for _, p := range now.Playbooks {
		fmt.Fprintf(a.stdout, "%s is stopped: %s\n", render.Clean(p.Playbook), render.Clean(p.Why))
	}
	return nil
}

// switchesThere prints the history of switches of a console's server, the oldest first.
func (a *app) switchesThere(ctx context.Context) error {
	d, err := a.door(ctx)
	if err != nil {
		return err
	}
	now, err := d.Switches(ctx)
	if err != nil {
		return err
	}
	slices.Reverse(now.History)
	return a.showSwitches(now.History)
}

// statsThere prints the figures of a console's server.
func (a *app) statsThere(ctx context.Context, since time.Duration) error {
	d, err := a.door(ctx)
	if err != nil {
		return err
	}
	var rows []telemetry.Row
	if err := d.Stats(ctx, since, &rows); err != nil {
		return err
	}
	return a.showStats(rows)
}
