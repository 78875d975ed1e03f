// Package audit makes the records of all responses hard to change unseen, and shows them to others.
//
// Records of one response are chained by their hashes already. Here all records of all responses are put into one log, a Merkle tree
// in the form of RFC 6962 (golang.org/x/mod/sumdb/tlog), and the tree's head is signed from time to time (golang.org/x/mod/sumdb/note).
// Who changes a record afterwards would have to change its chain, the log and every later checkpoint, and for the last he needs the key.
// Who has the key as well is found by a checkpoint that is kept elsewhere.
package audit
