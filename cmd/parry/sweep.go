package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parry"
	"parry/internal/assemble"
	"parry/internal/awsapi"
	"parry/internal/source"
	"parry/internal/sweep"
)

type sweepOptions struct {
	respondOptions
	sources, events, accounts, regions []string
	since                              time.Duration
	limit                              int
	// before and after, where given, are called around each item.
	before, after func()
}

func (a *app) sweepCommand() *cobra.Command {
	var o sweepOptions
	c := &cobra.Command{
		Use:   "sweep",
		Short: "List what no event may have told, and plan a response to each",
		Long: "Events of IAM Access Analyzer, AWS Config, Inspector, Macie and CloudTrail are delivered at best effort. This lists what those services\n" +
			"have open, and takes each item the way of an event: it is planned, and with --apply carried out as 'parry respond' does.\n" +
			"With --apply the store remembers where each listing stands: one that was ended early goes on there, and the next one lists what changed\n" +
			"since. CloudTrail is looked up by the names of events that the rules ask for; calls to IAM and other global services are in us-east-1.\n" +
			"With --role parry-{playbook} the role parry-sweep is taken, which can only list.",
		Example: "  parry sweep\n  parry sweep --source config --source macie --since 24h\n  parry sweep --source cloudtrail --region us-east-1 --event StopLogging",
		Args:    args(cobra.NoArgs, "parry sweep takes flags only"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			picked, err := sweep.Named(sweep.Sources(), o.sources)
			if err != nil {
				return err
			}
			return a.sweep(cmd.Context(), picked, o)
		},
	}
	c.Flags().StringArrayVar(&o.sources, "source", nil, "list only this service: access-analyzer, cloudtrail, config, inspector, macie; may be given more than once")
	c.Flags().StringArrayVar(&o.events, "event", nil, "look up this event in CloudTrail, and not those that the rules ask for; may be given more than once")
	a.sweepFlags(c, &o, 0)
	return c
}

// sweepFlags are the flags of every listing.
func (a *app) sweepFlags(c *cobra.Command, o *sweepOptions, limit int) {
	c.Flags().DurationVar(&o.since, "since", 0, "list only what changed in this time, such as 24h; without it a listing goes on from the last one, or lists all")
	c.Flags().IntVar(&o.limit, "limit", limit, "list at most so many of each service in each place; 0 for all")
	c.Flags().StringArrayVar(&o.accounts, "account", nil, "the account to ask, and not that of the credentials; may be given more than once, and needs --role")
	c.Flags().StringArrayVar(&o.regions, "region", nil, "the Region to ask, and not that of the environment; may be given more than once")
	c.Flags().BoolVar(&o.apply, "apply", false, "carry the plans out, each after a yes on the terminal")
	c.Flags().BoolVar(&o.yes, "yes", false, "say yes beforehand, for use without a terminal")
}

// sweep lists sources in all places, and responds to what it finds.
func (a *app) sweep(ctx context.Context, sources []sweep.Source, o sweepOptions) error {
	if o.limit < 0 || o.since < 0 {
		return parry.Errorf(parry.Invalid, "--limit and --since are not below 0")
	}
	lib, err := a.library()
	if err != nil {
		return err
	}
	store, err := a.store(ctx, o.apply)
	if err != nil {
		return err
	}
	defer store.Close()
	r, cloud, err := a.responder(ctx, lib, store, a.watch)
	if err != nil {
		return err
	}
	lib.Rules.Act = true // as 'parry respond': a person stands beside this
	places, err := a.places(ctx, cloud, o)
	if err != nil {
		return err
	}
	with := sweep.Options{Limit: o.limit, Events: o.events}
	if len(with.Events) == 0 {
		if with.Events, err = assemble.EventNames(lib.Rules); err != nil {
			return err
		}
	}
	if o.since > 0 {
		with.Since = time.Now().Add(-o.since)
	}
	var words sweep.Words
	if o.apply {
		words = store // what is only looked at is to be listed again
	}
	s := assemble.Sweeper(cloud, words, time.Now)
	for _, p := range places {
		for _, src := range sources {
			report, err := s.Sweep(ctx, src, p, with, func(ctx context.Context, item sweep.Item) error {
				return a.swept(ctx, r, cloud, item, o)
			})
			if ctx.Err() != nil {
				return ctx.Err()
			}
			a.sayReport(src, p, report)
			if err != nil {
				a.fail(err) // the others are listed all the same
			}
		}
	}
	if a.code != exitOK {
		return errSaid
	}
	return nil
}

// swept responds to one item. What cannot be read is said, and will not be better another time; for anything else the item is to be
// listed again.
func (a *app) swept(ctx context.Context, r *parry.Responder, cloud *awsapi.Cloud, item sweep.Item, o sweepOptions) error {
	if o.before != nil {
		o.before()
		defer o.after()
	}
	read, err := source.Read(item.Source+" in "+item.Place.String(), bytes.NewReader(item.Raw))
	if err != nil {
		a.fail(err)
	}
	var failed error
	for _, i := range read {
		if i.Err == nil {
			i.Err = a.respondTo(ctx, r, cloud, i.Event, o.respondOptions)
		}
		switch {
		case i.Err != nil && parry.KindOf(i.Err) == parry.Invalid:
			a.fail(i.Err)
		case i.Err != nil:
			failed = i.Err
		}
	}
	return failed
}

// places are the accounts and Regions that are asked.
func (a *app) places(ctx context.Context, cloud *awsapi.Cloud, o sweepOptions) ([]sweep.Place, error) {
	self, arn, err := cloud.Who(ctx)
	if err != nil {
		return nil, err
	}
	partition := "aws"
	if p := strings.SplitN(arn, ":", 3); len(p) == 3 && p[1] != "" {
		partition = p[1]
	}
	accounts, regions := o.accounts, o.regions
	if len(accounts) == 0 {
		accounts = []string{self}
	}
	if len(regions) == 0 {
		cfg, err := a.aws(ctx)
		if err != nil {
			return nil, err
		}
		regions = []string{cfg.Region}
	}
	var all []sweep.Place
	for _, account := range accounts {
		for _, region := range regions {
			all = append(all, sweep.Place{Account: account, Region: region, Partition: partition})
		}
	}
	return all, nil
}

// sayReport says what a listing found. Where machines read the output it is said to people only.
func (a *app) sayReport(src sweep.Source, p sweep.Place, r sweep.Report) {
	to := a.stdout
	if a.json {
		to = a.stderr
	}
	more := ""
	if r.More {
		more = "; there may be more, as --limit ended it"
	}
	fmt.Fprintf(to, "%s in %s: %s%s\n", src.Name, p, many(r.Found, "item"), more)
}
