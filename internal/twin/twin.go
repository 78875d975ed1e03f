// Package twin is a simulated AWS organization in memory: several accounts and regions, a clock that is
// set by hand, latency and faults on demand.
//
// It stands behind the SDK's own seam, aws.Config.APIOptions, so everything in front of it is the real SDK:
// required-field checks, paginators, typed errors, retries, throttling. Nothing is sent to a network.
// What it says about AWS is checked against moto, an emulator that was not written here, by the playbooks'
// cases, which must give the same plan and the same end state on both.
package twin

import (
	"fmt"
	"sync"
	"time"

	athenatypes "github.com/aws/aws-sdk-go-v2/service/athena/types"
	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"parry/internal/tap"
)

// Org is the organization: its accounts, what is in them, and what was asked of them.
type Org struct {
	tap.Tap // its log of what was asked, and the faults that calls are to meet

	mu       sync.Mutex
	now      func() time.Time
	accounts map[string]*account
	sessions map[string]tap.Caller // access key id -> who signs with it
	latency  func(service, operation string) time.Duration
	serial   uint64
	s3       s3State // bucket names are the partition's

	requireRoles bool
	delay        time.Duration
}

// account is one member account: what is global in it, and what is in each region.
type account struct {
	id      string
	iam     iamState
	regions map[string]*region

	distributions []distribution
	zones         []r53types.HostedZone
}

// region is what one account has in one region.
type region struct {
	ec2         ec2State
	autoscaling autoscalingState
	elb         elbState
	secrets     secretsState
	lambda      lambdaState
	cloudtrail  cloudtrailState
	guardduty   guarddutyState
	config      configState
	securityhub securityhubState
	macie       macieState
	files       []*fileSystem
	stacks      []*stack
	clusters    []*eksCluster
	sets        map[string]*permissionSet
	ruleGroups  []*ruleGroup
	fwPolicies  []*firewallPolicy
	ecs         ecsState
	logGroups   map[string]bool   // by name
	ssmSettings map[string]string // service settings that somebody set, by id
	wafv2       wafv2State
	resolver    resolverState
	gateway     gatewayState
	caches      cacheClusters
	workGroups  shelf[athenatypes.WorkGroup]
	projects    shelf[cbtypes.Project]
	ssm         ssmState
}

// New makes an empty organization whose clock starts at start and stands still until Advance.
func New(start time.Time) *Org {
	o := &Org{accounts: map[string]*account{}, sessions: map[string]tap.Caller{}}
	clock := start
	o.now = func() time.Time { return clock }
	return o
}

// SetClock makes the organization read its time from now, for runs on real time.
func (o *Org) SetClock(now func() time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = now
}

// Advance moves a clock that stands still by d.
func (o *Org) Advance(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	t := o.now().Add(d)
	o.now = func() time.Time { return t }
}

// SetDelay sets how long what AWS finishes later takes by the organization's clock: rotations of secrets, commands and runbooks of Systems
// Manager. Zero, as it is at first, ends a rotation within the call that began it, and the others at the next look.
func (o *Org) SetDelay(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.delay = d
}

// SetLatency makes each call take as long as f says, in real time.
func (o *Org) SetLatency(f func(service, operation string) time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.latency = f
}

// account returns the account of that id, made when first named: as on moto, any twelve digits are an account.
func (o *Org) account(id string) *account {
	a, ok := o.accounts[id]
	if !ok {
		a = &account{id: id, regions: map[string]*region{}}
		o.accounts[id] = a
	}
	return a
}

func (a *account) region(name string) *region {
	r, ok := a.regions[name]
	if !ok {
		r = &region{}
		a.regions[name] = r
	}
	return r
}

// id makes the next identifier with a prefix, in AWS's seventeen hexadecimal digits: the same run gives the same ids.
func (o *Org) id(prefix string) string {
	o.serial++
	return fmt.Sprintf("%s-0%016x", prefix, o.serial*0x9e3779b97f4a7c15)
}

// keyID makes the next twenty-character id of the AKIA, ASIA, AIDA, AROA family.
func (o *Org) keyID(prefix string) string {
	o.serial++
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	n := o.serial * 0x9e3779b97f4a7c15
	b := []byte(prefix)
	for len(b) < 20 {
		b = append(b, alphabet[n%32])
		n = n/32 + o.serial*0x2545f4914f6cdd1d
	}
	return string(b)
}
