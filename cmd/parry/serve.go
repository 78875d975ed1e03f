package main

import (
	"context"
	"net"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/spf13/cobra"

	"parry"
	"parry/internal/assemble"
	"parry/internal/config"
	"parry/internal/console"
	"parry/internal/desk"
	"parry/internal/queue"
	"parry/internal/render"
	"parry/internal/serve"
	"parry/internal/spool"
	"parry/internal/telemetry"
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
	case "db", "role", "playbooks", "rules", "org", "policy", "audit-key", "writeback", "link", "channels":
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
	log := serve.NewLog(a.stderr, c.Log)
	a.log = log
	a.warn = func(err error) {
		log.Warn("somebody was not told", "error", render.Clean(err.Error()), "next", parry.HintOf(err))
	}
	tracer, err := telemetry.TracerFromEnv(ctx, a.env)
	if err != nil {
		return err
	}
	defer func() { _ = tracer.Close(context.WithoutCancel(ctx)) }() // what cannot be sent at the end is lost to tracing only
	var metrics *telemetry.Metrics
	a.counted = func(channel, what string) { metrics.News(channel, what) }
	board := console.NewBoard(store, a.restOf(), time.Now, log)
	engine, cloud, err := a.responder(ctx, lib, serve.Stoppable(store), func(resp parry.Response, rec parry.Record) {
		metrics.Moved(resp, rec)
		tracer.Moved(resp, rec)
		if c.Console.On {
			board.Moved(resp, rec)
		}
	})
	if err != nil {
		return err
	}
	o := serve.Options{
		Engine: engine, Log: log, Workers: c.Workers, Grace: c.Grace, Every: c.Resume,
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
	if c.AuditKey != "" {
		cfg, err := a.aws(ctx)
		if err != nil {
			return err
		}
		k := a.keeper(cfg, store, engine, log)
		if err := k.ready(ctx); err != nil {
			return err
		}
		o.Seal, o.Archive = k.seal, k.archive
	}
	if o.Listing, err = a.listing(c, lib, cloud, store); err != nil {
		return err
	}
	metrics = assemble.Metrics(store, lib.Rules, engine.Now, oldest(o, engine.Now))
	o.Metrics = metrics.Handler()
	if c.Listen != "" {
		var l net.ListenConfig
		if o.Listener, err = l.Listen(ctx, "tcp", c.Listen); err != nil {
			return parry.Errorf(parry.Invalid, "listen: %w", err).WithHint("another process may have the port: set another one with --listen")
		}
		defer o.Listener.Close()
	}
	var s *serve.Server
	var carry func(func(context.Context))
	if o.Idle = c.Console.On && c.SQS.QueueURL == "" && c.Token == ""; !o.Idle {
		carry = func(work func(context.Context)) { s.Carry(work) }
	}
	people := *engine // what people begin is told in the log as what the workers do is
	people.Watch = serve.Watch(log, engine.Watch)
	clicks := a.clicks(ctx, desk.New(&people, carry, log), c.Grace)
	defer clicks.end()
	if clicks.handler != nil {
		o.Slack = clicks.handler
		if c.Listen == "" {
			log.Warn("nobody can say yes in Slack: it reaches no address", "next", "set listen, behind https, and POST /slack/actions of it in the Slack app")
		}
	}
	if c.Console.On {
		parts := consoleParts{engine: &people, store: engine.Store, lib: lib, carry: carry, oldest: oldest(o, engine.Now), ended: ctx.Done(), log: log}
		if o.Pages, err = a.pages(ctx, c, parts, board, cloud); err != nil {
			return err
		}
		o.Beside = board.Run
	}
	if s, err = serve.New(o); err != nil {
		return err
	}
	return s.Run(ctx)
}

// oldest tells how long the oldest event waits, of those in the spool and of those that the queue gave last.
func oldest(o serve.Options, now func() time.Time) func(context.Context) (time.Duration, error) {
	return func(context.Context) (age time.Duration, err error) {
		if o.Box != nil {
			if at, waits := o.Box.Oldest(); waits {
				age = max(age, now().Sub(at))
			}
		}
		if o.Queue != nil {
			if at, waits := o.Queue.Oldest(); waits {
				age = max(age, now().Sub(at))
			}
		}
		return age, nil
	}
}
