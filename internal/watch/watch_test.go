package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"parry"
)

func now() time.Time { return time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC) }

const hostile = "\x1b[2J\u202e<script>\x07漢字漢字漢字漢字漢字漢字漢字漢字"

// shelf is a store in memory that says how much was read of it.
type shelf struct {
	mu   sync.Mutex
	all  []parry.Response // the newest first
	read int
	err  error
}

func (s *shelf) List(_ context.Context, q parry.Query) (page []parry.Response, next string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.all {
		if q.State != "" && r.State != q.State {
			continue
		}
		if len(page) == q.Limit {
			next = "more"
			break
		}
		s.read++
		page = append(page, r)
	}
	return page, next, s.err
}

func (s *shelf) Response(_ context.Context, id string) (parry.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.all {
		if r.ID == id {
			return r, nil
		}
	}
	return parry.Response{}, parry.Errorf(parry.NotFound, "no")
}

// knowing counts without reading.
type knowing struct{ *shelf }

func (k knowing) InState(_ context.Context, state parry.State) (n int, err error) {
	for _, r := range k.all {
		if r.State == state {
			n++
		}
	}
	return n, nil
}

func one(id string, state parry.State, minutes int) parry.Response {
	r := parry.Response{ID: id, State: state, Steps: 1, Answer: parry.Answer{Rule: "groups", Playbook: "close-groups"}, Target: parry.Target{ID: "sg-1", Account: "111122223333"}}
	r.Finding.Info.Types = []string{"Recon:EC2/Portscan"}
	r.Times.Received = now().Add(-time.Duration(minutes) * time.Minute)
	if state == parry.Waiting {
		r.Asked = &parry.Asking{Expires: now().Add(3 * time.Hour)}
	}
	return r
}

func many(n int, state parry.State) (all []parry.Response) {
	for i := range n {
		all = append(all, one(fmt.Sprintf("r%06d", i), state, i/100))
	}
	return all
}

// However many wait, a look reads the same.
func TestTenThousandWaiting(t *testing.T) {
	for _, exact := range []bool{true, false} {
		s := &shelf{all: many(10_000, parry.Waiting)}
		var store Store = s
		want := "Waiting for a yes: 100+, the newest 100"
		if exact {
			store, want = knowing{s}, "Waiting for a yes: 10000, the newest 100"
		}
		snap, err := Look(t.Context(), store, now(), nil)
		if err != nil || s.read > 2*most {
			t.Fatalf("%d read, %v", s.read, err)
		}
		text := strings.Join(screen{snap: snap, width: 80, height: 24}.lines(), "\n")
		if !strings.Contains(text, want) || !strings.Contains(text, "100+ in the last hour") {
			t.Errorf("exact %v:\n%s", exact, text)
		}
	}
}

func TestTheScreenFits(t *testing.T) {
	all := append(many(40, parry.Waiting), one(hostile, parry.Failed, 90))
	for i := range all {
		all[i].Target.ID, all[i].Answer.Playbook = hostile, hostile
		all[i].Finding.Info.Types = []string{hostile}
	}
	snap, err := Look(t.Context(), &shelf{all: all}, now(), func(context.Context) (string, bool) { return "ready, " + hostile, true })
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range [][2]int{{80, 24}, {200, 60}, {40, 12}, {20, 8}, {7, 3}, {1, 1}, {0, 0}} {
		for _, colour := range []bool{false, true} {
			v := screen{snap: snap, width: size[0], height: size[1], store: hostile, err: errors.New(hostile), colour: colour, lower: true, top: [2]int{99, 99}}
			lines := v.lines()
			if len(lines) > size[1] {
				t.Errorf("%v has %d lines", size, len(lines))
			}
			for _, l := range lines {
				if w := ansi.StringWidth(l); w > size[0] {
					t.Errorf("%v has a line of %d: %q", size, w, l)
				}
				for _, r := range ansi.Strip(l) {
					if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
						t.Errorf("%v has %U", size, r)
					}
				}
				if !colour && strings.Contains(l, "\x1b") {
					t.Errorf("%v has a colour that nobody asked for", size)
				}
			}
		}
	}
}

