package audit

import (
	"context"
	"encoding/json"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"parry"
)

// Proof shows that the records of one response are in the log whose head a checkpoint signs, without the rest of the log: who has it, the
// records and the key's public half needs nothing else, and no store.
type Proof struct {
	Response   string        `json:"response"`
	Checkpoint string        `json:"checkpoint,omitempty"` // as it is signed; empty where there is none yet
	Records    []ProofRecord `json:"records"`
	// Later are the numbers of records that the checkpoint does not reach: the next one does.
	Later []int `json:"later,omitempty"`
}

// ProofRecord is one record, its place in the log, and the hashes that lead from it to the head. Source: RFC 6962, section 2.1.1.
type ProofRecord struct {
	Record parry.Record     `json:"record"`
	Place  int64            `json:"place"`
	Path   tlog.RecordProof `json:"path"`
}

// Prove makes the proof of a response's records from the store. It reads the log as far as the newest checkpoint goes, and holds two hashes of 32
// bytes for each record in it. It proves nothing by itself: Check does.
func Prove(ctx context.Context, store parry.Store, id string) (Proof, error) {
	p := Proof{Response: id}
	records, err := store.Records(ctx, id)
	if err != nil {
		return p, err
	}
	kept, err := store.Checkpoints(ctx)
	if err != nil {
		return p, err
	}
	var size int64
	if len(kept) > 0 {
		signed := kept[len(kept)-1]
		if size, err = SizeOf(signed); err != nil {
			return p, err
		}
		p.Checkpoint = string(signed)
	}
	var hashes hashes
	places := map[int]int64{}
	err = eachLeaf(ctx, store, 0, func(n int64, l parry.Leaf) error {
		if n >= size {
			return errEnough
		}
		if l.Response == id {
			places[l.Seq] = n
		}
		text, err := leafText(l)
		if err != nil {
			return err
		}
		more, err := tlog.StoredHashes(n, text, hashes)
		hashes = append(hashes, more...)
		return err
	})
	if err != nil {
		return p, err
	}
	if have := tlog.StoredHashCount(size); int64(len(hashes)) < have {
		return p, parry.Errorf(parry.Conflict, "the log is shorter than its newest checkpoint says").WithHint("'parry audit verify' tells what is missing")
	}
	for _, rec := range records {
		at, logged := places[rec.Seq]
		if !logged {
			p.Later = append(p.Later, rec.Seq)
			continue
		}
		path, err := tlog.ProveRecord(size, at, hashes)
		if err != nil {
			return p, parry.Errorf(parry.Fault, "%w", err)
		}
		p.Records = append(p.Records, ProofRecord{rec, at, path})
	}
	return p, nil
}

// hashes are a log's hashes in the order of tlog's numbers.
type hashes []tlog.Hash

// ReadHashes implements tlog.HashReader.
func (h hashes) ReadHashes(at []int64) ([]tlog.Hash, error) {
	all := make([]tlog.Hash, len(at))
	for i, n := range at {
		if n >= int64(len(h)) {
			return nil, parry.Errorf(parry.Fault, "hash %d of %d is wanted", n, len(h))
		}
		all[i] = h[n]
	}
	return all, nil
}

// ReadProof reads a proof as it is written.
func ReadProof(text []byte) (p Proof, err error) {
	if err := json.Unmarshal(text, &p); err != nil {
		return p, parry.Errorf(parry.Invalid, "this is no proof: %w", err).WithHint("'parry audit prove ID' and the console write one")
	}
	return p, nil
}

// Check holds a proof to the keys that may sign checkpoints: the checkpoint is signed by one of them, every record is in the log that it is the head of,
// has the hash that the log has, follows the one before it, and none is missing before the last one. The Error of kind Invalid says what is not so.
func (p Proof) Check(keys note.Verifiers) (Head, error) {
	if strings.TrimSpace(p.Checkpoint) == "" {
		return Head{}, parry.Errorf(parry.Invalid, "there is no checkpoint in the proof: nothing was signed when it was made")
	}
	head, err := OpenCheckpoint([]byte(p.Checkpoint), keys)
	if err != nil {
		return head, err
	}
	if len(p.Records) == 0 {
		return head, parry.Errorf(parry.Invalid, "the checkpoint reaches none of the response's records")
	}
	prev := ""
	for i, r := range p.Records {
		rec := r.Record
		switch {
		case rec.Response != p.Response:
			return head, wrong(i, "it is of response %s", rec.Response)
		case rec.Seq != i+1:
			return head, wrong(i, "it is number %d: one is missing before it", rec.Seq)
		case rec.Hash != rec.Sum():
			return head, wrong(i, "it is not what its hash is of")
		case rec.Prev != prev:
			return head, wrong(i, "it does not follow the one before it")
		}
		prev = rec.Hash
		text, err := leafText(parry.Leaf{Response: rec.Response, Seq: rec.Seq, Hash: rec.Hash})
		if err != nil {
			return head, wrong(i, "%v", err)
		}
		if err := tlog.CheckRecord(r.Path, head.Size, head.Root, r.Place, tlog.RecordHash(text)); err != nil {
			return head, wrong(i, "it is not in the log that the checkpoint signs: %v", err)
		}
	}
	return head, nil
}

func wrong(i int, format string, args ...any) error {
	return parry.Errorf(parry.Invalid, "record %d of the proof: %w", i+1, parry.Errorf(parry.Invalid, format, args...))
}
