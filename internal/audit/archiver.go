package audit

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/note"

	"parry"
)

// Archiver brings the record into a bucket: what is new under the newest signed checkpoint in parts, and then the checkpoint.
//
// It keeps no account of how far it came: that is what the bucket's own names say. So whoever was broken off, between whichever two objects, is
// gone on with, and a part that somebody deleted is written again. It writes only names that are not there yet, and where one is there
// already, it must be the same. Several workers may archive into one bucket: then a record may be in two parts.
type Archiver struct {
	store  parry.Store
	key    note.Verifiers
	sealer *Sealer
	bucket *Bucket
	leaves int64 // in a part at the most

	mu   sync.Mutex
	read bool // the bucket's names were
	have reach
	tree tree // of the bucket's newest checkpoint
}

// reach is how far the parts of a bucket go.
type reach struct {
	to   int64
	last string // the name of the last part
	// todo are places of the log before to, each from one to before another, that are in no part, or in one that somebody else wrote and that no
	// checkpoint is over yet: these are held to the log, too.
	todo [][2]int64
}

// Progress is what a run of an Archiver came to.
type Progress struct {
	Written int64 // records
	Behind  int64 // records under the newest checkpoint that are not in the bucket yet: there was no time for more
}

// NewArchiver makes one for the checkpoints of a sealer.
func NewArchiver(s *Sealer, bucket *Bucket) *Archiver {
	return &Archiver{store: s.store, key: note.VerifierList(s.key.Verifier), sealer: s, bucket: bucket, leaves: partLeaves}
}

// Archive brings into the bucket what the sealer has signed by now. Where the context ends over that after something was done, there is
// no error: the next run goes on. The Error's kind is Conflict where the bucket, the log and the checkpoint do not fit together.
func (a *Archiver) Archive(ctx context.Context) (p Progress, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	head, signed := a.sealer.Newest()
	if a.read && len(a.have.todo) == 0 && a.have.to == head.Size && a.tree.size == head.Size {
		return p, nil
	}
	moved := false
	err = a.archive(ctx, head, signed, func(n int64) { moved, p.Written = true, p.Written+n })
	if a.read {
		p.Behind = max(head.Size-a.have.to, 0)
		for _, r := range a.have.todo {
			p.Behind += r[1] - r[0]
		}
	}
	if ctx.Err() != nil && moved {
		return p, nil
	}
	if err != nil {
		a.read = false // the bucket may be another one than is thought here
	}
	return p, err
}

// archive tells done of each part, and of how many records it wrote: none where the part was there.
func (a *Archiver) archive(ctx context.Context, head Head, signed []byte, done func(int64)) error {
	if err := a.look(ctx); err != nil {
		return err
	}
	if most := max(a.have.to, a.tree.size); most > head.Size {
		return a.ahead(ctx, most)
	}
	t, err := a.grown(ctx, head)
	if err != nil {
		return err
	}
	for len(a.have.todo) > 0 {
		todo := &a.have.todo[0]
		if err := a.bring(ctx, todo[0], todo[1], done, func(_ string, to int64) { todo[0] = to }); err != nil {
			return err
		}
		a.have.todo = a.have.todo[1:]
	}
	if err := a.bring(ctx, a.have.to, head.Size, done, func(name string, to int64) { a.have.last, a.have.to = name, to }); err != nil {
		return err
	}
	if head.Size == a.tree.size {
		return nil
	}
	if err := a.putHead(ctx, head, signed, t); err != nil {
		return err
	}
	a.tree = t
	return nil
}

// bring writes the parts of a piece of the log.
func (a *Archiver) bring(ctx context.Context, from, to int64, done func(int64), reached func(name string, to int64)) error {
	if from >= to {
		return nil
	}
	_, err := exportRange(ctx, a.store, from, to, limit{a.leaves, partBytes}, JSONL, sinkFunc(func(ctx context.Context, from, to int64, lines []Line) error {
		name, there, err := a.put(ctx, from, to, lines)
		switch {
		case err != nil:
			return err
		case there:
			done(0)
		default:
			done(to - from)
		}
		reached(name, to)
		return nil
	}))
	return err
}

// look reads what is new among the bucket's parts. The first time it reads all names, and the newest checkpoint.
func (a *Archiver) look(ctx context.Context) error {
	have, t := a.have, a.tree
	if !a.read {
		var err error
		if t, err = a.anchor(ctx); err != nil {
			return err
		}
		have = reach{}
	}
	err := a.bucket.Names(ctx, archivedParts, have.last, func(name string) error {
		from, to, ok := partOf(name)
		if !ok {
			return nil // somebody else's: VerifyArchive tells of it
		}
		if from > have.to {
			have.todo = append(have.todo, [2]int64{have.to, from})
		}
		if to > t.size {
			have.todo = append(have.todo, [2]int64{from, to})
		}
		have.to, have.last = max(have.to, to), name
		return nil
	})
	if err == nil {
		a.have, a.tree, a.read = have, t, true
	}
	return err
}