func TestTheScreenSays(t *testing.T) {
	store := knowing{&shelf{all: []parry.Response{one("r3", parry.Done, 0), one("r2", parry.Waiting, 5), one("r1", parry.Failed, 200), {ID: parry.SwitchLog, State: parry.Nothing}, {ID: parry.SignInLog, State: parry.Nothing}}}}
	snap, err := Look(t.Context(), store, now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(screen{snap: snap, store: "parry.db", width: 100, height: 24}.lines(), "\n")
	for _, want := range []string{"12:00:00 UTC  parry.db", "1 in the last minute, 2 in the last hour", "1 waiting for approval · 1 done · 1 failed", "Waiting for a yes: 1", "5m    3h left   close-groups", "r1               3h    failed", "q quits"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, parry.SwitchLog) || strings.Contains(text, parry.SignInLog) {
		t.Errorf("the log of switches is no response:\n%s", text)
	}
	empty := strings.Join(screen{width: 80, height: 24}.lines(), "\n")
	if !strings.Contains(empty, "no responses yet") || strings.Count(empty, "  none") != 2 {
		t.Errorf("an empty store:\n%s", empty)
	}
}

func TestKeys(t *testing.T) {
	v := &view{ctx: t.Context(), o: Options{Every: time.Hour, Now: now}}
	snap, err := Look(t.Context(), &shelf{all: append(many(30, parry.Waiting), many(30, parry.Done)...)}, now(), nil)
	v.Update(looked{snap, err})
	v.Update(tea.WindowSizeMsg{Width: 60, Height: 20})
	if v.width != 60 || v.height != 20 {
		t.Errorf("the size is %d by %d", v.width, v.height)
	}
	for _, c := range []struct {
		key         string
		upper, down int
		lower       bool
	}{
		{"down", 1, 0, false}, {"j", 2, 0, false}, {"up", 1, 0, false}, {"up", 0, 0, false}, {"up", 0, 0, false}, {"tab", 0, 0, true},
		{"pgdown", 0, 10, true}, {"end", 0, 59, true}, {"pgdown", 0, 59, true}, {"home", 0, 0, true}, {"x", 0, 0, true}, {"left", 0, 0, false}, {"pgup", 0, 0, false},
	} {
		if cmd := v.key(c.key); cmd != nil || v.top != [2]int{c.upper, c.down} || v.lower != c.lower {
			t.Errorf("after %s: %v, lower %v", c.key, v.top, v.lower)
		}
	}
	for _, k := range []string{"q", "esc", "ctrl+c"} {
		if v.key(k) == nil {
			t.Errorf("%s does not quit", k)
		}
	}
	v.Update(looked{Snapshot{}, errors.New("away")})
	if text := strings.Join(v.lines(), "\n"); !strings.Contains(text, "cannot be read: away") || !strings.Contains(text, "30 done") {
		t.Errorf("where a look fails the last one stays:\n%s", text)
	}
}

// follow runs Lines for as many looks as there are steps, each of which changes the store before the next look.
func follow(t *testing.T, s *shelf, asJSON bool, steps ...func()) string {
	t.Helper()
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- Lines(ctx, Options{Store: s, Every: time.Second, Now: now}, &out, asJSON) }()
		synctest.Wait()
		for _, step := range steps {
			s.mu.Lock()
			step()
			s.mu.Unlock()
			time.Sleep(time.Second)
			synctest.Wait()
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return out.String()
}

func TestALineForEachChange(t *testing.T) {
	s := &shelf{all: []parry.Response{one("r1", parry.Waiting, 10)}}
	got := follow(t, s, false,
		func() {},
		func() { s.all = append([]parry.Response{one("r2", parry.Alerted, 0)}, s.all...) },
		func() { s.all[1].State, s.all[1].Steps = parry.Done, 5 },
		func() { s.err = errors.New("away") },
		func() { s.err = nil },
		func() { // r3 comes, waits, and falls out of the lists, as so many come after it
			s.all = append([]parry.Response{one("r3", parry.Waiting, 0)}, s.all...)
		},
		func() {
			s.all[0].State, s.all[0].Steps = parry.Rejected, 2
			s.all = append(many(150, parry.Nothing), s.all...)
		},
	)
	lines := strings.Split(strings.TrimSpace(got), "\n")
	want := []string{
		"12:00:00 1 waiting for a yes, 1 came in the last hour",
		"12:00:00 r2 alerted: close-groups on sg-1, account 111122223333, Recon:EC2/Portscan",
		"12:00:00 r1 waiting for approval → done: close-groups on sg-1, account 111122223333, Recon:EC2/Portscan",
		"12:00:00 the store cannot be read: away",
		"12:00:00 r3 waiting for approval: close-groups on sg-1, account 111122223333, Recon:EC2/Portscan",
	}
	for i, w := range want {
		if i >= len(lines) || lines[i] != w {
			t.Fatalf("line %d is not %q:\n%s", i, w, got)
		}
	}
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "12:00:00 r3 waiting for approval → rejected") {
		t.Errorf("what fell out of the lists is lost: %s", last)
	}
}

