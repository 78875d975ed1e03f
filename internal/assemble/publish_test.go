package assemble_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parry"
)

// press is a publisher that remembers what it was given, and fails as it is told.
type press struct {
	given []string
	err   error
}

func (p *press) One(_ context.Context, f parry.Finding, rule string) error {
	p.given = append(p.given, fmt.Sprintf("%s for %s", f.Key(), rule))
	return p.err
}

const publishing = `rules:
  - name: keys
    mode: act
    match: {source: [aws.guardduty]}
    respond:
      - {playbook: iam-deactivate-access-key, tier: auto}
    publish: securityhub
`

const told = "guardduty/" + account + "/f1 for keys"

func (s *scene) kinds(r parry.Response) []string {
	s.t.Helper()
	records, err := s.store.Records(s.t.Context(), r.ID)
	s.ok(err)
	var all []string
	for _, rec := range records {
		all = append(all, rec.Kind)
	}
	return all
}

func TestAFindingIsPublishedOnceForEachVersion(t *testing.T) {
	s, p := newScene(t, publishing), &press{}
	s.engine.Publisher = p
	first := s.Now()
	r := s.deliver(s.event(first, ""))
	s.isState(r, parry.Done, "")
	if !slices.Equal(p.given, []string{told}) || !slices.Contains(s.kinds(r), "published") {
		t.Errorf("%v, %v", p.given, s.kinds(r))
	}
	s.deliver(s.event(first, ""))
	if len(p.given) != 1 {
		t.Errorf("the same finding again: %v", p.given)
	}
	s.pass(15 * time.Minute)
	s.deliver(s.event(s.Now(), ""))
	if len(p.given) != 2 {
		t.Errorf("an update: %v", p.given)
	}
}

func TestWhatCouldNotBePublishedIsNotedAndTriedAgain(t *testing.T) {
	s, p := newScene(t, publishing), &press{err: parry.Errorf(parry.Fault, "throttled")}
	s.engine.Publisher = p
	first := s.Now()
	r, err := s.try(s.event(first, ""))
	if err == nil || !strings.Contains(err.Error(), "throttled") {
		t.Errorf("the failure is told to the queue, which delivers again: %v", err)
	}
	s.isState(r, parry.Done, "")
	s.isKey("Inactive")
	if !slices.Contains(s.kinds(r), "not published") {
		t.Errorf("%v", s.kinds(r))
	}
	p.err = nil
	r = s.deliver(s.event(first, ""))
	if len(p.given) != 2 || !slices.Contains(s.kinds(r), "published") {
		t.Errorf("%v, %v", p.given, s.kinds(r))
	}
	for kind, times := range map[parry.Kind]int{parry.Refused: 1, parry.Invalid: 2} {
		s, p := newScene(t, publishing), &press{err: parry.Errorf(kind, "it is there already")}
		s.engine.Publisher = p
		s.deliver(s.event(first, "")) // never tried for ever
		s.deliver(s.event(first, ""))
		if len(p.given) != times {
			t.Errorf("kind %d: %v", kind, p.given)
		}
	}
}

func TestARuleThatObservesPublishesNothing(t *testing.T) {
	s, p := newScene(t, strings.Replace(publishing, "mode: act", "mode: observe", 1)), &press{}
	s.engine.Publisher = p
	s.deliver(s.event(s.Now(), ""))
	if len(p.given) != 0 {
		t.Errorf("%v", p.given)
	}
}
