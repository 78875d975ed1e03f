package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"parry"
)

const (
	// slackBody is how long a request of Slack may be: it holds the message that was clicked in.
	slackBody = 512 << 10
	// slackSkew is how far the moment of a request may be away. Source: "Verifying requests from Slack".
	slackSkew = 5 * time.Minute
	// slackOpen is the time to open a dialog in: what allows it is worth nothing after three seconds. Source: views.open, Slack Web API.
	slackOpen = 2500 * time.Millisecond
	// slackOnce is for how long a click is remembered, so that it is not taken twice; the address for its answer is good for half an hour.
	slackOnce = time.Hour
	// slackAtOnce is how many clicks are worked on.
	slackAtOnce = 32
)

// Decider takes the words of people. An engine is one.
type Decider interface {
	Approve(ctx context.Context, id string, v parry.Vote) (parry.Response, error)
	Reject(ctx context.Context, id string, v parry.Vote) (parry.Response, error)
}

// Leases are those of a store: by them a click is taken once, by whichever server it comes to.
type Leases interface {
	Claim(ctx context.Context, resource, holder string, now time.Time, lease time.Duration) error
}

// Actions takes clicks in Slack: POST /slack/actions.
type Actions struct {
	channels []*slackChannel
	decider  Decider
	leases   Leases
	n        *Notifier
	work     context.Context
	slots    chan struct{}
	running  sync.WaitGroup
}

// Actions is the handler of clicks; nil where no channel of Slack has a signing secret. Slack is answered at once, and the work goes on in the
// context that is given, until it ends.
func (n *Notifier) Actions(work context.Context, d Decider, leases Leases) *Actions {
	a := &Actions{decider: d, leases: leases, n: n, work: work, slots: make(chan struct{}, slackAtOnce)}
	for _, o := range n.outs {
		if c, ok := o.channel.(*slackChannel); ok && len(c.secret) > 0 {
			a.channels = append(a.channels, c)
		}
	}
	if len(a.channels) == 0 {
		return nil
	}
	return a
}

// Wait waits for the clicks that are worked on.
func (a *Actions) Wait() { a.running.Wait() }

// ServeHTTP implements http.Handler. Sources: "Verifying requests from Slack" and "Handling user interaction in your Slack apps".
func (a *Actions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, slackBody))
	if err != nil {
		http.Error(w, "the body is too long, or broke off", http.StatusRequestEntityTooLarge)
		return
	}
	signers := a.signers(r.Header, body)
	if len(signers) == 0 {
		http.Error(w, "the signature is missing, wrong or too old", http.StatusUnauthorized)
		return
	}
	cb, err := clickOf(body)
	if err != nil {
		http.Error(w, "this is no interaction", http.StatusBadRequest)
		return
	}
	c := of(signers, cb)
	if c == nil {
		http.Error(w, "clicks of this workspace are not taken", http.StatusForbidden)
		return
	}
	// Signed once, taken once: what was recorded and is sent again is refused for as long as its signature is good.
	switch taken, err := a.taken(r.Context(), "slack/request/"+digestOf(r.Header.Get("X-Slack-Request-Timestamp"), string(body)), 2*slackSkew); {
	case err != nil:
		http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
		return
	case taken:
		http.Error(w, "this request was taken already", http.StatusConflict)
		return
	}
	a.take(w, r.Context(), c, cb)
}

// of is the channel that a click belongs to: that of the message, or of the dialog that came of one; of several that say nothing of it, the first.
func of(signers []*slackChannel, cb slack.InteractionCallback) *slackChannel {
	var b button
	_ = json.Unmarshal([]byte(cb.View.PrivateMetadata), &b) // empty for a click in a message
	var first *slackChannel
	for _, c := range signers {
		switch {
		case c.team != cb.Team.ID:
		case b.Channel == c.name, c.channel == cb.Channel.ID, c.channel == cb.Container.ChannelID:
			return c
		case first == nil:
			first = c
		}
	}
	return first
}

// signers are the channels whose secret a request is signed with. The comparison takes a time that tells nothing, and all are compared.
func (a *Actions) signers(h http.Header, body []byte) []*slackChannel {
	stamp := h.Get("X-Slack-Request-Timestamp")
	sec, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || a.n.o.Now().Sub(time.Unix(sec, 0)).Abs() > slackSkew {
		return nil
	}
	given, err := hex.DecodeString(strings.TrimPrefix(h.Get("X-Slack-Signature"), "v0="))
	if err != nil || !strings.HasPrefix(h.Get("X-Slack-Signature"), "v0=") {
		return nil
	}
	var all []*slackChannel
	for _, c := range a.channels {
		mac := hmac.New(sha256.New, c.secret)
		fmt.Fprintf(mac, "v0:%s:", stamp)
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), given) {
			all = append(all, c)
		}
	}
	return all
}

// clickOf reads a request's form, whose field payload is JSON.
func clickOf(body []byte) (cb slack.InteractionCallback, err error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return cb, err
	}
	return cb, json.NewDecoder(bytes.NewReader([]byte(form.Get("payload")))).Decode(&cb)
}

// taken tells whether something was taken before, by whichever server, and takes it.
func (a *Actions) taken(ctx context.Context, name string, lasts time.Duration) (bool, error) {
	err := a.leases.Claim(ctx, name, rand.Text(), a.n.o.Now(), lasts)
	if parry.KindOf(err) == parry.Conflict {
		return true, nil
	}
	return false, err
}

