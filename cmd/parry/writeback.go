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

// toldWithin bounds how long a response waits for Security Hub. It is told of questions and of ends only, so nothing is kept from being
// contained by it.
const toldWithin = 30 * time.Second

// ownPlace is what --writeback says for each finding's own account and Region.
const ownPlace = "own"

// tellHub has Security Hub told of what becomes of its findings, where that is wanted. What cannot be told is a warning: the response
// stands as it is, and the next step that Security Hub is to know brings the finding to where it is then.
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
	w, also := assemble.WriteBack(cloud, r.Store, at, a.link, r.Now), r.Watch
	r.Watch = func(resp parry.Response, rec parry.Record) {
		if also != nil {
			also(resp, rec)
		}
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), toldWithin)
		defer cancel()
		if err := w.Moved(within, resp, rec); err != nil {
			a.warning(err)
		}
	}
	return nil
}

// warning tells of what went wrong beside the work.
func (a *app) warning(err error) {
	if a.warn != nil {
		a.warn(err)
		return
	}
	a.say(err)
}
