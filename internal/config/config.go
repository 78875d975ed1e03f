package config

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"parry"
	"parry/internal/signin"
	"parry/internal/strictyaml"
)

// Config is the settings of a server.
type Config struct {
	DB, Role, Playbooks, Rules, Org, Policy string
	Act, Tier                               string
	AuditKey, AuditBucket, WriteBack, Link  string
	Channels                                string
	Lease                                   time.Duration

	Workers       int
	Grace, Resume time.Duration
	Log           string

	SQS   SQS
	Sweep Sweep
	Lake  Lake

	Listen, TLSCert, TLSKey string
	Token                   string // from the file or the environment; empty where senders are not let in
	TokenHeader             string
	Spool                   string
	MaxWaiting, MaxTries    int

	Console Console
	OIDC    OIDC

	// Values is every setting as it counts, in the table's order, secrets not shown.
	Values []Value
}

// SQS is about the queue.
type SQS struct {
	QueueURL, DeadLetterURL string
	MaxReceives             int
	Visibility              time.Duration
}

// Sweep is about listing services.
type Sweep struct {
	Every                      time.Duration // 0 for never
	Sources, Accounts, Regions string        // lists with commas; empty for what is usual
}

// Lake is about Security Lake.
type Lake struct {
	Location, Role, ExternalID, Region string // a location is empty where nothing is written there
}

// Console is about what people see, and programs ask.
type Console struct {
	On      bool
	URL     string // scheme and host, without a slash at its end; Complete fills it in where listen says it
	Proxies int
	Tokens  []signin.Token // from api_tokens, read by Complete
	Key     []byte         // from session_key_file, read by Complete; empty where each start makes one
}

// OIDC is about the provider that people sign in with. Issuer is empty where there is none.
type OIDC struct {
	Issuer, ClientID, ClientSecret     string // the secret from its file or the environment
	Claim, GroupsClaim                 string
	Scopes, Viewers, Approvers, Admins []string
}

// Value is one setting as it counts.
type Value struct {
	Name string `json:"name"`
	Text string `json:"value"`
	From string `json:"from"` // "default", "parry.yaml:3:7", "PARRY_DB", "--db"
}

// Input is where settings come from.
type Input struct {
	File string // its name, for messages; empty for none
	Text []byte // its content
	Env  func(string) string
	// Flag gives a flag's value and whether it was given; nil where there are no flags.
	Flag func(name string) (value string, given bool)
}

// masked stands for a secret that is set.
const masked = "(set, not shown)"

// hintTable is the next step where a setting is wrong.
const hintTable = "docs/configuration.md has all settings; 'parry config check' looks at them without starting anything"

// Load reads the settings and checks each of them by itself. All that is wrong is told at once.
func Load(in Input) (*Config, error) {
	file, err := readFile(in.File, in.Text)
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "%w", err).WithHint(hintTable)
	}
	c, got := &Config{}, map[string]string{}
	var wrong []error
	for _, s := range Settings() {
		text, from := s.Default, "default"
		if v, ok := file[s.Name]; ok {
			text, from = v.text, v.place
		}
		if v := in.Env(s.Env); v != "" {
			text, from = v, s.Env
		}
		if in.Flag != nil && s.Flag != "" {
			if v, given := in.Flag(s.Flag); given {
				text, from = v, "--"+s.Flag
			}
		}
		if s.check != nil && text != "" {
			if err := s.check(text); err != nil {
				wrong = append(wrong, parry.Errorf(parry.Invalid, "%s: %s: %w", from, s.Name, err).WithHint(hintTable))
			}
		}
		if got[s.Name] = text; text == "" {
			from = "not set"
		}
		if s.Secret && text != "" {
			text = masked
		}
		c.Values = append(c.Values, Value{s.Name, text, from})
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	c.fill(got)
	return c, nil
}

// fill takes over values that were checked.
func (c *Config) fill(got map[string]string) {
	whole := func(name string) int { n, _ := strconv.Atoi(got[name]); return n }
	span := func(name string) time.Duration { d, _ := time.ParseDuration(got[name]); return d }
	c.DB, c.Role, c.Playbooks, c.Rules, c.Org, c.Policy = got["db"], got["role"], got["playbooks"], got["rules"], got["org"], got["policy"]
	c.Act, c.Tier = got["act"], got["tier"]
	c.AuditKey, c.AuditBucket, c.WriteBack, c.Link, c.Lease = got["audit_key"], got["audit_bucket"], got["writeback"], got["link"], span("lease")
	c.Resume, c.Channels = span("resume"), got["channels"]
	c.Workers, c.Grace, c.Log = whole("workers"), span("grace"), got["log"]
	c.SQS = SQS{got["sqs.queue_url"], got["sqs.dead_letter_url"], whole("sqs.max_receives"), span("sqs.visibility")}
	c.Sweep = Sweep{span("sweep.every"), got["sweep.sources"], got["sweep.accounts"], got["sweep.regions"]}
	c.Lake = Lake{got["lake.location"], got["lake.role"], got["lake.external_id"], got["lake.region"]}
	c.Listen, c.TLSCert, c.TLSKey = got["listen"], got["tls_cert"], got["tls_key"]
	c.Token, c.TokenHeader = got["token"], got["token_header"]
	c.Spool, c.MaxWaiting, c.MaxTries = got["spool"], whole("max_waiting"), whole("max_tries")
	c.Console = Console{On: got["console"] == "on", URL: strings.TrimSuffix(got["console_url"], "/"), Proxies: whole("console_proxies")}
	c.OIDC = OIDC{got["oidc.issuer"], got["oidc.client_id"], got["oidc.client_secret"], got["oidc.claim"], got["oidc.groups_claim"],
		parts(got["oidc.scopes"]), parts(got["oidc.viewers"]), parts(got["oidc.approvers"]), parts(got["oidc.admins"])}
}

