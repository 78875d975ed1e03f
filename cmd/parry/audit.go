package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"parry"
	"parry/internal/audit"
	"parry/internal/render"
)

// keyName is what a key is called where nobody says another name.
const keyName = "main"

func (a *app) auditCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "audit",
		Short: "Prove that the records were not changed, and give them to others",
		Long: "Every step of a response is a record, chained to the one before it by its hash. All records stand in a log, a Merkle tree whose\n" +
			"head is signed: a checkpoint. With --audit-key, respond and undo make one at their end.",
		Args: args(cobra.NoArgs, "parry audit verify | checkpoint | export | trail | key | prove | check"),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(a.auditVerifyCommand(), a.auditCheckpointCommand(), a.auditExportCommand(), a.auditTrailCommand(), a.auditKeyCommand(), a.auditProveCommand(), a.auditCheckCommand())
	return c
}

// sealing gives what is to be called when the records of a command are all written: it puts them into the log and signs its head.
// The key is read at once, so that a wrong one is told before anything is done. Without a key it does nothing.
func (a *app) sealing(ctx context.Context, store parry.Store) (seal func(), err error) {
	if a.auditKey == "" {
		return func() {}, nil
	}
	ctx = context.WithoutCancel(ctx) // what was recorded before somebody stopped the command is signed, too
	key, err := a.key(ctx)
	if err != nil {
		return nil, err
	}
	return func() {
		if _, _, err := audit.Close(ctx, store, key, time.Now()); err != nil {
			a.fail(parry.Errorf(parry.KindOf(err), "the records are stored, and there is no checkpoint of them: %w", err).WithHint("%s", parry.HintOf(err)))
		}
	}, nil
}

// key is the key that --audit-key names.
func (a *app) key(ctx context.Context) (audit.Key, error) {
	if a.auditKey == "" {
		return audit.Key{}, parry.Errorf(parry.Invalid, "there is no key to sign with").WithHint("--audit-key FILE or PARRY_AUDIT_KEY; 'parry audit key new FILE' makes one")
	}
	arn, inKMS := strings.CutPrefix(a.auditKey, audit.KMSPrefix)
	if !inKMS {
		return audit.ReadKey(a.auditKey)
	}
	cfg, err := a.aws(ctx)
	if err != nil {
		return audit.Key{}, err
	}
	return audit.KMSKey(ctx, cfg, arn, keyName)
}

// keys are the public halves to hold checkpoints to: those that are given, and that of the signing key.
func (a *app) keys(ctx context.Context, given []string) (note.Verifiers, error) {
	if len(given) == 0 {
		given = strings.Fields(a.env("PARRY_AUDIT_VERIFIER"))
	}
	if len(given) == 0 && a.auditKey != "" {
		key, err := a.key(ctx)
		if err != nil {
			return nil, err
		}
		given = []string{key.VKey}
	}
	return audit.Verifiers(given...)
}

// auditStore opens a store that must be there: nothing is proved of one that is not.
func (a *app) auditStore(ctx context.Context) (store, error) {
	if strings.HasPrefix(a.db, onDynamoDB) {
		return a.store(ctx, false)
	}
	path, err := a.storePath()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, parry.Errorf(parry.NotFound, "there is no store at %s", path).WithHint("name it: --db FILE or PARRY_DB")
	}
	return a.store(ctx, false)
}

func (a *app) auditVerifyCommand() *cobra.Command {
	var verifiers, anchors []string
	var archive string
	c := &cobra.Command{
		Use:   "verify",
		Short: "Find and name every record that was changed, dropped, reordered or cut off",
		Long: "Holds every record to its hash and its chain, every response to its last record, the log to the records, and every checkpoint to\n" +
			"the log and the key. A checkpoint that was kept elsewhere (--checkpoint) also finds a store that was rewound or written anew.\n" +
			"With --archive it needs no store: what a server or a deployment brought into its bucket (audit_bucket) is verified by itself.",
		Args: args(cobra.NoArgs, "parry audit verify --verifier KEY [--archive DIR or s3://BUCKET/PREFIX]"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.auditVerify(cmd.Context(), archive, verifiers, anchors)
		},
	}
	c.Flags().StringArrayVar(&verifiers, "verifier", nil, "the public half of a key that signs checkpoints, as 'parry audit key show' prints it (PARRY_AUDIT_VERIFIER; default: that of --audit-key)")
	c.Flags().StringArrayVar(&anchors, "checkpoint", nil, "a file with a checkpoint that was kept elsewhere")
	c.Flags().StringVar(&archive, "archive", "", "verify the record in a bucket, s3://BUCKET/PREFIX, or in a folder that it was copied to, in the place of the store")
	return c
}

