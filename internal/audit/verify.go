package audit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"

	"parry"
)

// shardOf bounds what is held at a time: of so many leaves, sixteen bytes each and the ids of their responses. A longer log is read
// several times, each time for another part of the responses.
const shardOf = 1 << 20

// fresh is how old a record may be at the time of a checkpoint and still be missing in it: workers' clocks differ, and a record's time is
// from before it is stored.
const fresh = 5 * time.Minute

// Verify reads the whole store and tells what is not as it was written: every record's hash and chain, every response against its last
// record, the log against the records, and every checkpoint against the log and the keys. anchors are signed checkpoints that were kept
// elsewhere: with one of them a store that was rewound or written anew together with its log and its checkpoints is found, too.
//
// Others may write meanwhile. The error is of what could not be read at all.
func Verify(ctx context.Context, store parry.Store, keys note.Verifiers, anchors ...[]byte) (Report, error) {
	return inShards(ctx, store, keys, shardOf, anchors)
}

// inShards is Verify with so many leaves in a part.
func inShards(ctx context.Context, store parry.Store, keys note.Verifiers, size int64, anchors [][]byte) (Report, error) {
	v := &verifier{store: store, keys: keys}
	if err := v.checkpoints(ctx, anchors); err != nil {
		return v.Report, err
	}
	length, err := Length(ctx, store)
	if err != nil {
		return v.Report, err
	}
	shards := 1 + int(length/size)
	for i := range shards {
		if err := v.log(ctx, i, shards); err != nil {
			return v.Report, err
		}
		if err := v.responses(ctx, i, shards); err != nil {
			return v.Report, err
		}
	}
	v.sort()
	return v.Report, nil
}

type verifier struct {
	Report
	store parry.Store
	keys  note.Verifiers
	heads []signedHead         // by size
	seen  map[string]*inTheLog // of this shard
}

// signedHead is a checkpoint that a key has signed.
type signedHead struct {
	Head
	anchor bool // it was kept elsewhere
}

// inTheLog is what the log says of a response.
type inTheLog struct {
	leaves []leafSum // of record 1, 2, ...
	met    bool
}

// leafSum is enough of a hash to know it again: nobody finds another record for sixteen bytes that are given.
type leafSum [16]byte

func sumOf(hash string) leafSum {
	sum := sha256.Sum256([]byte(hash))
	return leafSum(sum[:16])
}

// checkpoints reads the signed checkpoints, those of the store and those from elsewhere.
func (v *verifier) checkpoints(ctx context.Context, anchors [][]byte) error {
	kept, err := v.store.Checkpoints(ctx)
	if err != nil {
		return err
	}
	for i, text := range kept {
		h, err := OpenCheckpoint(text, v.keys)
		if err != nil {
			said, _ := parseHead(string(text)) // nothing is believed of it but where it says to stand
			v.add(Fault{Kind: Forged, Size: said.Size, What: fmt.Sprintf("number %d of the store: %v", i+1, err)})
			continue
		}
		v.heads = append(v.heads, signedHead{h, false})
	}
	return v.anchors(anchors)
}

// anchors reads signed checkpoints that were kept elsewhere, and puts all into the order of their sizes.
func (v *verifier) anchors(anchors [][]byte) error {
	for _, text := range anchors {
		h, err := OpenCheckpoint(text, v.keys)
		if err != nil {
			return parry.Errorf(parry.Invalid, "the checkpoint that was kept elsewhere: %w", err)
		}
		v.heads = append(v.heads, signedHead{h, true})
	}
	slices.SortStableFunc(v.heads, func(a, b signedHead) int { return int(min(max(a.Size-b.Size, -1), 1)) })
	return nil
}

