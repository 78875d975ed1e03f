package sqlite

import (
	"context"

	"parry"
)

const (
	sqlInState = "SELECT count(*) FROM responses WHERE state = ?"
	sqlOwnLogs = "SELECT count(*) FROM responses WHERE id IN (?, ?) AND state = ?"
)

// InState counts the responses that stand in a state now, without the histories that are of none. Indexes answer, and no response is read.
func (d *DB) InState(ctx context.Context, s parry.State) (int, error) {
	var n int
	if err := d.r.QueryRowContext(ctx, sqlInState, string(s)).Scan(&n); err != nil {
		return 0, d.fail(ctx, err, "count what stands in a state")
	}
	var own int
	if err := d.r.QueryRowContext(ctx, sqlOwnLogs, parry.SwitchLog, parry.SignInLog, string(s)).Scan(&own); err != nil {
		return 0, d.fail(ctx, err, "count what stands in a state")
	}
	return n - own, nil
}
