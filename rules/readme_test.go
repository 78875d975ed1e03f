package rules_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parry"
	"parry/internal/assemble"
	"parry/internal/coverage"
)

// The rules that the README shows for what only the owner knows bind a playbook to an address that a finding names, with the owner's parameters.
func TestTheRulesOfTheREADMEBind(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "```yaml\nrules:\n")
	example, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("the README shows no rules")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "own.yaml"), []byte("rules:\n"+example), 0o600); err != nil {
		t.Fatal(err)
	}
	lib, err := assemble.NewLibrary("", dir)
	if err != nil {
		t.Fatal(err)
	}
	atPort := func(raw []byte, port string) []byte {
		return bytes.Replace(raw, []byte(`"connectionDirection"`), []byte(`"localPortDetails":{"port":`+port+`},"connectionDirection"`), 1)
	}
	attacked := func(typ string) []byte {
		return coverage.FindingType{Name: typ, Severity: "Low"}.Event(coverage.InstanceAttacked, coverage.Direct)
	}
	for _, c := range []struct {
		name     string
		raw      []byte
		playbook string
		params   map[string]string
	}{
		{"somebody guesses passwords", attacked("UnauthorizedAccess:EC2/SSHBruteForce"), "networkfirewall-block-ip", map[string]string{"group": "our-blocked"}},
		{"an address of the list at the web server", atPort(attacked("UnauthorizedAccess:EC2/MaliciousIPCaller.Custom"), "443"), "waf-block-ip",
			map[string]string{"set4": "our-blocked-4", "set6": "our-blocked-6"}},
		{"an address of the list at another port", atPort(attacked("UnauthorizedAccess:EC2/MaliciousIPCaller.Custom"), "22"), "", nil},
		{"an instance that attacks others", coverage.FindingType{Name: "UnauthorizedAccess:EC2/SSHBruteForce", Severity: "High"}.Event(coverage.InstanceAttacking, coverage.Direct), "", nil},
	} {
		answers, f := match(t, lib, c.raw)
		if c.playbook == "" {
			if len(answers) > 0 {
				t.Errorf("%s: %+v", c.name, answers)
			}
			continue
		}
		if len(answers) != 1 || answers[0].Playbook != c.playbook || answers[0].Tier != parry.TierApprove || answers[0].For <= 0 {
			t.Errorf("%s: %+v", c.name, answers)
			continue
		}
		if got := answers[0].TargetsOf(f, parry.TypeAddress); len(got) != 1 || got[0].ID != "185.220.101.7" {
			t.Errorf("%s: the answer is for %+v", c.name, got)
		}
		for name, want := range c.params {
			if answers[0].Params[name] != want {
				t.Errorf("%s: %s is %v, want %q", c.name, name, answers[0].Params[name], want)
			}
		}
		if never, _ := answers[0].Params["never"].([]any); len(never) != 1 {
			t.Errorf("%s: never is %#v", c.name, answers[0].Params["never"])
		}
	}
}
