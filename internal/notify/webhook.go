package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"parry"
)

// webhook posts JSON to an address of the user's own, signed so that the receiver knows who sent it, and when.
type webhook struct {
	to     *url.URL
	secret []byte
	client *http.Client
	now    func() time.Time
}

func webhookType() channelType {
	return channelType{
		name: "webhook", doc: "a signed POST to an address of your own",
		fields: []field{
			{name: "url", form: aTextOrSecret, need: true, doc: "where to post, https://; a secret where the address holds one"},
			{name: "secret", form: aSecret, need: true, doc: "the key of the signature, at least 16 characters"},
		},
		open: func(v values, o opening) (Channel, error) {
			to, err := addressOf("url", v.text["url"])
			if err != nil {
				return nil, err
			}
			if len(v.text["secret"]) < 16 {
				return nil, parry.Errorf(parry.Invalid, "the secret has less than 16 characters").WithHint("make one: openssl rand -hex 32")
			}
			return &webhook{to, []byte(v.text["secret"]), o.client, o.now}, nil
		},
	}
}

// posted is what the webhook posts. A field is added without another version; one that changes its meaning makes one.
type posted struct {
	Version  int          `json:"version"`
	ID       string       `json:"id"`   // of the news, the same where it is sent again
	Kind     Kind         `json:"kind"` // "storm" for many
	Response *summaryJSON `json:"response,omitempty"`
	Storm    *stormJSON   `json:"storm,omitempty"`
	Link     string       `json:"link,omitempty"`
}

// summaryJSON is a response as others are told of it.
type summaryJSON struct {
	ID       string      `json:"id"`
	State    parry.State `json:"state"`
	Reason   string      `json:"reason,omitempty"`
	Title    string      `json:"title"`
	Finding  string      `json:"finding"`
	Severity string      `json:"severity"`
	Rule     string      `json:"rule"`
	Playbook string      `json:"playbook,omitempty"`
	Tier     string      `json:"tier"`
	Account  string      `json:"account"`
	Region   string      `json:"region,omitempty"`
	Target   *targetJSON `json:"target,omitempty"`
	Plan     *planJSON   `json:"plan,omitempty"`
	Asked    *askedJSON  `json:"asked,omitempty"`
	By       string      `json:"by,omitempty"`
	Received time.Time   `json:"received,omitzero"`
	Closed   time.Time   `json:"closed,omitzero"`
}

type targetJSON struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	ARN  string `json:"arn,omitempty"`
}

type planJSON struct {
	Digest  string       `json:"digest"`
	Summary string       `json:"summary"`
	Risk    parry.Risk   `json:"risk"`
	Breaks  string       `json:"breaks,omitempty"`
	Changes []changeJSON `json:"changes"`
}

type changeJSON struct {
	Name   string   `json:"name"`
	Call   string   `json:"call"`
	Before string   `json:"before,omitempty"`
	After  string   `json:"after,omitempty"`
	Undo   []string `json:"undo,omitempty"`
}

type askedJSON struct {
	Groups   []string  `json:"groups,omitempty"`
	Persons  int       `json:"persons"`
	Expires  time.Time `json:"expires,omitzero"`
	Reminded int       `json:"reminded,omitempty"`
}

type stormJSON struct {
	Rule     string         `json:"rule"`
	Kind     Kind           `json:"kind"`
	Count    int            `json:"count"`
	States   map[string]int `json:"states"`
	Accounts map[string]int `json:"accounts"`
	Sample   []summaryJSON  `json:"sample,omitempty"`
}