func TestJSONLines(t *testing.T) {
	s := &shelf{}
	got := follow(t, s, true, func() { s.all = []parry.Response{one(hostile, parry.Waiting, 0)} })
	lines := strings.Split(strings.TrimSpace(got), "\n")
	if len(lines) != 2 || strings.ContainsAny(got, "\x1b\u202e\x07") {
		t.Fatalf("%q", got)
	}
	var change Change
	if err := json.Unmarshal([]byte(lines[1]), &change); err != nil || change.ID != hostile || change.Kind != "new" || change.State != parry.Waiting {
		t.Errorf("%+v %v", change, err)
	}
	if !strings.Contains(lines[0], `"kind":"standing"`) {
		t.Errorf("it begins with %s", lines[0])
	}
}

// shut is a pipe that nobody reads.
type shut struct{}

func (shut) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestNobodyListens(t *testing.T) {
	if err := Lines(t.Context(), Options{Store: &shelf{}, Every: time.Hour, Now: now}, shut{}, false); err == nil {
		t.Error("it goes on for nobody")
	}
	if err := Lines(t.Context(), Options{Store: &shelf{err: errors.New("no store")}, Every: time.Hour, Now: now}, &bytes.Buffer{}, false); err == nil {
		t.Error("a store that is not there is watched")
	}
}

func TestHealth(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   string
		well   bool
	}{
		"ready":     {200, `{"ready":true,"store":"ok","intake":{"queue":"ok"},"in_hand":2,"waiting":1}`, "ready, queue ok, 2 in hand, 1 to come", true},
		"not ready": {503, `{"ready":false,"store":"failing","intake":{}}`, "not ready, store failing, 0 in hand, 0 to come", false},
		"stopped":   {200, `{"ready":true,"store":"ok","stopped":true}`, "ready, stopped by a person, 0 in hand, 0 to come", false},
		"no server": {404, `<html>`, "no answer: 404 Not Found, and what it says is not the health of a server", false},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/base/readyz" {
				t.Errorf("asked for %s", r.URL.Path)
			}
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		}))
		health, err := Health(server.URL + "/base/")
		if err != nil {
			t.Fatal(err)
		}
		if said, well := health(t.Context()); said != c.want || well != c.well {
			t.Errorf("%s: %q %v", name, said, well)
		}
		server.Close()
		if said, well := health(t.Context()); well || !strings.HasPrefix(said, "no answer: ") {
			t.Errorf("%s, gone: %q", name, said)
		}
	}
	for _, bad := range []string{"", "127.0.0.1:8080", "file:///etc/passwd", "http://", "::"} {
		if _, err := Health(bad); parry.KindOf(err) != parry.Invalid {
			t.Errorf("%q is an address: %v", bad, err)
		}
	}
}
