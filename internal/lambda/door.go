package lambda

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"parry"
	"parry/internal/desk"
)

// wish is what a person says at the door.
type wish struct {
	Digest  string   `json:"digest"`
	Comment string   `json:"comment"`
	Changes []string `json:"changes"` // of an undo; none is all
}

// door answers one request of a person. Who it is AWS has made sure of: the function's URL takes requests that are signed with IAM credentials
// and tells whose they are. A request without that is refused, whatever it says of itself.
// Source: "Invoking Lambda function URLs", request payload format and authorizer.iam, AWS Lambda Developer Guide.
//
//	GET  /v1/responses?state=STATE     those that wait, or are in a state
//	GET  /v1/responses/ID              one, with its plan
//	GET  /v1/responses/ID/undo         what undoing it would do; ?change=NAME, again and again, only that
//	POST /v1/responses/ID/approve      {"digest": "sha256:...", "comment": "..."}
//	POST /v1/responses/ID/reject       {"comment": "..."}
//	POST /v1/responses/ID/undo         {"changes": []}
func (h *Handler) door(ctx context.Context, payload []byte) events.LambdaFunctionURLResponse {
	var q events.LambdaFunctionURLRequest
	if err := json.Unmarshal(payload, &q); err != nil {
		return refusal(parry.Errorf(parry.Invalid, "this is no request: %w", err))
	}
	who := ""
	if a := q.RequestContext.Authorizer; a != nil && a.IAM != nil {
		who = a.IAM.UserARN
	}
	if who == "" {
		h.o.Log.Error("a request without a signature reached the door: its URL must have the auth type AWS_IAM")
		return answerOf(http.StatusForbidden, map[string]string{"error": "who asks is not known"})
	}
	out, err := h.heard(ctx, q, who)
	if err != nil {
		h.o.Log.Warn("refused at the door", "by", clean(who), "path", clean(q.RawPath), "error", clean(err.Error()))
		return refusal(err)
	}
	return answerOf(http.StatusOK, out)
}

// heard does what a person wants.
func (h *Handler) heard(ctx context.Context, q events.LambdaFunctionURLRequest, who string) (any, error) {
	rest, ok := strings.CutPrefix(strings.TrimSuffix(q.RawPath, "/"), "/v1/responses")
	id, verb, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	method := q.RequestContext.HTTP.Method
	var w wish
	if method == http.MethodPost {
		if q.IsBase64Encoded {
			return nil, parry.Errorf(parry.Invalid, "the request's body is not JSON").WithHint("send it with content-type: application/json")
		}
		if err := json.Unmarshal([]byte(q.Body), &w); err != nil {
			return nil, parry.Errorf(parry.Invalid, "the request's body is not JSON: %w", err)
		}
	}
	// What is approved or taken back here is begun here, and carried out by the state machine.
	e := h.engine(ctx, func(parry.Response, time.Duration) bool { return true })
	switch {
	case !ok:
	case method == http.MethodGet && id == "":
		return h.listed(ctx, q.QueryStringParameters["state"], q.QueryStringParameters["after"])
	case method == http.MethodGet && verb == "":
		return h.o.Engine.Store.Response(ctx, id)
	case method == http.MethodGet && verb == "undo":
		named, err := url.ParseQuery(q.RawQueryString)
		if err != nil {
			return nil, parry.Errorf(parry.Invalid, "the request's query cannot be read: %w", err)
		}
		return e.PlanUndo(ctx, id, named["change"]...)
	case method == http.MethodPost && verb == "approve":
		return h.approve(ctx, e, id, parry.Vote{By: who, Digest: w.Digest, Comment: w.Comment})
	case method == http.MethodPost && verb == "reject":
		return h.reject(ctx, e, id, parry.Vote{By: who, Digest: w.Digest, Comment: w.Comment})
	case method == http.MethodPost && verb == "undo":
		return h.undo(ctx, e, id, who, w.Changes)
	}
	return nil, parry.Errorf(parry.NotFound, "there is no %s %s", clean(method), clean(q.RawPath)).WithHint("docs/deploy.md has what the door answers")
}

// inPage is how many responses one answer holds: each has its plan and its finding, and a function's answer has at most 6 MB.
const inPage = 20

// page is a part of a list.
type page struct {
	Responses []parry.Response `json:"responses"`
	Next      string           `json:"next,omitempty"`
}

func (h *Handler) listed(ctx context.Context, state, after string) (any, error) {
	q := parry.Query{State: parry.Waiting, After: after, Limit: inPage}
	if state != "" && state != "waiting" {
		q.State = parry.State(state)
	}
	all, next, err := h.o.Engine.Store.List(ctx, q)
	return page{all, next}, err
}

// approve takes a yes. Where it is the last one that is needed, the machine goes on.
func (h *Handler) approve(ctx context.Context, e *parry.Responder, id string, v parry.Vote) (any, error) {
	resp, err := e.Approve(ctx, id, v)
	if err != nil {
		return resp, err
	}
	if resp.State == parry.Waiting { // it takes another one
		token, err := h.o.Engine.Store.Get(ctx, tokenWord(id))
		if err == nil && token != "" {
			err = h.o.Machine.Beat(ctx, token)
		}
		return resp, err
	}
	return resp, h.goOn(ctx, resp)
}

func (h *Handler) reject(ctx context.Context, e *parry.Responder, id string, v parry.Vote) (any, error) {
	if strings.TrimSpace(v.Comment) == "" {
		return nil, parry.Errorf(parry.Invalid, "a no needs a reason").WithHint("say why in \"comment\"")
	}
	resp, err := e.Reject(ctx, id, v)
	if err != nil {
		return resp, err
	}
	return resp, h.wake(ctx, id)
}

// undo begins to take a response back. Parry does not take back by its own word what a person is asked about.
func (h *Handler) undo(ctx context.Context, e *parry.Responder, id, who string, changes []string) (any, error) {
	resp, err := e.Undo(ctx, id, who, changes...)
	if err != nil {
		return resp, err
	}
	return resp, h.o.Machine.Start(ctx, undoName(resp), input{Response: id})
}

// undoName names the execution of an undo: what answered the finding had the response's own name.
func undoName(r parry.Response) string { return r.ID + "-undo-" + strconv.Itoa(r.Steps) }

// goOn has the machine go on with a response, whether it waits for it or not.
func (h *Handler) goOn(ctx context.Context, resp parry.Response) error {
	token, err := h.o.Engine.Store.Get(ctx, tokenWord(resp.ID))
	if err != nil {
		return err
	}
	if token == "" {
		return h.o.Machine.Start(ctx, resp.ID, input{Response: resp.ID})
	}
	return h.o.Machine.Answer(ctx, token, input{Response: resp.ID})
}

// refusal is an error as an answer. What an error says is for the person; what is inside of Parry is not told.
func refusal(err error) events.LambdaFunctionURLResponse {
	return answerOf(desk.Status(err), map[string]string{"error": err.Error(), "next": parry.HintOf(err)})
}

func answerOf(status int, v any) events.LambdaFunctionURLResponse {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"the answer cannot be written"}`)
	}
	return events.LambdaFunctionURLResponse{StatusCode: status, Body: string(body), Headers: map[string]string{
		"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	}}
}
