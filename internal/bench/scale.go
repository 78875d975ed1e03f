package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"parry"
	"parry/internal/assemble"
	"parry/internal/audit"
	"parry/internal/dynamo"
	"parry/internal/source"
	"parry/internal/twin"
)

const (
	scaleAccounts = 1000
	scaleLatency  = 5 * time.Millisecond // of a call to DynamoDB
	scaleSpan     = 3 * time.Second      // of each point of the curve, unless PARRY_SCALE says how many seconds
)

const scaleRules = `rules:
  - name: scale
    mode: act
    match: {source: [aws.guardduty], detail: {resource: {accessKeyDetails: {userType: [IAMUser]}}}}
    respond: [{playbook: iam-deactivate-access-key, tier: TIER}]
    limits: {per_account_hour: 1000}
`

// scaling prints the curve of throughput against workers on DynamoDB Local, with the engine, the store and the playbook as they are, and which
// partition keys that asks most of. AWS itself is the simulated organization, which answers at once. Each worker takes one finding after the other, each
// about another account than the one before.
func scaling(ctx context.Context) error {
	span, most := scaleSpan, 32
	if n, err := strconv.Atoi(os.Getenv("PARRY_SCALE")); err == nil {
		span, most = time.Duration(n)*time.Second, 128
	}
	local, err := dynamoLocal(ctx, "scale")
	if local == nil || err != nil {
		return err
	}
	defer local.Stop()
	fmt.Printf("\nscale: one finding after the other in %d accounts, %s for each row, DynamoDB Local, %s added to each call of the store\n", scaleAccounts, span, scaleLatency)
	fmt.Printf("%8s %12s %8s %12s\n", "workers", "responses/s", "over one", "calls/s")
	one := 0.0
	var last measured
	for n := 1; n <= most; n *= 2 {
		m, err := scaleOnce(ctx, local.Config(), n, math.MaxInt, span, scaleLatency)
		if err != nil {
			return err
		}
		if n == 1 {
			one = m.rate()
		}
		fmt.Printf("%8d %12.1f %8.1f %12.0f\n", n, m.rate(), m.rate()/one, float64(m.path.requests())/m.took.Seconds())
		last = m
	}
	last.report()
	return nil
}

// measured is what a number of workers came to.
type measured struct {
	responses int
	took      time.Duration
	path      use // of the responses
	log       use // of putting their records into the log
	logged    int // records
	logTook   time.Duration
}

func (m measured) rate() float64 { return float64(m.responses) / m.took.Seconds() }

// scaleOnce lets n workers answer findings on a new table, for a while and no more than most of them. One goes before it, which warms up.
func scaleOnce(ctx context.Context, cfg aws.Config, n, most int, span, latency time.Duration) (measured, error) {
	seam, table := newMeter(latency), fresh("scale")
	cfg.HTTPClient = &http.Client{Transport: seam}
	made := dynamo.Create(ctx, cfg, table) // it fails at last: this emulator has no point-in-time recovery
	store, err := dynamo.Open(ctx, cfg, table)
	if err != nil {
		return measured{}, errors.Join(made, err)
	}
	s, err := newSpread(store, "auto")
	if err != nil {
		return measured{}, err
	}
	if err := s.respond(ctx, 0); err != nil {
		return measured{}, err
	}
	if _, err := audit.Append(ctx, store, 0); err != nil {
		return measured{}, err
	}
	seam.take()
	var next, done atomic.Int64
	var mu sync.Mutex
	var failed []error
	start := time.Now()
	var wait sync.WaitGroup
	for range n {
		wait.Go(func() {
			for time.Since(start) < span && ctx.Err() == nil {
				i := int(next.Add(1))
				if i > most {
					return
				}
				if err := s.respond(ctx, i); err != nil {
					mu.Lock()
					failed = append(failed, err)
					mu.Unlock()
					return
				}
				done.Add(1)
			}
		})
	}
	wait.Wait()
	m := measured{responses: int(done.Load()), took: time.Since(start), path: seam.take()}
	if err := errors.Join(failed...); err != nil {
		return m, err
	}
	start = time.Now()
	if m.logged, err = audit.Append(ctx, store, 0); err != nil {
		return m, err
	}
	m.log, m.logTook = seam.take(), time.Since(start)
	return m, nil
}

// fresh is the name of a table that there is not.
func fresh(name string) string { return fmt.Sprintf("%s-%d", name, time.Now().UnixNano()) }

// spread is an engine with accounts in which there are users with keys.
type spread struct {
	org    *twin.Org
	engine *parry.Responder
}

