package rules_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"parry"
	"parry/internal/assemble"
	"parry/internal/coverage"
	"parry/internal/source"
)

func library(t *testing.T) *assemble.Library {
	t.Helper()
	lib, err := assemble.NewLibrary("", "")
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

// match lets the packs answer one event with its first finding.
func match(t *testing.T, lib *assemble.Library, raw []byte) ([]parry.Answer, parry.Finding) {
	t.Helper()
	items, err := source.Read("event", bytes.NewReader(raw))
	if err != nil || len(items) != 1 || items[0].Err != nil {
		t.Fatalf("%s: %v %+v", raw, err, items)
	}
	found, err := source.Decode(items[0].Event)
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: %v", raw, err)
	}
	answers, _, err := lib.Rules.Match(t.Context(), items[0].Event, found[0])
	if err != nil {
		t.Fatal(err)
	}
	return answers, found[0]
}

// rulesOf are the names of the rules that answer, each once.
func rulesOf(answers []parry.Answer) []string {
	names := map[string]bool{}
	for _, a := range answers {
		names[a.Rule] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func types(t *testing.T) []coverage.FindingType {
	t.Helper()
	all, err := coverage.FindingTypes()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 229 {
		t.Fatalf("%d types", len(all))
	}
	return all
}

// Every finding type of GuardDuty, about every kind of resource, has one considered decision.
func TestEveryFindingTypeIsDecided(t *testing.T) {
	lib := library(t)
	for _, ft := range types(t) {
		for _, kind := range ft.Kinds {
			event := ft.Event(kind, coverage.Direct)
			if event == nil {
				t.Errorf("%s: there is no event about %q", ft.Name, kind)
				continue
			}
			answers, finding := match(t, lib, event)
			where := fmt.Sprintf("%s (%s, %v)", ft.Name, kind, rulesOf(answers))
			if finding.Quiet != "" {
				t.Errorf("%s is quiet: %s", where, finding.Quiet)
			}
			checkDecision(t, lib, where, answers)
			if slices.Contains(rulesOf(answers), "guardduty-other") {
				t.Errorf("%s is only answered by the default", where)
			}
			for _, a := range answers {
				checkAnswer(t, lib, where, a, finding)
			}
		}
	}
}

// checkDecision holds that answers are one decision: no playbook twice, and no alert beside another answer.
func checkDecision(t *testing.T, lib *assemble.Library, where string, answers []parry.Answer) {
	t.Helper()
	if len(answers) == 0 {
		t.Errorf("%s has no answer", where)
	}
	told, playbooks := 0, map[string]int{}
	for _, a := range answers {
		if a.Playbook == "" {
			told++
			continue
		}
		if playbooks[a.Playbook]++; playbooks[a.Playbook] > 1 {
			t.Errorf("%s is answered with %s twice", where, a.Playbook)
		}
	}
	if told > 1 || told == 1 && len(playbooks) > 0 {
		t.Errorf("%s is told beside another answer", where)
	}
}

// checkAnswer holds what is true of every answer of the packs.
func checkAnswer(t *testing.T, lib *assemble.Library, where string, a parry.Answer, f parry.Finding) {
	t.Helper()
	if !a.Observe {
		t.Errorf("%s acts without being turned on", where)
	}
	if a.Playbook == "" {
		return
	}
	p, err := lib.Playbooks.Get(a.Playbook)
	if err != nil {
		t.Fatal(err)
	}
	if a.Tier == parry.TierAuto && p.Risk != parry.RiskLow {
		t.Errorf("%s is answered by itself with %s, which is of %s risk", where, a.Playbook, p.Risk)
	}
	if len(f.TargetsOf(p.Target)) == 0 {
		t.Errorf("%s: %s works on %s, and the finding has none: %v", where, a.Playbook, p.Target, f.Targets)
	}
}

// The decision is the same by whatever road a finding comes. OCSF alone does not say who attacks whom: there the careful answer is given.
func TestTheRoadDoesNotChangeTheDecision(t *testing.T) {
	lib := library(t)
	for _, ft := range types(t) {
		for _, kind := range ft.Kinds {
			direct, _ := match(t, lib, ft.Event(kind, coverage.Direct))
			for _, road := range []coverage.Road{coverage.ASFF, coverage.OCSF} {
				answers, _ := match(t, lib, ft.Event(kind, road))
				want := rulesOf(direct)
				if road == coverage.OCSF && ft.Name == "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom" {
					want = []string{"guardduty-instance-attacked"}
				}
				if got := rulesOf(answers); !slices.Equal(got, want) {
					t.Errorf("%s (%s) through %s: %v, want %v", ft.Name, kind, road, got, want)
				}
				checkDecision(t, lib, fmt.Sprintf("%s (%s) through %s", ft.Name, kind, road), answers)
			}
		}
	}
}

// A type that is newer than the packs is told, and nothing is guessed.
func TestAnUnknownTypeIsTold(t *testing.T) {
	lib := library(t)
	unknown := coverage.FindingType{Name: "NewPrefix:NewResource/New", Severity: "High"}
	for _, road := range []coverage.Road{coverage.Direct, coverage.ASFF, coverage.OCSF} {
		for _, kind := range []coverage.Kind{coverage.User, coverage.Session, coverage.Root, coverage.Instance, coverage.EKS, coverage.Bucket, coverage.Object} {
			answers, _ := match(t, lib, unknown.Event(kind, road))
			if len(answers) != 1 || answers[0].Playbook != "" || answers[0].Tier != parry.TierAlert || answers[0].Why == "" {
				t.Errorf("%s through %s: %+v", kind, road, answers)
			}
		}
	}
}

// What an incident responder would be surprised by.
func TestDecisions(t *testing.T) {
	lib := library(t)
	for _, c := range []struct {
		typ      string
		kind     coverage.Kind
		severity string
		want     []string
	}{
		{"UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom", coverage.User, "Medium", []string{"auto iam-deactivate-access-key", "approve iam-quarantine-user"}},
		{"CredentialAccess:IAMUser/CompromisedCredentials", coverage.User, "High", []string{"auto iam-deactivate-access-key", "approve iam-quarantine-user"}},
		{"CredentialAccess:IAMUser/CompromisedCredentials", coverage.Session, "High", []string{"approve iam-revoke-role-sessions"}},
		{"Persistence:IAMUser/AnomalousBehavior", coverage.User, "Medium", []string{"approve iam-deactivate-access-key", "approve iam-quarantine-user"}},
		{"Discovery:IAMUser/AnomalousBehavior", coverage.User, "Low", []string{"approve iam-deactivate-access-key"}},
		{"Policy:IAMUser/RootCredentialUsage", coverage.Root, "Low", []string{"alert"}},
		{"UnauthorizedAccess:EC2/SSHBruteForce", coverage.InstanceAttacked, "Low", []string{"approve nacl-block-ip"}},
		{"UnauthorizedAccess:EC2/SSHBruteForce", coverage.InstanceAttacking, "High", []string{"approve ec2-quarantine"}},
		{"Impact:EC2/WinRMBruteForce", coverage.InstanceAttacked, "Low", []string{"approve nacl-block-ip"}},
		{"Recon:EC2/PortProbeUnprotectedPort", coverage.InstanceProbed, "Low", []string{"alert"}},
		{"Backdoor:EC2/C&CActivity.B", coverage.Instance, "High", []string{"approve host-collect-evidence", "approve ec2-quarantine", "approve nacl-block-ip"}},
		{"Backdoor:Runtime/C&CActivity.B!DNS", coverage.Instance, "High", []string{"approve host-collect-evidence", "approve ec2-quarantine", "approve dns-block-domain"}},
		{"Backdoor:Runtime/C&CActivity.B!DNS", coverage.EKS, "High", []string{"alert"}},
		{"CryptoCurrency:EC2/BitcoinTool.B!DNS", coverage.Instance, "High", []string{"approve host-collect-evidence", "approve ec2-quarantine"}},
		{"CryptoCurrency:Runtime/BitcoinTool.B!DNS", coverage.EKS, "High", []string{"alert"}},
		{"CryptoCurrency:Runtime/BitcoinTool.B!DNS", coverage.Instance, "High", []string{"approve host-collect-evidence", "approve ec2-quarantine"}},
		{"CryptoCurrency:Runtime/BitcoinTool.B!DNS", coverage.ECS, "High", []string{"approve ecs-stop-task"}},
		{"Execution:Runtime/NewBinaryExecuted", coverage.ECS, "Medium", []string{"alert"}},
		{"Execution:ECS/MaliciousFile", coverage.ECS, "High", []string{"approve ecs-stop-task"}},
		{"Execution:Runtime/NewBinaryExecuted", coverage.Instance, "Medium", []string{"approve host-collect-evidence"}},
		{"Execution:Runtime/ReverseShell", coverage.Instance, "High", []string{"approve host-collect-evidence", "approve host-kill-process", "approve ec2-quarantine"}},
		{"Execution:Container/MaliciousFile", coverage.Container, "*", []string{"alert"}},
		{"Execution:EC2/MaliciousFile!Snapshot", coverage.Snapshot, "*", []string{"alert"}},
		{"Object:S3/MaliciousFile", coverage.Object, "High", []string{"alert"}},
		{"Policy:S3/AccountBlockPublicAccessDisabled", coverage.Bucket, "Low", []string{"approve s3-account-block-public-access"}},
		{"Policy:S3/AccountBlockPublicAccessDisabled", coverage.User, "Low", []string{"approve s3-account-block-public-access"}},
		{"Stealth:IAMUser/CloudTrailLoggingDisabled", coverage.User, "Low", []string{"approve iam-deactivate-access-key", "auto cloudtrail-start-logging"}},
		{"Stealth:IAMUser/CloudTrailLoggingDisabled", coverage.Session, "Low", []string{"approve iam-revoke-role-sessions", "auto cloudtrail-start-logging"}},
		{"Stealth:S3/ServerAccessLoggingDisabled", coverage.Bucket, "Low", []string{"alert"}},
		{"Policy:S3/BucketAnonymousAccessGranted", coverage.Bucket, "High", []string{"approve s3-block-public-access", "approve s3-remove-public-policy", "approve s3-remove-public-acl"}},
		{"Exfiltration:S3/AnomalousBehavior", coverage.Bucket, "High", []string{"alert s3-contain"}},
		{"AttackSequence:EKS/CompromisedCluster", coverage.SequenceEKS, "Critical", []string{"alert"}},
		{"UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", coverage.InstanceSession, "High", []string{"approve iam-revoke-role-sessions", "approve ec2-quarantine"}},
	} {
		answers, _ := match(t, lib, coverage.FindingType{Name: c.typ, Severity: c.severity}.Event(c.kind, coverage.Direct))
		var got []string
		for _, a := range answers {
			got = append(got, strings.TrimSpace(a.Tier.String()+" "+a.Playbook))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s (%s): %v, want %v", c.typ, c.kind, got, c.want)
		}
	}
}

// Outbound connections to Tor come with the role TARGET: the role alone says nothing.
func TestTheRoleAloneMakesNoVictim(t *testing.T) {
	lib := library(t)
	raw := coverage.FindingType{Name: "UnauthorizedAccess:EC2/TorRelay", Severity: "High"}.Event(coverage.Instance, coverage.Direct)
	answers, _ := match(t, lib, bytes.Replace(raw, []byte(`"ACTOR"`), []byte(`"TARGET"`), 1))
	if !slices.Equal(rulesOf(answers), []string{"guardduty-instance-compromised"}) {
		t.Errorf("%+v", answers)
	}
}

// An answer that only tells says why.
func TestEveryAlertSaysWhy(t *testing.T) {
	for _, r := range library(t).Rules.Rules {
		if r.Summary == "" {
			t.Errorf("%s has no summary", r.Name)
		}
		if !r.Observe {
			t.Errorf("%s acts: packs observe until they are turned on", r.Name)
		}
		for _, a := range r.Answers {
			if a.Playbook == "" && len(a.Why) < 40 {
				t.Errorf("%s tells and does not say why nothing is done: %q", r.Name, a.Why)
			}
		}
	}
}

// patternSize is EventBridge's default quota for an event pattern, in characters. Source: "Amazon EventBridge quotas".
const patternSize = 2048

// Every pattern can be put on a rule of EventBridge as it is.
func TestPatternsFitEventBridge(t *testing.T) {
	for _, r := range library(t).Rules.Rules {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(r.Pattern); err != nil {
			t.Fatal(err)
		}
		if b.Len() > patternSize {
			t.Errorf("the pattern of %s has %d characters", r.Name, b.Len())
		}
	}
}
