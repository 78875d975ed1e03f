package console

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"parry"
	"parry/internal/signin"
)

// stormSize is how many approvals wait in a storm.
const stormSize = 10_000

// storm is a console with so many waiting.
func storm(t testing.TB, n int) *scene {
	t.Helper()
	s := newScene(t, sceneOptions{silent: true})
	begin := time.Now().Add(-2 * time.Hour)
	for i := range n {
		r, recs := waits(i, begin.Add(time.Duration(i)*100*time.Millisecond))
		if err := s.store.Save(context.WithoutCancel(t.Context()), r, recs...); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// A storm is a list that can be paged through, by rule as well, and every one of it is there once.
func TestAStormIsPagedThrough(t *testing.T) {
	const n = 1230
	s := storm(t, n)
	s.look()
	b := s.as("vera@example.com", signin.Viewer)
	seen := map[string]int{}
	pages := 0
	for path := "/inbox"; path != ""; pages++ {
		_, page := b.get(path)
		for _, part := range strings.Split(page, `href="/responses/pr-`)[1:] {
			seen[part[:8]]++
		}
		path = ""
		if _, rest, ok := strings.Cut(page, `<a rel="next" href="`); ok {
			path, _, _ = strings.Cut(rest, `"`)
		}
	}
	if len(seen) != n || pages != (n+onPage-1)/onPage {
		t.Errorf("%d of %d seen, on %d pages", len(seen), n, pages)
	}
	_, page := b.get("/inbox?rule=rule-2")
	like(t, page, "rule-2", "1 to 50 of 307")
	if strings.Contains(page, "Rule <span class=\"v\">rule-1") {
		t.Error("another rule's are among them")
	}
}

// How long the server takes for a page while 10,000 approvals wait, with the session that is looked at: make bench prints it.
func BenchmarkStorm(b *testing.B) {
	s := storm(b, stormSize)
	began := time.Now()
	s.look()
	first := time.Since(began)
	began = time.Now()
	s.look()
	fmt.Printf("%d wait: the store is read the first time in %s, and looked at again in %s\n", stormSize, first.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	who := s.as("vera@example.com", signin.Approver)
	at, err := url.Parse(s.server.URL)
	if err != nil {
		b.Fatal(err)
	}
	for name, path := range map[string]string{"inbox": "/inbox", "the last page of the inbox": "/inbox?page=200", "search": "/responses?q=command+i-00000000000005000", "response": "/responses/pr-00005000", "rules": "/rules"} {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			times := make([]time.Duration, 0, b.N)
			for b.Loop() {
				// As after each step of a worker: the lists are to be made anew.
				r, _ := waits(stormSize+len(times), time.Now())
				s.board.Moved(r, parry.Record{})
				req := httptest.NewRequest(http.MethodGet, s.server.URL+path, nil)
				for _, c := range who.http.Jar.Cookies(at) {
					req.AddCookie(c)
				}
				w := httptest.NewRecorder()
				began := time.Now()
				s.server.Config.Handler.ServeHTTP(w, req)
				times = append(times, time.Since(began))
				if w.Code != http.StatusOK {
					b.Fatalf("%s: %d %s", path, w.Code, w.Body)
				}
				time.Sleep(60 * time.Millisecond) // within what one session may ask
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "ms/median")
			b.ReportMetric(float64(times[len(times)*95/100].Microseconds())/1000, "ms/p95")
		})
	}
}
