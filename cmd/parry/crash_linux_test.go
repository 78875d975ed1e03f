package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"parry"
	"parry/internal/moto"
	"parry/internal/sqlite"
)

// usualKills is how often the server is killed where PARRY_KILLS does not say: 'make soak' says hundreds.
const usualKills = 10

// TestTheServerIsKilled kills the server again and again with SIGKILL, in every stage of a response and at random, while events come in
// and AWS has faults. In the end every event is answered, every key that could be is off, the histories are whole, and nothing is held.
func TestTheServerIsKilled(t *testing.T) {
	emulator := moto.Need(t)
	kills := usualKills
	if n, err := strconv.Atoi(os.Getenv("PARRY_KILLS")); err == nil {
		kills = n
	}
	v := newVictim(t, emulator, kills)
	posting := make(chan struct{})
	go func() {
		defer close(posting)
		for _, e := range v.events {
			v.post(e)
		}
	}()
	stages := []parry.State{parry.Approved, parry.Applying, parry.Verifying, ""}
	for n := range kills {
		v.start()
		v.await(stages[n%len(stages)])
		v.kill()
	}
	v.start()
	<-posting
	v.settle()
	v.stop()
	v.check()
	v.parry("audit", "verify")
	t.Logf("%d kills, %d events, faults: %s", kills, len(v.events), v.faults)
}

// victim is the server that is killed, with all that it works on.
type victim struct {
	t      *testing.T
	faults *faults
	iam    *iam.Client
	users  map[string]string // by finding: the user whose key it names
	keys   map[string]string // by user
	events []string
	db     string
	url    string
	env    []string
	bin    string

	mu  sync.Mutex
	cmd *exec.Cmd
	log bytes.Buffer
	rnd *rand.Rand
}

const killRules = `rules:
  - name: keys
    mode: act
    match: {source: [aws.guardduty]}
    respond: [{playbook: iam-deactivate-access-key, tier: auto}]
`

// killPolicy keeps the breaker from opening: what is denied fails again and again.
const killPolicy = "breaker: {failures: 100000, within: 1h}\n"

const killToken = "a-token-for-the-server-that-is-killed"

func newVictim(t *testing.T, emulator *moto.Server, kills int) *victim {
	t.Helper()
	dir := t.TempDir()
	v := &victim{t: t, db: filepath.Join(dir, "parry.db"), users: map[string]string{}, keys: map[string]string{}, rnd: rand.New(rand.NewPCG(7, uint64(kills)))}
	rules := filepath.Join(dir, "rules")
	v.must(os.Mkdir(rules, 0o700))
	v.must(os.WriteFile(filepath.Join(rules, "rules.yaml"), []byte(killRules), 0o600))
	policy := filepath.Join(dir, "policy.yaml")
	v.must(os.WriteFile(policy, []byte(killPolicy), 0o600))
	v.bin = filepath.Join(dir, "parry") // the test binary is parry where it is called so
	v.must(os.Symlink(v.self(), v.bin))

	account := moto.Account()
	v.faults = &faults{next: emulator.Front()}
	front := httptest.NewServer(v.faults)
	t.Cleanup(front.Close)
	creds, err := emulator.Config(account, "us-east-1").Credentials.Retrieve(t.Context())
	v.must(err)
	v.iam = iam.NewFromConfig(emulator.Config(account, "us-east-1"))
	v.brew(account, kills)

	free, err := net.Listen("tcp", "127.0.0.1:0")
	v.must(err)
	address := free.Addr().String()
	v.must(free.Close())
	v.url = "http://" + address
	v.env = append(moto.Env(front.URL, "us-east-1", creds), "PATH="+os.Getenv("PATH"), "HOME="+dir, "PARRY_DB="+v.db, "PARRY_RULES="+rules, "PARRY_POLICY="+policy,
		"PARRY_LISTEN="+address, "PARRY_TOKEN="+killToken, "PARRY_SPOOL="+filepath.Join(dir, "spool"), "PARRY_LEASE=2s", "PARRY_RESUME=1s")
	key := filepath.Join(dir, "audit.key")
	v.parry("audit", "key", "new", key)
	v.env = append(v.env, "PARRY_AUDIT_KEY="+key) // the server is killed while it signs, too
	return v
}

