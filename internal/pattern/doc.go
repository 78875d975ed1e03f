// Package pattern reads Amazon EventBridge event patterns and decides whether
// an event matches one.
//
// Pattern decides on one pattern and explains. Index decides on many at once, in
// one pass over the event's bytes, with the same verdicts.
//
// # The language
//
// The source is the Amazon EventBridge User Guide, "Amazon EventBridge event
// patterns" and "Comparison operators for use in event patterns"
// (eb-event-patterns and eb-create-pattern-operators); where the guide is
// silent, Event Ruler (github.com/aws/event-ruler), the matcher that AWS
// publishes, decides.
//
// A pattern is a JSON object with the shape of the events that it selects.
// An inner object descends into a field; a leaf is a non-empty array of the
// values that are accepted there. All the fields of a pattern must match; of
// one array, any member may. An accepted value is a plain JSON value, or an
// object with one operator:
//
//	{"prefix": "a"}                {"prefix": {"equals-ignore-case": "a"}}
//	{"suffix": "a"}                {"suffix": {"equals-ignore-case": "a"}}
//	{"equals-ignore-case": "a"}    {"exactly": "a"}
//	{"wildcard": "a*b"}            {"cidr": "10.0.0.0/24"}
//	{"numeric": [">", 0, "<=", 5]} {"exists": true}
//	{"anything-but": "a"}          {"anything-but": ["a", "b"]}
//	{"anything-but": {"prefix": ["a", "b"]}}, also with suffix,
//	equals-ignore-case and wildcard, each with one string or a list
//
// The field name "$or" stands for no field: its value is an array of at least
// two patterns of which one must match. A pattern may unfold into at most 1000
// combinations of its alternatives.
//
// # The event side
//
// Only leaf values are compared: strings, numbers, booleans and null. An
// object, an empty array and an absent field have no leaf value, so they
// satisfy {"exists": false} and nothing else. An array of plain values matches
// when any of its elements does, for anything-but too. Fields that lie under
// one array of objects must match within the same element (array
// consistency). As in Event Ruler, fields are tried in the order of their full
// names, and {"exists": false} looks only at the elements that the fields
// before it have settled on: all of them when there is none yet.
//
// Names are compared as in Event Ruler, joined with dots: {"a": {"b": ...}}
// also sees the event field "a.b". When an event repeats a key the last one
// counts, as everywhere in encoding/json.
//
// # Numbers
//
// Numbers are compared by exact decimal value, never as floating point: 300,
// 300.0 and 3.0e2 are equal for numeric, for anything-but and for exact
// matching. The guide's older text says that exact matching compares the
// spelling; Event Ruler has long compared the value as well, and a re-encoded
// event must not get another verdict, so this package compares the value.
// Exact matching takes numbers of any size (account IDs, for example). The
// operators numeric and anything-but take -5e9 to 5e9 with at most six
// fractional digits; an event number beyond that never satisfies numeric.
//
// # Where this package is stricter
//
// Refused although EventBridge takes them, because they hide a mistake: a
// repeated key, a field that is constrained both outside and inside $or
// (EventBridge silently keeps the one that comes last, in an order that a
// decoded map does not have), and an empty list in anything-but. Exact
// matching of a string that holds an IP address is by character, as the guide
// says; Event Ruler also takes another spelling of the same address.
package pattern