// log reads the log for one part of the responses. The first time it holds the checkpoints to it.
func (v *verifier) log(ctx context.Context, shard, shards int) error {
	v.seen = map[string]*inTheLog{}
	t := newHeldTree(&v.Report, v.heads)
	err := eachLeaf(ctx, v.store, 0, func(n int64, l parry.Leaf) error {
		if shard == 0 {
			if err := t.add(l); err != nil {
				return err
			}
		}
		if shardFor(l.Response, shards) == shard {
			v.leaf(n, l)
		}
		return nil
	})
	if err != nil || shard != 0 {
		return err
	}
	t.end()
	v.Logged = t.size
	return nil
}

// heldTree is a tree that is held to checkpoints while it grows.
type heldTree struct {
	tree
	report *Report
	heads  []signedHead // those that are left, by size
	good   int64        // the size of the last one that is as it must be
}

func newHeldTree(r *Report, heads []signedHead) *heldTree { return &heldTree{report: r, heads: heads} }

// add holds the tree to the checkpoints of its size, and puts a leaf at the end.
func (t *heldTree) add(l parry.Leaf) error {
	t.hold()
	return t.tree.add(l)
}

func (t *heldTree) hold() {
	for ; len(t.heads) > 0 && t.heads[0].Size == t.size; t.heads = t.heads[1:] {
		h, v := t.heads[0], t.report
		if t.root() != h.Root {
			v.add(Fault{Kind: Rewritten, Size: h.Size, What: fmt.Sprintf("%sthe log is another one: leaf %d or one before it was changed, added or removed, after leaf %d", h.where(), h.Size, t.good)})
			continue
		}
		t.good = h.Size
		v.Covered = max(v.Covered, h.Size)
		if !h.anchor {
			v.Checkpoints++
		}
		if h.At.After(v.At) {
			v.At = h.At
		}
	}
}

// end tells of checkpoints over more than there is.
func (t *heldTree) end() {
	t.hold()
	for _, h := range t.heads {
		t.report.add(Fault{Kind: Rewritten, Size: h.Size, What: fmt.Sprintf("%sthe log has only %d leaves: it was shortened", h.where(), t.size)})
	}
}

// where says of a checkpoint from elsewhere that it is one.
func (h signedHead) where() string {
	if h.anchor {
		return "kept elsewhere: "
	}
	return ""
}

// leaf notes what the log says of a response. The leaves of one stand in the order of their numbers.
func (v *verifier) leaf(n int64, l parry.Leaf) {
	of := v.seen[l.Response]
	if of == nil {
		of = &inTheLog{}
		v.seen[l.Response] = of
	}
	fault := func(k Kind, what string) {
		v.add(Fault{Kind: k, Response: l.Response, Seq: l.Seq, What: fmt.Sprintf("leaf %d of the log: %s", n, what)})
	}
	switch have := len(of.leaves); {
	case l.Seq < 1 || l.Seq > have+pageSize:
		fault(Changed, fmt.Sprintf("no record has this number where the one before it is %d", have))
	case l.Seq <= have && of.leaves[l.Seq-1] == (leafSum{}):
		fault(Reordered, fmt.Sprintf("it stands behind record %d", have))
		of.leaves[l.Seq-1] = sumOf(l.Hash)
	case l.Seq <= have:
		fault(Reordered, "it is in the log already")
	default:
		for len(of.leaves) < l.Seq-1 {
			of.leaves = append(of.leaves, leafSum{}) // told when the records are looked at
		}
		of.leaves = append(of.leaves, sumOf(l.Hash))
	}
}

// shardFor says which part a response belongs to.
func shardFor(id string, shards int) int {
	if shards == 1 {
		return 0
	}
	sum := sha256.Sum256([]byte(id))
	return int(uint32(sum[0])<<16|uint32(sum[1])<<8|uint32(sum[2])) % shards
}

