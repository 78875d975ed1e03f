package serve_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"parry/internal/serve"
)

// Clicks in Slack come to their path, as they are, and to no other; where nobody takes any there is no such path.
func TestClicksInSlackHaveAPath(t *testing.T) {
	w := newWeb(t)
	ask := func(method, path string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), method, w.url+path, strings.NewReader("payload=x"))
		w.ok(err)
		status, _, body := w.do(req)
		return status, body
	}
	end := w.start(10, func(o *serve.Options) {
		o.Slack = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			_, _ = rw.Write([]byte("taken: " + string(b)))
		})
	})
	if status, body := ask(http.MethodPost, "/slack/actions"); status != http.StatusOK || body != "taken: payload=x" {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := ask(http.MethodGet, "/slack/actions"); status != http.StatusMethodNotAllowed {
		t.Errorf("%d", status)
	}
	end()
	end = w.start(10)
	defer end()
	if status, _ := ask(http.MethodPost, "/slack/actions"); status != http.StatusNotFound {
		t.Errorf("%d where nobody takes any", status)
	}
}
