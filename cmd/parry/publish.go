package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"parry"
	"parry/internal/assemble"
	"parry/internal/awsapi"
	"parry/internal/hub"
	"parry/internal/render"
	"parry/internal/source"
)

type publishOptions struct {
	apply, yes, archived bool
	failed               string
}

func (a *app) publishCommand() *cobra.Command {
	var o publishOptions
	c := &cobra.Command{
		Use:   "publish FINDING.json...",
		Short: "Show findings as Security Hub would get them, and with --apply write them there",
		Long: "Reads findings of every source that 'parry respond' reads, and tells them in the AWS Security Finding Format. Each goes to Security\n" +
			"Hub in its own account and Region. Nothing is written without --apply, and with it only after a yes on the terminal, or --yes.\n" +
			"What is in Security Hub already is not published again; a finding that was published before is updated.\n" +
			"With --role parry-{playbook} the role parry-publish is taken, which needs securityhub:BatchImportFindings and nothing else.",
		Example: "  parry publish finding.json\n  parry publish --apply --failed failed.jsonl findings.jsonl\n  parry publish --apply failed.jsonl",
		Args:    args(cobra.MinimumNArgs(1), "parry publish FINDING.json, or - for standard input"),
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.publish(cmd.Context(), files, o)
		},
	}
	c.Flags().BoolVar(&o.apply, "apply", false, "write the findings into Security Hub after a yes on the terminal")
	c.Flags().BoolVar(&o.yes, "yes", false, "say yes beforehand, for use without a terminal")
	c.Flags().BoolVar(&o.archived, "archived", false, "publish findings that ask for nothing, too, as archived ones")
	c.Flags().StringVar(&o.failed, "failed", "", "append what failed to this file, as JSON lines with the reason, to be published again")
	return c
}

func (a *app) publish(ctx context.Context, files []string, o publishOptions) error {
	items := a.findings(files)
	now := time.Now()
	plan := hub.NewPlan(items, o.archived, now)
	if !a.json {
		a.style().Publications(a.stdout, publications(plan))
	}
	for _, r := range plan.Refused {
		if parry.KindOf(r.Err) == parry.Invalid {
			a.worse(exitUsage)
		}
	}
	switch {
	case !o.apply:
		if err := a.showUnpublished(plan); err != nil {
			return err
		}
	case plan.Len() == 0:
		if err := a.published(hub.Report{Refused: plan.Refused}); err != nil {
			return err
		}
	default:
		if err := a.publishAll(ctx, items, plan, now, o); err != nil {
			return err
		}
	}
	if a.code != exitOK {
		return errSaid
	}
	return nil
}

// findings reads files. What cannot be read is said, and the rest goes on.
func (a *app) findings(files []string) []hub.Item {
	var items []hub.Item
	for _, name := range files {
		read, err := a.read(name)
		if err != nil {
			a.fail(err)
		}
		for _, item := range read {
			if item.Err != nil {
				a.fail(item.Err)
				continue
			}
			found, err := source.Decode(item.Event)
			if err != nil {
				a.fail(err)
			}
			for _, f := range found {
				items = append(items, hub.Item{Finding: f, Event: item.Event})
			}
		}
	}
	return items
}

// publishAll publishes after a yes, and keeps what failed.
func (a *app) publishAll(ctx context.Context, items []hub.Item, plan hub.Plan, now time.Time, o publishOptions) error {
	if !o.yes {
		ok, err := a.yes(fmt.Sprintf("\n  Publish %s to Security Hub in %s?", many(plan.Len(), "finding"), many(len(plan.Batches), "call")))
		if err != nil {
			return err
		}
		if !ok {
			return parry.Errorf(parry.Refused, "nothing was published: nobody said yes")
		}
	}
	var keep *os.File
	if o.failed != "" {
		// Opened before anything is sent: a file that cannot be written must not be found out when something has to be kept.
		f, err := os.OpenFile(o.failed, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return parry.Errorf(parry.Invalid, "cannot keep what fails: %w", err)
		}
		defer f.Close()
		keep = f
	}
	cfg, err := a.aws(ctx)
	if err != nil {
		return err
	}
	p := assemble.Publisher(awsapi.New(cfg, awsapi.Options{Role: a.role}), func() time.Time { return now })
	p.Archived = o.archived
	report, ended := p.Publish(ctx, items)
	a.sayFailed(report.Failed)
	if keep != nil {
		if err := keepFailed(keep, report.Failed); err != nil {
			return parry.Errorf(parry.Fault, "what failed could not all be kept in %s: %w", o.failed, err)
		}
	}
	if err := a.published(report); err != nil {
		return err
	}
	return ended
}

