package parry

import (
	"context"
	"fmt"
	"math/bits"
	"strings"
)

// keyFor is what makes deliveries the same: the finding, and what is answered in which way.
func (f Finding) keyFor(parts ...string) string {
	return strings.Join(append([]string{f.Key()}, parts...), "|")
}

// endsAs says why a response that was made now is not needed: it comes to the same end as one that was made earlier. Empty where it does not.
func (was Response) endsAs(now Response) string {
	told := now.State == Alerted || now.State == Planned && (now.Decided.Tier == TierAlert || now.Decided.Observe)
	samePlan := was.Plan.Digest == now.Plan.Digest
	switch {
	case now.State == Nothing && was.State == Done && now.Plan.Playbook != "":
		return now.Reason
	case now.Plan.Playbook == "" && was.State == now.State && was.Reason == now.Reason && now.State != Unreadable:
		return now.Reason
	case now.State == Nothing && was.State == Nothing && was.Reason == now.Reason:
		return now.Reason
	case now.State == Unreadable && was.State == Unreadable:
		return "there is no plan yet: " + now.Reason
	case now.State == Planned && samePlan && (was.State == Rejected || was.State == Expired && now.Decided.Tier <= was.Decided.Tier):
		// What nobody answered is done by itself where a guard made it a question and does so no more: a stop, a freeze, a budget.
		return fmt.Sprintf("the same plan was %s: %s", was.State, was.Reason)
	case told && (was.State == Alerted || was.State == Held) && samePlan && was.Decided.Tier == now.Decided.Tier && was.Decided.Observe == now.Decided.Observe:
		return "it was told, and the plan is the same"
	}
	return ""
}

// attach gives a delivery the response that was made earlier, in place of one of its own. Nothing is stored before SeenAgain.
func (was Response) attach(f Finding, why string) Response {
	was.Again, was.SeenTime = why, max(was.SeenTime, f.Info.ModifiedTime)
	return was
}

// again attaches a response that needs no plan to an earlier one of its key that says the same.
func (r *Responder) again(ctx context.Context, now Response, parts ...string) (Response, error) {
	now.Key = now.Finding.keyFor(parts...)
	was, found, err := r.latest(ctx, now.Key)
	if err != nil || !found {
		return now, err
	}
	if why := was.endsAs(now); why != "" {
		return was.attach(now.Finding, why), nil
	}
	return now, nil
}

// closed is the earlier response that says that the source closed the finding, where the one that comes now is an older update.
func (r *Responder) closed(ctx context.Context, f Finding) (was Response, late bool, err error) {
	was, found, err := r.latest(ctx, f.keyFor(keyQuiet))
	if err != nil || !found {
		return was, false, err
	}
	why := was.overtakes(f)
	return was.attach(f, why), why != "", nil
}

// latest is the newest response of a key, if there is one.
func (r *Responder) latest(ctx context.Context, key string) (was Response, found bool, err error) {
	switch was, err = r.Store.Latest(ctx, key); {
	case err == nil:
		return was, true, nil
	case KindOf(err) == NotFound:
		return was, false, nil
	}
	return was, false, err
}

// SeenAgain notes on a response that its finding came again and asked for nothing new. GuardDuty sends a finding as often as every 15
// minutes, so the history gets a record only the first time, and then whenever the number has doubled; the response itself always
// has the number. Of two workers that count at the same moment one may be lost.
func (r *Responder) SeenAgain(ctx context.Context, resp *Response) error {
	seen, why := resp.SeenTime, resp.Again
	err := r.amend(ctx, resp, func(now *Response) (kind Move, text string) {
		now.Seen, now.SeenAt, now.SeenTime = now.Seen+1, r.Now(), max(now.SeenTime, seen)
		if bits.OnesCount(uint(now.Seen)) != 1 {
			return "", ""
		}
		return MoveSeen, fmt.Sprintf("seen again, %s: %s", times(now.Seen), why)
	})
	resp.Again = why
	return err
}

// amend changes a stored response beside its way: its state stays. change works on the response as it is stored now, which another
// worker may have taken further, and names the record to keep of it; no kind is no record.
func (r *Responder) amend(ctx context.Context, resp *Response, change func(now *Response) (kind Move, text string)) error {
	for tries := 5; ; tries-- {
		now, err := r.Store.Response(ctx, resp.ID)
		if err != nil {
			return err
		}
		if kind, text := change(&now); kind != "" {
			err = r.step(ctx, &now, now.State, kind, text)
		} else {
			err = r.Store.Save(ctx, now)
		}
		switch {
		case err == nil:
			*resp = now
			return nil
		case KindOf(err) != Conflict || tries == 0:
			return err
		}
	}
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
