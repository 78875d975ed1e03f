package lambda_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"parry/internal/assemble"
	"parry/internal/lambda"
	"parry/internal/serve"
	"parry/internal/sqlite"
	"parry/internal/twin"
)

// A record that cannot be signed or archived makes the clock's invocation fail, of which the alarm ClockErrors tells; and one of the two does not
// keep the other.
func TestTheClockFailsWhereTheRecordIsNotKept(t *testing.T) {
	lib, err := assemble.NewLibrary("", "")
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	for _, c := range []struct{ seal, archive error }{{nil, nil}, {errors.New("not signed"), nil}, {nil, errors.New("not archived")}, {errors.New("not signed"), errors.New("not archived")}} {
		var log bytes.Buffer
		var did []string
		engine, _ := lib.Responder(twin.New(time.Now()).Config(hub, "us-east-1"), serve.Stoppable(store), assemble.Options{Role: "parry-{playbook}"})
		end := time.Now().Add(time.Minute)
		h, err := lambda.New(lambda.Options{
			Function: lambda.Clock, Engine: engine, Log: serve.NewLog(&log, "text"),
			Seal: func(context.Context) error { did = append(did, "seal"); return c.seal },
			Archive: func(ctx context.Context) error {
				did = append(did, "archive")
				if at, ok := ctx.Deadline(); !ok || !at.Before(end) {
					t.Errorf("it may take until %v of a function that ends at %v", at, end)
				}
				return c.archive
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithDeadline(t.Context(), end)
		_, err = h.Invoke(ctx, []byte("{}"))
		cancel()
		if strings.Join(did, " ") != "seal archive" || (err == nil) != (c.seal == nil && c.archive == nil) {
			t.Errorf("%+v: %s, %v", c, did, err)
		}
		for _, failed := range []error{c.seal, c.archive} {
			if failed != nil && (!strings.Contains(err.Error(), failed.Error()) || !strings.Contains(log.String(), failed.Error())) {
				t.Errorf("%v, and the log: %s", err, &log)
			}
		}
	}
}
