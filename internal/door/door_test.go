package door_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"parry"
	"parry/internal/door"
)

func config(region string) aws.Config {
	return aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "secret", "token")}
}

func noon() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }

// Every request is signed for Lambda in the caller's name, its body with it, and the door's refusals are errors of their kinds with the next step.
func TestRequests(t *testing.T) {
	var got *http.Request
	var body, answer string
	status := http.StatusOK
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got, body = r, string(text)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	c, err := door.New(config("eu-central-1"), s.URL+"/", noon)
	if err != nil {
		t.Fatal(err)
	}
	response := func(f func(context.Context) (parry.Response, error)) func() error {
		return func() error { _, err := f(t.Context()); return err }
	}
	for name, q := range map[string]struct {
		do                 func() error
		method, path, body string
	}{
		"list":    {func() error { _, err := c.List(t.Context(), parry.Waiting, 5); return err }, "GET", "/v1/responses?state=waiting%20for%20approval", ""},
		"show":    {response(func(ctx context.Context) (parry.Response, error) { return c.Response(ctx, "pr-1/../x") }), "GET", "/v1/responses/pr-1%2F..%2Fx", ""},
		"approve": {response(func(ctx context.Context) (parry.Response, error) { return c.Approve(ctx, "pr-1", "sha256:1", "go on") }), "POST", "/v1/responses/pr-1/approve", `{"comment":"go on","digest":"sha256:1"}`},
		"reject":  {response(func(ctx context.Context) (parry.Response, error) { return c.Reject(ctx, "pr-1", "", "no") }), "POST", "/v1/responses/pr-1/reject", `{"comment":"no","digest":""}`},
		"undo":    {response(func(ctx context.Context) (parry.Response, error) { return c.Undo(ctx, "pr-1", []string{"a"}) }), "POST", "/v1/responses/pr-1/undo", `{"changes":["a"]}`},
		"plan":    {func() error { _, err := c.PlanUndo(t.Context(), "pr-1"); return err }, "GET", "/v1/responses/pr-1/undo", ""},
	} {
		answer = "{}"
		if err := q.do(); err != nil || got.Method != q.method || got.URL.RequestURI() != q.path || body != q.body {
			t.Errorf("%s: %v, %s %s %s", name, err, got.Method, got.URL.RequestURI(), body)
		}
		if auth := got.Header.Get("Authorization"); !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260304/eu-central-1/lambda/aws4_request") || got.Header.Get("X-Amz-Security-Token") != "token" {
			t.Errorf("%s: signed %q", name, auth)
		}
	}
	answer = `{"id":"pr-1","state":"done"}`
	if r, err := c.Response(t.Context(), "pr-1"); err != nil || r.ID != "pr-1" || r.State != parry.Done {
		t.Errorf("%+v, %v", r, err)
	}
	answer = `{"responses":[{"id":"pr-1"},{"id":"pr-2"}],"next":"x"}`
	if all, err := c.List(t.Context(), "", 1); err != nil || len(all) != 1 || all[0].ID != "pr-1" {
		t.Errorf("%+v, %v", all, err)
	}
	for _, r := range []struct {
		status int
		answer string
		kind   parry.Kind
		text   string
	}{
		{403, `{"error":"x is not among those who may say yes","next":"ask them"}`, parry.Refused, "not among"},
		{409, `{"error":"the plan is another"}`, parry.Conflict, "another"},
		{400, `{"error":"a no needs a reason"}`, parry.Invalid, "reason"},
		{404, `{"error":"there is none"}`, parry.NotFound, "none"},
		{403, `{"Message":"Forbidden"}`, parry.Refused, "does not let these credentials in"},
		{502, `<html>`, parry.Fault, "the door answered 502"},
		{200, `<html>`, parry.Fault, "cannot be read"},
	} {
		status, answer = r.status, r.answer
		_, err := c.Response(t.Context(), "pr-1")
		if parry.KindOf(err) != r.kind || !strings.Contains(err.Error(), r.text) {
			t.Errorf("%d %s: %v", r.status, r.answer, err)
		}
	}
}

// The signature is for the Region that the URL names; and credentials are sent to nobody in the clear.
func TestAddresses(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://abc.lambda-url.eu-west-1.on.aws/": true, "https://door.example.com": true, "http://127.0.0.1:80": true,
		"http://door.example.com": false, "door.example.com": false, "": false, "https://": false,
	} {
		if _, err := door.New(config("us-east-1"), address, noon); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}
