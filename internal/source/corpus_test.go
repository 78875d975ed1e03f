package source

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parry"
)

// TestCorpus reads every public sample event. What they are is for their authors; that nothing panics, that every
// target is whole, and what comes of them, is for us.
func TestCorpus(t *testing.T) {
	corpus := os.Getenv("PARRY_CORPUS")
	if corpus == "" {
		t.Skip("PARRY_CORPUS is not set: it names the folder of public sample events")
	}
	counts := map[string]int{}
	err := filepath.WalkDir(filepath.Join(corpus, "events"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		counts["files"]++
		return readSample(t, path, counts)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%5d %s", counts[k], k)
	}
	for _, source := range []string{
		"GuardDuty", "Security Hub", "Security Hub V2", "Security Hub insight", "Inspector", "OCSF", "Access Analyzer", "CloudTrail",
	} {
		if counts[source+": found"] == 0 {
			t.Errorf("no finding was read: %s", source)
		}
	}
}

// readSample reads one file and counts what came of it.
func readSample(t *testing.T, path string, counts map[string]int) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	items, err := Read(filepath.Base(path), answer(t, file))
	if err != nil {
		counts["file refused"]++
		t.Logf("%v", err)
	}
	for _, i := range items {
		if i.Err != nil {
			counts["element refused"]++
			verbose(t, "%v", i.Err)
			continue
		}
		countEvent(t, i.Event, counts)
	}
	return nil
}

// answer takes the API's answer out of a recording of botocore's placebo, {"status_code": 200, "data": {...}}, and the
// events out of a list of scenarios, [{"event_payload": {...}}].
func answer(t *testing.T, r io.Reader) io.Reader {
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	var recording struct{ Data json.RawMessage }
	if bytes.Contains(all, []byte(`"status_code"`)) && json.Unmarshal(all, &recording) == nil && len(recording.Data) > 0 {
		all = recording.Data
	}
	var scenarios []struct {
		Event json.RawMessage `json:"event_payload"`
	}
	if bytes.Contains(all, []byte(`"event_payload"`)) && json.Unmarshal(all, &scenarios) == nil {
		all = nil
		for _, s := range scenarios {
			all = append(append(all, s.Event...), '\n')
		}
	}
	return bytes.NewReader(all)
}

func countEvent(t *testing.T, e parry.Event, counts map[string]int) {
	source := nameOfSource(e)
	found, err := Decode(e)
	if err != nil {
		counts[source+": refused"]++
		verbose(t, "%v", err)
	}
	for _, f := range found {
		checkFinding(t, f, string(e.Raw))
		counts[source+": found"]++
		if f.Quiet != "" {
			counts[source+": quiet, "+f.Quiet]++
		} else {
			counts[source+": live"]++
		}
		for _, target := range f.Targets {
			counts[source+": target "+target.Type]++
		}
		for _, reason := range f.Unresolved {
			counts[source+": unresolved"]++
			verbose(t, "%s: unresolved: %s", e.Place, reason)
		}
	}
}

// nameOfSource is a short name to count an event under.
func nameOfSource(e parry.Event) string {
	switch {
	case isTrailType(e.DetailType):
		return "CloudTrail"
	case e.Source == awsConfig:
		return "Config"
	case e.Source == accessAnalyzer:
		return "Access Analyzer"
	case e.Source == guardDuty:
		return "GuardDuty"
	case e.Source == securityHub && e.DetailType == hubV2Imported:
		return "Security Hub V2"
	case e.Source == securityHub && e.DetailType == hubInsight:
		return "Security Hub insight"
	case e.Source == securityHub:
		return "Security Hub"
	case e.Source == inspector:
		return "Inspector"
	case e.Source == macie:
		return "Macie"
	case strings.HasPrefix(e.DetailType, "OCSF "):
		return "OCSF"
	}
	return "others"
}

// verbose logs single outcomes when PARRY_CORPUS_VERBOSE asks for them.
func verbose(t *testing.T, format string, args ...any) {
	if os.Getenv("PARRY_CORPUS_VERBOSE") != "" {
		t.Log(strings.TrimSpace(fmt.Sprintf(format, args...)))
	}
}

// checkFinding holds what is true of every finding, whoever wrote it.
func checkFinding(t *testing.T, f parry.Finding, input string) {
	t.Helper()
	if f.Info.UID == "" || f.Cloud.Account.UID == "" && f.Cloud.Provider == "AWS" && f.Type() != hubInsight {
		t.Errorf("a finding without id or account: %+v", f)
	}
	if _, err := json.Marshal(f.OCSF()); err != nil {
		t.Errorf("finding %s cannot be written: %v", f.Info.UID, err)
	}
	if f.Cloud.Provider != "AWS" && len(f.Targets) > 0 {
		t.Errorf("a finding about %q has targets: %+v", f.Cloud.Provider, f)
	}
	if _, ok := parry.OCSFClassName(f.ClassUID); !ok || f.TypeUID/100 != int64(f.ClassUID) {
		t.Errorf("class %d, type %d", f.ClassUID, f.TypeUID)
	}
	for _, target := range f.Targets {
		switch {
		case strings.TrimSpace(target.ID) == "" || target.Type == "" || target.Partition == "":
			t.Errorf("target is not whole: %+v", target)
		case !parry.IsAccount(target.Account):
			t.Errorf("target %s is in account %q", target, target.Account)
		case !strings.Contains(input, target.Account):
			t.Errorf("target %s is in account %s, which the input does not name", target, target.Account)
		case parry.PartitionOf(target.Region) != target.Partition:
			t.Errorf("target %s is in Region %s and partition %s", target, target.Region, target.Partition)
		}
	}
	if len(f.Targets) == 0 && len(f.Unresolved) == 0 {
		t.Errorf("finding %s has no target and no word why", f.Info.UID)
	}
}
