package parry

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Two findings can ask for the same: two instances talk to one address, and it is blocked once. The second response finds nothing to do, and what the
// first one did must not end with its own time while the second's lasts. So what is for a time and is there already is remembered as wanted, by
// playbook and target, until when and by which finding; it is the count of who needs it, of which only the last matters.

// wantedWord is the name under which the store keeps it for all workers.
func wantedWord(resp *Response) string {
	return "wanted/" + resp.Answer.Playbook + "/" + resp.Resource()
}

// want remembers that a finding asks for what is there already, for as long as its rule says. A rule that only observes or tells asks for nothing.
func (r *Responder) want(ctx context.Context, resp *Response) error {
	if resp.State != Nothing || resp.Plan.Playbook == "" || resp.Plan.Gone != "" || resp.Answer.For == 0 || resp.Decided.Observe || resp.Answer.Tier == TierAlert {
		return nil
	}
	until := r.Now().Add(resp.Answer.For)
	if _, has, err := r.wanted(ctx, resp); err != nil || !until.After(has) {
		return err
	}
	return r.Store.Set(ctx, wantedWord(resp), until.UTC().Format(time.RFC3339)+" "+resp.Finding.Key())
}

// wanted says which finding beside the response's own asks for what it did, and until when; empty where none does.
func (r *Responder) wanted(ctx context.Context, resp *Response) (why string, until time.Time, err error) {
	if resp.Answer.For == 0 {
		return "", until, nil
	}
	word, err := r.Store.Get(ctx, wantedWord(resp))
	if err != nil || word == "" {
		return "", until, err
	}
	at, finding, _ := strings.Cut(word, " ")
	if until, err = time.Parse(time.RFC3339, at); err != nil {
		return "", until, Errorf(Fault, "the store says %q of what is wanted of %s: %w", word, resp.Target, err)
	}
	if finding == resp.Finding.Key() || !until.After(r.Now()) {
		return "", time.Time{}, nil
	}
	return fmt.Sprintf("finding %s asks for the same until %s", finding, at), until, nil
}