// take answers a click, and has the work done beside.
func (a *Actions) take(w http.ResponseWriter, ctx context.Context, c *slackChannel, cb slack.InteractionCallback) {
	switch {
	case cb.Type == slack.InteractionTypeBlockActions && len(cb.ActionCallback.BlockActions) == 1:
		act := cb.ActionCallback.BlockActions[0]
		var b button
		if act.ActionID == actOpen {
			w.WriteHeader(http.StatusOK) // a link, which Slack follows
			return
		}
		if json.Unmarshal([]byte(act.Value), &b) != nil || b.Response == "" || b.Digest == "" || act.ActionID != actApprove && act.ActionID != actReject {
			http.Error(w, "this is no button of Parry", http.StatusBadRequest)
			return
		}
		b.Answer, b.Channel = cb.ResponseURL, c.name
		if act.ActionID == actReject {
			a.start(w, ctx, "", func(work context.Context) { a.ask(work, c, cb, b) })
			return
		}
		a.start(w, ctx, digestOf(cb.Team.ID, cb.User.ID, act.ActionID, act.ActionTs, b.Response), func(work context.Context) { a.vote(work, c, cb.User, b, "", true) })
	case cb.Type == slack.InteractionTypeViewSubmission && cb.View.CallbackID == actReject:
		var b button
		if json.Unmarshal([]byte(cb.View.PrivateMetadata), &b) != nil || b.Response == "" || cb.View.State == nil {
			http.Error(w, "this is no dialog of Parry", http.StatusBadRequest)
			return
		}
		why := strings.TrimSpace(cb.View.State.Values[actReason][actReason].Value)
		if why == "" {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(slack.NewErrorsViewSubmissionResponse(map[string]string{actReason: "A no needs a reason."})) // who clicked may be gone
			return
		}
		a.start(w, ctx, digestOf(cb.Team.ID, cb.User.ID, cb.View.ID, b.Response), func(work context.Context) { a.vote(work, c, cb.User, b, cut(why, 1000), false) })
	default:
		w.WriteHeader(http.StatusOK) // such as a dialog that was closed
	}
}

// start answers with 200, and does the work beside; once for what has a name, which Slack may send again.
func (a *Actions) start(w http.ResponseWriter, ctx context.Context, once string, do func(context.Context)) {
	select {
	case a.slots <- struct{}{}:
	default:
		http.Error(w, "too many click at once", http.StatusServiceUnavailable)
		return
	}
	if once != "" {
		if taken, err := a.taken(ctx, "slack/click/"+once, slackOnce); taken || err != nil {
			<-a.slots
			if err != nil {
				http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
			}
			return
		}
	}
	w.WriteHeader(http.StatusOK)
	a.running.Go(func() {
		defer func() { <-a.slots }()
		do(a.work)
	})
}

// ask opens the dialog for the reason of a no.
func (a *Actions) ask(ctx context.Context, c *slackChannel, cb slack.InteractionCallback, b button) {
	within, cancel := context.WithTimeout(ctx, slackOpen)
	defer cancel()
	if _, err := c.who(within, cb.User); err != nil {
		a.say(ctx, c, b.Answer, whyNot(err))
		return
	}
	if _, err := c.api.OpenViewContext(within, cb.TriggerID, slackDialog(b)); err != nil {
		a.say(ctx, c, b.Answer, "The dialog could not be opened: click once more. "+slackFailed(err).Error())
	}
}

// vote takes a person's word, and tells them what came of it.
func (a *Actions) vote(ctx context.Context, c *slackChannel, user slack.User, b button, comment string, yes bool) {
	by, err := c.who(ctx, user)
	if err != nil {
		a.say(ctx, c, b.Answer, whyNot(err))
		return
	}
	v := parry.Vote{By: by, Digest: b.Digest, Comment: comment}
	do, done := a.decider.Reject, "Rejected."
	if yes {
		do, done = a.decider.Approve, ""
	}
	resp, err := do(ctx, b.Response, v)
	a.n.o.Log.Info("somebody said a word in Slack", "channel", c.name, "response", b.Response, "by", clean(by), "yes", yes, "state", string(resp.State))
	switch {
	case err != nil:
		done = whyNot(err)
	case done == "" && resp.State == parry.Waiting:
		done = "Your yes is counted, and it takes another person's, too."
	case done == "" && resp.State.Begun():
		done = "Approved: it is being carried out, and the message says how it ends."
	case done == "":
		done = "Approved: the response is " + string(resp.State) + "."
	}
	a.say(ctx, c, b.Answer, done)
}

// whyNot says why a word was not taken.
func whyNot(err error) string {
	text := clean(err.Error())
	switch parry.KindOf(err) {
	case parry.Conflict:
		text = "Nothing was done: the plan has changed since this message was written, and your word was for the old one. " + text
	default:
		text = "Nothing was done: " + text
	}
	if hint := parry.HintOf(err); hint != "" {
		text += ". " + clean(hint)
	}
	return text
}

// say tells the person; that it could not be is logged, and changes nothing.
func (a *Actions) say(ctx context.Context, c *slackChannel, address, text string) {
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), callWithin)
	defer cancel()
	if err := c.answer(within, address, text); err != nil {
		a.n.o.Log.Warn("who clicked in Slack could not be told", "channel", c.name, "error", clean(err.Error()))
	}
}

// digestOf names some texts.
func digestOf(parts ...string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", parts))
	return hex.EncodeToString(sum[:16])
}
