package audit

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"parry"
)

// LakePlace is a custom source of Amazon Security Lake, as AWS says where it is once it is made.
type LakePlace struct {
	Location   string // s3://BUCKET/ext/SOURCE/VERSION/
	Role       string // that AWS made for who writes there; empty for the credentials that there are
	ExternalID string // with which the role is taken
	Region     string // of the bucket
}

// Lake writes how responses ended into Security Lake, as OCSF's Remediation Activity in Parquet: what is signed, and each event once.
//
// Source of the form: "Collecting data from custom sources in Security Lake", Amazon Security Lake User Guide, with its best practices: one class
// of events in a source; folders by Region, account and day; an object every five minutes at the most; zstandard; pages of 1 MB, and groups of
// rows of 256 MB, at the most; rows in the order of time.
//
// The role may only write. So where to go on from is in the store, and so is what is about to be written, before it is: who goes on after
// somebody who died writes the same objects, and those that are there already stay.
type Lake struct {
	store  parry.Store
	sealer *Sealer
	bucket *Bucket
	region string
	holder string
	now    func() time.Time
	leaves int64

	mu   sync.Mutex
	last time.Time // when something was written
}

// NewLake makes one for what a sealer signs. Nothing is asked of AWS yet. holder names the process.
func NewLake(cfg aws.Config, s *Sealer, at LakePlace, holder string, now func() time.Time) (*Lake, error) {
	cfg = cfg.Copy()
	cfg.Region = cmp.Or(at.Region, cfg.Region)
	if at.Role != "" {
		take := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), at.Role, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName = "parry-lake"
			if at.ExternalID != "" {
				o.ExternalID = &at.ExternalID
			}
		})
		cfg.Credentials = aws.NewCredentialsCache(take)
	}
	bucket, err := NewBucket(cfg, at.Location)
	return &Lake{store: s.store, sealer: s, bucket: bucket, region: cfg.Region, holder: holder, now: now, leaves: lakeLeaves}, err
}

const (
	// lakeEvery is how often objects are written: every five minutes at the most, with a clock that comes every five minutes, and not always to the
	// second.
	lakeEvery = 5*time.Minute - 30*time.Second
	// lakeLease is longer than a run takes.
	lakeLease = 6 * time.Minute
	// lakeLeaves is how much of the log is written at once. It is one part, whatever its bytes: its name must follow from its place.
	lakeLeaves = 1000
)

// Write writes what is new, and says how many events that were. Where another process is at it, it does nothing. Where the context ends after something
// was written, there is no error: the next run goes on.
func (l *Lake) Write(ctx context.Context) (events int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	head, _ := l.sealer.Newest()
	if now := l.now(); head.Size == 0 || !l.last.IsZero() && now.Sub(l.last) < lakeEvery {
		return 0, nil
	}
	place := "security lake " + l.bucket.url("")
	if err := l.claim(ctx, place); err != nil {
		if parry.KindOf(err) == parry.Conflict {
			return 0, nil
		}
		return 0, err
	}
	defer func() {
		if rerr := l.store.Release(context.WithoutCancel(ctx), place, l.holder); err == nil {
			err = rerr
		}
	}()
	moved := false
	events, err = l.write(ctx, place, head.Size, func() { moved = true })
	if ctx.Err() != nil && moved {
		err = nil
	}
	if err == nil && events > 0 {
		l.last = l.now()
	}
	return events, err
}

func (l *Lake) write(ctx context.Context, place string, size int64, moved func()) (events int, err error) {
	from, to, err := l.mark(ctx, place)
	if err != nil {
		return 0, err
	}
	for {
		if from == to { // nothing is begun
			if to = min(from+l.leaves, size); to <= from {
				return events, nil
			}
			if err := l.store.Set(ctx, place, fmt.Sprintf("%d %d", from, to)); err != nil {
				return events, err
			}
		}
		_, err := exportRange(ctx, l.store, from, to, limit{math.MaxInt64, math.MaxInt}, OCSF, sinkFunc(func(ctx context.Context, from, to int64, lines []Line) error {
			n, err := l.put(ctx, from, to, lines)
			events += n
			return err
		}))
		if err != nil {
			return events, err
		}
		if err := l.store.Set(ctx, place, fmt.Sprintf("%d %d", to, to)); err != nil {
			return events, err
		}
		moved()
		from = to
		if err := l.claim(ctx, place); err != nil { // it takes longer: nobody else is to begin
			return events, err
		}
	}
}

func (l *Lake) claim(ctx context.Context, place string) error {
	return l.store.Claim(ctx, place, l.holder, l.now(), lakeLease)
}

// mark reads from where to go on, and up to where somebody has begun.
func (l *Lake) mark(ctx context.Context, place string) (from, to int64, err error) {
	word, err := l.store.Get(ctx, place)
	if err != nil || word == "" {
		return 0, 0, err
	}
	a, b, _ := strings.Cut(word, " ")
	from, err = strconv.ParseInt(a, 10, 64)
	to, terr := strconv.ParseInt(b, 10, 64)
	if err != nil || terr != nil || from < 0 || to < from {
		return 0, 0, parry.Errorf(parry.Invalid, "the store does not say how far the lake was written: %q", cut(word)).WithHint("forget the word %q in the store: then all is written again", place)
	}
	return from, to, nil
}

// put writes the events of a part of the log, an object for each account and day. One that is there already was written by who died after it.
func (l *Lake) put(ctx context.Context, from, to int64, lines []Line) (events int, err error) {
	folders := map[string][]lakeRow{}
	for _, line := range lines {
		row, ok, err := lakeRowOf(line.Text)
		if err != nil {
			return 0, err
		}
		if ok {
			at := fmt.Sprintf("region=%s/accountId=%s/eventDay=%s/", l.region, row.account(), row.day())
			folders[at] = append(folders[at], row)
		}
	}
	for _, at := range slices.Sorted(maps.Keys(folders)) {
		rows := folders[at]
		slices.SortStableFunc(rows, func(a, b lakeRow) int { return cmp.Compare(a.Time, b.Time) })
		body, err := lakeFile(rows)
		if err != nil {
			return events, err
		}
		if _, err := l.bucket.create(ctx, fmt.Sprintf("%s%012d-%012d.parquet", at, from, to-1), "application/vnd.apache.parquet", body); err != nil {
			return events, err
		}
		events += len(rows)
	}
	return events, nil
}
