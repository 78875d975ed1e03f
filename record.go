package parry

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Record is one line of a response's history. Records are only ever added. Each holds the hash of the one before it, so that one which
// is changed, dropped or put elsewhere is found.
type Record struct {
	Response string    `json:"response"`
	Seq      int       `json:"seq"` // from 1, without gaps
	At       time.Time `json:"at"`
	Kind     Move      `json:"kind"`
	State    State     `json:"state,omitempty"` // of the response from here on
	Text     string    `json:"text"`            // for a person, one line
	// Call is the outcome that the record is about; nil for other kinds.
	Call *Outcome `json:"call,omitempty"`
	// Prev is the hash of the record before this one, empty for the first; Hash is the record's own, over all else in it.
	Prev string `json:"prev,omitempty"`
	Hash string `json:"hash,omitempty"`
}

// Seal puts a record behind the one whose hash is given.
func (rec *Record) Seal(prev string) {
	rec.Prev = prev
	rec.Hash = rec.asStored().Sum()
}

// asStored is the record as a store gives it back. JSON has no bytes that are not UTF-8 and no whole numbers beyond a float's, and the
// hash must be that of what is read later.
func (rec Record) asStored() Record {
	var stored Record
	if err := json.Unmarshal(canonical(rec), &stored); err != nil {
		panic(fmt.Sprintf("parry: a record is not read as it is written: %v", err))
	}
	return stored
}

// Sum is the hash that the record must have: SHA-256 over its JSON without it, in hexadecimal.
func (rec Record) Sum() string {
	rec.Hash = ""
	rec.At = rec.At.UTC()
	sum := sha256.Sum256(canonical(rec))
	return hex.EncodeToString(sum[:])
}