// parry runs a command with the server's settings.
func (v *victim) parry(args ...string) {
	v.t.Helper()
	cmd := exec.Command(v.bin, args...)
	cmd.Env = v.env
	if out, err := cmd.CombinedOutput(); err != nil {
		v.t.Errorf("parry %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

func (v *victim) self() string {
	self, err := os.Executable()
	v.must(err)
	return self
}

func (v *victim) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

// brew makes users with keys, and the events about them, some of them twice.
func (v *victim) brew(account string, kills int) {
	for n := range 6 * kills {
		user := fmt.Sprintf("user-%d", n)
		if n%10 == 9 {
			user = fmt.Sprintf("denied-%d", n)
		}
		_, err := v.iam.CreateUser(v.t.Context(), &iam.CreateUserInput{UserName: &user})
		v.must(err)
		made, err := v.iam.CreateAccessKey(v.t.Context(), &iam.CreateAccessKeyInput{UserName: &user})
		v.must(err)
		key, finding := aws.ToString(made.AccessKey.AccessKeyId), fmt.Sprintf("f-%d", n)
		v.users[finding], v.keys[user] = user, key
		now := time.Now().UTC().Format(time.RFC3339)
		e := fmt.Sprintf(`{"version":"0","id":"e-%[1]d","detail-type":"GuardDuty Finding","source":"aws.guardduty","account":%[2]q,"time":%[3]q,"region":"us-east-1","resources":[],
"detail":{"schemaVersion":"2.0","accountId":%[2]q,"region":"us-east-1","partition":"aws","id":%[4]q,"type":"UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom","severity":5,"title":"t",
"createdAt":%[3]q,"updatedAt":%[3]q,"resource":{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":%[5]q,"principalId":"AIDAEXAMPLE","userType":"IAMUser","userName":%[6]q}},
"service":{"archived":false,"count":1}}}`, n, account, now, finding, key, user)
		v.events = append(v.events, e)
		if n%5 == 0 {
			v.events = append(v.events, e)
		}
	}
	v.rnd.Shuffle(len(v.events), func(i, j int) { v.events[i], v.events[j] = v.events[j], v.events[i] })
}

// post gives an event to the server until it says that it has it.
func (v *victim) post(event string) {
	for {
		req, err := http.NewRequest(http.MethodPost, v.url+"/events", strings.NewReader(event))
		v.must(err)
		req.Header.Set("X-Parry-Token", killToken)
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusAccepted {
				return
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (v *victim) start() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.cmd = exec.Command(v.bin, "serve")
	v.cmd.Env = v.env
	v.cmd.Stderr, v.cmd.Stdout = &v.log, &v.log
	v.must(v.cmd.Start())
}

func (v *victim) kill() {
	_ = v.cmd.Process.Signal(syscall.SIGKILL)
	_ = v.cmd.Wait()
}

// stop asks the server to end, as systemd would.
func (v *victim) stop() {
	v.must(v.cmd.Process.Signal(syscall.SIGTERM))
	if err := v.cmd.Wait(); err != nil {
		v.t.Errorf("the server ends with %v: %s", err, v.tail())
	}
}

func (v *victim) tail() string {
	all := v.log.String()
	return all[max(0, len(all)-4000):]
}

// await returns when some response is in a state, or after a while; for no state after a random while.
func (v *victim) await(s parry.State) {
	if s == "" {
		time.Sleep(time.Duration(100+v.rnd.IntN(900)) * time.Millisecond)
		return
	}
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		for _, r := range v.responses(parry.Query{State: s, Limit: 5}) {
			if r.Stored == s {
				return
			}
		}
	}
}

func (v *victim) responses(q parry.Query) []parry.Response {
	db, err := sqlite.Open(context.Background(), v.db)
	if err != nil {
		return nil
	}
	defer db.Close()
	var all []parry.Response
	for {
		page, next, err := db.List(context.Background(), q)
		if err != nil {
			return nil
		}
		all = append(all, page...)
		if q.After = next; next == "" {
			return all
		}
	}
}

// settle waits until everything that came in is through.
func (v *victim) settle() {
	for end := time.Now().Add(2*time.Minute + time.Duration(len(v.events))*time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		ended := map[string]bool{}
		for _, r := range v.responses(parry.Query{}) {
			if !r.State.Open() || r.State == parry.Waiting {
				ended[r.Finding.Info.UID] = true
			}
		}
		if len(ended) == len(v.users) && v.open() == 0 {
			return
		}
	}
	v.t.Errorf("not everything is through: %s", v.tail())
}

func (v *victim) open() int {
	n := 0
	for _, r := range v.responses(parry.Query{}) {
		if r.State.Open() && r.State != parry.Waiting {
			n++
		}
	}
	return n
}

// check holds what must be true in the end.
func (v *victim) check() {
	db, err := sqlite.Open(v.t.Context(), v.db)
	v.must(err)
	defer db.Close()
	done := map[string]int{}
	for _, r := range v.responses(parry.Query{}) {
		user := v.users[r.Finding.Info.UID]
		switch denied := strings.HasPrefix(user, "denied-"); {
		case r.State == parry.Done && !denied, r.State == parry.Failed && denied:
			done[r.Finding.Info.UID]++
		case r.State == parry.Waiting && denied && strings.Contains(strings.Join(r.Decided.Reasons, "; "), "it is not tried again by itself"): // what failed so often is asked about: the flap limit
		case r.State != parry.Nothing:
			v.t.Errorf("%s about %s is %q: %s; %v", r.ID, user, r.State, r.Reason, r.Decided.Reasons)
		}
		v.history(db, r)
		if err := db.Claim(v.t.Context(), r.Resource(), "the test", time.Now(), time.Second); err != nil {
			v.t.Errorf("%s is still held: %v", r.Resource(), err)
		}
	}
	for finding, user := range v.users {
		if done[finding] != 1 && !strings.HasPrefix(user, "denied-") {
			v.t.Errorf("%s about %s was carried out %d times", finding, user, done[finding])
		}
		out, err := v.iam.ListAccessKeys(v.t.Context(), &iam.ListAccessKeysInput{UserName: &user})
		v.must(err)
		want := "Inactive"
		if strings.HasPrefix(user, "denied-") {
			want = "Active"
		}
		if got := string(out.AccessKeyMetadata[0].Status); got != want {
			v.t.Errorf("the key of %s is %s, not %s", user, got, want)
		}
	}
}

// history holds the chain of a response's records.
func (v *victim) history(db *sqlite.DB, r parry.Response) {
	records, err := db.Records(v.t.Context(), r.ID)
	v.must(err)
	prev := ""
	for i, rec := range records {
		if rec.Seq != i+1 || rec.Prev != prev || rec.Sum() != rec.Hash {
			v.t.Errorf("record %d of %s is not in its place", rec.Seq, r.ID)
		}
		prev = rec.Hash
	}
	if r.Chain != prev || r.Steps != len(records) {
		v.t.Errorf("%s has %d records up to %s, and says %d up to %s", r.ID, len(records), prev, r.Steps, r.Chain)
	}
}

// faults stands in front of AWS: some calls are throttled or fail, some take effect and their answer is lost, some users may not be changed.
type faults struct {
	next                               http.Handler
	n, throttled, broken, lost, denied atomic.Int64
}

func (f *faults) String() string {
	b, _ := json.Marshal(map[string]int64{"calls": f.n.Load(), "throttled": f.throttled.Load(), "broken": f.broken.Load(), "answers lost": f.lost.Load(), "denied": f.denied.Load()})
	return string(b)
}

func (f *faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	time.Sleep(5 * time.Millisecond) // a call to AWS takes its time, and the server can be killed in it
	form, _ := url.ParseQuery(string(body))
	fail := func(status int, code string, count *atomic.Int64) {
		count.Add(1)
		w.WriteHeader(status)
		fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>a fault</Message></Error><RequestId>fault</RequestId></ErrorResponse>`, code)
	}
	switch n := f.n.Add(1); {
	case form.Get("Action") == "UpdateAccessKey" && strings.HasPrefix(form.Get("UserName"), "denied-"):
		fail(http.StatusForbidden, "AccessDenied", &f.denied)
	case n%23 == 7:
		fail(http.StatusBadRequest, "Throttling", &f.throttled)
	case n%29 == 11:
		fail(http.StatusInternalServerError, "InternalFailure", &f.broken)
	case n%17 == 5:
		f.lost.Add(1)
		f.next.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler) // it took effect, and nobody hears of it
	default:
		f.next.ServeHTTP(w, r)
	}
}
