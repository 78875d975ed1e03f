package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"parry"
)

// readAhead is how many objects of an archive are read at once.
const readAhead = 16

// VerifyArchive reads a whole archive and tells what in it is not as it was written, from its objects alone: every record's hash and chain, every
// checkpoint against the records and the keys. anchors are signed checkpoints that were kept elsewhere: with one of them an archive whose end
// was cut off is found, too.
//
// It holds the number and a part of the hash of the last record of each response. The error is of what could not be read at all.
func VerifyArchive(ctx context.Context, a Archive, keys note.Verifiers, anchors ...[]byte) (Report, error) {
	v := &archiveVerifier{verifier: verifier{keys: keys}, ends: map[string]recordEnd{}}
	if err := v.archived(ctx, a); err != nil {
		return v.Report, err
	}
	if err := v.anchors(anchors); err != nil {
		return v.Report, err
	}
	v.tree = newHeldTree(&v.Report, v.heads)
	err := eachObject(ctx, a, archivedParts, v.part)
	if err != nil {
		return v.Report, err
	}
	if !v.holes {
		v.tree.end()
	}
	v.Logged, v.Responses = v.next, len(v.ends)
	if v.Records > 0 && v.Covered == 0 && !v.holes && len(v.heads) == 0 {
		v.add(Fault{Kind: Unsigned, What: "no checkpoint in the archive is signed by a key that is given, so nothing proves that these are all records"})
	}
	v.sort()
	return v.Report, nil
}

type archiveVerifier struct {
	verifier
	tree  *heldTree
	next  int64 // the place in the log that comes next
	holes bool  // something before it is missing: no checkpoint can be held to what is there
	ends  map[string]recordEnd
	// before is what the part before had, from the place first on: parts may have records in common.
	before []leafSum
	first  int64
}

// recordEnd is the last record of a response.
type recordEnd struct {
	seq  int
	hash leafSum
}

// archived reads the checkpoints.
func (v *archiveVerifier) archived(ctx context.Context, a Archive) error {
	return eachObject(ctx, a, archivedHeads, func(name string, body []byte, err error) error {
		size, _ := headOf(name)
		if err != nil {
			v.add(Fault{Kind: Unreadable, Size: size, What: err.Error()})
			return nil
		}
		h, _, err := decodeHead(name, body, v.keys)
		if err != nil {
			v.add(Fault{Kind: Forged, Size: size, What: err.Error()})
			return nil
		}
		v.heads = append(v.heads, signedHead{h, false})
		return nil
	})
}

// part looks at one part.
func (v *archiveVerifier) part(name string, body []byte, err error) error {
	from, to, ok := partOf(name)
	if !ok {
		v.add(Fault{Kind: Forged, What: fmt.Sprintf("%s: no part of the log has such a name", cutName(name))})
		return nil
	}
	if from > v.next {
		v.add(Fault{Kind: Dropped, What: fmt.Sprintf("records %d to %d of the log are in no part", v.next, from-1)})
		v.holes, v.next = true, from
	}
	if err != nil {
		v.add(Fault{Kind: Unreadable, What: err.Error()})
		return nil // its records are missing for the next part
	}
	lines := bytes.SplitAfter(body, []byte("\n"))
	if n := len(lines) - 1; n >= 0 && len(lines[n]) == 0 {
		lines = lines[:n]
	}
	if int64(len(lines)) != to-from {
		v.add(Fault{Kind: Changed, What: fmt.Sprintf("%s has %d records, and by its name %d", name, len(lines), to-from)})
		lines = lines[:min(int64(len(lines)), to-from)]
	}
	sums := make([]leafSum, 0, len(lines))
	for i, text := range lines {
		at := from + int64(i)
		where := fmt.Sprintf("%s, line %d", name, i+1)
		rec, err := parseLine(text)
		if err != nil {
			v.add(Fault{Kind: Changed, What: where + ": " + err.Error()})
			if at == v.next {
				v.holes, v.next = true, at+1
			}
			sums = append(sums, leafSum{})
			continue
		}
		sum := sumOf(rec.Response + "\x00" + rec.Hash)
		sums = append(sums, sum)
		if at < v.next {
			v.again(rec, where, at, sum)
			continue
		}
		v.next++
		v.record(rec, where)
		if err := v.leafOf(rec); err != nil {
			return err
		}
	}
	if v.next < to {
		v.holes, v.next = true, to // told above
	}
	v.before, v.first = sums, from
	return nil
}

