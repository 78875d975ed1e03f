package sqlite

import (
	"strings"
	"testing"

	"parry"
)

// Counting searches an index and never walks the table: it is asked before every response of a rule with limits.
func TestCountingSearchesAnIndex(t *testing.T) {
	db := open(t, Memory)
	for want, tally := range map[string]parry.Tally{
		"COVERING INDEX responses_by_applied (rule=? AND applied>?)": {Rule: "r", Account: "1"},
		"INDEX responses_by_resource (resource=? AND applied>?)":     {Resource: "1/r/t/i", Playbook: "p", State: parry.Done},
		"INDEX responses_by_time_applied (applied>?)":                {Playbook: "p"},
		"COVERING INDEX responses_by_time_applied (applied>?)":       {},
	} {
		query, args := countQuery(tally)
		searches(t, db, want, query, args...)
	}
}

// A page comes out of an index in its order, also the hundredth.
func TestListingSearchesAnIndex(t *testing.T) {
	db := open(t, Memory)
	const after = "2026-03-14T12:00:00.000000000Z r-1"
	for want, q := range map[string]parry.Query{
		"SCAN responses USING INDEX responses_by_age":                                          {}, // in its order, and only as far as the page goes
		"SEARCH responses USING INDEX responses_by_age ((created,id)<(?,?))":                   {After: after},
		"SEARCH responses USING INDEX responses_by_state (state=?)":                            {State: parry.Waiting},
		"SEARCH responses USING INDEX responses_by_state (state=? AND (created,id)<(?,?))":     {State: parry.Waiting, After: after},
		"SEARCH responses USING INDEX responses_by_rule (rule=?)":                              {Rule: "r"},
		"SEARCH responses USING INDEX responses_by_rule (rule=? AND (created,id)<(?,?))":       {Rule: "r", After: after},
		"SEARCH responses USING INDEX responses_by_account (account=?)":                        {Account: "1"},
		"SEARCH responses USING INDEX responses_by_account (account=? AND (created,id)<(?,?))": {Account: "1", After: after},
	} {
		q.Limit = 10
		query, args, err := listQuery(q)
		must(t, err)
		searches(t, db, want, query, args...)
	}
}

// What a worker asks and writes again and again touches what it is about, and nothing else.
func TestTheRestSearchesAnIndex(t *testing.T) {
	db := open(t, Memory)
	for want, query := range map[string]string{
		"SEARCH responses USING INDEX responses_by_key (key=?)":                sqlLatest,
		"SEARCH responses USING INDEX responses_by_wake (wake<?)":              sqlDue,
		"SEARCH responses USING INDEX responses_by_untold (untold<?)":          sqlUntold,
		"SEARCH responses USING INDEX sqlite_autoindex_responses_1 (id=?)":     sqlStepResponse,
		"SEARCH records USING COVERING INDEX sqlite_autoindex_records_1 (resp": sqlLastRecord,
		"SEARCH leases USING INDEX sqlite_autoindex_leases_1 (resource=?)":     sqlLease,
		"SEARCH log USING INTEGER PRIMARY KEY (rowid>?)":                       sqlLeaves,
		"SEARCH responses USING COVERING INDEX responses_by_state (state=?)":   sqlInState,
	} {
		searches(t, db, want, query, make([]any, 15)...) // as many as any of them has
	}
}

// searches wants each step of a query's plan to do what is wanted, and none to sort.
func searches(t *testing.T, db *DB, want, query string, args ...any) {
	t.Helper()
	rows, err := db.r.Query("EXPLAIN QUERY PLAN "+query, args...)
	must(t, err)
	steps := 0
	for rows.Next() {
		var id, parent, unused int
		var detail string
		must(t, rows.Scan(&id, &parent, &unused, &detail))
		if plan := strings.Contains(detail, "CORRELATED SCALAR SUBQUERY") || strings.Contains(detail, "SEARCH plans USING INDEX sqlite_autoindex_plans_1 (response=?)"); plan {
			continue // the other part of each response, by its id
		}
		if !strings.Contains(detail, want) {
			t.Errorf("%s: %s, want %s", query, detail, want)
		}
		steps++
	}
	must(t, rows.Close())
	if steps == 0 {
		t.Errorf("%s has no plan", query)
	}
}
