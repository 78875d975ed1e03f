package main

import (
	"context"
	"net"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/spf13/cobra"

	"parry"
	"parry/internal/config"
	"parry/internal/queue"
	"parry/internal/serve"
	"parry/internal/spool"
)

// keptRejects is how many texts that are no event are kept.
const keptRejects = 1000

func (a *app) serveCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "Answer events as they come: from a queue, over HTTP, or both",
		Long: "Takes events from an SQS queue and over HTTP (POST /events, for an API destination of EventBridge), and answers each as the rules\n" +
			"say: rules that observe only tell, others act by their tier. An event is forgotten only when its responses are stored; what cannot be\n" +
			"answered is put aside with the reason. SIGTERM stops it: no new work, and what is in hand is finished or given back.\n" +
			"Settings come from flags, PARRY_* and the file of --config, in this order: see docs/configuration.md and 'parry config'.",
		Args: args(cobra.NoArgs, "parry serve [--config FILE]"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.settings(cmd, a.configFile)
			if err == nil {
				err = c.Complete()
			}
			if err != nil {
				return a.wrongRules(err)
			}
			a.take(c)
			return a.serve(cmd.Context(), c)
		},
	}
	for _, s := range config.Settings() {
		if s.Flag != "" && !shared(s.Flag) {
			c.Flags().String(s.Flag, s.Default, strings.ReplaceAll(s.Doc, "`", "")+" ("+s.Env+")")
		}
	}
	return c
}

// shared are the settings that every command has a flag for.
func shared(flag string) bool {
	switch flag {
	case "db", "role", "playbooks", "rules", "org", "policy":
		return true
	}
	return false
}

// serve puts the server together and runs it until the context ends.
func (a *app) serve(ctx context.Context, c *config.Config) error {
	lib, err := a.library()
	if err != nil {
		return a.wrongRules(err)
	}
	store, err := a.store(ctx, true)
	if err != nil {
		return err
	}
	defer store.Close()
	engine, _, err := a.responder(ctx, lib, serve.Stoppable(store), nil)
	if err != nil {
		return err
	}
	o := serve.Options{
		Engine: engine, Log: serve.NewLog(a.stderr, c.Log), Workers: c.Workers, Grace: c.Grace,
		MaxReceives: c.SQS.MaxReceives, Visibility: c.SQS.Visibility, MaxTries: c.MaxTries,
		TLSCert: c.TLSCert, TLSKey: c.TLSKey, Token: c.Token, TokenHeader: c.TokenHeader,
	}
	if c.SQS.QueueURL != "" {
		cfg, err := a.aws(ctx)
		if err != nil {
			return err
		}
		o.Queue = queue.New(sqs.NewFromConfig(cfg), queue.Options{URL: c.SQS.QueueURL, DeadLetter: c.SQS.DeadLetterURL, Visibility: c.SQS.Visibility})
	}
	if c.Token != "" {
		dir, err := a.spoolOf(c)
		if err != nil {
			return err
		}
		if o.Box, err = spool.Open(dir, spool.Options{Waiting: c.MaxWaiting, Rejected: keptRejects, Now: engine.Now}); err != nil {
			return err
		}
		defer o.Box.Close()
	}
	if c.Listen != "" {
		var l net.ListenConfig
		if o.Listener, err = l.Listen(ctx, "tcp", c.Listen); err != nil {
			return parry.Errorf(parry.Invalid, "listen: %w", err).WithHint("another process may have the port: set another one with --listen")
		}
		defer o.Listener.Close()
	}
	s, err := serve.New(o)
	if err != nil {
		return err
	}
	return s.Run(ctx)
}