// leafOf puts a record's leaf into the tree.
func (v *archiveVerifier) leafOf(rec parry.Record) error {
	if v.holes {
		return nil
	}
	return v.tree.add(parry.Leaf{Response: rec.Response, Seq: rec.Seq, Hash: rec.Hash})
}

// again looks at a record whose place an earlier part had already.
func (v *archiveVerifier) again(rec parry.Record, where string, at int64, sum leafSum) {
	if i := at - v.first; i >= 0 && i < int64(len(v.before)) && v.before[i] == sum && rec.Sum() == rec.Hash {
		return
	}
	v.add(Fault{Kind: Changed, Response: rec.Response, Seq: rec.Seq, What: fmt.Sprintf("%s: an earlier part has another record at place %d of the log", where, at)})
}

// record holds one record to its hash and to the one before it of its response.
func (v *archiveVerifier) record(rec parry.Record, where string) {
	say := func(k Kind, format string, args ...any) {
		v.add(Fault{Kind: k, Response: rec.Response, Seq: rec.Seq, What: where + ": " + fmt.Sprintf(format, args...)})
	}
	v.Records++
	if sum := rec.Sum(); sum != rec.Hash {
		say(Changed, "its hash is %s and must be %s", short(rec.Hash), short(sum))
	}
	end := v.ends[rec.Response]
	switch {
	case rec.Seq <= end.seq:
		say(Reordered, "it stands behind record %d", end.seq)
		return
	case rec.Seq > end.seq+1 && !v.holes:
		say(Dropped, "the one before it in the log is record %d", end.seq)
	case rec.Seq == 1 && rec.Prev != "":
		say(Changed, "it is the first and says that record %s is before it", short(rec.Prev))
	case rec.Seq == end.seq+1 && rec.Seq > 1 && sumOf(rec.Prev) != end.hash:
		say(Changed, "it was written behind another record %d, with the hash %s", end.seq, short(rec.Prev))
	}
	v.ends[rec.Response] = recordEnd{rec.Seq, sumOf(rec.Hash)}
}

// parseLine reads a record of a part. It must be written as it is exported: what no hash is over, such as a field that no record has, would else
// be read by somebody and be believed.
func parseLine(text []byte) (rec parry.Record, err error) {
	text, ended := bytes.CutSuffix(text, []byte("\n"))
	if err := json.Unmarshal(text, &rec); err != nil {
		return rec, parry.Errorf(parry.Invalid, "it is no record: %w", err)
	}
	again, err := line(rec)
	if err == nil && (!ended || !bytes.Equal(again, text)) {
		err = parry.Errorf(parry.Invalid, "it is not written as its record is")
	}
	return rec, err
}

// cutName bounds a name that somebody made up.
func cutName(name string) string {
	if len(name) > 100 {
		name = name[:100] + "…"
	}
	return fmt.Sprintf("%q", name)
}

// eachObject reads the objects of a folder ahead, and gives them in the order of their names.
func eachObject(ctx context.Context, a Archive, folder string, f func(name string, body []byte, err error) error) error {
	type object struct {
		name string
		body []byte
		err  error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	queue := make(chan chan object, readAhead)
	var listed error
	go func() { // ends with the names, or with the context
		defer close(queue)
		listed = a.Names(ctx, folder, "", func(name string) error {
			one := make(chan object, 1)
			select {
			case queue <- one:
			case <-ctx.Done():
				return ctx.Err()
			}
			go func() {
				body, err := a.Read(ctx, name)
				one <- object{name, body, err}
			}()
			return nil
		})
	}()
	for one := range queue {
		o := <-one
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(o.name, o.body, o.err); err != nil {
			return err
		}
	}
	return listed
}
