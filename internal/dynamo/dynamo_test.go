package dynamo

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry"
	"parry/internal/dynamotest"
	"parry/internal/moto"
	"parry/internal/storetest"
)

// The suite on Amazon's own emulator.
func TestContractOnDynamoDBLocal(t *testing.T) {
	storetest.Run(t, opener(dynamotest.Need(t).Config()))
}

// And on one that somebody else wrote.
func TestContractOnMoto(t *testing.T) {
	s := moto.Need(t)
	storetest.Run(t, opener(s.Config(moto.DefaultAccount, "us-east-1")))
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
	}
}

// tables numbers the tables of this process.
var tables atomic.Int64

func newTable(t *testing.T, cfg aws.Config) *DB {
	t.Helper()
	table := fmt.Sprintf("parry-%d", tables.Add(1))
	if err := (&DB{client(cfg), table}).create(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	return open(t, cfg, table)
}

func open(t *testing.T, cfg aws.Config, table string) *DB {
	t.Helper()
	d, err := Open(t.Context(), cfg, table)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
