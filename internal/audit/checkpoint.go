package audit

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"parry"
)

// Head is what a checkpoint says: how long the log was, the hash of its tree, and when.
type Head struct {
	Origin string // the name of the key
	Size   int64
	Root   tlog.Hash
	At     time.Time // zero where it does not say
}

// text is the head as it is signed. Source: the checkpoint format of C2SP (tlog-checkpoint): origin, size, root hash in base64, and
// further lines of one's own, which here is the time.
func (h Head) text() string {
	return fmt.Sprintf("%s\n%d\n%s\ntime %s\n", h.Origin, h.Size, base64.StdEncoding.EncodeToString(h.Root[:]), h.At.UTC().Format(time.RFC3339))
}

// parseHead reads the text of a checkpoint. Lines that it does not know are passed over.
func parseHead(text string) (h Head, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] == "" || lines[len(lines)-1] != "" {
		return h, parry.Errorf(parry.Invalid, "a checkpoint has a line for its origin, its size and its hash")
	}
	h.Origin = lines[0]
	if h.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || h.Size < 0 || strconv.FormatInt(h.Size, 10) != lines[1] {
		return h, parry.Errorf(parry.Invalid, "%q is not the size of a log", lines[1])
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return h, parry.Errorf(parry.Invalid, "%q is not the hash of a tree", lines[2])
	}
	copy(h.Root[:], root)
	for _, l := range lines[3 : len(lines)-1] {
		if at, ok := strings.CutPrefix(l, "time "); ok {
			if h.At, err = time.Parse(time.RFC3339, at); err != nil {
				return h, parry.Errorf(parry.Invalid, "%q is not the time of a checkpoint", at)
			}
		}
	}
	return h, nil
}

// OpenCheckpoint reads a signed checkpoint and holds it to the keys.
func OpenCheckpoint(signed []byte, keys note.Verifiers) (Head, error) {
	n, err := note.Open(signed, keys)
	if err != nil {
		return Head{}, parry.Errorf(parry.Invalid, "the checkpoint is not signed by a key that is given: %w", err)
	}
	h, err := parseHead(n.Text)
	if err != nil {
		return h, err
	}
	for _, s := range n.Sigs {
		if s.Name == h.Origin {
			return h, nil
		}
	}
	return h, parry.Errorf(parry.Invalid, "the checkpoint is of %s, and %s signed it", h.Origin, n.Sigs[0].Name)
}

// newest is the longest checkpoint that the store has of the key, and its text; zero where it has none.
func newest(ctx context.Context, store parry.Store, key Key) (Head, []byte, error) {
	kept, err := store.Checkpoints(ctx) // the shortest first
	if err != nil {
		return Head{}, nil, err
	}
	for _, text := range slices.Backward(kept) {
		if h, err := OpenCheckpoint(text, note.VerifierList(key.Verifier)); err == nil {
			return h, text, nil
		}
	}
	return Head{}, nil, nil
}

// Checkpoint signs the head of the log as it is, and keeps it in the store. A log whose beginning is not what the last checkpoint of the
// key says is not signed. Of an empty log there is nothing to sign, and nil comes back.
//
// It reads the whole log once and holds a few dozen hashes.
func Checkpoint(ctx context.Context, store parry.Store, key Key, now time.Time) ([]byte, error) {
	last, _, err := newest(ctx, store, key)
	if err != nil {
		return nil, err
	}
	var t tree
	if err := t.grow(ctx, store, last); err != nil {
		return nil, err
	}
	_, signed, err := signHead(ctx, store, key, t, now)
	return signed, err
}

// grow adds what the log has behind the tree. Where it comes past the checkpoint, or ends before it, it holds the log to that.
func (t *tree) grow(ctx context.Context, store parry.Store, last Head) error {
	same := func() bool { return t.size != last.Size || t.size == 0 || t.root() == last.Root }
	err := eachLeaf(ctx, store, t.size, func(_ int64, l parry.Leaf) error {
		if !same() {
			return rewritten(last)
		}
		return t.add(l)
	})
	if err == nil && (t.size < last.Size || !same()) {
		return rewritten(last)
	}
	return err
}

// signHead signs the head of a tree and keeps it. Of an empty one it signs nothing.
func signHead(ctx context.Context, store parry.Store, key Key, t tree, now time.Time) (h Head, signed []byte, err error) {
	if t.size == 0 {
		return h, nil, nil
	}
	h = Head{Origin: key.Signer.Name(), Size: t.size, Root: t.root(), At: now}
	if signed, err = note.Sign(&note.Note{Text: h.text()}, key.Signer); err != nil {
		return h, nil, parry.Errorf(parry.KindOf(err), "the checkpoint cannot be signed: %w", err)
	}
	return h, signed, store.KeepCheckpoint(ctx, t.size, signed)
}

func rewritten(last Head) error {
	return parry.Errorf(parry.Conflict, "the log does not go on from the checkpoint at %d: nothing is signed", last.Size).
		WithHint("'parry audit verify' tells what was changed")
}

// Close puts what is new into the log and signs its head.
func Close(ctx context.Context, store parry.Store, key Key, now time.Time) (signed []byte, added int, err error) {
	if added, err = Append(ctx, store, 0); err != nil {
		return nil, added, err
	}
	signed, err = Checkpoint(ctx, store, key, now)
	return signed, added, err
}

// SizeOf is the length of the log that a checkpoint speaks of. Its signature is not looked at.
func SizeOf(signed []byte) (int64, error) {
	text, _, _ := strings.Cut(string(signed), "\n\n")
	h, err := parseHead(text + "\n")
	return h.Size, err
}
