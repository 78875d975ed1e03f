package parry

import (
	"context"
	"fmt"
	"strings"
)

// longestRemark is how long a person's remark may be, in bytes. A response is stored whole with each step.
const longestRemark = 2000

// Remark keeps what a person says about a response, in its history. It changes nothing else.
func (r *Responder) Remark(ctx context.Context, id, by, text string) (Response, error) {
	text = strings.TrimSpace(text)
	switch {
	case by == "":
		return Response{}, Errorf(Refused, "who says it is not known")
	case text == "":
		return Response{}, Errorf(Invalid, "a remark needs a text")
	case len(text) > longestRemark:
		return Response{}, Errorf(Invalid, "the remark is longer than %d bytes", longestRemark).WithHint("keep the long form where your notes are, and say where")
	}
	resp, err := r.Store.Response(ctx, id)
	if err != nil {
		return resp, err
	}
	return resp, r.amend(ctx, &resp, func(*Response) (Move, string) { return MoveNoted, by + " remarks: " + text })
}

// Hold puts the finding of a response on hold: until somebody takes that off, it is not answered by itself, and nobody's yes to what waits is
// taken. It is on hold first, and then recorded.
func (r *Responder) Hold(ctx context.Context, id, by, why string) (Response, error) {
	why = strings.TrimSpace(why)
	switch {
	case by == "":
		return Response{}, Errorf(Refused, "who puts it on hold is not known")
	case why == "":
		return Response{}, Errorf(Invalid, "a hold needs a reason").WithHint("whoever finds it on hold will ask")
	case len(why) > longestRemark:
		return Response{}, Errorf(Invalid, "the reason is longer than %d bytes", longestRemark)
	}
	resp, err := r.Store.Response(ctx, id)
	if err != nil {
		return resp, err
	}
	if err := r.Store.Hold(ctx, resp.Key, by+": "+why); err != nil {
		return resp, err
	}
	err = r.amend(ctx, &resp, func(*Response) (Move, string) { return MoveNoted, by + " puts the finding on hold: " + why })
	if err != nil {
		return resp, Errorf(KindOf(err), "the finding is on hold, but that could not be recorded: %w", err)
	}
	return resp, nil
}

// SignInLog is the id under which the store keeps who signed in at the console, as SwitchLog keeps what was stopped.
const SignInLog = "sign-ins"

// OwnLog tells whether an id is that of a history of no response. What lists responses for people leaves it out.
func OwnLog(id string) bool { return id == SwitchLog || id == SignInLog }

// SignedIn records that somebody signed in or out, or was refused: who, how, and from where.
func (r *Responder) SignedIn(ctx context.Context, format string, args ...any) error {
	return r.own(ctx, SignInLog, MoveSignIn, fmt.Sprintf(format, args...))
}
