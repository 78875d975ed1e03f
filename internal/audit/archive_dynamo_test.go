package audit

import (
	"maps"
	"strings"
	"testing"
	"time"

	"parry"
	"parry/internal/dynamo"
	"parry/internal/dynamotest"
)

// From a table of DynamoDB comes the same archive, to the byte, as from a file: what stands in it is the records' own, and none of a store's.
func TestTheArchiveOfATable(t *testing.T) {
	v := newVault(t)
	cfg := dynamotest.Need(t).Config()
	const table = "archive"
	if err := dynamo.Create(t.Context(), cfg, table); err != nil && !strings.Contains(err.Error(), "has no point-in-time recovery") { // the emulator has none
		t.Fatal(err)
	}
	onDynamo, err := dynamo.Open(t.Context(), cfg, table)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = onDynamo.Close() })
	key := newKey(t, "main")
	file, _ := open(t)
	for i, id := range []string{"pr-a", "pr-b", "pr-c"} {
		for _, store := range []parry.Store{onDynamo, file} {
			r, steps := story(id, noon.Add(time.Duration(i)*time.Hour), 7)
			if err := store.Save(t.Context(), r, steps...); err != nil {
				t.Fatal(err)
			}
		}
	}
	archive(t, v.archiver(onDynamo, key, "table"))
	archive(t, v.archiver(file, key, "file"))
	if a, b := v.objects("table"), v.objects("file"); !maps.Equal(a, b) {
		t.Errorf("%v\n%v", a, b)
	}
	if rep := v.verify("table", key); !rep.OK() || rep.Covered != 21 {
		t.Errorf("%+v", rep)
	}
	l := v.lakeOf(onDynamo, v.archiver(onDynamo, key, "table").sealer, "lake", "a", func() time.Time { return noon })
	if n, err := l.Write(t.Context()); n != 3 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}
