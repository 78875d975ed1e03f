package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/audit"
)

type exportOptions struct {
	to, format, since, retain string
	from                      int64
	resume                    bool
}

func (a *app) auditExportCommand() *cobra.Command {
	var o exportOptions
	c := &cobra.Command{
		Use:   "export",
		Short: "Write the records to a file, to S3 with Object Lock, or to CloudWatch Logs",
		Long: "Writes records in the order of the log: as they are (jsonl), or in OCSF, as Remediation Activity for each end of a response and API\n" +
			"Activity for each call. It says where to go on; with --resume it remembers that for each place, so that a timer can run it. What\n" +
			"is broken off begins again with the part that it was in: a line may come twice, and none is left out.",
		Example: "  parry audit export --format ocsf --to records.jsonl --resume\n  parry audit export --to s3://bucket/parry --retain 365d --resume\n  parry audit export --to logs:/parry/audit/main --resume",
		Args:    args(cobra.NoArgs, "parry audit export --to FILE, s3://BUCKET/PREFIX or logs:GROUP/STREAM"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.auditExport(cmd.Context(), o) },
	}
	c.Flags().StringVar(&o.format, "format", string(audit.JSONL), "jsonl or ocsf")
	c.Flags().StringVar(&o.to, "to", "-", "a file, which is added to; s3://BUCKET/PREFIX; logs:GROUP/STREAM; - is standard output")
	c.Flags().StringVar(&o.retain, "retain", "", "lock objects in S3 for so long, in compliance mode: 365d, 48h")
	c.Flags().Int64Var(&o.from, "from", 0, "begin at this place of the log")
	c.Flags().StringVar(&o.since, "since-checkpoint", "", "begin where the checkpoint in this file ends")
	c.Flags().BoolVar(&o.resume, "resume", false, "begin where the last export to the same place, in the same format, ended")
	return c
}

func (a *app) auditExport(ctx context.Context, o exportOptions) error {
	if o.format != string(audit.JSONL) && o.format != string(audit.OCSF) {
		return parry.Errorf(parry.Invalid, "there is no format %q", o.format).WithHint("take jsonl or ocsf")
	}
	if o.retain != "" && !strings.HasPrefix(o.to, "s3://") {
		return parry.Errorf(parry.Invalid, "--retain is for S3").WithHint("--to s3://BUCKET/PREFIX")
	}
	if o.resume && (o.since != "" || o.from != 0) || o.since != "" && o.from != 0 {
		return parry.Errorf(parry.Invalid, "--from, --since-checkpoint and --resume each say where to begin").WithHint("give one of them")
	}
	store, err := a.auditStore(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	from, err := a.exportFrom(ctx, store, o)
	if err != nil {
		return err
	}
	sink, done, err := a.sink(ctx, o)
	if err != nil {
		return err
	}
	if _, err := audit.Append(ctx, store, 0); err != nil {
		return err
	}
	next, err := audit.Export(ctx, store, from, audit.Format(o.format), sink)
	if derr := done(); err == nil {
		err = derr
	}
	if o.resume && next > from {
		if serr := store.Set(context.WithoutCancel(ctx), o.word(), strconv.FormatInt(next, 10)); err == nil {
			err = serr
		}
	}
	if err != nil {
		return parry.Errorf(parry.KindOf(err), "exported up to %d: %w", next, err).WithHint("%s", parry.HintOf(err))
	}
	if s3, ok := sink.(*audit.S3); ok {
		if err := keepCheckpoint(ctx, store, s3); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.stderr, "exported %d to %d of the log; --from %d goes on\n", from, next, next)
	return nil
}

// word is the name under which the store remembers where an export ended.
func (o exportOptions) word() string { return "audit export " + o.format + " " + o.to }

// exportFrom is where an export begins.
func (a *app) exportFrom(ctx context.Context, store parry.Store, o exportOptions) (int64, error) {
	switch {
	case o.since != "":
		text, err := os.ReadFile(o.since)
		if err != nil {
			return 0, parry.Errorf(parry.Invalid, "%w", err)
		}
		keys, err := a.keys(ctx, nil)
		if err != nil {
			return 0, err
		}
		head, err := audit.OpenCheckpoint(text, keys)
		return head.Size, err
	case o.resume:
		word, err := store.Get(ctx, o.word())
		if err != nil || word == "" {
			return 0, err
		}
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return 0, parry.Errorf(parry.Invalid, "the store does not say where the export ended: %q", word).WithHint("give --from")
		}
		return n, nil
	}
	return o.from, nil
}

// sink opens where an export goes.
func (a *app) sink(ctx context.Context, o exportOptions) (s audit.Sink, done func() error, err error) {
	nothing := func() error { return nil }
	switch {
	case o.to == "-":
		return audit.WriterSink(a.stdout), nothing, nil
	case strings.HasPrefix(o.to, "s3://"), strings.HasPrefix(o.to, "logs:"):
		cfg, err := a.aws(ctx)
		if err != nil {
			return nil, nil, err
		}
		if strings.HasPrefix(o.to, "logs:") {
			s, err := audit.NewLogs(cfg, o.to)
			return s, nothing, err
		}
		until, err := retainUntil(o.retain, time.Now())
		if err != nil {
			return nil, nil, err
		}
		s, err := audit.NewS3(cfg, o.to, audit.Format(o.format), until)
		return s, nothing, err
	}
	f, err := os.OpenFile(o.to, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, nil, parry.Errorf(parry.Invalid, "%w", err)
	}
	return audit.WriterSink(f), func() error {
		err := f.Sync()
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		return err
	}, nil
}

// retainUntil reads how long objects are locked: days, or a span of Go's. Empty is the zero time.
func retainUntil(retain string, now time.Time) (time.Time, error) {
	if retain == "" {
		return time.Time{}, nil
	}
	span, err := time.ParseDuration(retain)
	if days, ok := strings.CutSuffix(retain, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		if err == nil && n > 100*365 {
			err = strconv.ErrRange // Object Lock keeps at most 100 years
		}
		span = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || span <= 0 {
		return time.Time{}, parry.Errorf(parry.Invalid, "--retain %s: how long is that?", retain).WithHint("365d or 48h")
	}
	return now.Add(span).UTC().Truncate(time.Second), nil
}

// keepCheckpoint puts the newest checkpoint beside the exported records.
func keepCheckpoint(ctx context.Context, store parry.Store, to *audit.S3) error {
	kept, err := store.Checkpoints(ctx)
	if err != nil || len(kept) == 0 {
		return err
	}
	newest := kept[len(kept)-1]
	size, err := audit.SizeOf(newest)
	if err != nil {
		return err
	}
	return to.PutCheckpoint(ctx, size, newest)
}
