package cases

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry/internal/twin"
)

// Twin is the simulated organization as a stage: its clock stands still but for what is slept.
type Twin struct {
	Org   *twin.Org
	count atomic.Int64
	clock time.Time
}

// NewTwin makes a stage of its own for one case.
func NewTwin() *Twin {
	t := &Twin{clock: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	t.Org = twin.New(t.clock)
	t.Org.SetDelay(3 * time.Second)
	t.Org.SetClock(t.Now)
	return t
}

// Config implements Stage.
func (t *Twin) Config(account, region string) aws.Config { return t.Org.Config(account, region) }

// Account implements Stage.
func (t *Twin) Account() string { return fmt.Sprintf("%012d", 111111111110+t.count.Add(1)) }

// Now implements Stage.
func (t *Twin) Now() time.Time { return t.clock }

// Sleep implements Stage: time goes by at once.
func (t *Twin) Sleep(ctx context.Context, d time.Duration) error {
	t.clock = t.clock.Add(d)
	return ctx.Err()
}
