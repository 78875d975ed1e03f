package api

import (
	"context"
	"net/http"
	"strings"

	"parry"
	"parry/internal/signin"
)

// mostRecords is how much of a history one answer holds.
const mostRecords = 500

// Named names a response.
type Named struct {
	ID string `path:"id" maxLength:"200" doc:"the response's id" example:"pr-06k2v4n5c8q0s6b1d3f7h9j0m2"`
}

type listAsk struct {
	State   stateAsk `query:"state" doc:"only those in this state; 'waiting' is short for 'waiting for approval'. Without it all"`
	Rule    string   `query:"rule" maxLength:"200" doc:"only those of this rule"`
	Account string   `query:"account" pattern:"^[0-9]{12}$" doc:"only those on targets in this account"`
	After   string   `query:"after" maxLength:"300" doc:"where the page before ended: its 'next'"`
	Limit   int      `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"at most so many; a page may have fewer, and is the last one only where it has no 'next'"`
}

// Page is a part of the list.
type Page struct {
	Responses []parry.Response `json:"responses" nullable:"false" doc:"the last received first"`
	Next      string           `json:"next,omitempty" doc:"where the next page begins, for 'after'; not there after the last page"`
}

// Whole is a response with its history.
type Whole struct {
	parry.Response
	Held    string         `json:"held,omitempty" doc:"why the finding is on hold; not there where it is not"`
	Records []parry.Record `json:"records" nullable:"false" doc:"the history, in order: the newest 500 at most"`
	Earlier int            `json:"earlier,omitempty" doc:"how many older records are left out"`
}

// Anew is a response that was planned again.
type Anew struct {
	parry.Response
	Differs []string `json:"differs" nullable:"false" doc:"what is not as it was when it was asked about, each in a sentence; empty where nothing is"`
}

type undoAsk struct {
	Named
	Change []string `query:"change,explode" nullable:"false" maxItems:"500" doc:"only this change, by its name; may be said again. Without it all"`
}

type approveAsk struct {
	Named
	Body struct {
		Digest  string `json:"digest" minLength:"1" maxLength:"200" doc:"of the plan that was read: the yes is for this one" example:"sha256:3b5d5c3712955042212316173ccf37be800a5c1c6c9e7a0a5c1c6c9e7a0a5c1c"`
		Comment string `json:"comment,omitempty" maxLength:"2000" doc:"why; it is kept with the response"`
	} `nameHint:"ApproveRequest"`
}

type rejectAsk struct {
	Named
	Body struct {
		Digest  string `json:"digest,omitempty" maxLength:"200" doc:"of the plan that was read; without it the no is for the plan as it is"`
		Comment string `json:"comment" pattern:"\\S" maxLength:"2000" doc:"why not"`
	} `nameHint:"RejectRequest"`
}

type takeBackAsk struct {
	Named
	Body struct {
		Changes []string `json:"changes,omitempty" nullable:"false" maxItems:"500" doc:"only these changes, by name; none is all"`
	} `nameHint:"UndoRequest"`
}

type remarkAsk struct {
	Named
	Body struct {
		Text string `json:"text" pattern:"\\S" maxLength:"2000" doc:"what there is to say, 2000 bytes at most"`
	} `nameHint:"RemarkRequest"`
}

type holdAsk struct {
	Named
	Body struct {
		Why string `json:"why" pattern:"\\S" maxLength:"2000" doc:"the reason, for whoever finds it on hold; 2000 bytes at most"`
	} `nameHint:"HoldRequest"`
}

func (approveAsk) body()  {}
func (rejectAsk) body()   {}
func (takeBackAsk) body() {}
func (remarkAsk) body()   {}
func (holdAsk) body()     {}

