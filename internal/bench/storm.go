package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"parry"
	"parry/internal/assemble"
	"parry/internal/dynamo"
	"parry/internal/source"
	"parry/internal/sqlite"
	"parry/internal/twin"
)

// The storm: findings about the keys of many users in many accounts, each delivered again and again, out of order and by several workers
// at once.
const (
	stormAccounts = 100
	stormUsers    = 20 // of each account
	stormFindings = 5  // of each user
	stormEvents   = 50_000
	stormWorkers  = 4
	stormBudget   = 10 // responses that may be applied in an account and an hour
)

const stormRules = `rules:
  - name: storm
    mode: act
    match: {source: [aws.guardduty], detail: {resource: {accessKeyDetails: {userType: [IAMUser]}}}}
    respond: [{playbook: iam-deactivate-access-key, tier: auto}]
    limits: {per_account_hour: 10}
`

// storming prints what a storm of findings costs, and holds it to the rule's budget: on SQLite, and on DynamoDB Local where 'make tools'
// installed it. The latter is for tests, and slower than AWS: it gets fewer events, unless PARRY_STORM says how many.
func storming(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "storm")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file, err := sqlite.Open(ctx, filepath.Join(dir, "parry.db"))
	if err != nil {
		return err
	}
	defer file.Close()
	if err := stormOn(ctx, dir, "SQLite", file, stormEvents); err != nil {
		return err
	}
	local, err := dynamoLocal(ctx, "storm on DynamoDB Local")
	if local == nil || err != nil {
		return err
	}
	defer local.Stop()
	made := dynamo.Create(ctx, local.Config(), "storm") // it fails at last: this emulator has no point-in-time recovery
	table, err := dynamo.Open(ctx, local.Config(), "storm")
	if err != nil {
		return errors.Join(made, err)
	}
	events := stormEvents / 25
	if n, err := strconv.Atoi(os.Getenv("PARRY_STORM")); err == nil {
		events = n
	}
	return stormOn(ctx, dir, "DynamoDB Local", table, events)
}

func stormOn(ctx context.Context, dir, name string, store parry.Store, events int) error {
	s, err := newStorm(ctx, dir, store, events)
	if err != nil {
		return err
	}
	s.on = name
	start := time.Now()
	if err := s.rage(ctx); err != nil {
		return err
	}
	return s.report(ctx, time.Since(start))
}

type storm struct {
	org    *twin.Org
	on     string // the store's name
	store  parry.Store
	engine *parry.Responder
	events []string

	mu     sync.Mutex
	took   []time.Duration // from the event to the decision
	again  int             // deliveries that met a worker on the same resource, and came again
	peak   uint64
	failed []error
}

func newStorm(ctx context.Context, dir string, store parry.Store, events int) (*storm, error) {
	rules := filepath.Join(dir, "rules")
	if err := os.MkdirAll(rules, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(rules, "storm.yaml"), []byte(stormRules), 0o600); err != nil {
		return nil, err
	}
	lib, err := assemble.NewLibrary("", rules)
	if err != nil {
		return nil, err
	}
	org := twin.New(time.Now())
	org.SetClock(time.Now)
	s := &storm{org: org, store: store}
	s.engine, _ = lib.Responder(org.Config("999999999999", "us-east-1"), store, assemble.Options{Role: "parry-{playbook}", Patience: 5 * time.Second})
	return s, s.brew(ctx, events)
}

