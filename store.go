package parry

import (
	"context"
	"time"
)

// Store remembers responses. Save and Add of one call to it are durable when it returns.
//
// One suite, storetest, holds every implementation to this contract.
type Store interface {
	// Save writes a response together with the records of the step that changed it, all or nothing.
	Save(ctx context.Context, r Response, records ...Record) error
	// Response reads one back; an Error of kind NotFound where there is none.
	Response(ctx context.Context, id string) (Response, error)
	// Latest is the newest response of a key: the one that a second delivery of the same finding belongs to. NotFound where there is none.
	Latest(ctx context.Context, key string) (Response, error)
	// List gives a page of responses, newest first, and where the next page begins: empty after the last one.
	List(ctx context.Context, q Query) (page []Response, next string, err error)
	// Count counts the responses that began to be applied at or after a time and are as the tally says.
	Count(ctx context.Context, t Tally) (int, error)
	// Due gives responses whose Wake has come, the longest overdue first, at most n.
	Due(ctx context.Context, now time.Time, n int) ([]Response, error)
	// Untold gives responses with something to tell whose time for it, Untold.Next, has come, the longest overdue first, at most n.
	Untold(ctx context.Context, now time.Time, n int) ([]Response, error)
	// Records are a response's history, in order.
	Records(ctx context.Context, id string) ([]Record, error)

	// Unlogged gives records that are not in the log of all records yet, the oldest first as far as is known, at most n.
	Unlogged(ctx context.Context, n int) ([]Leaf, error)
	// Log puts leaves at the end of the log, all or nothing. at is the log's length before: where it is another, somebody else was
	// there first, and the Error is of kind Conflict.
	Log(ctx context.Context, at int64, leaves []Leaf) error
	// Leaves gives the log from a place on, at most n.
	Leaves(ctx context.Context, from int64, n int) ([]Leaf, error)
	// KeepCheckpoint remembers a signed checkpoint of the log at a length; Checkpoints gives all of them, the shortest first.
	KeepCheckpoint(ctx context.Context, length int64, text []byte) error
	Checkpoints(ctx context.Context) ([][]byte, error)

	// Set remembers a word under a name for all workers, such as that everything is stopped; an empty word forgets it.
	Set(ctx context.Context, name, word string) error
	// Get gives it back; empty where there is none.
	Get(ctx context.Context, name string) (string, error)

	// Claim takes the lease on a resource for a holder until it expires, or says who has it with an Error of kind Conflict.
	// A holder may claim again what it holds, to extend it.
	Claim(ctx context.Context, resource, holder string, now time.Time, lease time.Duration) error
	// Release gives a lease back. To release what one does not hold does nothing.
	Release(ctx context.Context, resource, holder string) error

	// Hold stops automatic responses of a key until it is released, with the reason; an empty reason releases it.
	Hold(ctx context.Context, key, why string) error
	// Held is the reason of a key's hold; empty where there is none.
	Held(ctx context.Context, key string) (string, error)

	// KeepSource remembers a playbook's text under its digest, so that an undo reads what was applied.
	KeepSource(ctx context.Context, digest string, text []byte) error
	// Source gives it back; NotFound where there is none.
	Source(ctx context.Context, digest string) ([]byte, error)
}

// Query says which responses a page is of. Zero fields take all.
type Query struct {
	State   State
	Rule    string
	Account string // of the target
	After   string // where the page before ended, as List gave it
	Limit   int    // at most so many; 0 is 100
}

// Tally says which responses are counted. Zero fields take all.
type Tally struct {
	Rule     string
	Account  string // of the target
	Playbook string
	Resource string // as Response.Resource names it
	State    State
	Since    time.Time // of Times.Applied
}

// Leaf is one record in the log of all records: which one, and its hash.
type Leaf struct {
	Response string `json:"response"`
	Seq      int    `json:"seq"`
	Hash     string `json:"hash"`
}

// Follows holds a response, and the records that are to be stored with it, to the history that a store has, whose last record is number
// last. Every store asks this in the transaction that stores them. The Error is of kind Conflict where somebody else went on.
func (r Response) Follows(last int, records []Record) error {
	for _, rec := range records {
		if rec.Response != r.ID {
			return Errorf(Invalid, "a record of response %q cannot be stored with response %s", rec.Response, r.ID)
		}
		if last++; rec.Seq != last {
			return r.overtaken("the next record is %d, not %d", last, rec.Seq)
		}
	}
	if r.Steps != last {
		return r.overtaken("its last record is %d, not %d", last, r.Steps)
	}
	return nil
}

func (r Response) overtaken(format string, args ...any) error {
	return Errorf(Conflict, "response %s is not where it was: %w", r.ID, Errorf(Conflict, format, args...)).
		WithHint("another worker went on with it: read it again")
}
