// Package config reads the settings of a server: from flags, from the environment, from one file, or as they are by default; the first of
// these that says something counts. Everything about a setting stands in one table, from which its documentation is made, too.
package config

import (
	"fmt"
	"strings"
	"time"
)

// Setting is one line of the table of settings.
type Setting struct {
	Name    string // in the file; a dot is a level: "sqs.queue_url"
	Env     string
	Flag    string // of 'parry serve'; empty where it cannot be given on the command line
	Default string // as text; empty for none
	Doc     string
	Secret  bool // never shown, and taken from the environment only
	// check says what is wrong with a value; nil where any text will do.
	check func(string) error
}

// Settings is the table.
func Settings() []Setting {
	return []Setting{
		{Name: "db", Env: "PARRY_DB", Flag: "db", Doc: "the store of responses, a file, or `dynamodb:TABLE`; without one `parry/parry.db` in the user's state folder"},
		{Name: "role", Env: "PARRY_ROLE", Flag: "role", Doc: "the role to take in each account, such as `parry-{playbook}`"},
		{Name: "playbooks", Env: "PARRY_PLAYBOOKS", Flag: "playbooks", Doc: "a folder of playbooks beside the embedded ones"},
		{Name: "rules", Env: "PARRY_RULES", Flag: "rules", Doc: "a folder of rules in the place of the embedded ones"},
		{Name: "act", Env: "PARRY_ACT", Flag: "act", Doc: "the rules that may act, by name and with `*`, with commas; every other one observes, whatever its file says. Without it each rule's file decides"},
		{Name: "tier", Env: "PARRY_TIER", Flag: "tier", check: oneOf("auto", "approve", "alert"), Doc: "the highest tier of any rule: `auto`, `approve` or `alert`; without it what the rules say"},
		{Name: "org", Env: "PARRY_ORG", Flag: "org", Doc: "where accounts stand: a file, or `aws` to ask AWS Organizations"},
		{Name: "policy", Env: "PARRY_POLICY", Flag: "policy", Doc: "the policy file: who says yes, what is never touched, how much is done by itself, and when"},
		{Name: "audit_key", Env: "PARRY_AUDIT_KEY", Flag: "audit-key", Doc: "the key that signs the log of all records, a file or `kms:KEY-ARN`; the server makes a checkpoint every `resume` where there is something new, and at its end"},
		{Name: "audit_bucket", Env: "PARRY_AUDIT_BUCKET", Flag: "audit-bucket", check: bucket, Doc: "the bucket that the record is brought into after it is signed, `s3://BUCKET/PREFIX`: one with Object Lock and a default for it, which says how long nobody can delete what is there"},
		{Name: "writeback", Env: "PARRY_WRITEBACK", Flag: "writeback", check: place, Doc: "tell Security Hub what became of the findings that came from it: `own` for each in its own account and Region, or `ACCOUNT/REGION` of the administrator's aggregation Region; without it nothing is told"},
		{Name: "link", Env: "PARRY_LINK", Flag: "link", Doc: "an address that the notes in Security Hub point to, such as that of a runbook"},
		{Name: "channels", Env: "PARRY_CHANNELS", Flag: "channels", Doc: "the file of channels: who is told what becomes of responses, by Slack, e-mail, SNS and others; without one nobody is"},
		{Name: "lease", Env: "PARRY_LEASE", Flag: "lease", Default: "5m", check: duration(time.Second, time.Hour), Doc: "how long a worker may be silent before another takes its response up; less than 20s only where AWS answers fast, as in tests"},

		{Name: "workers", Env: "PARRY_WORKERS", Flag: "workers", Default: "8", check: number(1, 256), Doc: "how many messages are answered at once"},
		{Name: "grace", Env: "PARRY_GRACE", Flag: "grace", Default: "30s", check: duration(0, time.Hour), Doc: "how long a stop waits for what is in hand; what is not through by then is taken up at the next start"},
		{Name: "resume", Env: "PARRY_RESUME", Flag: "resume", Default: "1m", check: duration(time.Second, time.Hour), Doc: "how often the server looks for responses that another worker left half-way"},
		{Name: "log", Env: "PARRY_LOG", Flag: "log", Default: "text", check: oneOf("text", "json"), Doc: "the form of the log on standard error: `text` or `json`"},

		{Name: "sqs.queue_url", Env: "PARRY_SQS_QUEUE_URL", Flag: "queue-url", check: web, Doc: "the queue to take events from; its Region is that of the AWS configuration"},
		{Name: "sqs.dead_letter_url", Env: "PARRY_SQS_DEAD_LETTER_URL", Flag: "dead-letter-url", check: web, Doc: "the queue for what cannot be answered, with the reason; without one the queue's own redrive policy has it"},
		{Name: "sqs.max_receives", Env: "PARRY_SQS_MAX_RECEIVES", Flag: "max-receives", Default: "5", check: number(1, 1000), Doc: "how often a message is received before it is put aside"},
		{Name: "sqs.visibility", Env: "PARRY_SQS_VISIBILITY", Flag: "visibility", Default: "2m", check: duration(2*time.Second, 12*time.Hour), Doc: "how long a message is hidden from others; it is extended at half of that for as long as it is worked on"},

		{Name: "sweep.every", Env: "PARRY_SWEEP_EVERY", Flag: "sweep-every", check: duration(time.Minute, 7*24*time.Hour), Doc: "how often services whose events may be lost are listed, such as `6h`; without it the server lists nothing. Of several servers on one store one does"},
		{Name: "sweep.sources", Env: "PARRY_SWEEP_SOURCES", Flag: "sweep-sources", Doc: "which of them, with commas: `access-analyzer,cloudtrail,config,inspector,macie`; without it all"},
		{Name: "sweep.accounts", Env: "PARRY_SWEEP_ACCOUNTS", Flag: "sweep-accounts", check: each(accountID), Doc: "the accounts to ask, with commas, which needs `role`; without it that of the credentials"},
		{Name: "sweep.regions", Env: "PARRY_SWEEP_REGIONS", Flag: "sweep-regions", check: each(regionName), Doc: "the Regions to ask, with commas; without it that of the environment"},

		{Name: "lake.location", Env: "PARRY_LAKE_LOCATION", Flag: "lake-location", check: bucket, Doc: "a custom source of Security Lake that the ends of responses are written to, as AWS says where it is: `s3://BUCKET/ext/SOURCE/`; needs `audit_key`, and without it nothing is written there"},
		{Name: "lake.role", Env: "PARRY_LAKE_ROLE", Flag: "lake-role", check: role, Doc: "the role that AWS made for writing there, by its ARN; without one the credentials of the environment are used"},
		{Name: "lake.external_id", Env: "PARRY_LAKE_EXTERNAL_ID", Flag: "lake-external-id", Doc: "the external id that this role is taken with"},
		{Name: "lake.region", Env: "PARRY_LAKE_REGION", Flag: "lake-region", check: regionName, Doc: "the Region of the lake's bucket; without it that of the environment"},

		{Name: "listen", Env: "PARRY_LISTEN", Flag: "listen", check: address, Doc: "address of the HTTP server, such as `127.0.0.1:8080`: `/healthz`, `/readyz`, `/metrics` and, with a token, `POST /events`; without one there is none"},
		{Name: "tls_cert", Env: "PARRY_TLS_CERT", Flag: "tls-cert", Doc: "the HTTP server's certificate, a PEM file; without one it speaks plain HTTP, for behind a proxy"},
		{Name: "tls_key", Env: "PARRY_TLS_KEY", Flag: "tls-key", Doc: "the certificate's key, a PEM file"},
		{Name: "token_file", Env: "PARRY_TOKEN_FILE", Flag: "token-file", Doc: "a file with the token that senders of events must know, at least 16 characters"},
		{Name: "token", Env: "PARRY_TOKEN", Secret: true, Doc: "the token itself; only in the environment, never in a file or on a command line"},
		{Name: "token_header", Env: "PARRY_TOKEN_HEADER", Flag: "token-header", Default: "X-Parry-Token", check: header, Doc: "the header that carries the token: the API key name of EventBridge's connection; `Authorization: Bearer` is taken as well"},
		{Name: "spool", Env: "PARRY_SPOOL", Flag: "spool", Doc: "the folder of events that came over HTTP and are not answered yet; without one `spool` beside the store"},
		{Name: "max_waiting", Env: "PARRY_MAX_WAITING", Flag: "max-waiting", Default: "1000", check: number(1, 1_000_000), Doc: "how many of these there may be; then senders are asked to wait (429)"},
		{Name: "max_tries", Env: "PARRY_MAX_TRIES", Flag: "max-tries", Default: "5", check: number(1, 1000), Doc: "how often one of these is tried before it is put aside, into `dead` of the spool"},

		{Name: "console", Env: "PARRY_CONSOLE", Flag: "console", Default: "off", check: oneOf("off", "on"), Doc: "`on` for pages and an API at `listen`, where people see what happens and say yes and no"},
		{Name: "console_url", Env: "PARRY_CONSOLE_URL", Flag: "console-url", check: consoleURL, Doc: "where people reach the console, such as `https://parry.example.com`; without it the address of `listen`, where that is on this machine"},
		{Name: "console_proxies", Env: "PARRY_CONSOLE_PROXIES", Flag: "console-proxies", Default: "0", check: number(0, 10), Doc: "how many proxies stand in front and write `X-Forwarded-For`, so that it is known who asks; what further ones may have written is not believed"},
		{Name: "api_tokens", Env: "PARRY_API_TOKENS", Flag: "api-tokens", Doc: "a file of tokens for programs, one `NAME ROLE SHA256` a line, as `parry token new` prints it"},
		{Name: "session_key_file", Env: "PARRY_SESSION_KEY_FILE", Flag: "session-key-file", Doc: "a file with the key that seals who is signed in, at least 32 bytes and the same on all servers of one address; without it each start makes one, and everybody signs in anew"},

		{Name: "oidc.issuer", Env: "PARRY_OIDC_ISSUER", Flag: "oidc-issuer", check: issuer, Doc: "the OpenID provider that people sign in with, as it calls itself; without one the server prints a link that signs in once"},
		{Name: "oidc.client_id", Env: "PARRY_OIDC_CLIENT_ID", Flag: "oidc-client-id", Doc: "what the provider calls this application"},
		{Name: "oidc.client_secret_file", Env: "PARRY_OIDC_CLIENT_SECRET_FILE", Flag: "oidc-client-secret-file", Doc: "a file with the application's secret; none for a public client"},
		{Name: "oidc.client_secret", Env: "PARRY_OIDC_CLIENT_SECRET", Secret: true, Doc: "the secret itself; only in the environment, never in a file or on a command line"},
		{Name: "oidc.claim", Env: "PARRY_OIDC_CLAIM", Flag: "oidc-claim", Default: "email", Doc: "the claim that says who somebody is: `email`, which counts only where the provider says that it is verified, `sub`, or another that nobody can choose for themselves"},
		{Name: "oidc.groups_claim", Env: "PARRY_OIDC_GROUPS_CLAIM", Flag: "oidc-groups-claim", Default: "groups", Doc: "the claim that names somebody's groups"},
		{Name: "oidc.scopes", Env: "PARRY_OIDC_SCOPES", Flag: "oidc-scopes", Default: "openid,email,profile", Doc: "what the provider is asked for, with commas; some need `groups` as well"},
		{Name: "oidc.viewers", Env: "PARRY_OIDC_VIEWERS", Flag: "oidc-viewers", Doc: "groups whose people may look, with commas, each as the claim has it"},
		{Name: "oidc.approvers", Env: "PARRY_OIDC_APPROVERS", Flag: "oidc-approvers", Doc: "groups whose people may say yes and no and take back as well"},
		{Name: "oidc.admins", Env: "PARRY_OIDC_ADMINS", Flag: "oidc-admins", Doc: "groups whose people may stop and start as well, and take holds off"},
	}
}

// Table is the settings as a page's table.
func Table() string {
	var b strings.Builder
	b.WriteString("| in the file | environment | flag of `parry serve` | default | what it says |\n|---|---|---|---|---|\n")
	for _, s := range Settings() {
		name, flag := "`"+s.Name+"`", "`--"+s.Flag+"`"
		if s.Secret {
			name = ""
		}
		if s.Flag == "" {
			flag = ""
		}
		def := s.Default
		if def != "" {
			def = "`" + def + "`"
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s |\n", name, s.Env, flag, def, s.Doc)
	}
	return b.String()
}
