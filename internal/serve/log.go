package serve

import (
	"io"
	"log/slog"
	"strings"

	"parry"
	"parry/internal/render"
)

// NewLog is a log in one of two forms: "json", or lines of text.
func NewLog(w io.Writer, form string) *slog.Logger {
	if form == "json" {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// Watch tells of each step that is recorded in a log, a line each: never an input or an output of a call, which may be secret. What also is is told
// first; nil for nothing.
func Watch(to *slog.Logger, also func(parry.Response, parry.Record)) func(parry.Response, parry.Record) {
	return func(resp parry.Response, rec parry.Record) {
		if also != nil {
			also(resp, rec)
		}
		log := to.Info
		if rec.Kind == parry.MoveFailed || rec.Kind == parry.MoveNotPublished {
			log = to.Warn
		}
		log(string(rec.Kind), "response", resp.ID, "seq", rec.Seq, "state", string(rec.State), "rule", clean(resp.Answer.Rule),
			"playbook", clean(resp.Answer.Playbook), "account", clean(account(resp)), "text", clean(rec.Text))
	}
}

// account is the target's, or the finding's where there is no target.
func account(resp parry.Response) string {
	if resp.Target.Account != "" {
		return resp.Target.Account
	}
	return resp.Finding.Cloud.Account.UID
}

// longest is how much of a foreign text a line of the log takes, in bytes.
const longest = 500

// Clean makes a text fit for the log: of one line, not long, and without what would move a cursor.
func Clean(s string) string { return clean(s) }

func clean(s string) string {
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "") + "..."
	}
	return render.Clean(s)
}
