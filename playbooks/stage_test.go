package playbooks_test

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry/internal/cases"
	"parry/internal/moto"
	"parry/internal/tap"
)

// stage is where the conformance suite runs a case: it is told what was called, and can make calls fail.
type stage interface {
	cases.Stage
	Log() []tap.Entry
	ResetLog()
	Inject(tap.Fault)
}

// stageOf is a stage of its own for one run of a case: the twin, or moto where the case does not run on the twin. With PARRY_STAGE=moto it
// is moto wherever the case runs there.
func stageOf(t *testing.T, c cases.Case) stage {
	t.Helper()
	return newStage(t, where(c))
}

func where(c cases.Case) string {
	_, twin := c.Runs(cases.OnTwin)
	_, emulator := c.Runs(cases.OnMoto)
	if !twin || emulator && os.Getenv("PARRY_STAGE") == cases.OnMoto {
		return cases.OnMoto
	}
	return cases.OnTwin
}

func newStage(t *testing.T, name string) stage {
	t.Helper()
	if name == cases.OnTwin {
		twin := cases.NewTwin()
		return twinStage{twin, &twin.Org.Tap}
	}
	return newMotoStage(moto.Need(t))
}

type twinStage struct {
	*cases.Twin
	*tap.Tap
}

// motoStage is moto as a stage, with a made-up account for each case. It shares its server with all others.
type motoStage struct {
	*moto.Server
	*tap.Tap
	mu    sync.Mutex
	ahead time.Duration // of real time
}

func newMotoStage(server *moto.Server) *motoStage {
	return &motoStage{Server: server, Tap: &tap.Tap{}}
}

func (s *motoStage) Account() string { return moto.Account() }

func (s *motoStage) Config(account, region string) aws.Config {
	return s.On(s.Server.Config(account, region), func(string) tap.Caller {
		return tap.Caller{Account: account, ARN: "arn:aws:sts::" + account + ":assumed-role/parry-test/admin"}
	})
}

func (s *motoStage) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.ahead)
}

// Sleep lets an emulator, which needs no patience, wait a little, and its clock go on by the rest.
func (s *motoStage) Sleep(ctx context.Context, d time.Duration) error {
	short := min(d, 100*time.Millisecond)
	s.mu.Lock()
	s.ahead += d - short
	s.mu.Unlock()
	select {
	case <-time.After(short):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
