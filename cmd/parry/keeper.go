package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry/internal/audit"
)

// keeper signs the log of all records again and again, and brings what is signed into a bucket, where one is named.
type keeper struct {
	a        *app
	store    store
	now      func() time.Time
	log      *slog.Logger
	bucket   *audit.Bucket // nil for none
	sealer   *audit.Sealer // made when the key is first used
	archiver *audit.Archiver
}

// keeper asks nothing of AWS yet.
func (a *app) keeper(cfg aws.Config, store store, now func() time.Time, log *slog.Logger) (*keeper, error) {
	k := &keeper{a: a, store: store, now: now, log: log}
	if a.auditBucket == "" {
		return k, nil
	}
	var err error
	k.bucket, err = audit.NewBucket(cfg, a.auditBucket)
	return k, err
}

// ready asks for the key. One in KMS keeps the context, and must sign when all else has stopped, too.
func (k *keeper) ready(ctx context.Context) error {
	if k.sealer != nil {
		return nil
	}
	key, err := k.a.key(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	k.sealer = audit.NewSealer(k.store, key, k.now)
	if k.bucket != nil {
		k.archiver = audit.NewArchiver(k.sealer, k.bucket)
	}
	return nil
}

// seal signs what is new.
func (k *keeper) seal(ctx context.Context) error {
	if err := k.ready(ctx); err != nil {
		return err
	}
	return k.sealer.Seal(ctx)
}

// archive brings what is signed into the bucket.
func (k *keeper) archive(ctx context.Context) error {
	if k.archiver == nil {
		return nil // no bucket; or no key yet, of which seal tells
	}
	p, err := k.archiver.Archive(ctx)
	if p.Written > 0 || p.Behind > 0 {
		k.log.Info("the record is archived", "records", p.Written, "behind", p.Behind)
	}
	return err
}