// parts are those of a list with commas.
func parts(list string) (all []string) {
	for one := range strings.SplitSeq(list, ",") {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

// shortToken is the least length of a token, in bytes.
const shortToken = 16

// Complete checks what settings say together, and reads the token from its file. It is for a server: other commands need less.
func (c *Config) Complete() error {
	var wrong []error
	add := func(hint, format string, args ...any) {
		wrong = append(wrong, parry.Errorf(parry.Invalid, format, args...).WithHint("%s", cmp.Or(hint, hintTable)))
	}
	if file := c.Text("token_file"); file != "" && c.Token != "" {
		add("", "the token is given twice: by %s and by %s", c.From("token_file"), c.From("token"))
	} else if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			add("", "%s: token_file: %w", c.From("token_file"), err)
		}
		if c.Token = strings.TrimSpace(string(text)); err == nil && c.Token == "" {
			add("", "%s: token_file: %s is empty", c.From("token_file"), file)
		}
	}
	if n := len(c.Token); n > 0 && n < shortToken {
		add("make one: openssl rand -hex 32", "the token has %d characters, and needs %d", n, shortToken)
	}
	switch {
	case c.Token != "" && c.Listen == "":
		add("", "there is a token for senders, and no address to listen on: set listen")
	case c.SQS.QueueURL == "" && c.Token == "" && !c.Console.On:
		add("set sqs.queue_url, or listen and token_file, or both; or console, for pages alone", "there is no way for events to come in")
	}
	if c.SQS.DeadLetterURL != "" && c.SQS.DeadLetterURL == c.SQS.QueueURL {
		add("", "%s: sqs.dead_letter_url is the queue itself: what is put aside would come back for ever", c.From("sqs.dead_letter_url"))
	}
	if c.AuditBucket != "" && c.AuditKey == "" {
		add("", "%s: audit_bucket takes what is signed, and nothing is: set audit_key", c.From("audit_bucket"))
	}
	if c.Lake.Location != "" && c.AuditKey == "" {
		add("", "%s: lake.location takes what is signed, and nothing is: set audit_key", c.From("lake.location"))
	}
	if c.Lake.Location == "" && (c.Lake.Role != "" || c.Lake.ExternalID != "" || c.Lake.Region != "") {
		add("", "something is said of the lake, and not where it is: set lake.location")
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		add("", "tls_cert and tls_key go together: one is set and the other is not")
	}
	c.completeConsole(add)
	return errors.Join(wrong...)
}

// Text is a setting's value as text; From is where it comes from.
func (c *Config) Text(name string) string { return c.value(name).Text }

// From is where a setting's value comes from.
func (c *Config) From(name string) string { return c.value(name).From }

func (c *Config) value(name string) Value {
	i := slices.IndexFunc(c.Values, func(v Value) bool { return v.Name == name })
	if i < 0 {
		return Value{}
	}
	return c.Values[i]
}

// inFile is a value of the file with its place.
type inFile struct{ text, place string }

// readFile reads the file's settings, by their names in the table.
func readFile(name string, text []byte) (map[string]inFile, error) {
	got := map[string]inFile{}
	if name == "" {
		return got, nil
	}
	n, err := strictyaml.Parse(name, text)
	if err != nil {
		return nil, err
	}
	top, below := names()
	if err := n.Only("the configuration", top...); err != nil {
		return nil, err
	}
	for _, f := range n.Fields {
		known, isGroup := below[f.Key]
		if !isGroup {
			if err := take(got, name, f.Key, f.Node); err != nil {
				return nil, err
			}
			continue
		}
		if err := f.Node.Only(f.Key, known...); err != nil {
			return nil, err
		}
		for _, inner := range f.Node.Fields {
			if err := take(got, name, f.Key+"."+inner.Key, inner.Node); err != nil {
				return nil, err
			}
		}
	}
	return got, nil
}

// take reads one value of the file.
func take(got map[string]inFile, file, name string, n *strictyaml.Node) error {
	if n.IsMap() || n.IsList() || n.Value == nil {
		return n.Errorf("%s is a text or a number, not %s", name, n.Describe())
	}
	got[name] = inFile{fmt.Sprint(n.Value), fmt.Sprintf("%s:%d:%d", filepath.ToSlash(file), n.Line, n.Col)}
	return nil
}

// names are the fields of the file, and those of each of its groups.
func names() (top []string, below map[string][]string) {
	below = map[string][]string{}
	for _, s := range Settings() {
		if s.Secret {
			continue
		}
		group, field, ok := strings.Cut(s.Name, ".")
		if !slices.Contains(top, group) {
			top = append(top, group)
		}
		if ok {
			below[group] = append(below[group], field)
		}
	}
	return top, below
}
