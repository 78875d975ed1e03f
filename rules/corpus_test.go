package rules_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parry/internal/source"
)

// TestCorpus lets the packs answer recorded events and calls, and tells how often each rule does. The patterns for calls must find the
// attacks that were recorded for them.
func TestCorpus(t *testing.T) {
	root := os.Getenv("PARRY_CORPUS")
	if root == "" {
		t.Skip("PARRY_CORPUS is not set: it names the folder of recorded events")
	}
	lib := library(t)
	counts, byFile := map[string]int{}, map[string][]string{}
	err := filepath.WalkDir(filepath.Join(root, "events"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		for _, raw := range recorded(t, path) {
			if !readable(t, raw) {
				counts["(not a finding)"]++
				continue
			}
			answers, _ := match(t, lib, raw)
			for _, name := range rulesOf(answers) {
				counts[name]++
				byFile[filepath.Base(path)] = append(byFile[filepath.Base(path)], name)
			}
			if len(answers) == 0 {
				counts["(no rule)"]++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%5d %s", counts[name], name)
	}
	for attack, want := range map[string]string{
		"defense-evasion.cloudtrail-delete": "cloudtrail-trail-changed", "defense-evasion.cloudtrail-event-selectors": "cloudtrail-trail-blinded",
		"defense-evasion.cloudtrail-stop": "cloudtrail-trail-stopped", "defense-evasion.dns-delete-logs": "cloudtrail-logs-deleted",
		"defense-evasion.vpc-remove-flow-logs": "cloudtrail-logs-deleted", "exfiltration.ec2-security-group-open-port-22-ingress": "cloudtrail-ingress-opened",
		"exfiltration.ec2-share-ami": "cloudtrail-shared-with-account", "exfiltration.ec2-share-ebs-snapshot": "cloudtrail-shared-with-account",
		"exfiltration.rds-share-snapshot": "cloudtrail-shared-with-account", "initial-access.console-login-without-mfa": "cloudtrail-login-without-mfa",
		"persistence.iam-backdoor-role": "cloudtrail-trust-changed", "persistence.iam-backdoor-user": "cloudtrail-credential-made",
		"persistence.iam-create-admin-user": "cloudtrail-admin-given-to-user", "persistence.iam-create-backdoor-role": "cloudtrail-admin-given-to-role",
		"persistence.iam-create-user-login-profile": "cloudtrail-credential-made", "persistence.lambda-backdoor-function": "cloudtrail-function-opened",
		"persistence.rolesanywhere-create-trust-anchor": "cloudtrail-trust-changed", "privilege-escalation.iam-update-user-login-profile": "cloudtrail-credential-made",
	} {
		found := false
		for file, names := range byFile {
			found = found || strings.Contains(file, attack) && slices.Contains(names, want)
		}
		if !found {
			t.Errorf("%s is not answered by %s", attack, want)
		}
	}
}

// recorded are the events of a file. Records of CloudTrail and findings in OCSF get the envelope that EventBridge puts round them; what is
// neither an event nor one of these is left out.
func recorded(t *testing.T, path string) [][]byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if json.Unmarshal(text, &v) != nil {
		return nil
	}
	var all [][]byte
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, i := range v {
				walk(i)
			}
		case map[string]any:
			if raw := enveloped(t, v); raw != nil {
				all = append(all, raw)
				return
			}
			for _, k := range slices.Sorted(maps.Keys(v)) {
				walk(v[k])
			}
		}
	}
	walk(v)
	return all
}

func enveloped(t *testing.T, v map[string]any) []byte {
	t.Helper()
	detail, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	str := func(k string) string { s, _ := v[k].(string); return s }
	inner, isObject := v["detail"].(map[string]any)
	switch {
	case isObject && str("source") != "" && str("detail-type") != "":
		if _, pascal := inner["SchemaVersion"]; pascal && str("source") == "aws.securityhub" {
			return nil
		}
		return detail
	case str("eventSource") != "" && str("eventName") == "ConsoleLogin":
		return event("aws.signin", "AWS Console Sign In via CloudTrail", string(detail))
	case str("eventSource") != "" && str("eventName") != "" && v["userIdentity"] != nil:
		return event("aws."+strings.TrimSuffix(str("eventSource"), ".amazonaws.com"), "AWS API Call via CloudTrail", string(detail))
	case v["ProductArn"] != nil && v["Resources"] != nil:
		return event("aws.securityhub", "Security Hub Findings - Imported", `{"findings":[`+string(detail)+`]}`)
	case v["class_uid"] != nil && v["finding_info"] != nil && strings.Contains(string(detail), "productv2/aws/"):
		return event("aws.securityhub", "Findings Imported V2", `{"findings":[`+string(detail)+`]}`)
	}
	return nil
}

// readable tells whether an event has a finding in it. Not all that was recorded has.
func readable(t *testing.T, raw []byte) bool {
	t.Helper()
	items, err := source.Read("event", bytes.NewReader(raw))
	if err != nil || len(items) != 1 || items[0].Err != nil {
		t.Fatalf("%s: %v %+v", raw, err, items)
	}
	found, err := source.Decode(items[0].Event)
	return err == nil && len(found) > 0
}