// sayFailed says what AWS said: of each finding, or once for all of an account and Region that failed for the same reason.
func (a *app) sayFailed(failed []hub.Failure) {
	type reason struct {
		place               hub.Place
		code, message, hint string
	}
	ids := map[reason][]string{}
	var order []reason
	for _, f := range failed {
		r := reason{f.Place, f.Code, f.Message, f.Hint}
		if ids[r] == nil {
			order = append(order, r)
		}
		ids[r] = append(ids[r], f.ID())
	}
	for _, r := range order {
		what := ids[r][0]
		if n := len(ids[r]); n > 1 {
			what = fmt.Sprintf("%s and %d more", what, n-1)
		}
		e := parry.Errorf(parry.Fault, "not published in %s: %s: %s: %s", r.place, render.Clean(what), r.code, render.Clean(r.message))
		if r.hint != "" {
			e = e.WithHint("%s", r.hint)
		}
		a.fail(e)
	}
}

// keepFailed writes the events whose findings failed, each once and with the reasons in a field that nothing reads, so that the file
// can be published as it is.
func keepFailed(to *os.File, failed []hub.Failure) error {
	type reason struct {
		ID      string `json:"id"`
		Place   string `json:"place"`
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	reasons := map[string][]reason{}
	var order []string
	for _, f := range failed {
		raw := string(f.Event.Raw)
		if _, has := reasons[raw]; !has {
			order = append(order, raw)
		}
		reasons[raw] = append(reasons[raw], reason{f.ID(), f.Place.String(), f.Code, f.Message})
	}
	for _, raw := range order {
		var event map[string]json.RawMessage
		if err := json.Unmarshal([]byte(raw), &event); err != nil {
			return err
		}
		why, err := json.Marshal(reasons[raw])
		if err != nil {
			return err
		}
		event["parry-not-published"] = why
		line, err := json.Marshal(event)
		if err != nil {
			return err
		}
		if _, err := to.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return to.Sync()
}

// publications are a plan's findings for the table.
func publications(plan hub.Plan) []render.Publication {
	var all []render.Publication
	for i, b := range plan.Batches {
		for _, e := range b.Entries {
			all = append(all, render.Publication{
				Severity: string(e.ASFF.FindingProviderFields.Severity.Label), Type: e.Finding.Type(), Resource: aws.ToString(e.ASFF.Resources[0].Id),
				Place: b.Place.String(), Batch: strconv.Itoa(i + 1),
			})
		}
	}
	for _, r := range plan.Refused {
		all = append(all, render.Publication{Type: r.Finding.Type(), Why: r.Err.Error()})
	}
	return all
}

// publishedLine is one line of JSON about one finding.
type publishedLine struct {
	Key     string          `json:"key"`
	State   string          `json:"state"` // planned, published, failed or refused
	ID      string          `json:"id,omitempty"`
	Place   string          `json:"place,omitempty"`
	Batch   int             `json:"batch,omitempty"`
	Code    string          `json:"code,omitempty"`
	Reason  string          `json:"reason,omitempty"`
	Finding json.RawMessage `json:"finding,omitempty"` // in ASFF
}

// many is a number of things.
func many(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// showUnpublished ends a run that writes nothing.
func (a *app) showUnpublished(plan hub.Plan) error {
	if !a.json {
		fmt.Fprintf(a.stdout, "\n%d to publish in %s, %d refused; nothing was written, with --apply it would be\n", plan.Len(), many(len(plan.Batches), "call"), len(plan.Refused))
		return nil
	}
	for i, b := range plan.Batches {
		for _, e := range b.Entries {
			text, err := hub.JSON(e.ASFF)
			if err != nil {
				return err
			}
			if err := a.encode(publishedLine{Key: e.Finding.Key(), State: "planned", ID: e.ID(), Place: b.Place.String(), Batch: i + 1, Finding: text}); err != nil {
				return err
			}
		}
	}
	return a.showRefused(plan.Refused)
}

func (a *app) showRefused(all []hub.Refusal) error {
	for _, r := range all {
		if err := a.encode(publishedLine{Key: r.Finding.Key(), State: "refused", Reason: r.Err.Error()}); err != nil {
			return err
		}
	}
	return nil
}

// published says what became of all findings.
func (a *app) published(r hub.Report) error {
	if !a.json {
		fmt.Fprintf(a.stdout, "\n%d published, %d refused, %d failed\n", len(r.Published), len(r.Refused), len(r.Failed))
		return nil
	}
	for _, e := range r.Published {
		if err := a.encode(publishedLine{Key: e.Finding.Key(), State: "published", ID: e.ID(), Place: aws.ToString(e.ASFF.AwsAccountId) + "/" + aws.ToString(e.ASFF.Region)}); err != nil {
			return err
		}
	}
	for _, f := range r.Failed {
		if err := a.encode(publishedLine{Key: f.Finding.Key(), State: "failed", ID: f.ID(), Place: f.Place.String(), Code: f.Code, Reason: f.Message}); err != nil {
			return err
		}
	}
	return a.showRefused(r.Refused)
}
