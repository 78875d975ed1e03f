package dynamo

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parry"
	"parry/internal/dynamotest"
	"parry/internal/moto"
)

func TestResolve(t *testing.T) {
	db := newTable(t, dynamotest.Need(t).Config())
	for _, id := range []string{"abcd-1", "abcd-2", "abce", "abce-long", "50%_off", "ABCF", "zzzz\u00e9"} {
		must(t, db.Save(t.Context(), parry.Response{ID: id}))
	}
	tests := []struct {
		prefix, id string
		kind       parry.Kind
		msg        string
	}{
		{prefix: "abcd-1", id: "abcd-1"},
		{prefix: "abce-", id: "abce-long"},
		{prefix: "abce", id: "abce"}, // whole, though another begins with it
		{prefix: "50%_", id: "50%_off"},
		{prefix: "ABCF", id: "ABCF"},
		{prefix: "zzzz", id: "zzzz\u00e9"},
		{prefix: "abcd", kind: parry.Invalid, msg: "abcd-1, abcd-2"},
		{prefix: "abc", kind: parry.Invalid, msg: "too short"},
		{prefix: "", kind: parry.Invalid, msg: "too short"},
		{prefix: "abcf", kind: parry.NotFound, msg: "no response abcf"},
		{prefix: "abcd-1-and-more", kind: parry.NotFound, msg: "no response"},
		{prefix: strings.Repeat("x", 2000), kind: parry.NotFound, msg: "no response"},
	}
	for _, tt := range tests {
		id, err := db.Resolve(t.Context(), tt.prefix)
		if tt.msg == "" {
			if id != tt.id || err != nil {
				t.Errorf("Resolve(%q) = %q, %v; want %q", tt.prefix, id, err, tt.id)
			}
			continue
		}
		isError(t, err, tt.kind, tt.msg)
	}
}

// An answer that is lost makes the SDK send the request once more. It is carried out once.
func TestALostAnswerIsNotCarriedOutTwice(t *testing.T) {
	cfg := dynamotest.Need(t).Config()
	table := newTable(t, cfg).table
	for _, lost := range []bool{false, true} {
		for at := range int64(6) {
			flaky := cfg.Copy()
			c := &cut{next: transport(cfg), at: at + 1, until: at + 2, lost: lost}
			flaky.HTTPClient = &http.Client{Transport: c}
			db := &DB{api: client(flaky), table: table}
			r := parry.Response{ID: fmt.Sprintf("r-%v-%d", lost, at), Key: "k", State: parry.Done}
			for r.Steps = 1; r.Steps <= 3; r.Steps++ {
				must(t, db.Save(t.Context(), r, parry.Record{Response: r.ID, Seq: r.Steps}))
			}
			recs, err := open(t, cfg, table).Records(t.Context(), r.ID)
			must(t, err)
			if len(recs) != 3 || c.seen.Load() != 7 { // each save reads and writes, and one request was sent twice
				t.Errorf("%s has %d records after %d requests", r.ID, len(recs), c.seen.Load())
			}
		}
	}
}

func TestSaveRefusesWhatATableCannotHold(t *testing.T) {
	db := newTable(t, dynamotest.Need(t).Config())
	isError(t, db.Save(t.Context(), parry.Response{ID: strings.Repeat("x", widest+1)}), parry.Invalid, "longer than 512 bytes")
	isError(t, db.Save(t.Context(), parry.Response{ID: "r-\xff"}), parry.Invalid, "no text")
	many := parry.Response{ID: "r-many", Steps: 60}
	var recs []parry.Record
	for i := range many.Steps {
		recs = append(recs, parry.Record{Response: many.ID, Seq: i + 1})
	}
	err := db.Save(t.Context(), many, recs...)
	isError(t, err, parry.Invalid, "too large to be stored at once")
	if parry.HintOf(err) == "" {
		t.Errorf("%v has no next step", err)
	}
	if _, err := db.Response(t.Context(), many.ID); parry.KindOf(err) != parry.NotFound {
		t.Errorf("what was refused is there: %v", err)
	}
	many.Steps = 40
	must(t, db.Save(t.Context(), many, recs[:40]...))
	isError(t, db.Log(t.Context(), 0, make([]parry.Leaf, handful+1)), parry.Invalid, "too many")
}

func TestOpenRefuses(t *testing.T) {
	cfg := moto.Need(t).Config(moto.Account(), "us-east-1")
	_, err := Open(t.Context(), cfg, "nothing")
	isError(t, err, parry.Invalid, "no table nothing")
	_, err = Open(t.Context(), cfg, "")
	isError(t, err, parry.Invalid, "has no name")
	_, err = client(cfg).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("birds"), BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("name"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("name"), AttributeType: types.ScalarAttributeTypeS}},
	})
	must(t, err)
	_, err = Open(t.Context(), cfg, "birds")
	isError(t, err, parry.Invalid, "not a store of Parry's")
}

