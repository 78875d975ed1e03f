package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/audit"
	"parry/internal/awsapi"
	"parry/internal/render"
	"parry/internal/source"
)

func (a *app) auditTrailCommand() *cobra.Command {
	var files []string
	var lookup bool
	c := &cobra.Command{
		Use:   "trail ID",
		Short: "Put a response's calls beside what CloudTrail says of them",
		Long: "Joins by AWS's request id, and by the session's name and source identity, which are the response's id. Tells calls that CloudTrail\n" +
			"does not have, and calls under the response's name that the records do not have.",
		Example: "  parry audit trail ID --cloudtrail trail.json.gz\n  parry audit trail ID --lookup",
		Args:    args(cobra.ExactArgs(1), "parry audit trail ID --cloudtrail FILE, or --lookup; 'parry list' shows the ids"),
		RunE: func(cmd *cobra.Command, given []string) error {
			return a.auditTrail(cmd.Context(), given[0], files, lookup)
		},
	}
	c.Flags().StringArrayVar(&files, "cloudtrail", nil, "a file of CloudTrail: the log file of a trail, also with gzip, or events as lines")
	c.Flags().BoolVar(&lookup, "lookup", false, "ask CloudTrail (LookupEvents, management events of the last 90 days), with --role in the role parry-audit of the account")
	return c
}

func (a *app) auditTrail(ctx context.Context, id string, files []string, lookup bool) error {
	if len(files) == 0 && !lookup {
		return parry.Errorf(parry.Invalid, "there is nothing to compare with").WithHint("--cloudtrail FILE, or --lookup")
	}
	store, err := a.auditStore(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	if id, err = store.Resolve(ctx, id); err != nil {
		return err
	}
	records, err := store.Records(ctx, id)
	if err != nil {
		return err
	}
	var events []audit.Event
	for _, name := range files {
		more, err := a.trailFile(name)
		if err != nil {
			return err
		}
		events = append(events, more...)
	}
	if lookup {
		more, err := a.lookUp(ctx, id, records)
		if err != nil {
			return err
		}
		events = append(events, more...)
	}
	return a.showTrail(audit.Join(id, records, events, awsapi.Catalog()))
}

// trailFile reads the calls in a file of CloudTrail. What is no call is passed over; what cannot be read is told.
func (a *app) trailFile(name string) ([]audit.Event, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "%w", err)
	}
	defer f.Close()
	in := bufio.NewReader(f)
	var from io.Reader = in
	if head, _ := in.Peek(2); string(head) == "\x1f\x8b" {
		if from, err = gzip.NewReader(in); err != nil {
			return nil, parry.Errorf(parry.Invalid, "%s: %w", name, err)
		}
	}
	items, err := source.Read(name, from)
	if err != nil {
		return nil, err
	}
	var events []audit.Event
	for _, item := range items {
		if item.Err != nil {
			a.fail(item.Err)
			continue
		}
		if e, ok := audit.ParseEvent(item.Event.Detail); ok {
			events = append(events, e)
		}
	}
	return events, nil
}

// lookUp asks CloudTrail in every place where the response made calls.
func (a *app) lookUp(ctx context.Context, id string, records []parry.Record) (all []audit.Event, err error) {
	cfg, err := a.aws(ctx)
	if err != nil {
		return nil, err
	}
	cloud := awsapi.New(cfg, awsapi.Options{Role: a.role})
	perms := []parry.Permission{{Action: "cloudtrail:LookupEvents", Resources: []string{"*"}}}
	for _, p := range audit.Places(id, records) {
		there, err := cloud.Narrow(ctx, "audit", parry.Target{Account: p.Account, Region: p.Region}, perms)
		if err != nil {
			return nil, err
		}
		more, err := audit.LookupEvents(ctx, there, p, records)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// showTrail prints both sides. A call that must not be is a failure; one that CloudTrail does not have is for a person to look at.
func (a *app) showTrail(pairs []audit.Pair) error {
	both, ours, theirs := 0, 0, 0
	for _, p := range pairs {
		switch {
		case p.Alarm:
			a.worse(exitFailed)
		case p.Ours != nil && p.Missing():
			a.worse(exitPerson)
		}
		switch {
		case p.Theirs == nil:
			ours++
		case p.Ours == nil:
			theirs++
		default:
			both++
		}
		if a.json {
			if err := a.encode(p); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(a.stdout, "%-60s | %s\n", render.Clean(ourSide(p)), render.Clean(theirSide(p.Theirs)))
		if p.Note != "" {
			fmt.Fprintf(a.stdout, "    %s\n", render.Clean(p.Note))
		}
	}
	if !a.json {
		fmt.Fprintf(a.stdout, "%s on both sides, %d in the records only, %d in CloudTrail only\n", many(both, "call"), ours, theirs)
	}
	if a.code != exitOK {
		return errSaid
	}
	return nil
}

func ourSide(p audit.Pair) string {
	if p.Ours == nil {
		return "-"
	}
	o := p.Ours
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s", o.At.UTC().Format(time.RFC3339), o.Call.Op, o.State, o.RequestID))
}

func theirSide(e *audit.Event) string {
	if e == nil {
		return "-"
	}
	said := "made"
	if e.ErrorCode != "" {
		said = e.ErrorCode
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s", e.At.UTC().Format(time.RFC3339), e.Call, said, e.RequestID))
}
