package assemble_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"parry"
	"parry/internal/assemble"
	"parry/internal/moto"
	"parry/internal/notify"
)

// chat is Slack as far as a question goes through it, and a webhook beside.
type chat struct {
	*httptest.Server
	mu    sync.Mutex
	calls []string     // what was called, in order
	forms []url.Values // with what
	said  []string     // to those who clicked
	hooks []string     // kinds of news that the webhook had
}

func newChat(t *testing.T) *chat {
	c := &chat{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		var body struct{ Text, Kind string }
		switch r.URL.Path {
		case "/hook":
			_ = json.NewDecoder(r.Body).Decode(&body)
			c.hooks = append(c.hooks, body.Kind)
		case "/answer":
			_ = json.NewDecoder(r.Body).Decode(&body)
			c.said = append(c.said, body.Text)
		default:
			_ = r.ParseForm()
			c.calls, c.forms = append(c.calls, strings.TrimPrefix(r.URL.Path, "/api/")), append(c.forms, r.PostForm)
			_, _ = w.Write([]byte(`{"ok":true,"channel":"C1","ts":"1.1"}`))
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// yes is a click on Approve in the first message, signed as Slack signs.
func (c *chat) yes(t *testing.T, user string, now time.Time) *http.Request {
	t.Helper()
	var blocks []struct {
		Elements []struct {
			ID    string `json:"action_id"`
			Value string `json:"value"`
		}
	}
	_ = json.Unmarshal([]byte(c.forms[0].Get("blocks")), &blocks) // other blocks have other elements
	value := ""
	for _, b := range blocks {
		for _, e := range b.Elements {
			if e.ID == "parry_approve" {
				value = e.Value
			}
		}
	}
	payload, _ := json.Marshal(map[string]any{
		"type": "block_actions", "team": map[string]any{"id": "T1"}, "user": map[string]any{"id": user}, "response_url": c.URL + "/answer",
		"actions": []any{map[string]any{"type": "button", "block_id": "parry", "action_id": "parry_approve", "action_ts": user, "value": value}},
	})
	text, stamp := url.Values{"payload": {string(payload)}}.Encode(), fmt.Sprint(now.Unix())
	mac := hmac.New(sha256.New, []byte("the signing secret"))
	mac.Write([]byte("v0:" + stamp + ":" + text))
	r := httptest.NewRequest(http.MethodPost, "/slack/actions", strings.NewReader(text))
	r.Header.Set("X-Slack-Request-Timestamp", stamp)
	r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	return r
}

// A question is asked in Slack, two people say yes there, it is carried out, and Slack and the webhook tell how it ended.
func TestAQuestionIsAnsweredInSlack(t *testing.T) {
	s, c := guarded(t, asks(), twoOfOncall), newChat(t)
	file, err := notify.Read("channels.yaml", []byte(`
channels:
  - {name: oncall, type: slack, token: "env:T", channel: C1, signing_secret: "env:S", team: T1, api: "`+c.URL+`/api/", users: {U1: "`+ada+`", U2: "`+bob+`", U3: "`+mallory+`"}}
  - {name: hook, type: webhook, url: "`+c.URL+`/hook", secret: "env:S"}
`))
	s.ok(err)
	n, err := notify.New(t.Context(), file, notify.Options{Store: s.store, Now: s.Now, Secrets: notify.Secrets{Env: func(string) string { return "the signing secret" }},
		Link: func(id string) string { return "https://parry.example/responses/" + id }})
	s.ok(err)
	s.engine.Teller = n.Tellers()
	clicks := n.Actions(t.Context(), s.engine, s.store)
	asked := s.deliver(s.event(s.Now(), ""))
	s.pass(time.Minute)
	s.tell()
	if strings.Join(c.calls, " ") != "chat.postMessage" || strings.Join(c.hooks, " ") != "asked" {
		t.Fatalf("%v, %v", c.calls, c.hooks)
	}
	for i, want := range []string{"Nothing was done: " + mallory + " is not among those who may say yes", "it takes another person's", "Approved: the response is done."} {
		w := httptest.NewRecorder()
		clicks.ServeHTTP(w, c.yes(t, []string{"U3", "U1", "U2"}[i], s.Now()))
		clicks.Wait()
		if w.Code != http.StatusOK || len(c.said) != i+1 || !strings.Contains(c.said[i], want) {
			t.Fatalf("%d, %v", w.Code, c.said)
		}
	}
	s.isKey("Inactive")
	done := s.stored(asked.ID)
	if s.isState(done, parry.Done, ""); done.By != ada+", "+bob {
		t.Errorf("by %s", done.By)
	}
	s.pass(time.Minute)
	s.tell()
	if strings.Join(c.calls, " ") != "chat.postMessage chat.update chat.postMessage" || strings.Join(c.hooks, " ") != "asked ended" {
		t.Fatalf("%v, %v", c.calls, c.hooks)
	}
	if strings.Contains(c.forms[1].Get("blocks"), "parry_approve") || !strings.Contains(c.forms[2].Get("blocks"), "Done and verified") || c.forms[2].Get("thread_ts") != "1.1" {
		t.Errorf("%v", c.forms)
	}
}

// Secrets are read from where a file of channels says they are.
func TestSecretsOfAWS(t *testing.T) {
	cfg := moto.Need(t).Config(moto.Account(), "us-east-1")
	far := cfg.Copy()
	far.Region = "eu-west-1"
	made, err := secretsmanager.NewFromConfig(far).CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("chat"), SecretString: aws.String("of another Region")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ssm.NewFromConfig(cfg).PutParameter(t.Context(), &ssm.PutParameterInput{Name: aws.String("/parry/chat"), Value: aws.String("of the store"), Type: ssmtypes.ParameterTypeSecureString}); err != nil {
		t.Fatal(err)
	}
	s := assemble.Secrets(nil, cfg)
	for _, tc := range []struct {
		get        func(context.Context, string) (string, error)
		name, want string
	}{{s.Manager, *made.ARN, "of another Region"}, {s.Parameter, "/parry/chat", "of the store"}} {
		if got, err := tc.get(t.Context(), tc.name); got != tc.want || err != nil {
			t.Errorf("%s: %q, %v", tc.name, got, err)
		}
		if _, err := tc.get(t.Context(), tc.name+"x"); err == nil {
			t.Errorf("%sx is found", tc.name)
		}
	}
}
