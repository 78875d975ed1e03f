package assemble

import (
	"context"
	"time"

	"parry"
	"parry/internal/rules"
	"parry/internal/telemetry"
)

// Metrics are those of a store and its rules. queueAge tells how old the oldest event is that was not taken yet; nil where there is no queue.
func Metrics(store parry.Store, book *rules.Book, now func() time.Time, queueAge func(context.Context) (time.Duration, error)) *telemetry.Metrics {
	return telemetry.NewMetrics(telemetry.Gauges{
		Waiting: telemetry.Waiting(store), QueueAge: queueAge,
		Budgets: func(ctx context.Context) (all []telemetry.Budget, err error) {
			since := now().Add(-time.Hour)
			for _, r := range book.Rules {
				if r.Limits.PerHour == 0 {
					continue
				}
				n, err := store.Count(ctx, parry.Tally{Rule: r.Name, Since: since})
				if err != nil {
					return all, err
				}
				all = append(all, telemetry.Budget{Rule: r.Name, Used: n, Limit: r.Limits.PerHour})
			}
			return all, nil
		},
	})
}
