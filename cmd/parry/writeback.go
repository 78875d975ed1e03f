package main

import (
	"context"
	"strings"
	"time"

	"parry"
	"parry/internal/assemble"
	"parry/internal/awsapi"
	"parry/internal/hub"
)

// toldWithin bounds how long the end of a command waits for Security Hub.
const toldWithin = 30 * time.Second

// toldAhead is more than what was just recorded waits to be told.
const toldAhead = 10 * time.Second

// ownPlace is what --writeback says for each finding's own account and Region.
const ownPlace = "own"

// tellHub has Security Hub told of what becomes of its findings, where that is wanted. A server does it by the clock, and every command before it
// closes the store: also what one before it, or a server, could not tell.
func (a *app) tellHub(ctx context.Context, r *parry.Responder, cloud *awsapi.Cloud) error {
	if a.writeBack == "" {
		return nil
	}
	var at hub.Place
	if a.writeBack != ownPlace {
		account, region, _ := strings.Cut(a.writeBack, "/")
		if !parry.IsAccount(account) || !parry.IsRegion(region) {
			return parry.Errorf(parry.Invalid, "--writeback %s is no place in Security Hub", a.writeBack).
				WithHint("say own, or the administrator's account and aggregation Region, such as 111122223333/eu-west-1")
		}
		at = hub.Place{Account: account, Region: region, Partition: parry.PartitionOf(region)}
	}
	r.Teller = assemble.WriteBack(cloud, r.Store, at, a.link)
	a.lastly = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), toldWithin)
		defer cancel()
		if err := r.TellDue(ctx, r.Now().Add(toldAhead)); err != nil {
			a.warning(err)
		}
	}
	return nil
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
