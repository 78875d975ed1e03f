package audit

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"parry"
)

// pageSize is how many leaves are read at once.
const pageSize = 1000

// stubborn is how often a conflict is believed though the log did not grow.
const stubborn = 3

// Append puts all records that are not in the log yet at its end, n at once, and says how many they were. Several workers may do it at
// once: who comes second looks again.
func Append(ctx context.Context, store parry.Store, n int) (added int, err error) {
	if n <= 0 {
		n = pageSize
	}
	at, last, same := int64(-1), int64(-1), 0
	for {
		// The length comes first: what another worker logs after that makes the length wrong, and so nothing is logged twice. It is searched for once,
		// and known after each success: to search takes longer than to add.
		if at < 0 {
			if at, err = Length(ctx, store); err != nil {
				return added, err
			}
		}
		leaves, err := store.Unlogged(ctx, n)
		if err != nil || len(leaves) == 0 {
			return added, err
		}
		inOrder(leaves)
		switch err := store.Log(ctx, at, leaves); {
		case err == nil:
			added += len(leaves)
			last, same = at, 0
			at += int64(len(leaves))
			continue
		case parry.KindOf(err) != parry.Conflict:
			return added, err
		case at == last:
			if same++; same >= stubborn {
				return added, parry.Errorf(parry.Conflict, "the log cannot be added to at %d: %w", at, err).WithHint("'parry audit verify' tells whether something is missing in it")
			}
		}
		last, at = at, -1
	}
}

// inOrder keeps the records of each response in the order of their numbers, and else the order that the store gives.
func inOrder(leaves []parry.Leaf) {
	places := map[string][]int{}
	for i, l := range leaves {
		places[l.Response] = append(places[l.Response], i)
	}
	was := slices.Clone(leaves)
	for _, at := range places {
		sorted := slices.SortedFunc(slices.Values(at), func(i, j int) int { return cmp.Compare(was[i].Seq, was[j].Seq) })
		for k, i := range at {
			leaves[i] = was[sorted[k]]
		}
	}
}

// Length is how many leaves the log has: the place behind the last one, found by doubling and halving.
func Length(ctx context.Context, store parry.Store) (int64, error) {
	there := func(n int64) (bool, error) {
		page, err := store.Leaves(ctx, n, 1)
		return len(page) > 0, err
	}
	low, high := int64(0), int64(1) // there is a leaf at every place below low, and none at high
	for {
		ok, err := there(high - 1)
		if err != nil {
			return 0, err
		}
		if !ok {
			break
		}
		low, high = high, 2*high
	}
	for high--; low < high; {
		mid := low + (high-low)/2
		ok, err := there(mid)
		if err != nil {
			return 0, err
		}
		if ok {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, nil
}

// errEnough ends the reading of leaves.
var errEnough = errors.New("enough")

// eachLeaf reads the log from a place on, by pages, and gives each leaf with its place.
//
// A store may number the leaves and miss a number, where somebody deleted one. Then a page begins with what the one before ended with:
// no record is twice in a log, so that is passed over, and the places count what is there.
func eachLeaf(ctx context.Context, store parry.Store, from int64, f func(n int64, l parry.Leaf) error) error {
	var before []parry.Leaf
	for n, ask := from, from; ; {
		page, err := store.Leaves(ctx, ask, pageSize)
		if err != nil {
			return err
		}
		ask += int64(len(page))
		fresh := page
		if len(page) > 0 {
			if i := slices.Index(before, page[0]); i >= 0 {
				fresh = page[min(len(before)-i, len(page)):]
			}
		}
		for _, l := range fresh {
			if err := f(n, l); errors.Is(err, errEnough) {
				return nil
			} else if err != nil {
				return err
			}
			n++
		}
		if len(page) < pageSize {
			return nil
		}
		before = page
	}
}

// leafText is a leaf as the tree hashes it.
func leafText(l parry.Leaf) ([]byte, error) { return line(l) }

// tree is the head of a growing Merkle tree: the hashes of the full subtrees that it is made of, the largest first. There are at most
// as many as its size has binary digits.
type tree struct {
	size int64
	full []tlog.Hash
}

// add puts a leaf at the end.
func (t *tree) add(l parry.Leaf) error {
	text, err := leafText(l)
	if err != nil {
		return err
	}
	h := tlog.RecordHash(text)
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.full) - 1
		h = tlog.NodeHash(t.full[last], h)
		t.full = t.full[:last]
	}
	t.full = append(t.full, h)
	t.size++
	return nil
}

// root is the tree's hash, the same that tlog.TreeHash gives.
func (t *tree) root() tlog.Hash {
	if len(t.full) == 0 {
		h, _ := tlog.TreeHash(0, nil) // nothing is read for it
		return h
	}
	h := t.full[len(t.full)-1]
	for _, left := range slices.Backward(t.full[:len(t.full)-1]) {
		h = tlog.NodeHash(left, h)
	}
	return h
}
