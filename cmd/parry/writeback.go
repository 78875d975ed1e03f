package main

import (
	"context"
	"strings"
	"time"

	"parry"
	"parry/internal/assemble"
	"parry/internal/awsapi"
	"parry/internal/hub"
	"parry/internal/notify"
)

// toldWithin bounds how long the end of a command waits for those who are told.
const toldWithin = 30 * time.Second

// toldAhead is more than what was just recorded waits to be told.
const toldAhead = 10 * time.Second

// ownPlace is what --writeback says for each finding's own account and Region.
const ownPlace = "own"

// tell has those told of what becomes of responses who are to know: Security Hub of its findings, and people through their channels. A server does
// it by the clock, and every command before it closes the store: also what one before it, or a server, could not tell.
func (a *app) tell(ctx context.Context, r *parry.Responder, cloud *awsapi.Cloud) error {
	var all parry.Tellers
	if a.writeBack != "" {
		hub, err := a.tellHub(r, cloud)
		if err != nil {
			return err
		}
		all = append(all, parry.NamedTeller{Name: "Security Hub", Teller: hub})
	}
	if a.channels != "" {
		n, err := a.channelsOf(ctx, r.Store)
		if err != nil {
			return err
		}
		a.notifier = n
		all = append(all, n.Tellers()...)
	}
	if len(all) == 0 {
		return nil
	}
	r.Teller = all
	a.lastly = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), toldWithin)
		defer cancel()
		if err := r.TellDue(ctx, r.Now().Add(toldAhead)); err != nil {
			a.warning(err)
		}
	}
	return nil
}

// channelsOf opens the channels, or leaves it to others to tell, where this process is not the one that does.
func (a *app) channelsOf(ctx context.Context, store parry.Store) (*notify.Notifier, error) {
	if a.tellsNobody {
		return a.unopened()
	}
	n, err := a.openChannels(ctx, store)
	if err != nil && a.log == nil {
		a.say(parry.Errorf(parry.Invalid, "the server is left to tell people, as this command cannot: %w", err))
		return a.unopened()
	}
	return n, err
}

// tellHub is who tells Security Hub.
func (a *app) tellHub(r *parry.Responder, cloud *awsapi.Cloud) (parry.Teller, error) {
	var at hub.Place
	if a.writeBack != ownPlace {
		account, region, _ := strings.Cut(a.writeBack, "/")
		if !parry.IsAccount(account) || !parry.IsRegion(region) {
			return nil, parry.Errorf(parry.Invalid, "--writeback %s is no place in Security Hub", a.writeBack).
				WithHint("say own, or the administrator's account and aggregation Region, such as 111122223333/eu-west-1")
		}
		at = hub.Place{Account: account, Region: region, Partition: parry.PartitionOf(region)}
	}
	return assemble.WriteBack(cloud, r.Store, at, a.link), nil
}

// lasting is a store before whose end something is done.
type lasting struct {
	store
	lastly func()
}

// Close does it, and closes the store.
func (l lasting) Close() error {
	l.lastly()
	return l.store.Close()
}

// warning tells of what went wrong beside the work.
func (a *app) warning(err error) {
	if a.warn != nil {
		a.warn(err)
		return
	}
	a.say(err)
}
