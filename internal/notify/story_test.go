package notify

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"parry"
)

func TestWhoIsWantedInAStorm(t *testing.T) {
	for _, c := range []struct {
		states        map[string]int
		open, working bool
	}{
		{nil, true, false},
		{map[string]int{"waiting for approval": 1, "done": 9}, true, false},
		{map[string]int{"failed": 1, "done": 9}, true, false},
		{map[string]int{"expired": 1, "begun": 3}, true, false},
		{map[string]int{"begun": 1, "done": 9}, false, true},
		{map[string]int{"undoing": 1, "done": 9}, false, true},
		{map[string]int{"done": 9, "rejected": 2, "undone": 1, "nothing to do": 1}, false, false},
		{map[string]int{"alerted": 4}, true, false},
		{map[string]int{"waiting for approval": 0, "done": 4}, false, false},
	} {
		if s := storyOfStorm(aStorm(Asked, 10, c.states)); s.open != c.open || s.working != c.working {
			t.Errorf("%v: open %t, working %t", c.states, s.open, s.working)
		}
	}
}

func TestStormsHaveKeysOfTheirOwn(t *testing.T) {
	one := aStorm(Asked, 10, nil)
	grown := aStorm(Asked, 90, map[string]int{"done": 1})
	other, told, rule := aStorm(Asked, 10, nil), aStorm(Told, 10, nil), aStorm(Asked, 10, nil)
	other.Sample[0].Response.ID, rule.Rule = "pr-2", "another"
	key := storyOfStorm(one).key
	if storyOfStorm(grown).key != key || storyOfStorm(grown).mark == storyOfStorm(one).mark {
		t.Error("a storm that grows is to keep its key, and to be news")
	}
	for _, m := range []Storm{other, told, rule} {
		if storyOfStorm(m).key == key {
			t.Errorf("%s %s %s has the key of another storm", m.Rule, m.Kind, m.Sample[0].Response.ID)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"🪣🪣", 4, "🪣🪣"}, {"🪣🪣🪣", 4, "🪣…"}, {"a b c", 3, "a…"}, {"a\xff", 5, "a?"}, {"", 0, ""},
	} {
		if got := shorten(c.text, c.most); got != c.want || width(got) > c.most {
			t.Errorf("%q in %d: %q, not %q", c.text, c.most, got, c.want)
		}
	}
}

// A card that is too long loses its last lines, and is posted.
func TestTeamsCardFits(t *testing.T) {
	api := fakeTeams(t)
	must(t)(api.channel.Tell(context.Background(), news(Asked, func(r *parry.Response) {
		wide := strings.Repeat("漢", 2000)
		r.Reason, r.Plan.Summary, r.Plan.Breaks, r.Answer.Rule, r.Answer.Playbook = wide, wide, wide, wide, wide
		r.Plan.Changes = nil
		for range 30 {
			r.Plan.Changes = append(r.Plan.Changes, parry.Change{Name: wide, Call: parry.Call{Op: "s3:PutBucketPolicy"}, State: wide, After: wide, Kept: wide})
		}
	}), ""))
	c := api.last(http.MethodPost)
	if n := len(c.raw); n > mostCard || n < mostCard-8<<10 {
		t.Errorf("%d bytes, of %d", n, mostCard)
	}
	if at(c.body, "attachments", 0, "content", "actions", 0, "url") == nil {
		t.Error("the button is lost")
	}
}
