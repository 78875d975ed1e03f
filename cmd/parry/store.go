package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/dynamo"
	"parry/internal/sqlite"
)

// store is what the commands need of one.
type store interface {
	parry.Store
	io.Closer
	// Resolve finds the id of a response by its first characters.
	Resolve(ctx context.Context, prefix string) (string, error)
}

// onDynamoDB is how --db begins that names a table, not a file. A file of that name is written ./dynamodb:NAME.
const onDynamoDB = "dynamodb:"

// store opens the store. Where nothing will be changed and there is no file yet, none is made. A table has to be there.
func (a *app) store(ctx context.Context, create bool) (store, error) {
	s, err := a.openStore(ctx, create)
	if err != nil {
		return nil, err
	}
	return lasting{s, func() {
		if a.lastly != nil {
			a.lastly()
		}
	}}, nil
}

func (a *app) openStore(ctx context.Context, create bool) (store, error) {
	if table, ok := strings.CutPrefix(a.db, onDynamoDB); ok {
		cfg, err := a.aws(ctx)
		if err != nil {
			return nil, err
		}
		db, err := dynamo.Open(ctx, cfg, table)
		if err != nil {
			return nil, err // not a nil table, which would be a store
		}
		return db, nil
	}
	path, err := a.storePath()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); !create && errors.Is(err, fs.ErrNotExist) {
		path = sqlite.Memory
	}
	db, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	return db, nil
}

// storePath is the store's file.
func (a *app) storePath() (string, error) {
	if a.db != "" {
		return a.db, nil
	}
	dir := a.env("XDG_STATE_HOME")
	if dir == "" {
		home := a.env("HOME")
		if home == "" {
			return "", parry.Errorf(parry.Invalid, "there is no place for the store").WithHint("name one: --db FILE or PARRY_DB")
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(dir, "parry", "parry.db"), nil
}

func (a *app) storeCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "store",
		Short: "Make and check a DynamoDB table for the responses of many workers",
		Args:  args(cobra.NoArgs, "parry store create --table NAME; parry store check --table NAME"),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var table string
	create := &cobra.Command{
		Use:   "create",
		Short: "Make the table: billed by request, protected against deletion, with point-in-time recovery",
		Args:  args(cobra.NoArgs, "parry store create --table NAME"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.aws(cmd.Context())
			if err != nil {
				return err
			}
			if err := dynamo.Create(cmd.Context(), cfg, table); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "The table %s is made in %s. Use it with --db %s%s\n", table, cfg.Region, onDynamoDB, table)
			return err
		},
	}
	check := &cobra.Command{
		Use:   "check",
		Short: "Say what the table lacks",
		Args:  args(cobra.NoArgs, "parry store check --table NAME"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.aws(cmd.Context())
			if err != nil {
				return err
			}
			lacks, err := dynamo.Check(cmd.Context(), cfg, table)
			if err != nil {
				return err
			}
			if len(lacks) > 0 {
				return parry.Errorf(parry.Conflict, "the table %s is not as it should be: %s", table, strings.Join(lacks, "; ")).
					WithHint("'aws dynamodb update-table' and 'update-continuous-backups' change it; the store works meanwhile")
			}
			_, err = fmt.Fprintf(a.stdout, "The table %s is as it should be.\n", table)
			return err
		},
	}
	for _, c := range []*cobra.Command{create, check} {
		c.Flags().StringVar(&table, "table", "parry", "the table's name")
		root.AddCommand(c)
	}
	return root
}
