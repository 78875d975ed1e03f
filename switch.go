package parry

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// The words that the store keeps for all workers.
const (
	wordStop    = "stop"    // everything is stopped; with /NAME behind it one playbook
	wordBreaker = "breaker" // since when failures count; with /NAME behind it those of one playbook
)

// wordOf is the name of a word about everything, or about one playbook.
func wordOf(word, playbook string) string {
	if playbook == "" {
		return word
	}
	return word + "/" + playbook
}

// StopWord is the name of the store's word that stops a playbook, or everything where none is named.
func StopWord(playbook string) string { return wordOf(wordStop, playbook) }

// SwitchLog is the id under which the store keeps the history of what was stopped, started and released: chained records as a response has
// them, in the log of all records, but of no response. What lists responses for people leaves it out.
const SwitchLog = "switches"

// Stop is the kill switch: from now on no worker makes a call that changes anything, for one playbook or, where none is named, for all. It
// is stopped first, and then recorded: an error of kind Fault that says so means that it is stopped without a record.
//
// by says who stops it, or nothing where that cannot be known. It is asked only when it is stopped: AWS may be in trouble.
func (r *Responder) Stop(ctx context.Context, playbook, why string, by func() string) error {
	if why == "" {
		return Errorf(Invalid, "a stop needs a reason").WithHint("say --why TEXT: whoever finds it stopped will ask")
	}
	word := func(by string) string {
		return fmt.Sprintf("%s stopped it at %s: %s", cmp.Or(by, "somebody"), r.Now().UTC().Format(time.RFC3339), why)
	}
	if err := r.Store.Set(ctx, wordOf(wordStop, playbook), word("")); err != nil {
		return err
	}
	who := by()
	if who != "" {
		if err := r.Store.Set(ctx, wordOf(wordStop, playbook), word(who)); err != nil {
			return err
		}
	}
	if err := r.switched(ctx, MoveStopped, stoppedBy(playbook, word(who))); err != nil {
		return Errorf(Fault, "it is stopped, but that could not be recorded: %w", err).WithHint("say it again when the store can be written: that records it")
	}
	return nil
}

// Start takes a stop back, and closes the breaker: failures from before do not count any more. What was stopped half-way goes on. It is
// recorded first, and where that fails nothing is started. by says who starts it, where that is known. A stop that somebody gives at the same
// moment holds: the Error is then of kind Conflict.
func (r *Responder) Start(ctx context.Context, playbook, by string) error {
	word, err := r.Store.Get(ctx, wordOf(wordStop, playbook))
	if err != nil {
		return err
	}
	if err := r.recordStop(ctx, playbook, word); err != nil {
		return err
	}
	if err := r.switched(ctx, MoveStarted, fmt.Sprintf("%s starts %s, and closes its breaker", cmp.Or(by, "somebody"), cmp.Or(playbook, "everything"))); err != nil {
		return err
	}
	if err := r.Store.Set(ctx, wordOf(wordBreaker, playbook), r.Now().UTC().Format(time.RFC3339Nano)); err != nil {
		return err
	}
	switch now, err := r.Store.Get(ctx, wordOf(wordStop, playbook)); {
	case err != nil:
		return err
	case now != word:
		return Errorf(Conflict, "%s", stoppedBy(playbook, now)).WithHint("it was stopped while you started it: read why before you start it again")
	}
	if err := r.Store.Set(ctx, wordOf(wordStop, playbook), ""); err != nil {
		return err
	}
	if err := r.wakeWaiting(ctx, playbook); err != nil {
		return Errorf(KindOf(err), "it is started; what waited for it is looked at only within %s: %w", inWords(stopPause), err)
	}
	return nil
}

// Unhold takes a hold off a finding, so that it is answered again. It is recorded first.
func (r *Responder) Unhold(ctx context.Context, key, by string) error {
	why, err := r.Store.Held(ctx, key)
	if err != nil || why == "" {
		return err
	}
	if err := r.switched(ctx, MoveReleased, fmt.Sprintf("%s takes the hold off %s: %s", cmp.Or(by, "somebody"), key, why)); err != nil {
		return err
	}
	return r.Store.Hold(ctx, key, "")
}

// Stopped says why nothing may be changed with a playbook; empty where it may. It is read from the store each time, so that every
// worker sees a stop at once.
func (r *Responder) Stopped(ctx context.Context, playbook string) (string, error) {
	why, err := r.Store.Get(ctx, wordStop)
	if err != nil {
		return "", err
	}
	if why != "" {
		return stoppedBy("", why), nil
	}
	if why, err = r.Store.Get(ctx, wordOf(wordStop, playbook)); why != "" {
		why = stoppedBy(playbook, why)
	}
	return why, err
}

// Stops says what people stopped: everything, and each playbook of those that are named, whatever everything is. Empty, and not in the map, is
// what is not stopped.
func (r *Responder) Stops(ctx context.Context, playbooks ...string) (everything string, single map[string]string, err error) {
	if everything, err = r.Store.Get(ctx, wordStop); err != nil {
		return "", nil, err
	}
	single = map[string]string{}
	for _, p := range playbooks {
		word, err := r.Store.Get(ctx, wordOf(wordStop, p))
		if err != nil {
			return "", nil, err
		}
		if word != "" {
			single[p] = word
		}
	}
	return everything, single, nil
}

func stoppedBy(playbook, word string) string {
	return cmp.Or(playbook, "everything") + " is stopped: " + word
}

// recordStop records a stop that has no record: whoever gave it was interrupted, or set the store's word by hand.
func (r *Responder) recordStop(ctx context.Context, playbook, word string) error {
	if word == "" {
		return nil
	}
	text := stoppedBy(playbook, word)
	records, err := r.Store.Records(ctx, SwitchLog)
	if err != nil || slices.ContainsFunc(records, func(rec Record) bool { return rec.Kind == MoveStopped && rec.Text == text }) {
		return err
	}
	return r.switched(ctx, MoveStopped, text)
}

// switched adds a record to the history of switches.
func (r *Responder) switched(ctx context.Context, move Move, text string) error {
	return r.own(ctx, SwitchLog, move, text)
}

// own adds a record to a history that is of no response.
func (r *Responder) own(ctx context.Context, id string, move Move, text string) error {
	for tries := 5; ; tries-- {
		log, err := r.Store.Response(ctx, id)
		if KindOf(err) == NotFound {
			log, err = Response{ID: id, Key: id}, nil
		}
		if err == nil {
			err = r.step(ctx, &log, Nothing, move, text)
		}
		if KindOf(err) != Conflict || tries == 0 {
			return err // or somebody else recorded something at the same moment
		}
	}
}
