package parry

import (
	"context"
	"errors"
)

// Publisher writes a finding into a place where all findings are, such as Security Hub. The error's kind is Refused where there is
// nothing to write (it is there already), Invalid where it cannot be, and Fault where it was not taken.
type Publisher interface {
	One(ctx context.Context, f Finding, rule string) error
}

// Publish writes a finding where the rules that answered it want it, once for each rule, and notes on the rule's first response what
// came of it. It is for responses that are stored. A rule that observes publishes nothing, and what did not change since it was
// written is not written again. The error is of what may go well another time.
func (r *Responder) Publish(ctx context.Context, f Finding, responses []Response) error {
	var failed []error
	for i := range responses {
		resp := &responses[i]
		if !resp.publishes() || !firstOfItsRule(responses, i) || published(responses, resp.Answer.Rule, f) {
			continue
		}
		if err := r.publish(ctx, f, resp); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

func (resp Response) publishes() bool {
	return resp.Answer.Publish != "" && !resp.Answer.Observe && resp.ID != ""
}

func firstOfItsRule(responses []Response, n int) bool {
	for _, earlier := range responses[:n] {
		if earlier.Answer.Rule == responses[n].Answer.Rule {
			return false
		}
	}
	return true
}

// published tells whether the finding as it is now was written for the rule already.
func published(responses []Response, rule string, f Finding) bool {
	for _, resp := range responses {
		if resp.Answer.Rule == rule && resp.Published != 0 && resp.Published >= f.version() {
			return true
		}
	}
	return false
}

// version is the time of the finding's last change, in epoch milliseconds; 1 where it tells none, so that it counts as a version.
func (f Finding) version() int64 { return max(f.Info.ModifiedTime, f.Time, 1) }

func (r *Responder) publish(ctx context.Context, f Finding, resp *Response) error {
	err := Errorf(Fault, "nobody here can publish")
	if r.Publisher != nil {
		err = nil
		if e := r.Publisher.One(ctx, f, resp.Answer.Rule); e != nil {
			err = Errorf(KindOf(e), "%w", e)
		}
	}
	noted := r.amend(ctx, resp, func(now *Response) (kind, text string) {
		if err == nil || err.Kind == Refused {
			now.Published = f.version()
		}
		if err != nil {
			return "not published", err.Error()
		}
		return "published", "written into Security Hub"
	})
	switch {
	case noted != nil:
		return noted
	case err == nil || err.Kind == Refused || err.Kind == Invalid:
		return nil
	}
	return err
}
