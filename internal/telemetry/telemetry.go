// Package telemetry tells operators how Parry does: metrics in Prometheus' form, a trace for each response in OpenTelemetry's, and the
// figures of the store for people. All is made from responses and their records as they are stored; nothing is measured twice.
//
// No account, resource or person is in a metric's labels: rules, tiers, states and services are few.
package telemetry

import (
	"time"

	"parry"
)

// closes tells whether a record ends a response for now.
func closes(rec parry.Record) bool {
	switch rec.Kind {
	case parry.MoveTold, parry.MoveVerified, parry.MoveFailed, parry.MoveRejected, parry.MoveExpired, parry.MoveUndone:
		return true
	}
	return false
}

// ruleOf is the response's rule, for a label; what no rule answered has a name of its own.
func ruleOf(resp parry.Response) string {
	if resp.Answer.Rule == "" {
		return "none"
	}
	return resp.Answer.Rule
}

// seconds is a time in the unit that Prometheus asks for.
func seconds(d time.Duration) float64 { return d.Seconds() }
