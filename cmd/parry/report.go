package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/term"

	"parry"
	"parry/internal/audit"
	"parry/internal/coverage"
	"parry/internal/numbers"
	"parry/internal/report"
)

// reported is what is to be reported, and where to.
type reported struct {
	since, until, format, out string
	verifiers                 []string
}

func (a *app) reportCommand() *cobra.Command {
	var o reported
	c := &cobra.Command{
		Use:   "report",
		Short: "Write what became of the findings of a time: a page, a PDF, a table or JSON",
		Long: "Reads the store, the rules and the record's checkpoints. The page needs nothing beside it and has no script. docs/numbers.md says what each\n" +
			"figure means. With a key the whole record is verified, too.",
		Example: "  parry report --since 30d -o report.html\n  parry report --since 2026-10-01 --until 2026-11-01 --format pdf -o october.pdf\n  parry report --since 12w --format csv > quarter.csv",
		Args:    args(cobra.NoArgs, "parry report --since 30d --format html|pdf|csv|json -o FILE"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.report(cmd.Context(), o) },
	}
	f := c.Flags()
	f.StringVar(&o.since, "since", "30d", "of what was received from here on: 30d, 12w, 720h, or a day in UTC such as 2026-10-01")
	f.StringVar(&o.until, "until", "", "and before, in the same words (default: now)")
	f.StringVar(&o.format, "format", "", "html, pdf, csv or json (default: what the file's name ends in, else html)")
	f.StringVarP(&o.out, "output", "o", "", "the file (default: standard output)")
	f.StringArrayVar(&o.verifiers, "verifier", nil, "the public half of a key that signs checkpoints, to verify the record (PARRY_AUDIT_VERIFIER; default: that of --audit-key)")
	return c
}

func (a *app) report(ctx context.Context, o reported) error {
	format, err := a.formatOf(o)
	if err != nil {
		return err
	}
	now := time.Now()
	in := numbers.Options{Now: func() time.Time { return now }}
	if in.Since, err = report.Moment(o.since, now); err != nil {
		return err
	}
	if o.until != "" {
		if in.Until, err = report.Moment(o.until, now); err != nil {
			return err
		}
	}
	lib, err := a.library()
	if err != nil {
		return err
	}
	covered, err := coverage.Of(ctx, lib.Rules, lib.Playbooks)
	if err != nil {
		return err
	}
	in.Book, in.Coverage = lib.Rules, &covered
	store, err := a.store(ctx, false)
	if err != nil {
		return err
	}
	defer store.Close()
	keys, err := a.keysIfAny(ctx, o.verifiers)
	if err != nil {
		return err
	}
	if keys != nil {
		in.Verify = func(ctx context.Context) (audit.Report, error) { return audit.Verify(ctx, store, keys) }
	}
	n, err := numbers.Collect(ctx, store, in)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := report.Write(&text, n, format); err != nil {
		return err
	}
	if o.out == "" || o.out == "-" {
		_, err = text.WriteTo(a.stdout)
		return err
	}
	if err := os.WriteFile(o.out, text.Bytes(), 0o600); err != nil { // it names people and accounts
		return parry.Errorf(parry.Invalid, "the report cannot be written: %w", err)
	}
	return nil
}

// formatOf is the format that is asked for, by name or by how the file's name ends.
func (a *app) formatOf(o reported) (string, error) {
	format := o.format
	if format == "" && a.json {
		format = "json"
	}
	if end := strings.ToLower(strings.TrimPrefix(filepath.Ext(o.out), ".")); format == "" && slices.Contains(report.Formats(), end) {
		format = end
	}
	if format == "" {
		format = "html"
	}
	if !slices.Contains(report.Formats(), format) {
		return "", parry.Errorf(parry.Invalid, "there is no format %q", format).WithHint("it is %s", strings.Join(report.Formats(), ", "))
	}
	if f, ok := a.stdout.(*os.File); format == "pdf" && o.out == "" && ok && term.IsTerminal(int(f.Fd())) {
		return "", parry.Errorf(parry.Invalid, "a PDF is not for a terminal").WithHint("say -o FILE")
	}
	return format, nil
}

// keysIfAny are the keys to verify the record with; nil where none is named.
func (a *app) keysIfAny(ctx context.Context, given []string) (note.Verifiers, error) {
	if len(given) == 0 && a.env("PARRY_AUDIT_VERIFIER") == "" && a.auditKey == "" {
		return nil, nil
	}
	return a.keys(ctx, given)
}
