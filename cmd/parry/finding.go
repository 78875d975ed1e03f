package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf16"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/render"
	"parry/internal/source"
)

func (a *app) findingCommand() *cobra.Command {
	var raw bool
	c := &cobra.Command{
		Use:   "finding EVENT.json...",
		Short: "Print the findings of an event in OCSF",
		Long: "Reads events as respond does, and prints every finding in them as an event of OCSF " + parry.OCSFVersion + " on standard output. On standard\n" +
			"error it says what can be acted on, and why the rest cannot. Nothing in AWS is asked and nothing is changed.",
		Example: "  parry finding event.json\n  parry finding --json events.jsonl > findings.jsonl",
		Args:    args(cobra.MinimumNArgs(1), "parry finding EVENT.json, or - for standard input"),
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.finding(cmd.Context(), files, raw)
		},
	}
	c.Flags().BoolVar(&raw, "raw", false, "add raw_data, the event as it came")
	return c
}

func (a *app) finding(ctx context.Context, files []string, raw bool) error {
	for _, name := range files {
		items, err := a.read(name)
		for _, item := range items {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if item.Err != nil {
				a.fail(item.Err)
				continue
			}
			if err := a.findingsOf(item.Event, raw); err != nil {
				return err
			}
		}
		if err != nil {
			a.fail(err)
		}
	}
	if a.code != exitOK {
		return errSaid
	}
	return nil
}

// findingsOf prints the findings of one event. Where one of them cannot be read, the others are printed all the same.
func (a *app) findingsOf(e parry.Event, raw bool) error {
	found, err := source.Decode(e)
	if err != nil {
		a.fail(err)
	}
	for _, f := range found {
		o := f.OCSF()
		if raw {
			o["raw_data"] = string(e.Raw)
		}
		text, err := a.ocsfText(o)
		if err != nil {
			return err
		}
		if _, err := a.stdout.Write(text); err != nil {
			return err
		}
		a.actOn(e.Place, f)
	}
	return nil
}

// ocsfText is a finding as JSON, on one line for machines.
func (a *app) ocsfText(o map[string]any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if !a.json {
		enc.SetIndent("", "  ")
	}
	if err := enc.Encode(o); err != nil {
		return nil, fmt.Errorf("write a finding: %w", err)
	}
	return escaped(b.String()), nil
}

// escaped writes what could move a terminal's cursor or turn its text round as \u...., which is the same JSON: such
// characters stand within its strings only. Line ends are the encoder's own.
func escaped(text string) []byte {
	var b bytes.Buffer
	for _, r := range text {
		if r == '\n' || !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r) {
			b.WriteRune(r)
			continue
		}
		if hi, lo := utf16.EncodeRune(r); hi != unicode.ReplacementChar {
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.Bytes()
}

// actOn says what of a finding can be acted on, a line each.
func (a *app) actOn(place string, f parry.Finding) {
	line := func(format string, args ...any) {
		fmt.Fprintf(a.stderr, "%s: %s\n", render.Clean(place), render.Clean(fmt.Sprintf(format, args...)))
	}
	for _, t := range f.Targets {
		role := ""
		if t.Role != "" {
			role = " (" + t.Role + ")"
		}
		line("target %s in account %s, %s%s", t, t.Account, t.Region, role)
	}
	for _, t := range f.Remote {
		line("other side %s, for account %s, %s", t, t.Account, t.Region)
	}
	if f.Quiet != "" {
		line("nothing to act on: %s", f.Quiet)
	}
	for _, reason := range f.Unresolved {
		line("no target: %s", reason)
	}
}
