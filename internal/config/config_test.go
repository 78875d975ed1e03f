package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parry"
	"parry/internal/config"
)

// env is an environment of a few words.
func env(kv ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(kv); i += 2 {
			if kv[i] == name {
				return kv[i+1]
			}
		}
		return ""
	}
}

func flags(kv ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(kv); i += 2 {
			if kv[i] == name {
				return kv[i+1], true
			}
		}
		return "", false
	}
}

func TestFlagsAreAboveTheEnvironmentAboveTheFile(t *testing.T) {
	const file = "db: of-file\nrole: of-file\nworkers: 3\nsqs:\n  queue_url: https://sqs/1/q\n  max_receives: 7\n"
	c, err := config.Load(config.Input{
		File: "parry.yaml", Text: []byte(file), Env: env("PARRY_DB", "of-env", "PARRY_ROLE", "of-env", "PARRY_TOKEN", "a secret that is long"), Flag: flags("db", "of-flag"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.DB != "of-flag" || c.Role != "of-env" || c.Workers != 3 || c.SQS.MaxReceives != 7 || c.Grace != 30*time.Second || c.SQS.QueueURL != "https://sqs/1/q" {
		t.Errorf("%+v", c)
	}
	for name, from := range map[string]string{"db": "--db", "role": "PARRY_ROLE", "workers": "parry.yaml:3:10", "sqs.max_receives": "parry.yaml:6:17", "grace": "default", "rules": "not set"} {
		if got := c.From(name); got != from {
			t.Errorf("%s is from %q, not %q", name, got, from)
		}
	}
	for _, v := range c.Values {
		if strings.Contains(v.Text, "secret") {
			t.Errorf("%s shows the secret", v.Name)
		}
	}
}

func TestPlacesForWriteBack(t *testing.T) {
	for _, place := range []string{"own", "111122223333/eu-west-1", "111122223333/us-gov-east-1"} {
		c, err := config.Load(config.Input{Env: env("PARRY_WRITEBACK", place)})
		if err != nil || c.WriteBack != place {
			t.Errorf("%s: %v", place, err)
		}
	}
}

func TestWrongFiles(t *testing.T) {
	for text, want := range map[string]string{
		"workers: many":              `f.yaml:1:10: workers: want a whole number from 1 to 256, not "many"`,
		"workers: 0":                 "from 1 to 256",
		"sqs:\n  que_url: x":         `f.yaml:2:3: sqs has no field "que_url": did you mean "queue_url"?`,
		"workrs: 1":                  `did you mean "workers"?`,
		"sqs: x":                     "f.yaml:1:6: sqs is a mapping of fields",
		"db: [a]":                    "f.yaml:1:5: db is a text or a number, not a list",
		"db:":                        "not nothing",
		"token: abcdefghijklmnopqrs": `the configuration has no field "token"`,
		"grace: 2d":                  "f.yaml:1:8: grace: want a time from 0s to 1h0m0s",
		"log: xml":                   "want text or json",
		"listen: nowhere":            "want an address and a port",
		"token_header: \"a b\"":      "want the name of a header",
		"db: a\ndb: b":               "f.yaml:2",
		"sqs: {queue_url: events}":   "want a queue's URL",
		"sqs: {visibility: 13h}":     "want a time from 2s to 12h",
		"writeback: everywhere":      "want own, or ACCOUNT/REGION",
		"writeback: 1/eu-west-1":     "want own, or ACCOUNT/REGION",
		"lease: 1ms":                 "want a time from 1s to 1h0m0s",
		"sweep: {every: 1s}":         "want a time from 1m0s to 168h0m0s",
		"sweep: {accounts: \"1,2\"}": "want ids of accounts",
		"sweep: {regions: here}":     "want names of Regions",
		"audit_bucket: record":       "want s3://BUCKET or s3://BUCKET/PREFIX",
		"lake: {role: x}":            "want the ARN of a role",
		"a: &x b":                    "",
		"":                           "want one YAML document",
	} {
		_, err := config.Load(config.Input{File: "f.yaml", Text: []byte(text), Env: env()})
		if err == nil || !strings.Contains(err.Error(), want) || parry.KindOf(err) != parry.Invalid && !strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", text, err)
		}
	}
	_, err := config.Load(config.Input{Env: env("PARRY_WORKERS", "x", "PARRY_GRACE", "y"), Flag: flags("log", "z")})
	for _, want := range []string{"PARRY_WORKERS: workers", "PARRY_GRACE: grace", "--log: log"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func TestComplete(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, short, empty := write("good", "correct-horse-battery-staple\n"), write("short", "horse"), write("empty", "\n")
	const q = "https://sqs.us-east-1.amazonaws.com/1/q"
	for name, c := range map[string]struct {
		env  []string
		want string
	}{
		"a queue":                      {[]string{"PARRY_SQS_QUEUE_URL", q}, ""},
		"HTTP":                         {[]string{"PARRY_LISTEN", ":8080", "PARRY_TOKEN_FILE", good}, ""},
		"a queue and health only":      {[]string{"PARRY_SQS_QUEUE_URL", q, "PARRY_LISTEN", ":8080"}, ""},
		"nothing":                      {nil, "no way for events to come in"},
		"an address without a token":   {[]string{"PARRY_LISTEN", ":8080"}, "no way for events to come in"},
		"a token without an address":   {[]string{"PARRY_TOKEN_FILE", good}, "no address to listen on"},
		"a short token":                {[]string{"PARRY_LISTEN", ":8080", "PARRY_TOKEN_FILE", short}, "has 5 characters, and needs 16"},
		"an empty token":               {[]string{"PARRY_LISTEN", ":8080", "PARRY_TOKEN_FILE", empty}, "is empty"},
		"no such file":                 {[]string{"PARRY_LISTEN", ":8080", "PARRY_TOKEN_FILE", dir + "/none"}, "no such file"},
		"two tokens":                   {[]string{"PARRY_LISTEN", ":8080", "PARRY_TOKEN_FILE", good, "PARRY_TOKEN", "another-token-of-length"}, "given twice"},
		"the queue for its own dead":   {[]string{"PARRY_SQS_QUEUE_URL", q, "PARRY_SQS_DEAD_LETTER_URL", q}, "is the queue itself"},
		"half a certificate":           {[]string{"PARRY_SQS_QUEUE_URL", q, "PARRY_TLS_CERT", "x"}, "go together"},
		"a bucket and no key":          {[]string{"PARRY_SQS_QUEUE_URL", q, "PARRY_AUDIT_BUCKET", "s3://record"}, "PARRY_AUDIT_BUCKET: audit_bucket takes what is signed, and nothing is: set audit_key"},
		"a bucket and a key":           {[]string{"PARRY_SQS_QUEUE_URL", q, "PARRY_AUDIT_BUCKET", "s3://record/p", "PARRY_AUDIT_KEY", "k"}, ""},
		"a lake and no key":            {[]string{"PARRY_SQS_QUEUE_URL", q, "PARRY_LAKE_LOCATION", "s3://lake/ext/parry/"}, "PARRY_LAKE_LOCATION: lake.location takes what is signed"},
		"a role for no lake":           {[]string{"PARRY_SQS_QUEUE_URL", q, "PARRY_LAKE_ROLE", "arn:aws:iam::111122223333:role/x"}, "set lake.location"},
		"a token in the environment":   {[]string{"PARRY_LISTEN", ":8080", "PARRY_TOKEN", "another-token-of-length"}, ""},
		"several at once, all of them": {[]string{"PARRY_TLS_KEY", "x"}, "no way for events to come in\ntls_cert and tls_key go together"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := config.Load(config.Input{Env: env(c.env...)})
			if err != nil {
				t.Fatal(err)
			}
			err = cfg.Complete()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v", err)
			}
			if name == "HTTP" && cfg.Token != "correct-horse-battery-staple" {
				t.Errorf("the token is %q", cfg.Token)
			}
		})
	}
}

// Every setting is documented, has a name of its own everywhere, and a default that is good.
func TestTheTable(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range config.Settings() {
		for _, name := range []string{s.Name, s.Env, "--" + s.Flag} {
			if seen[name] && name != "--" {
				t.Errorf("%s stands twice", name)
			}
			seen[name] = true
		}
		if s.Doc == "" || !strings.HasPrefix(s.Env, "PARRY_") {
			t.Errorf("%s: %q, %q", s.Name, s.Env, s.Doc)
		}
		if !strings.Contains(config.Table(), "`"+s.Env+"`") {
			t.Errorf("%s is not in the documentation", s.Name)
		}
		if s.Secret && s.Flag != "" {
			t.Errorf("%s is a secret and can be seen on the command line", s.Name)
		}
	}
	if _, err := config.Load(config.Input{Env: env()}); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

// Whatever stands in a file, it is read or refused with its place.
func FuzzLoad(f *testing.F) {
	for _, s := range []string{"", "db: x", "sqs: {queue_url: https://a/b}", "sqs:\n  - a", "workers: 99999999999999999999", "{}", "? a\n: b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := config.Load(config.Input{File: "f.yaml", Text: []byte(s), Env: env()})
		if err == nil && (c.Workers < 1 || c.SQS.Visibility < time.Second || c.MaxTries < 1) {
			t.Errorf("%q gives %+v", s, c)
		}
		if err != nil && !strings.Contains(err.Error(), "f.yaml:") {
			t.Errorf("%q: %v", s, err)
		}
	})
}

// The example of the README is read as it stands there.
func TestTheExampleIsGood(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "```yaml\n# parry.yaml\n")
	example, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("the README has no example of parry.yaml")
	}
	c, err := config.Load(config.Input{File: "README.md", Text: []byte(example), Env: env()})
	if err != nil {
		t.Fatal(err)
	}
	if c.SQS.QueueURL == "" || c.Listen == "" || c.Text("token_file") == "" {
		t.Errorf("%+v", c)
	}
}
