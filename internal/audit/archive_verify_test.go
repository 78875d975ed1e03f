package audit

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"parry"
)

// onDisk writes an archive into a folder.
func onDisk(t *testing.T, objects map[string]string) Archive {
	t.Helper()
	dir := t.TempDir()
	for name, body := range objects {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// mended changes a record of a part, and mends all hashes behind it of that response.
func mended(t *testing.T, objects map[string]string, response string, change func(*parry.Record)) {
	t.Helper()
	prev, changed := "", false
	for _, name := range slices.Sorted(maps.Keys(objects)) {
		if !strings.HasPrefix(name, archivedParts) {
			continue
		}
		var b strings.Builder
		for text := range strings.Lines(objects[name]) {
			var rec parry.Record
			if err := json.Unmarshal([]byte(text), &rec); err != nil {
				t.Fatal(err)
			}
			if rec.Response == response {
				if !changed {
					change(&rec)
					changed = true
				}
				rec.Seal(prev)
				prev = rec.Hash
			}
			again, err := line(rec)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(again)
			b.WriteByte('\n')
		}
		objects[name] = b.String()
	}
}

// Whatever somebody does to an archive who can write all of it but has not the key is found, and is named.
func TestAnArchiveIsVerifiedAlone(t *testing.T) {
	v := newVault(t)
	store, key := stock(t, 3)
	archive(t, v.archiver(store, key, "p"))
	addStory(t, store, "pr-later", 8)
	archive(t, v.archiver(store, key, "p"))
	whole := v.objects("p")
	kept := whole["checkpoints/v1/000000000023.json"]
	var head archivedHead
	if err := json.Unmarshal([]byte(kept), &head); err != nil {
		t.Fatal(err)
	}
	anchor := []byte(head.Checkpoint)
	const first, second, last = "records/v1/000000000000-000000000009.jsonl", "records/v1/000000000010-000000000014.jsonl", "records/v1/000000000015-000000000022.jsonl"
	if names(whole) != "checkpoints/v1/000000000015.json checkpoints/v1/000000000023.json "+first+" "+second+" "+last {
		t.Fatal(names(whole))
	}
	cutLast := func(o map[string]string) {
		delete(o, last)
		delete(o, "checkpoints/v1/000000000023.json")
	}
	forged := newKey(t, "main")
	for _, c := range []struct {
		name string
		do   func(o map[string]string)
		want []string
	}{
		{"nothing", func(map[string]string) {}, nil},
		{"a record's text", func(o map[string]string) { o[first] = strings.Replace(o[first], "ada says yes", "bob says yes", 1) },
			[]string{"changed: response pr-00000, record 1: " + first + ", line 1: its hash is"}},
		{"with its hash, its chain and all hashes behind it", func(o map[string]string) {
			mended(t, o, "pr-00001", func(r *parry.Record) { r.Text = "nobody was asked" })
		},
			[]string{"rewritten: checkpoint at 15: the log is another one", "rewritten: checkpoint at 23:"}},
		{"a part dropped", func(o map[string]string) { delete(o, second) }, []string{"dropped: records 10 to 14 of the log are in no part"}},
		{"the last part dropped", func(o map[string]string) { delete(o, last) }, []string{"rewritten: checkpoint at 23: the log has only 15 leaves: it was shortened"}},
		{"a line dropped", func(o map[string]string) { o[second] = o[second][strings.IndexByte(o[second], '\n')+1:] },
			[]string{"changed: " + second + " has 4 records, and by its name 5", "dropped: response pr-00002, record 2: " + second + ", line 1: the one before it in the log is record 0"}},
		{"a line added", func(o map[string]string) { o[last] += o[last] }, []string{"changed: " + last + " has 16 records, and by its name 8"}},
		{"two lines in another order", func(o map[string]string) {
			l := strings.SplitAfter(o[second], "\n")
			o[second] = l[1] + l[0] + strings.Join(l[2:], "")
		}, []string{"dropped: response pr-00002, record 2", "reordered: response pr-00002, record 1: " + second + ", line 2: it stands behind record 2", "rewritten: checkpoint at 15", "rewritten: checkpoint at 23"}},
		{"a field that no hash is over", func(o map[string]string) {
			o[first] = strings.Replace(o[first], `{"response"`, `{"approved_by":"nobody","response"`, 1)
		},
			[]string{"changed: " + first + ", line 1: it is not written as its record is"}},
		{"a field said twice", func(o map[string]string) {
			o[first] = strings.Replace(o[first], `{"response":"`, `{"response":"pr-x","response":"`, 1)
		},
			[]string{"changed: " + first + ", line 1: it is not written as its record is"}},
		{"no record", func(o map[string]string) { o[first] = strings.Replace(o[first], "{", "[", 1) }, []string{"changed: " + first + ", line 1: it is no record"}},
		{"another name", func(o map[string]string) { o["records/v1/notes.txt"] = "x" }, []string{`forged: "records/v1/notes.txt": no part of the log has such a name`}},
		{"another part of what is there", func(o map[string]string) {
			o["records/v1/000000000011-000000000012.jsonl"] = strings.Join(strings.SplitAfter(o[second], "\n")[1:3], "")
		}, nil},
		{"another part that says otherwise", func(o map[string]string) {
			o["records/v1/000000000011-000000000012.jsonl"] = strings.Join(strings.SplitAfter(o[second], "\n")[2:4], "")
		}, []string{"changed: response pr-00002, record 3: records/v1/000000000011-000000000012.jsonl, line 1: an earlier part has another record at place 11 of the log", "record 4: records/v1/000000000011-000000000012.jsonl, line 2: an earlier part"}},
		{"a checkpoint's time", func(o map[string]string) {
			o["checkpoints/v1/000000000015.json"] = strings.Replace(o["checkpoints/v1/000000000015.json"], "time 2026", "time 2036", 1)
		}, []string{"forged: checkpoint at 15: checkpoints/v1/000000000015.json: the checkpoint is not signed by a key that is given"}},
		{"a checkpoint's tree", func(o map[string]string) {
			var h archivedHead
			if err := json.Unmarshal([]byte(o["checkpoints/v1/000000000015.json"]), &h); err != nil {
				t.Fatal(err)
			}
			slices.Reverse(h.Tree)
			text, err := json.Marshal(h)
			if err != nil {
				t.Fatal(err)
			}
			o["checkpoints/v1/000000000015.json"] = string(text)
		}, []string{"forged: checkpoint at 15: checkpoints/v1/000000000015.json has another tree than its checkpoint signs"}},
		{"a checkpoint in the place of another", func(o map[string]string) {
			o["checkpoints/v1/000000000015.json"] = o["checkpoints/v1/000000000023.json"]
		}, []string{"forged: checkpoint at 15: checkpoints/v1/000000000015.json is over 23 records, and has another name"}},
		{"all of it, signed with another key", func(o map[string]string) {
			clear(o)
			another, _ := open(t)
			addStory(t, another, "pr-00000", 5)
			archive(t, v.archiver(another, forged, "forged"))
			maps.Copy(o, v.objects("forged"))
		}, []string{"forged: checkpoint at 5: checkpoints/v1/000000000005.json: the checkpoint is not signed", "unsigned: no checkpoint in the archive is signed by a key that is given"}},
		{"no checkpoint at all", func(o map[string]string) {
			delete(o, "checkpoints/v1/000000000015.json")
			delete(o, "checkpoints/v1/000000000023.json")
		}, []string{"unsigned: no checkpoint in the archive"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			objects := maps.Clone(whole)
			c.do(objects)
			rep, err := VerifyArchive(t.Context(), onDisk(t, objects), note.VerifierList(key.Verifier))
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range c.want {
				if !strings.Contains(lines(rep), w) {
					t.Errorf("want %q in\n%s", w, lines(rep))
				}
			}
			if len(rep.Faults) != len(c.want) {
				t.Errorf("%d faults are told, want %d:\n%s", len(rep.Faults), len(c.want), lines(rep))
			}
		})
	}
	// What is cut off with its checkpoint is found by a checkpoint that was kept elsewhere, and only by that.
	objects := maps.Clone(whole)
	cutLast(objects)
	keys := note.VerifierList(key.Verifier)
	if rep, err := VerifyArchive(t.Context(), onDisk(t, objects), keys); err != nil || !rep.OK() || rep.Covered != 15 {
		t.Errorf("%s%v", lines(rep), err)
	}
	if rep, err := VerifyArchive(t.Context(), onDisk(t, objects), keys, anchor); err != nil || !strings.Contains(lines(rep), "kept elsewhere: the log has only 15 leaves") {
		t.Errorf("%s%v", lines(rep), err)
	}
	if rep, err := VerifyArchive(t.Context(), onDisk(t, nil), keys); err != nil || !rep.OK() || rep.Records != 0 {
		t.Errorf("%+v, %v", rep, err)
	}
	if _, err := OpenFolder(filepath.Join(t.TempDir(), "no")); parry.KindOf(err) != parry.NotFound {
		t.Error(err)
	}
}

// Nothing that stands in an archive makes its reader fail, and what is taken for a record is one to the byte.
func FuzzParseLine(f *testing.F) {
	_, steps := story("pr-1", noon, 5)
	for _, rec := range steps {
		text, err := line(rec)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append(text, '\n'))
	}
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rec, err := parseLine(text)
		if err != nil {
			return
		}
		_ = rec.Sum()
		if again, err := line(rec); err != nil || string(again)+"\n" != string(text) {
			t.Errorf("%q, %v", again, err)
		}
	})
}
