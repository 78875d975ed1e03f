// Package dynamo is the store for many workers: one table of DynamoDB.
//
// Everything that is found by anything but its name is found through items of the table's own, which are written in the same transaction
// as what they point to, and are read consistently. There are no secondary indexes: those are behind by a moment, and a worker that
// does not see what another has just applied would go beyond a limit. So what is saved is seen by everybody from then on.
//
// The items, by partition key (pk) and sort key (sk):
//
//	R=id             HEAD                     a response, gzipped JSON, and its place: what the other items say of it
//	                 BODY#version#part        the rest of a large one
//	                 REC#seq[#part]           a record
//	I=first 4#shard  id                       to find a response by the first characters of its id
//	K=key            received id              the responses of a key
//	L#shard          received id              all responses
//	S=state#shard    received id              those in a state
//	W#shard          wake id                  those that somebody has to look at again
//	T#shard          time id                  those of which something is to be told
//	A...             applied id               those that began to be applied, by account and resource, by rule and playbook (with a shard), and all (A#shard)
//	F, F=playbook    applied id               those of them that are failed
//	U#shard          at id seq                records that are not in the log yet
//	LOG              HEAD                     the length of the log
//	                 SEG#n                    leaves of the log, from the nth on
//	CHECKPOINT       length                   a checkpoint
//	WORD=name, HOLD=key, LEASE=resource       one item each
//	SOURCE=digest    part                     a playbook's text, gzipped
//
// An item has at most 400 KB and a transaction at most 100 items and 4 MB (AWS's page "Quotas in Amazon DynamoDB"). Bodies are gzipped and,
// where that is not enough, split over several items. What does not fit in a transaction is refused.
package dynamo

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"parry"
)

// attempts is how often a request is sent, the first time included, before it counts as failed. With the SDK's backoff that is most of a
// minute, in which a table that is throttled grows.
const attempts = 10

// DB is an open store. It is safe for concurrent use, and several processes may use one table.
type DB struct {
	api   *dynamodb.Client
	table string
	kept  sync.Map // the digests of playbooks' texts that are known to be in the table: they stay there
}

var _ parry.Store = (*DB)(nil)

// Open opens the store in a table, which [Create] made.
func Open(ctx context.Context, cfg aws.Config, table string) (*DB, error) {
	d := &DB{api: client(cfg), table: table}
	if err := d.usable(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// Use is a table that is known to be a store's, as whoever deployed the program made it: nothing is asked of DynamoDB before it is used.
func Use(cfg aws.Config, table string) *DB { return &DB{api: client(cfg), table: table} }

// Close implements io.Closer. There is nothing to give back.
func (d *DB) Close() error { return nil }

// client slows down by itself where the table is throttled, unless the configuration has a retryer of its own.
func client(cfg aws.Config) *dynamodb.Client {
	return dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) {
		if cfg.Retryer == nil {
			o.Retryer = retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
				o.StandardOptions = append(o.StandardOptions, func(o *retry.StandardOptions) { o.MaxAttempts = attempts })
			})
		}
	})
}
