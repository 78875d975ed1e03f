package main

import (
	"context"
	"strings"

	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"parry"
	"parry/internal/dynamo"
	"parry/internal/lambda"
	"parry/internal/render"
	"parry/internal/serve"
	"parry/internal/telemetry"
)

// lambdaCommand is what the binary is in AWS Lambda, where it is named bootstrap and starts without arguments.
func (a *app) lambdaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "lambda",
		Short: "Be a function of AWS Lambda: what 'parry deploy' makes of this binary",
		Long: "Answers invocations of AWS Lambda. PARRY_FUNCTION says which function it is (worker, step, clock or door), PARRY_MACHINE names the state\n" +
			"machine by its ARN, PARRY_DEAD_LETTERS the queue for what nobody can answer. The other settings are those of 'parry serve'.\n" +
			"Where the environment is that of Lambda and no command is given, this one runs. docs/deploy.md tells of the whole.",
		Args: args(cobra.NoArgs, "parry lambda"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.env(lambdaRuntime) == "" {
				return parry.Errorf(parry.Invalid, "this is not AWS Lambda: %s is not set", lambdaRuntime).WithHint("'parry serve' answers events anywhere else")
			}
			c, err := a.settings(cmd, a.configFile)
			if err != nil {
				return a.wrongRules(err)
			}
			a.take(c)
			h, done, err := a.function(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			awslambda.StartWithOptions(h, awslambda.WithContext(cmd.Context())) // it returns only when the runtime is gone
			return nil
		},
	}
}

// lambdaRuntime is where Lambda's runtime listens, in its functions' environment. Source: "Using the Lambda runtime API for custom runtimes".
const lambdaRuntime = "AWS_LAMBDA_RUNTIME_API"

// function puts one function together. Nothing is asked of AWS before the first invocation.
func (a *app) function(ctx context.Context) (awslambda.Handler, func(), error) {
	lib, err := a.library()
	if err != nil {
		return nil, nil, err
	}
	cfg, err := a.aws(ctx)
	if err != nil {
		return nil, nil, err
	}
	store, err := a.ready(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	log := serve.NewLog(a.stderr, "json")
	a.log = log
	a.warn = func(err error) {
		log.Warn("somebody was not told", "error", render.Clean(err.Error()), "next", parry.HintOf(err))
	}
	a.tellsNobody = a.env("PARRY_FUNCTION") != lambda.Clock // it alone may read the channels' secrets
	tracer, err := telemetry.TracerFromEnv(ctx, a.env)
	if err != nil {
		return nil, nil, err
	}
	engine, _, err := a.responder(ctx, lib, serve.Stoppable(store), tracer.Moved)
	if err != nil {
		return nil, nil, err
	}
	o := lambda.Options{Function: a.env("PARRY_FUNCTION"), Engine: engine, Log: log, Machine: lambda.NewStates(cfg, a.env("PARRY_MACHINE"))}
	if url := a.env("PARRY_DEAD_LETTERS"); url != "" {
		o.Aside = lambda.NewDeadLetters(cfg, url)
	}
	if a.auditKey != "" && o.Function == lambda.Clock {
		k := a.keeper(cfg, store, engine, log)
		o.Seal, o.Archive = k.seal, k.archive
	}
	h, err := lambda.New(o)
	return h, func() { _ = store.Close() }, err
}

// ready is the store of a function. Its table was made with it, so that nothing is asked about it.
func (a *app) ready(ctx context.Context, cfg aws.Config) (store, error) {
	if table, ok := strings.CutPrefix(a.db, onDynamoDB); ok {
		return dynamo.Use(cfg, table), nil
	}
	return a.openStore(ctx, true)
}