// responses registers what there is to see and to do about responses.
func (s *server) responses() {
	const tag = "responses"
	look, act := []int{http.StatusBadRequest, http.StatusNotFound}, []int{http.StatusBadRequest, http.StatusNotFound, http.StatusConflict}
	add(s, operation{"list-responses", http.MethodGet, "/v1/responses", signin.Viewer, "List responses",
		"A page of responses, the last received first. Go on with 'next' until there is none: what waits may be thousands.", []int{http.StatusBadRequest}, tag}, s.list)
	add(s, operation{"show-response", http.MethodGet, "/v1/responses/{id}", signin.Viewer, "Show a response",
		"One response with its plan, what came of it, and its history.", look, tag}, s.show)
	add(s, operation{"plan-undo", http.MethodGet, "/v1/responses/{id}/undo", signin.Viewer, "Show what an undo would do",
		"Compares the present state with what the response left. It reads AWS and changes nothing. Refused where there is nothing to take back.", act, tag}, s.planUndo)
	add(s, operation{"approve-response", http.MethodPost, "/v1/responses/{id}/approve", signin.Approver, "Say yes",
		"One person's yes to the plan with this digest. Where it is the last one that is needed, the plan begins to be applied, and the answer says 'approved': ask again how it went on. " +
			"Who may say yes to what the policy file says, beside the role.", act, tag}, s.approve)
	add(s, operation{"reject-response", http.MethodPost, "/v1/responses/{id}/reject", signin.Approver, "Say no",
		"One person's no: one is enough.", act, tag}, s.reject)
	add(s, operation{"undo-response", http.MethodPost, "/v1/responses/{id}/undo", signin.Approver, "Take a response back",
		"Begins to put the earlier state back, and puts the finding on hold. Where somebody changed anything since, nothing is done, and the conflict says what.", act, tag}, s.undo)
	add(s, operation{"refresh-response", http.MethodPost, "/v1/responses/{id}/refresh", signin.Approver, "Plan a response anew",
		"Plans what waits again. Where the world is not as it was, the new plan is asked about, and votes on the old one count no more. What does not wait is given as it is.", act, tag}, s.refresh)
	add(s, operation{"remark-response", http.MethodPost, "/v1/responses/{id}/remark", signin.Approver, "Keep a remark",
		"Keeps a comment in the response's history.", act, tag}, s.remark)
	add(s, operation{"hold-finding", http.MethodPost, "/v1/responses/{id}/hold", signin.Approver, "Put the finding on hold",
		"Until the hold is taken off, the response's finding is not answered by itself.", act, tag}, s.hold)
	add(s, operation{"unhold-finding", http.MethodDelete, "/v1/responses/{id}/hold", signin.Admin, "Take the hold off",
		"The response's finding is answered again. Where it is not on hold, nothing happens.", act, tag}, s.unhold)
}

// list gives a page. The store's own histories are no responses: a page that holds one is shorter.
func (s *server) list(ctx context.Context, in *listAsk) (Page, error) {
	q := parry.Query{State: parry.State(in.State), Rule: in.Rule, Account: in.Account, After: in.After, Limit: in.Limit}
	if in.State == shortWaiting {
		q.State = parry.Waiting
	}
	all, next, err := s.o.Store.List(ctx, q)
	p := Page{Responses: []parry.Response{}, Next: next}
	for _, r := range all {
		if !parry.OwnLog(r.ID) {
			p.Responses = append(p.Responses, r)
		}
	}
	return p, err
}

func (s *server) show(ctx context.Context, in *Named) (Whole, error) {
	if parry.OwnLog(in.ID) { // the store's own histories are no responses
		return Whole{}, parry.Errorf(parry.NotFound, "there is no response %s", in.ID)
	}
	r, err := s.o.Store.Response(ctx, in.ID)
	if err != nil {
		return Whole{}, err
	}
	w := Whole{Response: r, Records: []parry.Record{}}
	if w.Held, err = s.o.Store.Held(ctx, r.Key); err != nil {
		return w, err
	}
	records, err := s.o.Store.Records(ctx, in.ID)
	w.Earlier = max(len(records)-mostRecords, 0)
	w.Records = append(w.Records, records[w.Earlier:]...)
	return w, err
}

func (s *server) planUndo(ctx context.Context, in *undoAsk) (parry.Reversal, error) {
	return s.o.Desk.PlanUndo(ctx, in.ID, in.Change...)
}

func (s *server) approve(ctx context.Context, in *approveAsk) (parry.Response, error) {
	return s.o.Desk.Approve(ctx, in.ID, in.Body.Digest, in.Body.Comment)
}

func (s *server) reject(ctx context.Context, in *rejectAsk) (parry.Response, error) {
	return s.o.Desk.Reject(ctx, in.ID, in.Body.Digest, in.Body.Comment)
}

func (s *server) undo(ctx context.Context, in *takeBackAsk) (parry.Response, error) {
	return s.o.Desk.Undo(ctx, in.ID, in.Body.Changes...)
}

func (s *server) refresh(ctx context.Context, in *Named) (Anew, error) {
	a := Anew{Differs: []string{}}
	var differs []string
	var err error
	a.Response, differs, err = s.o.Desk.Refresh(ctx, in.ID)
	a.Differs = append(a.Differs, differs...)
	return a, err
}

func (s *server) remark(ctx context.Context, in *remarkAsk) (parry.Response, error) {
	return s.o.Desk.Remark(ctx, in.ID, in.Body.Text)
}

func (s *server) hold(ctx context.Context, in *holdAsk) (parry.Response, error) {
	return s.o.Desk.Hold(ctx, in.ID, strings.TrimSpace(in.Body.Why))
}

func (s *server) unhold(ctx context.Context, in *Named) (parry.Response, error) {
	if err := s.o.Desk.Unhold(ctx, in.ID); err != nil {
		return parry.Response{}, err
	}
	return s.o.Store.Response(ctx, in.ID)
}
