package serve_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"parry"
	"parry/internal/assemble"
	"parry/internal/serve"
	"parry/internal/spool"
	"parry/internal/sqlite"
	"parry/internal/twin"
)

const (
	hub     = "999999999999"
	account = "111122223333"
)

// theRule answers findings about keys by itself, and those of one type by asking.
const theRule = `rules:
  - name: keys
    mode: act
    match: {source: [aws.guardduty], detail: {type: [{anything-but: "Recon:IAMUser/UserPermissions"}]}}
    limits: {max_age: 87600h}
    respond: [{playbook: iam-deactivate-access-key, tier: auto}]
  - name: ask
    mode: act
    match: {source: [aws.guardduty], detail: {type: ["Recon:IAMUser/UserPermissions"]}}
    respond: [{playbook: iam-deactivate-access-key, tier: approve}]
`

// scene is an organization on the twin with a store on the disk, as several servers share them.
type scene struct {
	t   *testing.T
	org *twin.Org
	lib *assemble.Library
	dir string
	log *lines
	iam *iam.Client
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{t: t, org: twin.New(time.Now()), dir: t.TempDir(), log: &lines{}}
	s.org.SetClock(time.Now)
	rules := filepath.Join(s.dir, "rules")
	s.ok(os.Mkdir(rules, 0o700))
	s.ok(os.WriteFile(filepath.Join(rules, "rules.yaml"), []byte(theRule), 0o600))
	var err error
	s.lib, err = assemble.NewLibrary("", rules)
	s.ok(err)
	s.iam = iam.NewFromConfig(s.org.Config(account, "us-east-1"))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the log:\n%s", s.log)
		}
	})
	return s
}

func (s *scene) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// key makes a user with a key that is in the wrong hands.
func (s *scene) key(user string) string {
	s.t.Helper()
	_, err := s.iam.CreateUser(s.t.Context(), &iam.CreateUserInput{UserName: &user})
	s.ok(err)
	made, err := s.iam.CreateAccessKey(s.t.Context(), &iam.CreateAccessKeyInput{UserName: &user})
	s.ok(err)
	return aws.ToString(made.AccessKey.AccessKeyId)
}

// event is GuardDuty's about a user's key.
func event(user, key string) string {
	return eventOf("UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom", user, key)
}

func eventOf(typ, user, key string) string {
	now := time.Now().UTC().Format(time.RFC3339)
	return fmt.Sprintf(`{"version":"0","id":"e-%s","detail-type":"GuardDuty Finding","source":"aws.guardduty","account":%q,"time":%q,"region":"us-east-1","resources":[],
"detail":{"schemaVersion":"2.0","accountId":%q,"region":"us-east-1","partition":"aws","id":"f-%s","arn":"arn:aws:guardduty:us-east-1:%s:detector/d/finding/f-%s",
"type":%q,"severity":5,"title":"\u202eevil\u001b[2J","createdAt":%q,"updatedAt":%q,
"resource":{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":%q,"principalId":"AIDAEXAMPLE","userType":"IAMUser","userName":%q}},
"service":{"archived":false}}}`, user, hub, now, account, user, account, user, typ, now, now, key, user)
}

func (s *scene) store() *sqlite.DB {
	s.t.Helper()
	db, err := sqlite.Open(s.t.Context(), filepath.Join(s.dir, "parry.db"))
	s.ok(err)
	s.t.Cleanup(func() { _ = db.Close() })
	return db
}

// options are a server's, with an engine and a connection to the store of its own.
func (s *scene) options() serve.Options {
	s.t.Helper()
	engine, _ := s.lib.Responder(s.org.Config(hub, "us-east-1"), serve.Stoppable(s.store()), assemble.Options{Role: "parry-{playbook}", Patience: 5 * time.Second})
	return serve.Options{
		Engine: engine, Log: serve.NewLog(s.log, "text"), Workers: 4, Grace: 10 * time.Second, MaxReceives: 3, MaxTries: 3, Visibility: 2 * time.Second,
		Token: token, TokenHeader: "X-Parry-Token", Every: 200 * time.Millisecond,
		Pause: func(int, bool) time.Duration { return 100 * time.Millisecond },
	}
}

const token = "correct-horse-battery-staple"

func (s *scene) box(waiting int) *spool.Box {
	s.t.Helper()
	b, err := spool.Open(filepath.Join(s.dir, "spool"), spool.Options{Waiting: waiting, Rejected: 3, Now: time.Now})
	s.ok(err)
	s.t.Cleanup(func() { _ = b.Close() })
	return b
}

// run runs a server until stop is called, which waits for its end.
func (s *scene) run(o serve.Options) (server *serve.Server, stop func()) {
	s.t.Helper()
	server, err := serve.New(o)
	s.ok(err)
	ctx, cancel := context.WithCancel(s.t.Context())
	var w sync.WaitGroup
	w.Go(func() {
		if err := server.Run(ctx); err != nil {
			s.t.Errorf("run: %v", err)
		}
	})
	var once sync.Once
	stop = func() { once.Do(func() { cancel(); w.Wait() }) }
	s.t.Cleanup(stop)
	return server, stop
}

// until waits for something to become so.
func (s *scene) until(what string, f func() bool) {
	s.t.Helper()
	for end := time.Now().Add(40 * time.Second); !f(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("it did not come to this: %s", what)
		}
	}
}

// responses are all that are stored.
func (s *scene) responses(db parry.Store) (all []parry.Response) {
	s.t.Helper()
	q := parry.Query{}
	for {
		page, next, err := db.List(s.t.Context(), q)
		s.ok(err)
		if all = append(all, page...); next == "" {
			return all
		}
		q.After = next
	}
}

func count(all []parry.Response, state parry.State) (n int) {
	for _, r := range all {
		if r.State == state {
			n++
		}
	}
	return n
}

// calls counts how often an operation took effect in the organization.
func (s *scene) calls(operation string) (n int) {
	for _, e := range s.org.Log() {
		if e.Operation == operation && e.Err == nil {
			n++
		}
	}
	return n
}

// once holds that the history of a response is whole and that no call of it was made twice.
func (s *scene) once(db parry.Store, resp parry.Response) {
	s.t.Helper()
	records, err := db.Records(s.t.Context(), resp.ID)
	s.ok(err)
	made, prev := map[string]int{}, ""
	for n, rec := range records {
		if rec.Seq != n+1 || rec.Prev != prev || rec.Sum() != rec.Hash {
			s.t.Errorf("response %s: record %d does not follow the one before it", resp.ID, n+1)
		}
		if prev = rec.Hash; rec.Kind == parry.MoveCall && rec.Call.State == parry.Made {
			made[rec.Call.Change]++
		}
	}
	for change, n := range made {
		if n != 1 {
			s.t.Errorf("response %s: %s was made %d times", resp.ID, change, n)
		}
	}
	if !slices.ContainsFunc(records, func(r parry.Record) bool { return r.Kind == parry.MoveVerified }) {
		s.t.Errorf("response %s is not verified", resp.ID)
	}
}

// lines is a log that is written and read at once.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *lines) has(text string) bool { return strings.Contains(l.String(), text) }

// errDied is what a call gives whose process is gone.
var errDied = errors.New("the process is gone")
