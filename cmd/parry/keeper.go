package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry"
	"parry/internal/audit"
)

// keeper signs the log of all records again and again, and brings what is signed into a bucket and into a lake, where they are named.
type keeper struct {
	a        *app
	cfg      aws.Config
	store    store
	worker   string
	now      func() time.Time
	log      *slog.Logger
	sealer   *audit.Sealer   // made when the key is first used, and so are
	archiver *audit.Archiver // nil where no bucket is named
	lake     *audit.Lake     // nil where none is
}

// keeper asks nothing of AWS yet.
func (a *app) keeper(cfg aws.Config, store store, engine *parry.Responder, log *slog.Logger) *keeper {
	return &keeper{a: a, cfg: cfg, store: store, worker: engine.Worker, now: engine.Now, log: log}
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
	made := *k
	made.sealer = audit.NewSealer(k.store, key, k.now)
	if k.a.auditBucket != "" {
		bucket, err := audit.NewBucket(k.cfg, k.a.auditBucket)
		if err != nil {
			return err
		}
		made.archiver = audit.NewArchiver(made.sealer, bucket)
	}
	if at := k.a.lake; at.Location != "" {
		if made.lake, err = audit.NewLake(k.cfg, made.sealer, audit.LakePlace(at), k.worker, k.now); err != nil {
			return err
		}
	}
	*k = made
	return nil
}

// seal signs what is new.
func (k *keeper) seal(ctx context.Context) error {
	if err := k.ready(ctx); err != nil {
		return err
	}
	return k.sealer.Seal(ctx)
}

// archive brings what is signed into the bucket and into the lake. Without a key, of which seal tells, there is nothing.
func (k *keeper) archive(ctx context.Context) error {
	return errors.Join(k.intoBucket(ctx), k.intoLake(ctx))
}

func (k *keeper) intoBucket(ctx context.Context) error {
	if k.archiver == nil {
		return nil
	}
	p, err := k.archiver.Archive(ctx)
	if p.Written > 0 || p.Behind > 0 {
		k.log.Info("the record is archived", "records", p.Written, "behind", p.Behind)
	}
	return err
}

func (k *keeper) intoLake(ctx context.Context) error {
	if k.lake == nil {
		return nil
	}
	n, err := k.lake.Write(ctx)
	if n > 0 {
		k.log.Info("the lake is written", "events", n)
	}
	return err
}