func newSpread(store parry.Store, tier string) (*spread, error) {
	dir, err := os.MkdirTemp("", "scale")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "scale.yaml"), []byte(strings.Replace(scaleRules, "TIER", tier, 1)), 0o600); err != nil {
		return nil, err
	}
	lib, err := assemble.NewLibrary("", dir)
	if err != nil {
		return nil, err
	}
	org := twin.New(time.Now())
	org.SetClock(time.Now)
	org.SetLatency(nil)
	s := &spread{org: org}
	s.engine, _ = lib.Responder(org.Config("999999999999", "us-east-1"), store, assemble.Options{Role: "parry-{playbook}", Patience: 5 * time.Second})
	return s, nil
}

// event makes a user with a key in an account and a finding about it.
func (s *spread) event(ctx context.Context, i int) (string, error) {
	account, name := fmt.Sprintf("%012d", 200000000000+i%scaleAccounts), fmt.Sprintf("user-%d", i)
	client := iam.NewFromConfig(s.org.Config(account, "us-east-1"))
	if _, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}); err != nil {
		return "", err
	}
	made, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		return "", err
	}
	now := time.Now().UTC().Format(time.RFC3339)
	return fmt.Sprintf(`{"version":"0","id":"e-%[1]d","detail-type":"GuardDuty Finding","source":"aws.guardduty","account":"999999999999","time":%[2]q,"region":"us-east-1","resources":[],
"detail":{"schemaVersion":"2.0","accountId":%[3]q,"region":"us-east-1","partition":"aws","id":"f-%[1]d","type":"UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom","severity":5,"title":"t","createdAt":%[2]q,"updatedAt":%[2]q,
"resource":{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":%[4]q,"principalId":"AIDAEXAMPLE","userType":"IAMUser","userName":%[5]q}},"service":{"archived":false,"count":1}}}`,
		i, now, account, aws.ToString(made.AccessKey.AccessKeyId), name), nil
}

// respond answers a finding. It is an error where the response does not end well.
func (s *spread) respond(ctx context.Context, i int) error {
	event, err := s.event(ctx, i)
	if err != nil {
		return err
	}
	items, err := source.Read("scale", strings.NewReader(event))
	if err != nil {
		return err
	}
	findings, err := source.Decode(items[0].Event)
	if err != nil {
		return err
	}
	responses, err := s.engine.Respond(ctx, items[0].Event, findings[0])
	if err != nil {
		return err
	}
	if len(responses) != 1 || responses[0].State != parry.Done {
		return fmt.Errorf("finding %d was answered with %d responses, the first %s: %s", i, len(responses), responses[0].State, responses[0].Reason)
	}
	return nil
}

// report prints what a response takes, and its hottest keys.
func (m measured) report() {
	n := float64(m.responses)
	all, log := m.path.sum(), m.log.sum()
	fmt.Printf("\na response takes %.1f calls of the store: %.1f items written (%.0f write units), %.1f reads (%.0f read units); and in the log %.2f calls, %.1f items written (%.0f write units), %.2f reads (%.1f read units)\n",
		float64(m.path.requests())/n, float64(all.writes)/n, all.wcu/n, float64(all.reads)/n, all.rcu/n,
		float64(m.log.requests())/n, float64(log.writes)/n, log.wcu/n, float64(log.reads)/n, log.rcu/n)
	var ops []string
	for _, op := range slices.Sorted(maps.Keys(m.path.calls)) {
		ops = append(ops, fmt.Sprintf("%s %.1f", op, float64(m.path.calls[op])/n))
	}
	fmt.Printf("by operation: %s\n", strings.Join(ops, ", "))
	fmt.Printf("\nthe hottest of %d partition keys, without the log, for each response of %d; a key takes %d write units and %d read units in a second\n", len(m.path.keys), m.responses, writeUnits, readUnits)
	fmt.Printf("%-44s %7s %8s %7s %8s %7s %14s\n", "key", "writes", "of all", "units", "reads", "units", "responses/s")
	for _, k := range m.path.hottest(14) {
		fmt.Printf("%-44s %7.2f %7.1f%% %7.2f %8.2f %7.2f %14.0f\n", cut(k.key, 44), float64(k.writes)/n, 100*float64(k.writes)/float64(all.writes), k.wcu/n, float64(k.reads)/n, k.rcu/n, n/k.load())
	}
	fmt.Printf("\nthe log, which one writer adds to: %d records, %.0f a second, which is those of %.0f responses a second\n", m.logged, float64(m.logged)/m.logTook.Seconds(), n/m.logTook.Seconds())
	for _, k := range m.log.hottest(9) {
		fmt.Printf("%-44s %7.2f %7.1f%% %7.2f %8.2f %7.2f %14.0f\n", cut(k.key, 44), float64(k.writes)/n, 100*float64(k.writes)/float64(log.writes), k.wcu/n, float64(k.reads)/n, k.rcu/n, n/k.load())
	}
}

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n-1] + "…"
	}
	return s
}
