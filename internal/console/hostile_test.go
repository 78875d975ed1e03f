package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"parry"
	"parry/internal/signin"
)

// nasty is what somebody might give a bucket or a tag for a name, or a finding for a title.
const nasty = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{.}}\u202egnp.exe\u2066\x1b[31m\x07\u200bשלום\u2028\x00\r\n"

// hostile is a response all of whose texts are nasty.
func hostile(id string, state parry.State) (parry.Response, []parry.Record) {
	at := time.Now().Add(-time.Minute)
	target := parry.Target{Type: "AWS::S3::Bucket", ID: nasty, Account: "111122223333", Region: "us-east-1", Partition: "aws"}
	call := parry.Call{Account: "111122223333", Region: "us-east-1", Op: "s3:PutPublicAccessBlock", Input: map[string]any{"Bucket": nasty, nasty: map[string]any{nasty: nasty}}}
	r := parry.Response{
		ID: id, Key: "key-" + id, State: state, Stored: state, Reason: nasty, By: nasty, Halted: nasty, Stays: nasty, Target: target,
		Finding: parry.Finding{Severity: nasty, SeverityID: 4, Info: parry.FindingInfo{UID: id, Title: nasty, Desc: nasty, Types: []string{nasty}}, Resources: []parry.Resource{{UID: nasty, Tags: []parry.Tag{{Name: nasty, Value: nasty}}}},
			Metadata: parry.Metadata{Product: parry.Product{Name: nasty}}},
		Answer:  parry.Answer{Rule: nasty, Playbook: "s3-block-public-access", Tier: parry.TierApprove},
		Decided: parry.Decision{Tier: parry.TierApprove, Reasons: []string{nasty}},
		Plan: parry.Plan{Playbook: "s3-block-public-access", Summary: nasty, Breaks: nasty, Target: target, Refusals: []string{nasty},
			Permissions: []parry.Permission{{Action: "s3:PutBucketPublicAccessBlock", Resources: []string{"arn:aws:s3:::" + nasty}}},
			Changes: []parry.Change{{Name: nasty, Why: nasty, Call: call, State: nasty, After: strings.Repeat(nasty+"\n", 20), Undo: []parry.Call{call}},
				{Name: "two", Call: call, Irreversible: nasty}}},
		Asked: &parry.Asking{Groups: []string{nasty}, Persons: 2, At: at, Escalated: []string{nasty}},
		Votes: []parry.Vote{{By: nasty, Yes: true, Comment: nasty, At: at}},
		Times: parry.Times{Received: at, FirstSeen: at.Add(-time.Hour)}, Steps: 1,
	}
	r.Plan.Seal()
	r.Votes[0].Digest = r.Plan.Digest
	rec := parry.Record{Response: id, Seq: 1, At: at, Kind: parry.MoveAsked, State: state, Text: nasty, Call: &parry.Outcome{Change: nasty, Call: call, State: parry.CallFail, RequestID: nasty, Error: nasty}}
	rec.Seal("")
	r.Chain = rec.Hash
	return r, []parry.Record{rec}
}

// What comes from outside is text on every page: no markup of it is left, and nothing of it that cannot be seen or that turns what stands round it.
func TestForeignTextIsText(t *testing.T) {
	s := newScene(t, sceneOptions{silent: true})
	for i, state := range []parry.State{parry.Waiting, parry.Failed, parry.Alerted} {
		r, recs := hostile(fmt.Sprintf("pr-%d", i), state)
		if err := s.store.Save(t.Context(), r, recs...); err != nil {
			t.Fatal(err)
		}
		if err := s.store.Hold(t.Context(), r.Key, nasty); err != nil {
			t.Fatal(err)
		}
	}
	s.look()
	b := s.as("root@example.com", signin.Admin)
	for _, rt := range []string{"/safety/stop"} {
		if status, page := b.post(rt, "why", nasty); status != http.StatusSeeOther {
			t.Fatal(status, short(page))
		}
	}
	if err := s.engine.SignedIn(t.Context(), "%s", nasty); err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{}
	for _, path := range []string{"/inbox", "/inbox?rule=" + url.QueryEscape(nasty), "/responses", "/responses?q=" + url.QueryEscape(nasty), "/responses?account=" + url.QueryEscape(nasty),
		"/responses/pr-0", "/responses/pr-1", "/responses/pr-2", "/responses/pr-1/undo", "/overview", "/safety", "/playbooks/s3-block-public-access", "/nope/" + url.PathEscape(nasty), "/rules/" + url.PathEscape(nasty), "/try?case=" + url.QueryEscape(nasty)} {
		_, pages[path] = b.get(path)
	}
	_, pages["a try"] = b.post("/try", "event", nasty)
	_, pages["a no"] = b.post("/responses/pr-0/reject", "digest", nasty, "comment", "")
	_, pages["an approval"] = b.post("/responses/pr-0/approve", "digest", nasty)
	seen := 0
	for path, page := range pages {
		if !utf8.ValidString(page) {
			t.Errorf("%s is no text", path)
		}
		for _, bad := range []string{"<script>alert", "<img src=x", "{{.}}\u202e"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s holds %q", path, bad)
			}
		}
		for i, r := range page {
			if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028') {
				t.Errorf("%s holds %U: …%q", path, r, page[max(0, i-40):i])
				break
			}
		}
		if strings.Contains(page, `\u202e`) {
			seen++
		}
	}
	if seen < 10 {
		t.Errorf("only %d of %d pages show the text at all", seen, len(pages))
	}
}

func FuzzVisible(f *testing.F) {
	f.Add([]byte(nasty))
	f.Add([]byte{0xff, 0xc0, 'a', 0xe2, 0x80})
	f.Fuzz(func(t *testing.T, text []byte) {
		got := visible(text)
		if !utf8.Valid(got) {
			t.Errorf("%q gives no text", text)
		}
		for _, r := range string(got) {
			if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
				t.Errorf("%U is left of %q", r, text)
			}
		}
		if strings.Count(string(got), "<") != strings.Count(string(text), "<") || strings.Count(string(got), ">") != strings.Count(string(text), ">") {
			t.Errorf("%q makes markup", text)
		}
	})
}
