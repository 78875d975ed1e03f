package audit

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"parry"
)

// An archive is the record out of the store's reach: all records in the order of the log, in parts, and signed checkpoints over them. It is
// enough to verify everything. A part's name follows from the places of its records in the log, and what is in it from these: whoever writes it
// again writes the same.
const (
	archivedParts = "records/v1/"     // FIRST-LAST.jsonl: one record a line, line by line the log from place FIRST to place LAST
	archivedHeads = "checkpoints/v1/" // SIZE.json: a checkpoint over the first SIZE records
)

// ArchiveFolders are the folders of an archive: what a writer needs permissions for.
func ArchiveFolders() []string { return []string{archivedParts, archivedHeads} }

// Archive is where one is read from.
type Archive interface {
	// Names gives the names of a folder in their order, those behind after only.
	Names(ctx context.Context, folder, after string, f func(name string) error) error
	// Read gives one object; an Error of kind NotFound where there is none.
	Read(ctx context.Context, name string) ([]byte, error)
}

// archivedBytes bounds what is read of one object: a part is 4 MiB and one record long at the most.
const archivedBytes = 64 << 20

// partName is the name of the part with the leaves from one place of the log to before another. Its digits are as many in each, so that names
// are in the order of the log.
func partName(from, to int64) string {
	return fmt.Sprintf("%s%012d-%012d.jsonl", archivedParts, from, to-1)
}

// partOf reads a part's name.
func partOf(name string) (from, to int64, ok bool) {
	text, ok := strings.CutSuffix(strings.TrimPrefix(name, archivedParts), ".jsonl")
	first, last, cut := strings.Cut(text, "-")
	from, err := strconv.ParseInt(first, 10, 64)
	to, lerr := strconv.ParseInt(last, 10, 64)
	to++
	return from, to, ok && cut && err == nil && lerr == nil && from >= 0 && to > from && partName(from, to) == name
}

func headName(size int64) string { return fmt.Sprintf("%s%012d.json", archivedHeads, size) }

// headOf reads a checkpoint's name.
func headOf(name string) (size int64, ok bool) {
	text, ok := strings.CutSuffix(strings.TrimPrefix(name, archivedHeads), ".json")
	size, err := strconv.ParseInt(text, 10, 64)
	return size, ok && err == nil && size > 0 && headName(size) == name
}

// archivedHead is a checkpoint in an archive. The tree's hashes give the signed root, and let somebody go on from there who has not read what
// is before.
type archivedHead struct {
	Checkpoint string   `json:"checkpoint"`
	Tree       []string `json:"tree"`
}

func encodeHead(signed []byte, t tree) ([]byte, error) {
	h := archivedHead{Checkpoint: string(signed)}
	for _, hash := range t.full {
		h.Tree = append(h.Tree, base64.StdEncoding.EncodeToString(hash[:]))
	}
	text, err := json.MarshalIndent(h, "", "  ")
	return append(text, '\n'), err
}

// saidHead is what an archived checkpoint says, whoever signed it; zero where it says nothing.
func saidHead(body []byte) Head {
	var a archivedHead
	if err := json.Unmarshal(body, &a); err != nil {
		return Head{}
	}
	text, _, _ := strings.Cut(a.Checkpoint, "\n\n")
	h, err := parseHead(text + "\n")
	if err != nil {
		return Head{}
	}
	return h
}

// decodeHead reads an archived checkpoint and holds it to the keys, to its name and to its tree.
func decodeHead(name string, body []byte, keys note.Verifiers) (Head, tree, error) {
	var a archivedHead
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return Head{}, tree{}, parry.Errorf(parry.Invalid, "%s is not a checkpoint of an archive: %w", name, err)
	}
	h, err := OpenCheckpoint([]byte(a.Checkpoint), keys)
	if err != nil {
		return Head{}, tree{}, parry.Errorf(parry.Invalid, "%s: %w", name, err)
	}
	if size, ok := headOf(name); !ok || size != h.Size {
		return Head{}, tree{}, parry.Errorf(parry.Invalid, "%s is over %d records, and has another name", name, h.Size)
	}
	t := tree{size: h.Size}
	for _, text := range a.Tree {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(raw) != tlog.HashSize {
			return Head{}, tree{}, parry.Errorf(parry.Invalid, "%s has a tree with %q in it, which is no hash", name, cut(text))
		}
		t.full = append(t.full, tlog.Hash(raw))
	}
	if len(t.full) != bits.OnesCount64(uint64(h.Size)) || t.root() != h.Root {
		return Head{}, tree{}, parry.Errorf(parry.Invalid, "%s has another tree than its checkpoint signs", name)
	}
	return h, t, nil
}
