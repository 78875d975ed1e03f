package parry_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"parry"
)

// A record that comes back from a store has the hash that it was given, whatever is in it; any other record has another.
func TestARecordKeepsItsHash(t *testing.T) {
	east := time.FixedZone("east", 2*3600)
	for name, rec := range map[string]parry.Record{
		"plain":        {Text: "a"},
		"odd text":     {Text: "<b> & \u2028 \x00 \"\\ufffd\""},
		"not UTF-8":    {Text: "half a rune: \xe2\x82", Call: &parry.Outcome{Error: "\xff"}},
		"a zone":       {At: time.Date(2026, 3, 14, 12, 0, 0, 1, east), Call: &parry.Outcome{At: time.Date(2026, 3, 14, 12, 0, 0, 1, east)}},
		"big numbers":  {Call: &parry.Outcome{Call: parry.Call{Input: map[string]any{"n": int64(math.MaxInt64), "f": 1e21, "u": uint64(math.MaxUint64)}}}},
		"empty things": {Call: &parry.Outcome{Call: parry.Call{Input: map[string]any{}}, Output: map[string]any{"l": []any{}, "n": nil}}},
	} {
		rec.Response, rec.Seq, rec.Kind = "pr-1", 1, parry.MoveCall
		rec.Seal("before")
		text, err := json.Marshal(rec)
		if err != nil {
			t.Fatal(err)
		}
		var back parry.Record
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if back.Sum() != rec.Hash || back.Hash != rec.Hash {
			t.Errorf("%s: %s, read back %s", name, rec.Hash, back.Sum())
		}
		back.Text += "."
		if back.Sum() == rec.Hash {
			t.Errorf("%s: another text has the same hash", name)
		}
		back.Text, back.Prev = rec.Text, "another"
		if back.Sum() == rec.Hash {
			t.Errorf("%s: behind another record it has the same hash", name)
		}
	}
}
