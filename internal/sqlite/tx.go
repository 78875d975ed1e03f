package sqlite

import (
	"context"
	"database/sql"
	"errors"
)

// tx is the transaction of a group.
type tx struct {
	tx       *sql.Tx
	prepared map[string]*sql.Stmt
	bound    map[string]*sql.Stmt // those of prepared that are bound to this transaction
}

// Each write of a group stands behind a mark, to which the transaction goes back where the write fails.
const (
	sqlMark   = "SAVEPOINT work"
	sqlBack   = "ROLLBACK TO work"
	sqlUnmark = "RELEASE work"
)

// statements are all that a write may be made of.
func statements() []string {
	return []string{
		sqlMark, sqlBack, sqlUnmark, sqlLastRecord, sqlPutResponse, sqlStepResponse, sqlPutPlan, sqlAddRecord, sqlClaim, sqlLease, sqlRelease, sqlHold, sqlUnhold,
		sqlKeepSource, sqlLogLength, sqlAddLeaf, sqlKeepCheckpoint, sqlSet, sqlForget,
	}
}

// doAll does the works of a group one after the other. One that fails leaves nothing behind and does not touch the others. lost is
// that the whole transaction is gone, or has to go: errs then says why for the one with which it went.
func (t *tx) doAll(ctx context.Context, group []*work) (errs []error, lost bool) {
	errs = make([]error, len(group))
	for i, w := range group {
		switch {
		case !w.begin():
			errs[i] = w.ctx.Err() // nobody waits for it
		case len(group) == 1:
			errs[i] = w.do(ctx, t)
			lost = errs[i] != nil
		default:
			if errs[i], lost = t.behindMark(ctx, w); lost {
				return errs, true
			}
		}
	}
	return errs, lost
}

// behindMark does a work so that it can be taken back alone.
func (t *tx) behindMark(ctx context.Context, w *work) (err error, lost bool) {
	if _, err := t.exec(ctx, sqlMark); err != nil {
		return err, true
	}
	if err = w.do(ctx, t); err != nil {
		// A disk that is full, for one, makes SQLite roll back everything. Then the mark is gone as well.
		if _, gone := t.exec(ctx, sqlBack); gone != nil {
			return errors.Join(err, gone), true
		}
	}
	if _, gone := t.exec(ctx, sqlUnmark); gone != nil {
		return errors.Join(err, gone), true
	}
	return err, false
}

// exec runs one of statements.
func (t *tx) exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	return t.stmt(ctx, text).ExecContext(ctx, args...)
}

// row runs one of statements that gives one row.
func (t *tx) row(ctx context.Context, text string, args ...any) *sql.Row {
	return t.stmt(ctx, text).QueryRowContext(ctx, args...)
}

func (t *tx) stmt(ctx context.Context, text string) *sql.Stmt {
	s := t.bound[text]
	if s == nil {
		s = t.tx.StmtContext(ctx, t.prepared[text])
		t.bound[text] = s
	}
	return s
}
