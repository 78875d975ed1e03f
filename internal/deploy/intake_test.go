package deploy_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parry/internal/pattern"
	"parry/internal/source"
)

// What the event rules match is what Parry's own rules match, no more and no less, on every recorded event that there is.
func TestEventRulesMatchWhatTheRulesMatch(t *testing.T) {
	w := wish(t)
	var own, merged []*pattern.Pattern
	compile := func(text []byte) *pattern.Pattern {
		p, err := pattern.Compile(text)
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		return p
	}
	for _, r := range w.Rules {
		own = append(own, compile(r.Pattern))
	}
	for _, p := range of(t, rendered(t)["region.json"], "AWS::Events::Rule") {
		text, err := json.Marshal(p["EventPattern"])
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "EC2 Automation Execution") {
			merged = append(merged, compile(text))
			continue
		}
		merged = append(merged, compile(text))
		own = append(own, compile([]byte(`{"source":["aws.ssm"],"detail-type":["EC2 Automation Execution Status-change Notification","EC2 Command Status-change Notification"]}`)))
	}
	any := func(all []*pattern.Pattern, event []byte) bool {
		for _, p := range all {
			if ok, err := p.Match(event); err == nil && ok {
				return true
			}
		}
		return false
	}
	events, matched := 0, 0
	for _, event := range recorded(t) {
		events++
		want := any(own, event)
		if got := any(merged, event); got != want {
			t.Errorf("an event that the rules match (%v) is sent on: %v: %.300s", want, got, event)
		}
		if want {
			matched++
		}
	}
	if events < 20 || matched == 0 || matched == events {
		t.Errorf("of %d events %d match: they show nothing", events, matched)
	}
	t.Logf("%d rules in %d event rules; %d of %d events match", len(own), len(merged), matched, events)
}

// recorded are the events of the repository, and of the corpus where there is one.
func recorded(t *testing.T) [][]byte {
	t.Helper()
	var all [][]byte
	for _, root := range []string{filepath.Join("..", "source", "testdata"), filepath.Join("..", "..", "docs", "example"), os.Getenv("PARRY_CORPUS")} {
		if root == "" {
			continue
		}
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			items, _ := source.Read(path, bytes.NewReader(text))
			for _, i := range items {
				if i.Err == nil {
					all = append(all, i.Event.Raw)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}
