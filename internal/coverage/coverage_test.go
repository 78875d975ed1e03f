package coverage_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parry/internal/assemble"
	"parry/internal/coverage"
)

// count counts with rules of one's own in the place of the packs, or with the packs.
func count(t *testing.T, own string) coverage.Report {
	t.Helper()
	dir := ""
	if own != "" {
		dir = t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "own.yaml"), []byte(own), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lib, err := assemble.NewLibrary("", dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := coverage.Of(t.Context(), lib.Rules, lib.Playbooks)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func item(t *testing.T, r coverage.Report, name string) coverage.Item {
	t.Helper()
	for _, a := range r.Areas {
		if i := slices.IndexFunc(a.Items, func(i coverage.Item) bool { return i.Name == name }); i >= 0 {
			return a.Items[i]
		}
	}
	t.Fatalf("there is no %s", name)
	return coverage.Item{}
}

// With the packs nobody is left without a word, and every sum is that of its items.
func TestThePacksAnswerEverything(t *testing.T) {
	r := count(t, "")
	if r.Rules == 0 || r.Acting != 0 {
		t.Errorf("%d rules, %d act", r.Rules, r.Acting)
	}
	for _, a := range r.Areas {
		sum := 0
		for _, l := range coverage.Levels() {
			sum += a.Count[l]
		}
		if sum != len(a.Items) || len(a.Items) == 0 || a.Answered() == 0 {
			t.Errorf("%s: %v of %d", a.Name, a.Count, len(a.Items))
		}
		if a.Name != "ATT&CK techniques" && a.Count[coverage.None] > 0 {
			t.Errorf("%s: %d have no answer at all", a.Name, a.Count[coverage.None])
		}
	}
	for name, want := range map[string]coverage.Level{
		"UnauthorizedAccess:IAMUser/TorIPCaller": coverage.Auto, "CryptoCurrency:EC2/BitcoinTool.B": coverage.Approve, "Behavior:EC2/TrafficVolumeUnusual": coverage.Alert,
		"EC2.13": coverage.Auto, "S3.8": coverage.Approve, "EC2.4": coverage.Alert, "T1078.004": coverage.Auto, "T1078": coverage.Auto, "T1654": coverage.None,
	} {
		if got := item(t, r, name).Level; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// What is counted is what the rules in use do: a bold tier is lowered to what the playbook's risk allows, and an answer that finds no target
// only tells.
func TestOwnRulesCount(t *testing.T) {
	r := count(t, `rules:
  - name: mine
    mode: act
    match: {source: [aws.guardduty], detail: {type: ["Policy:S3/BucketPublicAccessGranted"]}}
    respond: [{playbook: s3-block-public-access, tier: auto}]
  - name: misplaced
    match: {source: [aws.guardduty], detail: {type: ["Discovery:RDS/TorIPCaller"]}}
    respond: [{playbook: s3-block-public-access, tier: approve}]
  - name: accepted
    match: {source: [aws.securityhub], detail: {findings: {Compliance: {SecurityControlId: [S3.8]}}}}
    respond: [{playbook: s3-block-public-access, tier: auto, accept: medium}]
`)
	if r.Rules != 3 || r.Acting != 1 || !strings.Contains(r.Standing(), "1 of 3 rules act") {
		t.Errorf("%d rules, %d act: %s", r.Rules, r.Acting, r.Standing())
	}
	for name, want := range map[string]coverage.Level{
		"Policy:S3/BucketPublicAccessGranted": coverage.Approve, "Discovery:RDS/TorIPCaller": coverage.Alert, "Recon:EC2/Portscan": coverage.None,
		"S3.8": coverage.Auto, "S3.2": coverage.None, "T1530": coverage.Auto, "T1078.004": coverage.None,
	} {
		got := item(t, r, name)
		if got.Level != want {
			t.Errorf("%s: %+v, want %s", name, got, want)
		}
	}
	if why := item(t, r, "Discovery:RDS/TorIPCaller").Forms[0].Why; !strings.Contains(why, "finds nothing in it to work on") {
		t.Error(why)
	}
}

// The page needs nothing beside it, and what stands in a user's rules is text in it.
func TestThePageIsWholeAndClean(t *testing.T) {
	r := count(t, `rules:
  - name: "<img src=x onerror=alert(1)>"
    match: {source: [aws.guardduty]}
    respond: [{tier: alert, why: "</td><script>alert(2)</script>"}]
`)
	var b strings.Builder
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, bad := range []string{"<img", "<script>alert"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
	if m := regexp.MustCompile(`(?i)https?://|<link|@import|url\(|\ssrc=["']`).FindString(page); m != "" {
		t.Errorf("the page refers to something outside: %s", m)
	}
	for _, want := range []string{"&lt;img src=x", `class="chip alert"`, `data-level="none"`, "prefers-color-scheme: dark", "T1496"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// The lists are whole: each name once, every kind and resource known.
func TestTheListsAreSound(t *testing.T) {
	types, err := coverage.FindingTypes()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, ft := range types {
		if seen[ft.Name] || !strings.Contains(ft.Name, ":") {
			t.Errorf("%q stands twice or is none", ft.Name)
		}
		seen[ft.Name] = true
		for _, k := range ft.Kinds {
			if ft.Event(k, coverage.Direct) == nil {
				t.Errorf("%s is about %q, which is not known", ft.Name, k)
			}
		}
	}
	controls, err := coverage.Controls()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range controls {
		event, err := c.Event(coverage.ASFF)
		if err != nil || seen[c.ID] || strings.Contains(string(event), `"Type":"Other"`) {
			t.Errorf("%s stands twice, or its %s is not among the resources: %v", c.ID, c.Resource, err)
		}
		seen[c.ID] = true
	}
	techniques, err := coverage.Techniques()
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)
	for _, tech := range techniques {
		parent, _, _ := strings.Cut(tech.ID, ".")
		if seen[tech.ID] || !form.MatchString(tech.ID) || tech.ID != parent && !seen[parent] {
			t.Errorf("%s stands twice, is none, or before its technique", tech.ID)
		}
		seen[tech.ID] = true
	}
}

func TestText(t *testing.T) {
	r := count(t, "")
	var short, long strings.Builder
	if err := r.WriteText(&short, false); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteText(&long, true); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(long.String(), short.String()) || strings.Contains(short.String(), "Recon:EC2") {
		t.Error("the sums come first, and alone where not all is asked for")
	}
	for _, want := range []string{"on EKS, on ECS: alert (guardduty-container)", "a user's key: auto iam-deactivate-access-key, iam-quarantine-user", "no playbook names it"} {
		if !strings.Contains(long.String(), want) {
			t.Errorf("the list lacks %q", want)
		}
	}
}
