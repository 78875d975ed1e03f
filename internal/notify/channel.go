// Package notify tells people what becomes of responses, through the channels that they use: chat, mail, pagers, tickets, a webhook of their own.
//
// It is told by the store, as the write-back to Security Hub is: what is to be told is stored with the step that it is about, so that no crash loses
// it, a channel that is down delays no response, and nothing is told twice.
package notify

import (
	"context"

	"parry"
)

// Kind says what a piece of news is about.
type Kind string

// The kinds of news.
const (
	Asked     Kind = "asked"     // a yes is wanted; also where the plan is a new one
	Reminded  Kind = "reminded"  // it still is
	Escalated Kind = "escalated" // others are asked, too
	Told      Kind = "told"      // a person is told, and nothing is done
	Begun     Kind = "begun"     // it is being carried out
	Ended     Kind = "ended"     // done, failed, rejected, expired, undone or not needed
)

// News is what a channel tells of one response, as it stands now.
type News struct {
	Kind     Kind
	Response parry.Response
	// Link is the response's page in the console; empty where there is no console that people can reach.
	Link string
}

// Storm is what a channel tells in the place of many pieces of news of one kind and rule.
type Storm struct {
	Rule    string
	Kind    Kind
	Count   int            // since the storm began
	Sample  []News         // a few of them
	States  map[string]int // how many of them stand where, by state; "begun" is what is being carried out
	Link    string         // the page of all that wait
	Account map[string]int // how many are in which account
}

// Channel is one way to tell people.
type Channel interface {
	// Tell tells of a response. ref is what the last Tell of this response returned, empty the first time: with it a message is updated, an
	// incident resolved, a ticket closed. It returns the ref to remember, and it is safe to call again with the same news: where a call
	// may have come through without an answer, the provider's own key for that (deduplication, idempotency) is used where it has one.
	//
	// An Error of kind Refused or Invalid is for ever, such as a channel that does not exist; any other is tried again later. RetryAfter of
	// the error says when, where the provider does.
	Tell(ctx context.Context, n News, ref string) (newRef string, err error)
	// TellStorm tells of many at once; the same ref for as long as the storm lasts.
	TellStorm(ctx context.Context, s Storm, ref string) (newRef string, err error)
}
