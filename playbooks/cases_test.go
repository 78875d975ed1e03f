package playbooks_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry"
	"parry/internal/assemble"
	"parry/internal/cases"
	"parry/internal/moto"
	"parry/internal/sqlite"
)

// library is the catalogue as it is on disk.
func library(t *testing.T) *assemble.Library {
	t.Helper()
	lib, err := assemble.NewLibrary("", "")
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

func allCases(t *testing.T) []cases.Case {
	t.Helper()
	all, err := cases.Load(os.DirFS("."), ".", "playbooks")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func memory(t *testing.T) parry.Store {
	t.Helper()
	db, err := sqlite.Open(t.Context(), ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// eachCase runs f on every case of every playbook, so that one which is added later is held to the same.
func eachCase(t *testing.T, f func(t *testing.T, c cases.Case)) {
	for _, c := range allCases(t) {
		t.Run(c.Playbook+"/"+c.Name, func(t *testing.T) { f(t, c) })
	}
}

func TestEveryPlaybookHasCases(t *testing.T) {
	have := map[string]int{}
	for _, c := range allCases(t) {
		have[c.Playbook]++
		if c.Plan == "" {
			t.Errorf("%s: no expected plan", c.File)
		}
		if c.Text == "" {
			t.Errorf("%s does not say what it shows", c.File)
		}
	}
	for _, p := range library(t).Playbooks.All() {
		if have[p.Name] == 0 {
			t.Errorf("playbook %s has no case", p.Name)
		}
	}
}

func TestCasesOnTwin(t *testing.T) {
	lib := library(t)
	eachCase(t, func(t *testing.T, c cases.Case) {
		run(t, c, cases.NewTwin(), lib, cases.Probe{})
	})
}

// TestCasesOnMoto runs the same cases on an emulator that was not written here: the plans and the end states must be the same.
func TestCasesOnMoto(t *testing.T) {
	server := moto.Need(t)
	lib := library(t)
	eachCase(t, func(t *testing.T, c cases.Case) {
		if why, ok := notOnMoto[c.Playbook+"/"+c.Name]; ok {
			t.Skip("moto differs from AWS here: " + why)
		}
		run(t, c, motoStage{server}, lib, cases.Probe{})
	})
}

func run(t *testing.T, c cases.Case, stage cases.Stage, lib *assemble.Library, probe cases.Probe) cases.Result {
	t.Helper()
	store := memory(t)
	res, err := cases.Run(t.Context(), c, stage, lib, store, probe)
	if err != nil {
		t.Fatal(err)
	}
	verifies(t, store)
	for _, f := range res.Failed {
		t.Error(f)
	}
	return res
}

// motoStage is moto as a stage: real time, a made-up account for each case.
type motoStage struct{ *moto.Server }

func (s motoStage) Account() string { return moto.Account() }
func (s motoStage) Now() time.Time  { return time.Now() }
func (s motoStage) Config(account, region string) aws.Config {
	return s.Server.Config(account, region)
}

func (s motoStage) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(min(d, 100*time.Millisecond)): // an emulator needs no patience
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// notOnMoto are the cases that moto gets wrong, with the reason. They run on the twin alone.
var notOnMoto = map[string]string{
	"dns-block-domain/blocked":                        noDNSFirewall,
	"dns-block-domain/busy":                           noDNSFirewall,
	"dns-block-domain/blocked-already":                noDNSFirewall,
	"dns-block-domain/no-list":                        noDNSFirewall,
	"dns-block-domain/only-alerts":                    noDNSFirewall,
	"dns-block-domain/another-vpc":                    noDNSFirewall,
	"dns-block-domain/no-vpc":                         noDNSFirewall,
	"dns-block-domain/a-suffix":                       noDNSFirewall,
	"dns-block-domain/of-aws":                         noDNSFirewall,
	"dns-block-domain/our-zone":                       noDNSFirewall,
	"vpc-close-default-security-group/unused":         noOwnRule,
	"vpc-close-default-security-group/in-use":         noOwnRule,
	"vpc-close-default-security-group/in-use-closed":  noOwnRule,
	"vpc-close-default-security-group/closed-already": noOwnRule,
	"waf-block-ip/blocked":                            noWebACLResources,
	"waf-block-ip/ipv6":                               noWebACLResources,
	"waf-block-ip/blocked-already":                    noWebACLResources,
	"waf-block-ip/protects-nothing":                   noWebACLResources,
	"waf-block-ip/behind-a-proxy":                     noWebACLResources,
	"waf-block-ip/of-a-service":                       noWebACLResources,
	"waf-block-ip/private":                            noWebACLResources,
	"waf-block-ip/our-own":                            noWebACLResources,
	"waf-block-ip/cloudfront":                         "moto has no ListDistributionsByWebACLId",
	"ec2-quarantine/auto-scaling":                     "it adds the groups that an instance was launched with to its interfaces for ever, whatever is put on them later",
	"secretsmanager-rotate-secret/rotates":            "it sets LastRotatedDate although nothing was rotated, and never runs the rotation function, so that AWSPENDING stays",
}

const noWebACLResources = "moto has no ListResourcesForWebACL, without which nobody knows whether the web ACL is in use"

const noOwnRule = "it gives the default group of a VPC no rule for the group itself"

const noDNSFirewall = "moto has no operation of DNS Firewall"
