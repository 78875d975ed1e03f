package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"parry"
	"parry/internal/assemble"
	"parry/internal/awsapi"
	"parry/internal/config"
	"parry/internal/serve"
	"parry/internal/sweep"
)

// listing is what the server asks services for from time to time; nil where it is to ask for nothing.
func (a *app) listing(c *config.Config, lib *assemble.Library, cloud *awsapi.Cloud, store parry.Store) (*serve.Listing, error) {
	if c.Sweep.Every == 0 {
		return nil, nil
	}
	sources, err := sweepSources(c)
	if err != nil {
		return nil, err
	}
	events, err := assemble.EventNames(lib.Rules)
	if err != nil {
		return nil, err
	}
	where := sweepOptions{accounts: words(c.Sweep.Accounts), regions: words(c.Sweep.Regions)}
	lister := assemble.Sweeper(cloud, store, time.Now)
	return &serve.Listing{Every: c.Sweep.Every, List: func(ctx context.Context, handle func(context.Context, string, []byte) error) error {
		places, err := a.places(ctx, cloud, where)
		if err != nil {
			return err
		}
		var failed []error
		for _, p := range places {
			for _, src := range sources {
				_, err := lister.Sweep(ctx, src, p, sweep.Options{Events: events}, func(ctx context.Context, i sweep.Item) error {
					return handle(ctx, i.Source+" in "+i.Place.String(), i.Raw)
				})
				if failed = append(failed, err); ctx.Err() != nil {
					return ctx.Err()
				}
			}
		}
		return errors.Join(failed...)
	}}, nil
}

// sweepSources are the services that the settings name; all where they name none.
func sweepSources(c *config.Config) ([]sweep.Source, error) {
	sources, err := sweep.Named(sweep.Sources(), words(c.Sweep.Sources))
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "%s: sweep.sources: %w", c.From("sweep.sources"), err).WithHint("%s", parry.HintOf(err))
	}
	return sources, nil
}

// words are the parts of a list with commas or spaces.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}
