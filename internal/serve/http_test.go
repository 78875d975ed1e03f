package serve_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parry"
	"parry/internal/serve"
	"parry/internal/spool"
)

// web is a server with an address, and its spool.
type web struct {
	*scene
	url    string
	box    *spool.Box
	client *http.Client
	scheme string
}

func newWeb(t *testing.T) *web {
	return &web{scene: newScene(t), client: http.DefaultClient, scheme: "http"}
}

func newListener() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }

// start runs a server on a new address; stop ends it and gives the spool back.
func (w *web) start(waiting int, adjust ...func(*serve.Options)) (stop func()) {
	w.t.Helper()
	o := w.options()
	w.box = w.scene.box(waiting)
	o.Box = w.box
	l, err := newListener()
	w.ok(err)
	o.Listener, w.url = l, w.scheme+"://"+l.Addr().String()
	for _, f := range adjust {
		f(&o)
	}
	_, end := w.run(o)
	w.until("it is ready", func() bool { status, _ := w.get("/readyz"); return status == http.StatusOK })
	box := w.box
	return func() { end(); _ = box.Close() }
}

func (w *web) do(req *http.Request) (status int, header http.Header, body string) {
	resp, err := w.client.Do(req)
	if err != nil {
		return 0, nil, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	w.ok(err)
	return resp.StatusCode, resp.Header, string(b)
}

func (w *web) get(path string) (int, string) {
	req, err := http.NewRequestWithContext(context.WithoutCancel(w.t.Context()), http.MethodGet, w.url+path, nil)
	w.ok(err)
	status, _, body := w.do(req)
	return status, body
}

// post sends events, with headers in the place of the right ones.
func (w *web) post(body string, headers ...string) (int, http.Header, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url+"/events", strings.NewReader(body))
	w.ok(err)
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	if len(headers) == 0 {
		headers = []string{"Authorization", "Bearer " + token}
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return w.do(req)
}

func (w *web) files(part string) []string {
	w.t.Helper()
	all, err := filepath.Glob(filepath.Join(w.dir, "spool", part, "*"))
	w.ok(err)
	return all
}

func TestOnlyTheTokenLetsIn(t *testing.T) {
	w := newWeb(t)
	w.start(10)
	e := event("alice", w.key("alice"))
	for _, c := range []struct {
		headers []string
		want    int
	}{
		{[]string{"Authorization", "Bearer " + token}, 202},
		{[]string{"X-Parry-Token", token}, 202},
		{[]string{"X-Parry-Token", token[:len(token)-1]}, 401},
		{[]string{"X-Parry-Token", token + "x"}, 401},
		{[]string{"X-Parry-Token", ""}, 401},
		{[]string{"Authorization", "Bearer "}, 401},
		{[]string{"Authorization", "Basic " + token}, 401},
		{[]string{"X-Other", token}, 401},
		{[]string{"X-Parry-Token", "wrong", "Authorization", "Bearer " + token}, 202},
	} {
		status, h, body := w.post(e, c.headers...)
		if status != c.want || status == 401 && h.Get("WWW-Authenticate") == "" || strings.Contains(body, token) {
			t.Errorf("%q: %d %s", c.headers, status, body)
		}
	}
	w.until("it is answered", func() bool { return w.box.Waiting() == 0 })
	if all := w.responses(w.store()); len(all) != 1 || all[0].State != parry.Done {
		t.Errorf("%d responses", len(all))
	}
	if strings.Contains(w.log.String(), token) {
		t.Error("the token is in the log")
	}
}

func TestWithoutATokenNothingIsTaken(t *testing.T) {
	w := newWeb(t)
	w.start(10, func(o *serve.Options) { o.Token = "" })
	for _, headers := range [][]string{{"Authorization", "Bearer "}, {"X-Parry-Token", ""}, {"Authorization", "Bearer x"}} {
		if status, _, _ := w.post(event("a", "AKIA"), headers...); status != http.StatusNotFound {
			t.Errorf("%q: %d", headers, status)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	w := newWeb(t)
	w.start(10)
	auth := []string{"Authorization", "Bearer " + token}
	long := `{"source":"x","detail-type":"y","detail":{"pad":"` + strings.Repeat("x", 2<<20) + `"}}`
	for name, c := range map[string]struct {
		body    string
		headers []string
		want    int
		says    string
	}{
		"no event":      {`{"hello":"world"}`, auth, 400, "not an event"},
		"no JSON":       {`hello`, auth, 400, "not JSON"},
		"nothing":       {``, auth, 400, "holds no event"},
		"torn":          {`[{"source":"aws.guardduty"`, auth, 400, ""},
		"too long":      {long, auth, 413, "longer"},
		"another type":  {`{}`, append([]string{"Content-Type", "text/plain"}, auth...), 415, "application/json"},
		"packed":        {"\x1f\x8b\x08\x00", auth, 400, "compressed"},
		"said as such":  {`{}`, append([]string{"Content-Encoding", "gzip"}, auth...), 415, ""},
		"with an event": {`[` + event("a", "AKIAIOSFODNN7EXAMPLE") + `, 7]`, auth, 202, `"malformed":1`},
	} {
		if status, _, body := w.post(c.body, c.headers...); status != c.want || !strings.Contains(body, c.says) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/events", nil)
	w.ok(err)
	if status, _, _ := w.do(req); status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", status)
	}
	// What was no event is kept with the reason, the newest three; what stood beside an event is put aside when that is answered.
	if kept := w.files("rejected"); len(kept) != 6 {
		t.Errorf("kept: %v", kept)
	}
	w.until("the mixed one is put aside", func() bool { return len(w.files("dead")) == 2 && w.box.Waiting() == 0 })
	why, err := os.ReadFile(w.files("dead")[1])
	w.ok(err)
	if !strings.Contains(string(why), "not an event") {
		t.Errorf("the reason is %q", why)
	}
}

// A sender is asked to wait when too much is waiting already, and nothing that was accepted is lost.
func TestBackpressure(t *testing.T) {
	w := newWeb(t)
	var slow atomic.Bool
	slow.Store(true)
	var bodies []string
	for n := range 6 {
		user := fmt.Sprintf("user%d", n)
		bodies = append(bodies, event(user, w.key(user)))
	}
	w.org.SetLatency(func(string, string) time.Duration {
		for slow.Load() {
			time.Sleep(10 * time.Millisecond)
		}
		return 0
	})
	stop := w.start(4)
	accepted := 0
	for _, b := range bodies {
		status, h, body := w.post(b)
		switch {
		case status == http.StatusAccepted:
			accepted++
		case status != http.StatusTooManyRequests || h.Get("Retry-After") == "":
			t.Errorf("%d %s", status, body)
		}
	}
	if accepted != 4 {
		t.Errorf("%d were accepted", accepted)
	}
	slow.Store(false)
	w.until("what was accepted is answered", func() bool { return w.box.Waiting() == 0 })
	stop()
	if all := w.responses(w.store()); count(all, parry.Done) != accepted {
		t.Errorf("%d of %d are done", count(all, parry.Done), accepted)
	}
}

// What was answered with 202 is answered by the next server where the first one never came to it.
func TestAcceptedIsDurable(t *testing.T) {
	w := newWeb(t)
	e := event("henry", w.key("henry"))
	w.org.SetLatency(func(string, string) time.Duration { return time.Minute })
	stop := w.start(10, func(o *serve.Options) { o.Grace = 0 })
	if status, _, body := w.post(e); status != http.StatusAccepted {
		t.Fatalf("%d %s", status, body)
	}
	stop()
	if left := w.files("new"); len(left) != 1 || len(w.responses(w.store())) != 0 {
		t.Fatalf("left: %v", left)
	}
	w.org.SetLatency(nil)
	w.start(10)
	w.until("it is answered", func() bool { return w.box.Waiting() == 0 && len(w.files("new")) == 0 })
	if all := w.responses(w.store()); count(all, parry.Done) != 1 {
		t.Errorf("%d responses, %d done", len(all), count(all, parry.Done))
	}
}

// A stop lets what is in hand come to its end, and takes nothing more.
func TestGracefulStop(t *testing.T) {
	w := newWeb(t)
	e := event("ida", w.key("ida"))
	w.org.SetLatency(func(_, op string) time.Duration {
		if op == "UpdateAccessKey" {
			return time.Second
		}
		return 0
	})
	stop := w.start(10)
	if status, _, body := w.post(e); status != http.StatusAccepted {
		t.Fatalf("%d %s", status, body)
	}
	w.until("the call is under way", func() bool { return w.log.has("msg=intent") })
	stop()
	if status, _, _ := w.post(e); status != 0 {
		t.Errorf("it still answers: %d", status)
	}
	if all := w.responses(w.store()); len(all) != 1 || all[0].State != parry.Done || len(w.files("new")) != 0 {
		t.Errorf("%d responses, the first is %q; left: %v", len(all), all[0].State, w.files("new"))
	}
	if !w.log.has("answered=1") {
		t.Error("the last line has no counts")
	}
}

// A response that a dead worker left half-way is taken up by the clock, when that worker's lease has ended and not before.
func TestTheSweepResumes(t *testing.T) {
	w := newWeb(t)
	var slow atomic.Bool
	slow.Store(true)
	w.org.SetLatency(func(_, op string) time.Duration {
		if op == "UpdateAccessKey" && slow.Load() {
			return time.Minute
		}
		return 0
	})
	key := w.key("joan")
	stop := w.start(10, func(o *serve.Options) { o.Grace = 0 })
	w.post(event("joan", key))
	w.until("the call is under way", func() bool { return w.log.has("msg=intent") })
	stop()
	db := w.store()
	resp := w.responses(db)[0]
	if resp.State != parry.Applying {
		t.Fatalf("it is %q", resp.State)
	}
	for _, f := range w.files("new") {
		w.ok(os.Remove(f)) // no delivery brings it back
	}
	slow.Store(false)
	w.ok(db.Claim(t.Context(), resp.Resource(), resp.ID+"/dead", time.Now(), 1500*time.Millisecond))
	held := time.Now().Add(time.Second)
	w.start(10)
	w.until("it is done", func() bool {
		now, err := db.Response(t.Context(), resp.ID)
		w.ok(err)
		if now.State != parry.Applying && time.Now().Before(held) {
			t.Fatalf("it was taken from a worker that had it, and is %q", now.State)
		}
		return now.State == parry.Done
	})
	now, err := db.Response(t.Context(), resp.ID)
	w.ok(err)
	if now.By != "rule keys" {
		t.Errorf("the yes is of %q", now.By)
	}
}

func TestHealth(t *testing.T) {
	w := newWeb(t)
	var db interface{ Close() error }
	w.start(10, func(o *serve.Options) {
		store := w.store()
		db, o.Engine.Store = store, serve.Stoppable(store)
	})
	if status, body := w.get("/healthz"); status != 200 || !strings.Contains(body, `"alive":true`) {
		t.Errorf("healthz: %d %s", status, body)
	}
	var h struct {
		Ready  bool
		Store  string
		Intake map[string]string
	}
	status, body := w.get("/readyz")
	w.ok(json.Unmarshal([]byte(body), &h))
	if status != 200 || !h.Ready || h.Store != "ok" || h.Intake["spool"] != "ok" {
		t.Errorf("readyz: %d %s", status, body)
	}
	w.ok(db.Close())
	status, body = w.get("/readyz")
	if status != 503 || !strings.Contains(body, `"store":"failing"`) {
		t.Errorf("readyz without a store: %d %s", status, body)
	}
	if status, _ := w.get("/healthz"); status != 200 {
		t.Errorf("healthz without a store: %d", status)
	}
}

// Of two servers on one store one lists. What cannot be read, and what fails, keeps no other item from being answered.
func TestWhatIsListedIsAnswered(t *testing.T) {
	w := newWeb(t)
	key := w.key("mallory")
	var listings atomic.Int64
	var broken, worked error
	list := func(o *serve.Options) {
		o.Listing = &serve.Listing{Every: time.Hour, List: func(ctx context.Context, handle func(context.Context, string, []byte) error) error {
			listings.Add(1)
			broken, worked = handle(ctx, "config in 1/eu-west-1", []byte(`{"hello": 1}`)), handle(ctx, "macie in 1/eu-west-1", []byte(event("mallory", key)))
			return errors.New("the service is gone")
		}}
	}
	stop := w.start(10, list)
	db := w.store()
	w.until("it is done", func() bool { all := w.responses(db); return len(all) == 1 && all[0].State == parry.Done })
	w.until("it is told", func() bool { return strings.Contains(w.log.String(), "the service is gone") })
	stop()
	if broken != nil || worked != nil {
		t.Errorf("%v, %v", broken, worked)
	}
	if text := w.log.String(); !strings.Contains(text, "an item of a listing cannot be read") {
		t.Error(text)
	}
	stop = w.start(10, list)
	stop()
	if n := listings.Load(); n != 1 {
		t.Errorf("it was listed %d times", n)
	}
}

func TestMetricsAreServedAndTheLogIsSealed(t *testing.T) {
	w := newWeb(t)
	var sealed, archived atomic.Int64
	stop := w.start(10, func(o *serve.Options) {
		o.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "parry_responses_total 1") })
		o.Seal = func(ctx context.Context) error {
			if sealed.Add(1) == 1 {
				return errors.New("the key is gone")
			}
			return ctx.Err()
		}
		o.Archive = func(ctx context.Context) error {
			if archived.Add(1) == 1 {
				return errors.New("the bucket is gone")
			}
			return ctx.Err()
		}
	})
	if status, body := w.get("/metrics"); status != http.StatusOK || body != "parry_responses_total 1" {
		t.Errorf("%d %s", status, body)
	}
	w.until("it was sealed twice", func() bool { return sealed.Load() > 1 })
	before := sealed.Load()
	stop()
	if sealed.Load() <= before {
		t.Error("it was not sealed at the end")
	}
	if archived.Load() != sealed.Load() {
		t.Errorf("it was sealed %d times, and archived %d", sealed.Load(), archived.Load())
	}
	if text := w.log.String(); !strings.Contains(text, "the log of records is not sealed") || !strings.Contains(text, "the key is gone") || !strings.Contains(text, "the record is not archived") {
		t.Error(text)
	}
}

// What people begin is told as what workers do is, and whoever watched before still hears of it.
func TestWatchTellsOfEachStep(t *testing.T) {
	var text strings.Builder
	heard := 0
	watch := serve.Watch(serve.NewLog(&text, "json"), func(parry.Response, parry.Record) { heard++ })
	watch(parry.Response{ID: "pr-1", Target: parry.Target{Account: "111122223333"}}, parry.Record{Kind: parry.MoveApproved, Seq: 2, Text: "dana says\x1b[31m yes"})
	watch(parry.Response{ID: "pr-1"}, parry.Record{Kind: parry.MoveFailed, Seq: 3})
	for _, want := range []string{`"level":"INFO","msg":"approved","response":"pr-1","seq":2`, `"account":"111122223333"`, `dana says\\u001b[31m yes`, `"level":"WARN","msg":"failed"`} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the log does not have %s:\n%s", want, text.String())
		}
	}
	if heard != 2 {
		t.Errorf("%d were heard", heard)
	}
}
