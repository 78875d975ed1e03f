package dynamo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"parry"
	"parry/internal/dynamotest"
	"parry/internal/moto"
	"parry/internal/storetest"
)

// The suite on Amazon's own emulator. PARRY_SOAK asks for more of it.
func TestContractOnDynamoDBLocal(t *testing.T) {
	o := opener(dynamotest.Need(t).Config())
	o.Many = 2000
	if os.Getenv("PARRY_SOAK") != "" {
		o.Many = 100_000
	}
	storetest.Run(t, o)
}

// And on one that somebody else wrote. It copies the table for each transaction, and puts the copy back when that fails, with which it
// takes back what others wrote in the meantime. So it holds few responses, and is asked one thing at a time.
func TestContractOnMoto(t *testing.T) {
	cfg := moto.Own(t).Config(moto.DefaultAccount, "us-east-1")
	cfg.HTTPClient = &http.Client{Transport: &oneByOne{next: transport(cfg)}}
	o := opener(cfg)
	o.Many = 100
	storetest.Run(t, o)
}

// oneByOne sends one request at a time.
type oneByOne struct {
	mu   sync.Mutex
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper. The answer is whole when it is given.
func (o *oneByOne) RoundTrip(r *http.Request) (*http.Response, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	resp, err := o.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

func opener(cfg aws.Config) storetest.Opener {
	return storetest.Opener{
		Open: func(t *testing.T) parry.Store { return newTable(t, cfg) },
		Reopen: func(t *testing.T, s parry.Store) parry.Store {
			if err := s.(*DB).Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, cfg, s.(*DB).table)
		},
		Beside: func(t *testing.T, s parry.Store) parry.Store { return open(t, cfg, s.(*DB).table) },
		Cut: func(t *testing.T, s parry.Store, n int, lost bool) parry.Store {
			broken := cfg.Copy()
			broken.HTTPClient = &http.Client{Transport: &cut{next: transport(cfg), at: int64(n), until: 1 << 40, lost: lost}}
			broken.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
			return &DB{api: client(broken), table: s.(*DB).table}
		},
	}
}

// transport is what a configuration's requests go through.
func transport(cfg aws.Config) http.RoundTripper {
	if c, ok := cfg.HTTPClient.(*http.Client); ok && c.Transport != nil {
		return c.Transport
	}
	return http.DefaultTransport
}

// cut breaks requests, from one to before another, counted from 1. With lost the first of them is carried out, and its answer lost.
type cut struct {
	next      http.RoundTripper
	at, until int64
	lost      bool
	seen      atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (c *cut) RoundTrip(r *http.Request) (*http.Response, error) {
	n := c.seen.Add(1)
	if n < c.at || n >= c.until {
		return c.next.RoundTrip(r)
	}
	if n == c.at && c.lost {
		resp, err := c.next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		if err = errors.Join(err, resp.Body.Close()); err != nil {
			return nil, err
		}
	}
	return nil, &net.OpError{Op: "read", Err: syscall.ECONNRESET}
}

// tables numbers the tables of this process.
var tables atomic.Int64

func newTable(t *testing.T, cfg aws.Config) *DB {
	t.Helper()
	table := fmt.Sprintf("parry-%d", tables.Add(1))
	if err := (&DB{api: client(cfg), table: table}).create(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	d := open(t, cfg, table)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if _, err := d.api.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &table}); err != nil {
			t.Error(err)
		}
	})
	return d
}

func open(t *testing.T, cfg aws.Config, table string) *DB {
	t.Helper()
	d, err := Open(t.Context(), cfg, table)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