// responses looks at every response of one part, and then at those that only the log knows.
func (v *verifier) responses(ctx context.Context, shard, shards int) error {
	listed := true
	for after := ""; ; {
		page, next, err := v.store.List(ctx, parry.Query{After: after, Limit: 200})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			if shard == 0 {
				v.add(Fault{Kind: Unreadable, What: fmt.Sprintf("a page of the list of responses: %v", err)})
			}
			listed = false
			break
		}
		for _, r := range page {
			if shardFor(r.ID, shards) != shard {
				continue
			}
			if err := v.response(ctx, r); err != nil {
				return err
			}
		}
		if after = next; after == "" {
			break
		}
	}
	for _, id := range slices.Sorted(maps.Keys(v.seen)) {
		of := v.seen[id]
		if of.met {
			continue
		}
		r, err := v.store.Response(ctx, id)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case parry.KindOf(err) == parry.NotFound:
			v.add(Fault{Kind: Removed, Response: id, What: fmt.Sprintf("the log has its records 1 to %d, and there is no such response", len(of.leaves))})
		case err != nil:
			v.add(Fault{Kind: Unreadable, Response: id, What: err.Error()})
		default:
			if listed && r.ID == id {
				v.add(Fault{Kind: Changed, Response: id, What: "it is stored, and the list of responses does not have it"})
			}
			if r.ID != id {
				v.add(Fault{Kind: Changed, Response: id, What: fmt.Sprintf("it says that it is response %q", cut(r.ID))})
				r.ID = id
			}
			if err := v.response(ctx, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// errMoves says that a response does not stand still long enough to be looked at.
var errMoves = errors.New("it changed each time it was read")

// response looks at one response. Where it does not fit its records it is read again: somebody may have gone on with it in between.
func (v *verifier) response(ctx context.Context, r parry.Response) error {
	of := v.seen[r.ID]
	if of == nil {
		of = &inTheLog{}
	}
	if of.met {
		return nil // the list may give one twice while it grows
	}
	of.met = true
	v.Responses++
	for range 5 {
		records, err := v.store.Records(ctx, r.ID)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			v.add(Fault{Kind: Unreadable, Response: r.ID, What: fmt.Sprintf("its records: %v", err)})
			return nil
		}
		faults := chain(r, records)
		if len(faults) > 0 {
			again, err := v.store.Response(ctx, r.ID)
			if err == nil && again.Chain != r.Chain {
				r = again
				continue
			}
		}
		v.Records += len(records)
		for _, f := range faults {
			v.add(f)
		}
		v.logged(r.ID, records, of)
		return nil
	}
	v.add(Fault{Kind: Unreadable, Response: r.ID, What: errMoves.Error()})
	return nil
}

// logged holds the records of a response to what the log says of it.
func (v *verifier) logged(id string, records []parry.Record, of *inTheLog) {
	there, highest := map[int]bool{}, 0
	for _, rec := range records {
		there[rec.Seq], highest = true, max(highest, rec.Seq)
		var leaf leafSum
		if rec.Seq >= 1 && rec.Seq <= len(of.leaves) {
			leaf = of.leaves[rec.Seq-1]
		}
		switch {
		case leaf == sumOf(rec.Hash):
		case leaf != leafSum{}:
			v.add(Fault{Kind: Changed, Response: id, Seq: rec.Seq, What: fmt.Sprintf("the log has another hash for it than %s", short(rec.Hash))})
		case rec.Seq <= len(of.leaves):
			v.add(Fault{Kind: NotLogged, Response: id, Seq: rec.Seq, What: "the log has a later record of the response, and not this one"})
		case !v.At.IsZero() && rec.At.Add(fresh).Before(v.At):
			v.add(Fault{Kind: NotLogged, Response: id, Seq: rec.Seq, What: fmt.Sprintf("the log does not have it, and it is older than the checkpoint of %s", v.At.Format(time.RFC3339))})
		default:
			v.Unlogged++
		}
	}
	for i, leaf := range of.leaves {
		if leaf != (leafSum{}) && !there[i+1] && i+1 > highest { // what is missing between others is told as that
			v.add(Fault{Kind: Truncated, Response: id, Seq: i + 1, What: "the log has it, and the response has not"})
		}
	}
}