func TestCreateAndCheck(t *testing.T) {
	cfg := moto.Need(t).Config(moto.Account(), "us-east-1")
	must(t, Create(t.Context(), cfg, "good"))
	lacks, err := Check(t.Context(), cfg, "good")
	if err != nil || len(lacks) != 0 {
		t.Errorf("a table just made lacks %q, %v", lacks, err)
	}
	isError(t, Create(t.Context(), cfg, "good"), parry.Conflict, "already")
	db := open(t, cfg, "good")
	if _, err := db.api.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String("good")}); err == nil {
		t.Error("a table that is protected can be deleted")
	}
	_, err = db.api.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("poor"), BillingMode: types.BillingModeProvisioned,
		ProvisionedThroughput: &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(1), WriteCapacityUnits: aws.Int64(1)},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(pk), KeyType: types.KeyTypeHash}, {AttributeName: aws.String(sk), KeyType: types.KeyTypeRange},
		},
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(pk), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String(sk), AttributeType: types.ScalarAttributeTypeS},
		},
	})
	must(t, err)
	_, err = db.api.UpdateTimeToLive(t.Context(), &dynamodb.UpdateTimeToLiveInput{
		TableName: aws.String("poor"), TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("at"), Enabled: aws.Bool(true)},
	})
	must(t, err)
	lacks, err = Check(t.Context(), cfg, "poor")
	must(t, err)
	for _, want := range []string{"deletion", "provisioned", "point-in-time", "expire"} {
		if !strings.Contains(strings.Join(lacks, "\n"), want) {
			t.Errorf("it lacks %q; nothing of %q", lacks, want)
		}
	}
}

// What moves a response from one place to another leaves exactly the entries of the new one.
func TestMoved(t *testing.T) {
	early := where{ID: "r-1", Key: "k", Received: "2026", State: "waiting", Rule: "r", Account: "1", Playbook: "p", Wake: "2027"}
	late := early
	late.State, late.Wake, late.Applied, late.Resource = "done", "", "2028", "door"
	other := late
	other.State, other.Received = "failed", "2025"
	for _, from := range []*where{nil, &early, &late, &other} {
		for _, to := range []where{early, late, other} {
			have := map[string]item{}
			if from != nil {
				have = from.entries()
			}
			for _, w := range moved("t", from, to) {
				if w.Delete != nil {
					delete(have, id(w.Delete.Key))
				} else {
					have[id(w.Put.Item)] = w.Put.Item
				}
			}
			if want := to.entries(); !maps.EqualFunc(have, want, func(a, b item) bool { return maps.EqualFunc(a, b, sameText) }) {
				t.Errorf("%+v to %+v leaves %v, not %v", from, to, slices.Sorted(maps.Keys(have)), slices.Sorted(maps.Keys(want)))
			}
			if from != nil && *from == to && len(moved("t", from, to)) != 0 {
				t.Error("to stay where it is writes something")
			}
		}
	}
}

func TestNames(t *testing.T) {
	long := strings.Repeat("x", longest+1)
	seen := map[string]string{}
	for _, s := range []string{"", "a", "=a", "~a", long, long + "y", name(long), name(long)[1:], "\xff", "\xfe", "\ufffd"} {
		n := name(s)
		if other, twice := seen[n]; twice {
			t.Errorf("%q and %q are both %q", s, other, n)
		}
		if seen[n] = s; len(n) > longest+1 {
			t.Errorf("a name of %d bytes", len(n))
		}
	}
}

func TestReasons(t *testing.T) {
	cancelled := func(codes ...string) error {
		e := &types.TransactionCanceledException{}
		for _, c := range codes {
			e.CancellationReasons = append(e.CancellationReasons, types.CancellationReason{Code: aws.String(c)})
		}
		return fmt.Errorf("operation error: %w", e)
	}
	tests := []struct {
		err        error
		again      bool
		conditions []int
	}{
		{errors.New("no network"), false, nil},
		{cancelled("None", "TransactionConflict"), true, nil},
		{cancelled("ConditionalCheckFailed", "None", "ConditionalCheckFailed"), true, []int{0, 2}},
		{cancelled("ThrottlingError"), true, nil},
		{cancelled("None", "ProvisionedThroughputExceeded"), true, nil},
		{cancelled("ConditionalCheckFailed", "ValidationError"), false, nil},
		{cancelled("ItemCollectionSizeLimitExceeded"), false, nil},
		{&types.TransactionConflictException{}, true, nil},
	}
	for _, tt := range tests {
		f, again := reasons(tt.err)
		if again != tt.again || again && !slices.Equal(f.conditions, tt.conditions) {
			t.Errorf("%v: %+v, %v", tt.err, f, again)
		}
	}
}

// A holder's name that DynamoDB gives back is told, and the end of the lease.
func TestClaimTellsWhoHasIt(t *testing.T) {
	db := newTable(t, dynamotest.Need(t).Config())
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	must(t, db.Claim(t.Context(), "door", "ada", now, time.Minute))
	err := db.Claim(t.Context(), "door", "bob", now, time.Minute)
	isError(t, err, parry.Conflict, "door is claimed by ada until 2026-03-14T12:01:00.000000000Z")
	if !strings.Contains(parry.HintOf(err), "ada") {
		t.Errorf("the next step is %q", parry.HintOf(err))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// isError wants an error of a kind that says something.
func isError(t *testing.T, err error, kind parry.Kind, says string) {
	t.Helper()
	if err == nil || parry.KindOf(err) != kind || !strings.Contains(err.Error(), says) {
		t.Errorf("the error is %v of kind %d, want kind %d and %q", err, parry.KindOf(err), kind, says)
	}
}