// summaryOf is what others are told of a response.
func summaryOf(r parry.Response) summaryJSON {
	s := summaryJSON{
		ID: r.ID, State: r.State, Reason: r.Reason, Title: r.Finding.Info.Title, Finding: r.Finding.Type(), Severity: severityOf(r.Finding),
		Rule: r.Answer.Rule, Playbook: r.Answer.Playbook, Tier: r.Decided.Tier.String(), Account: accountOf(r), Region: r.Target.Region,
		By: r.By, Received: r.Times.Received.UTC(), Closed: r.Times.Closed.UTC(),
	}
	if r.Target.ID != "" {
		s.Target = &targetJSON{r.Target.Type, r.Target.ID, r.Target.ARN}
	}
	if r.Plan.Digest != "" {
		p := &planJSON{Digest: r.Plan.Digest, Summary: r.Plan.Summary, Risk: r.Plan.Risk, Breaks: r.Plan.Breaks, Changes: []changeJSON{}}
		for _, c := range r.Plan.Changes {
			j := changeJSON{Name: c.Name, Call: c.Call.Op}
			if c.After != nil {
				j.Before, j.After = shown(c.State), shown(c.After)
			}
			for _, u := range c.Undo {
				j.Undo = append(j.Undo, u.Op)
			}
			p.Changes = append(p.Changes, j)
		}
		s.Plan = p
	}
	if q := r.Asked; q != nil && r.State == parry.Waiting {
		s.Asked = &askedJSON{q.Groups, q.Persons, q.Expires, q.Reminded}
	}
	return s
}

// newsID names a piece of news by what it says: where it is sent again it is the same.
func newsID(n News) string {
	r, h := n.Response, heard{}
	h.has(r)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n%d\n%d\n%d", n.Kind, h.Key, h.Digest, h.Reminded, h.Escalated, h.Undone))
	return r.ID + "-" + hex.EncodeToString(sum[:6])
}

// stormID names what is told of a storm: another count is other news.
func stormID(s Storm) string {
	text := fmt.Sprintf("%s\n%s\n%d", s.Rule, s.Kind, s.Count)
	for _, state := range slices.Sorted(maps.Keys(s.States)) {
		text += fmt.Sprintf("\n%s %d", state, s.States[state])
	}
	for _, n := range s.Sample {
		text += "\n" + n.Response.ID
	}
	sum := sha256.Sum256([]byte(text))
	return "storm-" + hex.EncodeToString(sum[:8])
}

// Tell implements Channel. What went through without an answer is sent again with the same id, by which the receiver knows it.
func (w *webhook) Tell(ctx context.Context, n News, _ string) (string, error) {
	s := summaryOf(n.Response)
	return "", w.post(ctx, posted{Version: 1, ID: newsID(n), Kind: n.Kind, Response: &s, Link: n.Link})
}

// TellStorm implements Channel.
func (w *webhook) TellStorm(ctx context.Context, s Storm, _ string) (string, error) {
	j := stormJSON{Rule: s.Rule, Kind: s.Kind, Count: s.Count, States: s.States, Accounts: s.Account}
	for _, n := range s.Sample {
		j.Sample = append(j.Sample, summaryOf(n.Response))
	}
	return "", w.post(ctx, posted{Version: 1, ID: stormID(s), Kind: "storm", Storm: &j, Link: s.Link})
}

func (w *webhook) post(ctx context.Context, p posted) error {
	body, err := json.Marshal(p)
	if err != nil {
		return parry.Errorf(parry.Invalid, "the news cannot be written as JSON: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.to.String(), bytes.NewReader(body))
	if err != nil {
		return parry.Errorf(parry.Invalid, "the request cannot be made")
	}
	stamp := strconv.FormatInt(w.now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Parry")
	req.Header.Set("X-Parry-Id", p.ID)
	req.Header.Set("X-Parry-Timestamp", stamp)
	req.Header.Set("X-Parry-Signature", "v1="+signed(w.secret, stamp, body))
	resp, err := w.client.Do(req)
	if err != nil {
		return unreached("the webhook", err)
	}
	return answerOf("the webhook", resp, w.now())
}

// signed is the signature over a moment and a body, so that neither can be changed or used at another time.
func signed(secret []byte, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.", stamp)
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
