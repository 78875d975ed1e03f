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
	// List gives responses, newest first, at most n.
	List(ctx context.Context, n int) ([]Response, error)
	// Applied counts the responses of a rule that began to be applied at or after a time, in one account or, where it is empty, in all.
	Applied(ctx context.Context, rule, account string, since time.Time) (int, error)
	// Records are a response's history, in order.
	Records(ctx context.Context, id string) ([]Record, error)

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