// anchorTries is how many checkpoints of a bucket are looked at for one that the key has signed.
const anchorTries = 20

// anchor is the tree of the bucket's newest checkpoint. What is archived goes on from that, whatever became of the store since: the bucket is what
// nobody can write anew. It is an empty one where the key has signed none of the newest: then the key is a new one.
func (a *Archiver) anchor(ctx context.Context) (tree, error) {
	var names []string
	err := a.bucket.Names(ctx, archivedHeads, "", func(name string) error {
		if _, ok := headOf(name); ok {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return tree{}, err
	}
	for _, name := range slices.Backward(names[max(len(names)-anchorTries, 0):]) {
		body, err := a.bucket.Read(ctx, name)
		if parry.KindOf(err) == parry.NotFound {
			continue
		}
		if err != nil {
			return tree{}, err
		}
		if _, t, err := decodeHead(name, body, a.key); err == nil {
			return t, nil
		}
	}
	return tree{}, nil
}

// ahead says what it means that the bucket has more records than the sealer has signed: another worker was here since, or the store was put back.
func (a *Archiver) ahead(ctx context.Context, most int64) error {
	length, err := Length(ctx, a.store)
	if err != nil || length >= most {
		return err
	}
	return parry.Errorf(parry.Conflict, "%s has %d records, and the log of the store has %d: the store was put back to an earlier state, or somebody else wrote into the bucket", a.bucket.url(""), most, length).
		WithHint("'parry audit verify --archive %s' tells what is there; if the store was put back on purpose, archive into another prefix", a.bucket.url(""))
}

// grown is the tree of the log up to a checkpoint, which goes on from the bucket's newest, and is what was signed. Nothing is written before that is
// known: it could not be deleted any more.
func (a *Archiver) grown(ctx context.Context, head Head) (tree, error) {
	t := tree{size: a.tree.size, full: slices.Clone(a.tree.full)}
	for _, r := range a.have.todo {
		if r[0] < t.size {
			t = tree{} // what fills a gap is before the bucket's checkpoint
		}
	}
	var err error
	if t.size < head.Size {
		err = eachLeaf(ctx, a.store, t.size, func(n int64, l parry.Leaf) error {
			if n >= head.Size {
				return errEnough
			}
			return t.add(l)
		})
	}
	if err == nil && head.Size > 0 && t.root() != head.Root {
		err = parry.Errorf(parry.Conflict, "the log of the store does not lead from the checkpoint at %d in %s to the one at %d: nothing is archived", a.tree.size, a.bucket.url(""), head.Size).
			WithHint("'parry audit verify' tells what was changed, with --archive %s for the bucket and without it for the store", a.bucket.url(""))
	}
	return t, err
}

// put writes a part. One that is there must be the same.
func (a *Archiver) put(ctx context.Context, from, to int64, lines []Line) (name string, there bool, err error) {
	name, body := partName(from, to), joined(lines)
	there, err = a.bucket.create(ctx, name, "application/x-ndjson", body)
	if err != nil || !there {
		return name, there, err
	}
	kept, err := a.bucket.Read(ctx, name)
	if err == nil && !bytes.Equal(kept, body) {
		err = a.other(name, fmt.Sprintf("records %d to %d of the log", from, to-1))
	}
	return name, true, err
}

// putHead writes a checkpoint. Of one that is there the head must be the same: two workers sign it at two times, and a new key signs what the old
// one had signed.
func (a *Archiver) putHead(ctx context.Context, head Head, signed []byte, t tree) error {
	name := headName(head.Size)
	body, err := encodeHead(signed, t)
	if err != nil {
		return err
	}
	there, err := a.bucket.create(ctx, name, "application/json", body)
	if err != nil || !there {
		return err
	}
	kept, err := a.bucket.Read(ctx, name)
	if err != nil {
		return err
	}
	if said := saidHead(kept); said.Size != head.Size || said.Root != head.Root {
		return a.other(name, fmt.Sprintf("the checkpoint over %d records", head.Size))
	}
	return nil
}

// other says that a name is taken.
func (a *Archiver) other(name, want string) error {
	return parry.Errorf(parry.Conflict, "%s is there already, and is not %s: nothing is written over it", a.bucket.url(name), want).
		WithHint("somebody else wrote it: look in CloudTrail who; 'parry audit verify --archive %s' tells of all that is there", a.bucket.url(""))
}

// sinkFunc is a function as a Sink.
type sinkFunc func(ctx context.Context, from, to int64, lines []Line) error

// Put implements Sink.
func (f sinkFunc) Put(ctx context.Context, from, to int64, lines []Line) error {
	return f(ctx, from, to, lines)
}