// brew makes the users and the events about their keys: many times the same, and in no order.
func (s *storm) brew(ctx context.Context, events int) error {
	var findings []string
	now := time.Now().UTC()
	for a := range stormAccounts {
		account := fmt.Sprintf("%012d", 200000000000+a)
		client := iam.NewFromConfig(s.org.Config(account, "us-east-1"))
		for u := range stormUsers {
			name := fmt.Sprintf("user-%d", u)
			if _, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}); err != nil {
				return err
			}
			made, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})
			if err != nil {
				return err
			}
			for f := range stormFindings {
				findings = append(findings, fmt.Sprintf(`{"version":"0","id":"e-%d-%d-%d","detail-type":"GuardDuty Finding","source":"aws.guardduty","account":"999999999999","time":%[4]q,"region":"us-east-1","resources":[],
"detail":{"schemaVersion":"2.0","accountId":%[5]q,"region":"us-east-1","partition":"aws","id":"f-%[2]d-%[3]d","type":"UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom","severity":5,"title":"t","createdAt":%[4]q,"updatedAt":%[4]q,
"resource":{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":%[6]q,"principalId":"AIDAEXAMPLE","userType":"IAMUser","userName":%[7]q}},"service":{"archived":false,"count":1}}}`,
					a, u, f, now.Add(-time.Duration(f)*time.Minute).Format(time.RFC3339), account, aws.ToString(made.AccessKey.AccessKeyId), name))
			}
		}
	}
	r := rand.New(rand.NewPCG(5, 5))
	for range events {
		s.events = append(s.events, findings[r.IntN(len(findings))])
	}
	s.org.ResetLog()
	return nil
}

// rage delivers all events by several workers.
func (s *storm) rage(ctx context.Context) error {
	next := make(chan int)
	var wait sync.WaitGroup
	for range stormWorkers {
		wait.Go(func() {
			for i := range next {
				if err := s.deliver(ctx, s.events[i]); err != nil {
					s.mu.Lock()
					s.failed = append(s.failed, err)
					s.mu.Unlock()
				}
			}
		})
	}
	for i := range s.events {
		if i%2000 == 0 {
			s.sample()
		}
		next <- i
	}
	close(next)
	wait.Wait()
	s.sample()
	return errors.Join(s.failed...)
}

// sample keeps the highest use of memory, without the twin's own log of calls.
func (s *storm) sample() {
	s.org.ResetLog()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s.peak = max(s.peak, m.HeapInuse)
}

// deliver gives an event to the engine as a queue would: what meets another worker on the same resource comes again.
func (s *storm) deliver(ctx context.Context, event string) error {
	for {
		start := time.Now()
		items, err := source.Read("storm", strings.NewReader(event))
		if err != nil {
			return err
		}
		findings, err := source.Decode(items[0].Event)
		if err != nil {
			return err
		}
		responses, err := s.engine.Respond(ctx, items[0].Event, findings[0])
		if parry.KindOf(err) == parry.Conflict {
			s.mu.Lock()
			s.again++
			s.mu.Unlock()
			time.Sleep(time.Millisecond)
			continue
		}
		if err != nil {
			return err
		}
		took := time.Since(start)
		if t := responses[0].Times; responses[0].Again == "" && !t.Planned.IsZero() {
			took = t.Planned.Sub(start)
		}
		s.mu.Lock()
		s.took = append(s.took, took)
		s.mu.Unlock()
		return nil
	}
}

// report prints the figures, and fails where a budget did not hold. Workers that count at the same moment can go beyond it by as
// many as they are, less one.
func (s *storm) report(ctx context.Context, took time.Duration) error {
	states, applied := map[parry.State]int{}, map[string]int{}
	for after, first := "", true; first || after != ""; first = false {
		page, next, err := s.store.List(ctx, parry.Query{After: after, Limit: 1000})
		if err != nil {
			return err
		}
		for _, r := range page {
			states[r.State]++
			if !r.Times.Applied.IsZero() {
				applied[r.Target.Account]++
			}
		}
		after = next
	}
	slices.Sort(s.took)
	at := func(p int) time.Duration { return s.took[len(s.took)*p/100].Round(10 * time.Microsecond) }
	fmt.Printf("\nstorm: %d events about %d findings in %d accounts, %d workers, %s\n", len(s.events), stormAccounts*stormUsers*stormFindings, stormAccounts, stormWorkers, s.on)
	fmt.Printf("%.0f events/s; event to decision p50 %s, p99 %s; peak heap %d MB; %d deliveries met another worker\n",
		float64(len(s.events))/took.Seconds(), at(50), at(99), s.peak>>20, s.again)
	fmt.Printf("responses: %v\n", states)
	for account, n := range applied {
		if n > stormBudget+stormWorkers-1 {
			return fmt.Errorf("%d responses were applied in account %s, where %d are allowed in an hour", n, account, stormBudget)
		}
	}
	return nil
}
