package lambda

import (
	"context"
	"encoding/json"
	"time"

	"parry"
)

// inHand is the longest pause that a function waits for itself. Longer ones are the state machine's, which costs nothing meanwhile.
const inHand = 10 * time.Second

// afar leaves what has to be waited for longer than a function should.
func afar(_ parry.Response, pause time.Duration) bool { return pause > inHand }

// The names of words in the store: the token that the state machine waits for a response with, and the response that waits for what Systems
// Manager is at.
func tokenWord(response string) string { return "task/" + response }
func runWord(run string) string        { return "run/" + run }

// runs are what Systems Manager was asked for by a response: the ids of its runbooks and commands.
func runs(r parry.Response) (ids []string) {
	for _, o := range append(r.Results[:len(r.Results):len(r.Results)], r.Undone...) {
		for _, field := range []string{"AutomationExecutionId", "CommandId"} {
			if id, ok := o.Output[field].(string); ok && id != "" {
				ids = append(ids, id)
			}
		}
		if c, ok := o.Output["Command"].(map[string]any); ok {
			if id, ok := c["CommandId"].(string); ok && id != "" {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// notice is an event of Systems Manager that something has ended, or not yet. Sources: "Amazon EventBridge event examples for Systems Manager"
// (EC2 Automation Execution Status-change Notification; EC2 Command Status-change Notification), Systems Manager User Guide.
type notice struct {
	Source     string `json:"source"`
	DetailType string `json:"detail-type"`
	Detail     struct {
		Execution string `json:"ExecutionId"`
		Command   string `json:"command-id"`
		Status    string `json:"Status"`
		Was       string `json:"status"`
	} `json:"detail"`
}

// The detail-types of those events.
const (
	runbookEnded = "EC2 Automation Execution Status-change Notification"
	commandEnded = "EC2 Command Status-change Notification"
)

// ended tells whether a text is Systems Manager's word that something is at its end, and wakes the response that waits for it. One that nobody
// waits for is somebody else's, and nothing is to be done.
func (h *Handler) ended(ctx context.Context, body []byte) (bool, error) {
	var n notice
	if json.Unmarshal(body, &n) != nil || n.Source != "aws.ssm" || n.DetailType != runbookEnded && n.DetailType != commandEnded {
		return false, nil
	}
	id := n.Detail.Execution
	if n.DetailType == commandEnded {
		id = n.Detail.Command
	}
	if id == "" {
		return true, nil
	}
	response, err := h.o.Engine.Store.Get(ctx, runWord(id))
	if err != nil || response == "" {
		return true, err
	}
	return true, h.wake(ctx, response)
}

// wake ends the pause of a response, where it is in one.
func (h *Handler) wake(ctx context.Context, response string) error {
	token, err := h.o.Engine.Store.Get(ctx, tokenWord(response))
	if err != nil || token == "" {
		return err
	}
	return h.o.Machine.Answer(ctx, token, input{Response: response})
}

// remember keeps the token with which the machine waits for a response, and what it waits for.
func (h *Handler) remember(ctx context.Context, r parry.Response, token string) error {
	for _, id := range runs(r) {
		if err := h.o.Engine.Store.Set(ctx, runWord(id), r.ID); err != nil {
			return err
		}
	}
	return h.o.Engine.Store.Set(ctx, tokenWord(r.ID), token)
}

// forget forgets what was remembered.
func (h *Handler) forget(ctx context.Context, r parry.Response) error {
	for _, id := range runs(r) {
		if err := h.o.Engine.Store.Set(ctx, runWord(id), ""); err != nil {
			return err
		}
	}
	return h.o.Engine.Store.Set(ctx, tokenWord(r.ID), "")
}
