package main

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"parry"
	"parry/internal/watch"
)

func (a *app) watchCommand() *cobra.Command {
	var every time.Duration
	var server string
	c := &cobra.Command{
		Use:   "watch",
		Short: "Show what comes in, what waits for a yes and what came of it, while it goes on",
		Long: "On a terminal it is a view that is drawn anew: q quits, the arrows move, tab changes the list. On a pipe, or with --json, it writes how\n" +
			"things stand and then a line for each change. It reads the newest 100 responses and the newest 100 that wait, however many there are.",
		Example: "  parry watch --url http://127.0.0.1:8080\n  parry watch --json --every 10s | jq -c 'select(.state == \"failed\")'",
		Args:    args(cobra.NoArgs, "parry watch"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if every < 100*time.Millisecond {
				return parry.Errorf(parry.Invalid, "--every is 100ms at the least, such as 2s")
			}
			return a.watchStore(cmd.Context(), every, server)
		},
	}
	c.Flags().DurationVar(&every, "every", 2*time.Second, "how often the store is read")
	c.Flags().StringVar(&server, "url", "", "a running server whose health is shown, such as http://127.0.0.1:8080")
	return c
}

func (a *app) watchStore(ctx context.Context, every time.Duration, server string) error {
	o := watch.Options{Every: every, Now: time.Now, Colour: a.style().Colour}
	if server != "" {
		var err error
		if o.Health, err = watch.Health(server); err != nil {
			return err
		}
	}
	store, err := a.openStore(ctx, true) // made where there is none: what comes later is to be seen
	if err != nil {
		return err
	}
	defer store.Close()
	o.Store, o.Name = store, a.storeName()
	in, reads := a.stdin.(*os.File)
	out, writes := a.stdout.(*os.File)
	if a.json || !reads || !writes || !term.IsTerminal(int(in.Fd())) || !term.IsTerminal(int(out.Fd())) {
		return watch.Lines(ctx, o, a.stdout, a.json)
	}
	return watch.Live(ctx, o, in, out, a.terminal())
}

// storeName is what people call the store.
func (a *app) storeName() string {
	if path, err := a.storePath(); err == nil && !strings.HasPrefix(a.db, onDynamoDB) {
		return path
	}
	return a.db
}

// terminal is what the environment says of the terminal, and whether colours are wanted.
func (a *app) terminal() []string {
	var env []string
	for _, name := range []string{"TERM", "COLORTERM", "TERM_PROGRAM", "LANG", "LC_ALL", "TMUX", "WT_SESSION"} {
		if v := a.env(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	if a.plain {
		env = append(env, "NO_COLOR=1")
	}
	return env
}