func (a *app) auditVerify(ctx context.Context, archive string, verifiers, anchors []string) error {
	keys, err := a.keys(ctx, verifiers)
	if err != nil {
		return err
	}
	var kept [][]byte
	for _, name := range anchors {
		text, err := os.ReadFile(name)
		if err != nil {
			return parry.Errorf(parry.Invalid, "%w", err)
		}
		kept = append(kept, text)
	}
	rep, err := a.verified(ctx, archive, keys, kept)
	if err != nil {
		return err
	}
	if !rep.OK() {
		a.worse(exitFailed)
	}
	if a.json {
		return a.encode(rep)
	}
	for _, f := range rep.Faults {
		fmt.Fprintln(a.stdout, render.Clean(f.String()))
	}
	if rep.More > 0 {
		fmt.Fprintf(a.stdout, "and %s more\n", many(rep.More, "fault"))
	}
	fmt.Fprintf(a.stdout, "%s with %s; %d in the log, %d not yet; %s", many(rep.Responses, "response"), many(rep.Records, "record"), rep.Logged, rep.Unlogged, many(rep.Checkpoints, "checkpoint"))
	if rep.Checkpoints > 0 {
		fmt.Fprintf(a.stdout, ", the newest over %d of %s", rep.Covered, rep.At.Format(time.RFC3339))
	}
	if rep.OK() {
		fmt.Fprintf(a.stdout, ": nothing was changed\n")
		return nil
	}
	fmt.Fprintf(a.stdout, ": %s\n", many(len(rep.Faults)+rep.More, "fault"))
	return nil
}

// verified verifies an archive, or else the store.
func (a *app) verified(ctx context.Context, archive string, keys note.Verifiers, anchors [][]byte) (audit.Report, error) {
	if archive == "" {
		store, err := a.auditStore(ctx)
		if err != nil {
			return audit.Report{}, err
		}
		defer store.Close()
		return audit.Verify(ctx, store, keys, anchors...)
	}
	from, err := a.archive(ctx, archive)
	if err != nil {
		return audit.Report{}, err
	}
	return audit.VerifyArchive(ctx, from, keys, anchors...)
}

// archive opens an archive that is named as --archive does.
func (a *app) archive(ctx context.Context, at string) (audit.Archive, error) {
	if !strings.HasPrefix(at, audit.OnS3) {
		return audit.OpenFolder(at)
	}
	cfg, err := a.aws(ctx)
	if err != nil {
		return nil, err
	}
	return audit.NewBucket(cfg, at)
}

func (a *app) auditCheckpointCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "checkpoint",
		Short: "Put all records into the log and sign its head",
		Long:  "The checkpoint is kept in the store and printed. Keep a copy where nobody who can write the store can write it, too.",
		Args:  args(cobra.NoArgs, "parry audit checkpoint --audit-key FILE"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			key, err := a.key(ctx)
			if err != nil {
				return err
			}
			store, err := a.auditStore(ctx)
			if err != nil {
				return err
			}
			defer store.Close()
			signed, added, err := audit.Close(ctx, store, key, time.Now())
			if err != nil {
				return err
			}
			if signed == nil {
				return parry.Errorf(parry.NotFound, "there is no record yet, and nothing to sign")
			}
			if out != "" {
				if err := os.WriteFile(out, signed, 0o644); err != nil {
					return parry.Errorf(parry.Invalid, "the checkpoint is in the store, and not in the file: %w", err)
				}
			}
			if a.json {
				return a.encode(struct {
					Added      int    `json:"added"`
					Checkpoint string `json:"checkpoint"`
				}{added, string(signed)})
			}
			_, err = a.stdout.Write(signed)
			return err
		},
	}
	c.Flags().StringVar(&out, "out", "", "write the checkpoint to this file as well")
	return c
}

func (a *app) auditKeyCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "key", Short: "Make a key for checkpoints, or show its public half",
		Args: args(cobra.NoArgs, "parry audit key new FILE | show"),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var name string
	create := &cobra.Command{
		Use:   "new FILE",
		Short: "Make an Ed25519 key; prints its public half",
		Args:  args(cobra.ExactArgs(1), "parry audit key new FILE"),
		RunE: func(_ *cobra.Command, given []string) error {
			private, public, err := audit.NewKey(rand.Reader, name)
			if err != nil {
				return err
			}
			if err := audit.WriteKey(given[0], private); err != nil {
				return err
			}
			return a.showKey(public)
		},
	}
	create.Flags().StringVar(&name, "name", keyName, "the name of the log, for those who keep checkpoints of several")
	show := &cobra.Command{
		Use:   "show",
		Short: "Show the public half of --audit-key, which verifies its checkpoints",
		Args:  args(cobra.NoArgs, "parry audit key show --audit-key FILE"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			key, err := a.key(cmd.Context())
			if err != nil {
				return err
			}
			return a.showKey(key.VKey)
		},
	}
	c.AddCommand(create, show)
	return c
}

func (a *app) showKey(public string) error {
	if a.json {
		return a.encode(map[string]string{"verifier": public})
	}
	_, err := fmt.Fprintln(a.stdout, public)
	return err
}
