package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry"
	"parry/internal/assemble"
	"parry/internal/moto"
	"parry/internal/source"
	"parry/internal/sqlite"
	"parry/internal/tap"
	"parry/internal/twin"
)

// TestCorpus takes every file of recorded events the whole way to a decision, in accounts in which nothing exists. Each ends as a plan, an alert,
// nothing to do, or "not an event", with a reason; and nothing is written. It is moto's accounts that are read, and where moto has not what is to
// be read, such as Systems Manager's instances, the twin's: neither has every service.
func TestCorpus(t *testing.T) {
	root := os.Getenv("PARRY_CORPUS")
	if root == "" {
		t.Skip("PARRY_CORPUS is not set: it names the folder of recorded events")
	}
	server, tapped := moto.Need(t), &tap.Tap{}
	lib, err := assemble.NewLibrary("", "")
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	cfg := tapped.On(server.Config("999999999999", "us-east-1"), func(string) tap.Caller { return tap.Caller{Account: "999999999999"} })
	org := twin.New(time.Now())
	var both []*parry.Responder
	for _, cfg := range []aws.Config{cfg, org.Config("999999999999", "us-east-1")} {
		r, _ := lib.Responder(cfg, store, assemble.Options{Role: "parry-{playbook}"})
		both = append(both, r)
	}
	count := map[string]int{}
	err = filepath.WalkDir(filepath.Join(root, "events"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		for _, end := range ends(t, both, path) {
			count[end]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range slices.Concat(tapped.Log(), org.Log()) {
		if e.Service != "STS" && !strings.HasPrefix(e.Operation, "Get") && !strings.HasPrefix(e.Operation, "Describe") && !strings.HasPrefix(e.Operation, "List") {
			t.Errorf("%s %s was called", e.Service, e.Operation)
		}
	}
	t.Logf("%v", count)
	if count["no plan"] > 0 {
		t.Error("a plan could not be made: an emulator or a playbook is at fault")
	}
}

// ends tells how each item of a file ends.
func ends(t *testing.T, on []*parry.Responder, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	items, err := source.Read(filepath.Base(path), f)
	if err != nil {
		return []string{"unreadable"}
	}
	var all []string
	for _, item := range items {
		if item.Err != nil {
			all = append(all, reason(t, path, "not an event", item.Err.Error()))
			continue
		}
		findings, err := source.Decode(item.Event)
		if err != nil {
			all = append(all, reason(t, path, "not a finding", err.Error()))
			continue
		}
		for _, finding := range findings {
			var responses []parry.Response
			for _, r := range on {
				if responses, err = r.Prepare(t.Context(), item.Event, finding); err != nil {
					t.Errorf("%s: %v", path, err)
				}
				if !slices.ContainsFunc(responses, func(r parry.Response) bool { return r.State == parry.Unreadable }) {
					break
				}
			}
			for _, resp := range responses {
				why := resp.Reason
				if resp.State == parry.Planned {
					why = fmt.Sprint(resp.Decided.Reasons)
				}
				all = append(all, reason(t, path, string(resp.State), why))
			}
		}
	}
	return all
}

func reason(t *testing.T, path, end, why string) string {
	t.Helper()
	if why == "" {
		t.Errorf("%s ends as %q without a reason", path, end)
	}
	if end == string(parry.Unreadable) {
		t.Errorf("%s: %s", path, why)
	}
	return end
}
