package parry

import "context"

// mayGoOn looks at the kill switch: before the work begins, and before each of its calls. Between two calls of which the one must follow
// the other it is not looked at, as the state between them is worse than either. What is stopped half-way stays as it is and goes
// on when the stop is taken back.
func (r *Responder) mayGoOn(ctx context.Context, resp *Response) error {
	if resp.halfOpen() {
		return nil
	}
	why, err := r.Stopped(ctx, resp.Answer.Playbook)
	if err != nil || why == "" {
		return err
	}
	if resp.State.Begun() && resp.Halted == "" { // told once, however often it is tried
		resp.Halted = why
		if err := r.step(ctx, resp, resp.State, MoveNoted, why+"; it goes on when that is taken back"); err != nil {
			return err
		}
	}
	return stoppedError(why, nil)
}

func stoppedError(why string, err error) error {
	if err != nil {
		return err
	}
	return Errorf(Refused, "%s", why).WithHint("'parry start' takes a stop back")
}

// halfOpen tells whether a change was made that another one must follow at once, and that one was not.
func (r *Response) halfOpen() bool {
	for _, c := range r.Plan.Changes {
		if o := r.result(c.Name); c.Until == "" || o == nil || o.State == Reverted || o.State == CallFail {
			continue
		}
		if next := r.result(c.Until); next == nil || next.State != Made && next.State != Already {
			return true
		}
	}
	return false
}
