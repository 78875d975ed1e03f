package pattern_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"parry/internal/pattern"
)

// rulerAnswer is what Event Ruler says to one question: one of the three.
type rulerAnswer struct {
	Match   *bool   `json:"match"`
	Refused *string `json:"refused"` // why it does not take the pattern
	Error   *string `json:"error"`   // why it does not take the event
}

// rulerDir is the folder in which `make tools` installed test/ruler. The test
// is skipped where it is not: Java is asked of nobody.
func rulerDir(t testing.TB) string {
	t.Helper()
	tools := os.Getenv("PARRY_TOOLS")
	if tools == "" {
		t.Skip("PARRY_TOOLS is not set; run make test")
	}
	dir := filepath.Join(tools, "ruler")
	if _, err := os.Stat(filepath.Join(dir, ".stamp")); err != nil {
		t.Skip("Event Ruler is not installed: make tools installs it where there are Java and Maven")
	}
	if _, err := exec.LookPath("java"); err != nil {
		t.Skip("Event Ruler is installed, but there is no java to run it")
	}
	return dir
}

// askRuler puts all questions to one process of Event Ruler.
func askRuler(t testing.TB, all []question) []rulerAnswer {
	t.Helper()
	var in, out, complaint bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, q := range all {
		if err := enc.Encode(map[string]string{"pattern": q.pattern, "event": q.event}); err != nil {
			t.Fatal(err)
		}
	}
	classes := strings.Join([]string{filepath.Join("target", "classes"), filepath.Join("target", "lib", "*")}, string(os.PathListSeparator))
	cmd := exec.CommandContext(t.Context(), "java", "-cp", classes, "Main")
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = rulerDir(t), &in, &out, &complaint
	if err := cmd.Run(); err != nil {
		t.Fatalf("Event Ruler: %v: %s", err, complaint.String())
	}
	var answers []rulerAnswer
	lines := bufio.NewScanner(&out)
	lines.Buffer(nil, 1<<20) // a refusal quotes the pattern
	for lines.Scan() {
		var a rulerAnswer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			t.Fatalf("Event Ruler: answer %d: %v", len(answers), err)
		}
		answers = append(answers, a)
	}
	if err := lines.Err(); err != nil || len(answers) != len(all) {
		t.Fatalf("Event Ruler: %d answers to %d questions (%v)", len(answers), len(all), err)
	}
	return answers
}

// rulerExceptions lists where this package does not follow Event Ruler.
func rulerExceptions() []exception {
	return []exception{
		{
			// The guide, IP address matching: cidr takes IPv4 and IPv6
			// addresses. Event Ruler compares addresses, numbers and text as
			// rows of bytes, and the row of a network this wide takes in
			// numbers and addresses of the other family.
			reason:   "a network of all addresses is not one of numbers too",
			accepted: []string{`[{"cidr":"0.0.0.0/0"}]`},
			values: []string{`"2001:db8::1"`, `"2001:0DB8:0:0:0:0:0:1"`, `"2001:db9::1"`, `5`, `5.0`, `5e0`, `100`, `1e2`, `100.00`, `4.999999`, `5.000001`, `1.1234567`,
				`5000000000`, `5000000001`, `123456789012`, `9007199254740992`, `9007199254740993`, `[5]`, `["a",5,null]`, `[[5]]`},
		},
		{
			// The guide, numeric matching: values from -5.0e9 to +5.0e9 with
			// six digits to the right of the point. Event Ruler was so too;
			// now it takes every double.
			reason:   "numeric has the range that the guide gives it",
			accepted: []string{`[{"numeric":[">",0]}]`, `[{"numeric":[">=",0.5]}]`, `[{"numeric":[">=",-5e9]}]`, `[{"exists":false},{"numeric":[">",5]}]`},
			values:   []string{`5000000001`, `123456789012`, `9007199254740992`},
		},
		{
			reason: "numeric has the precision that the guide gives it",
			accepted: []string{`[{"numeric":["<",5]}]`, `[{"numeric":["<=",5]}]`, `[{"numeric":[">",0]}]`, `[{"numeric":[">=",0.5]}]`,
				`[{"numeric":[">",0,"<=",5]}]`, `[{"numeric":[">=",-5e9]}]`, `[{"numeric":["<",1e2]}]`},
			values: []string{`1.1234567`},
		},
		{
			// The guide, exact matching: character by character.
			reason:   "text that is an address has one spelling",
			accepted: []string{`["10.0.0.1"]`},
			values:   []string{`"010.0.0.1"`},
		},
		{
			// Each of these accepted values alone is what the event has not
			// got, so together they are too. Event Ruler, with both in one
			// machine, says otherwise.
			reason: "Event Ruler contradicts itself on a wildcard beside a text in any case",
			cases: []question{
				{`{"detail":{"a":[{"anything-but":{"wildcard":"*"}},{"equals-ignore-case":"b"}]}}`, sent(`{"a":"a"}`)},
				{`{"detail":{"a":[{"anything-but":{"wildcard":"*"}},{"equals-ignore-case":"b"}]}}`, sent(`{"a":["a","*"]}`)},
				{`{"detail":{"a":[{"anything-but":{"wildcard":"*"}},{"equals-ignore-case":"b"}]}}`, sent(`{"a":"*"}`)},
				{`{"detail":{"a":[{"anything-but":{"wildcard":"*b"}},{"prefix":{"equals-ignore-case":"ab"}}]}}`, sent(`{"a":"bb"}`)},
				{`{"detail":{"a":[{"anything-but":{"wildcard":"*b"}},{"prefix":{"equals-ignore-case":"ab"}}]}}`, sent(`{"a":"bab"}`)},
				{`{"detail":{"a":[{"wildcard":"*a*"},{"equals-ignore-case":"A"}]}}`, sent(`{"a":"bA"}`)},
			},
		},
		{
			// The same, the other way about: the second alternative alone
			// matches, so $or does.
			reason: "Event Ruler contradicts itself on alternatives that have a field and a value in common",
			cases: []question{
				{`{"detail":{"$or":[{"a":["x"]},{"a":["x",{"exists":false}]}]}}`, sent(`{"b":"x"}`)},
				{`{"detail":{"$or":[{"a":["x"]},{"a":["x","y"]}]}}`, sent(`{"a":"y"}`)},
			},
		},
		{
			// Nothing is said of names that are empty. Event Ruler finds them
			// on the outside of an event only.
			reason: "an empty name is a name",
			cases:  []question{{`{"detail":{"":["x"]}}`, sent(`{"":"x"}`)}},
		},
		{
			// JSON leaves open what a repeated key means. Event Ruler sees
			// every one; the rest of this program sees the last, and a pattern
			// must not match on a value that no later step sees.
			reason: "of a repeated key the last one counts",
			cases:  []question{{`{"detail":{"a":["x"]}}`, sent(`{"a":"x","a":"y"}`)}},
		},
	}
}

// refusal is a kind of pattern that this package refuses and Event Ruler takes.
type refusal struct {
	reason string
	says   string // a part of what Compile says
}

// rulerRefusals lists them all. There is no pattern that only Event Ruler
// refuses.
func rulerRefusals() []refusal {
	return []refusal{
		{"a field inside and outside $or: the package's documentation says why", "must be constrained once"},
		{"a number that the guide does not compare: see rulerExceptions", "EventBridge compares numbers from -5e9 to 5e9"},
		// Event Ruler's README: what cannot be read as $or is a field of that
		// name. The guide has no such field.
		{"the name of an operator for a field inside $or", "is reserved and must not be a field name inside $or"},
		// EventBridge's limit, not Event Ruler's.
		{"more than 1000 combinations of $or", "must not have more than 1000 combinations"},
		{"nesting beyond what anybody writes", "levels deep"},
	}
}

func TestRulerAgreesOnEveryOperator(t *testing.T) {
	table := newTable(rulerExceptions())
	all := append(operatorQuestions(), shapeQuestions()...)
	for i, a := range askRuler(t, all) {
		if a.Match == nil {
			t.Errorf("%s on %s: Event Ruler does not take it: %s", all[i].pattern, all[i].event, a.why())
			continue
		}
		table.check(t, all[i], *a.Match)
	}
	table.finish(t)
}

// why is the complaint of an answer that is none.
func (a rulerAnswer) why() string {
	for _, s := range []*string{a.Refused, a.Error} {
		if s != nil {
			return *s
		}
	}
	return ""
}

func TestRulerAgreesOnTheCorpus(t *testing.T) {
	rulerDir(t)
	all, refused := corpusQuestions(t)
	if all == nil {
		t.Skip("PARRY_CORPUS is not set: it names the folder with the recorded patterns")
	}
	for _, p := range refused {
		all = append(all, question{p, `{}`})
	}
	used := map[string]int{}
	for i, a := range askRuler(t, all) {
		reason, agrees := compareRuler(t, all[i], a)
		if used[reason]++; !agrees {
			t.Errorf("%s on %s: Event Ruler says otherwise", all[i].pattern, all[i].event)
		}
	}
	for _, r := range rulerRefusals() {
		if used[r.reason] == 0 {
			t.Errorf("no pattern of the corpus falls under %q any more", r.reason)
		}
	}
}

// compareRuler compares refusals and verdicts. It gives the reason of the
// refusal that the pattern falls under, if any, and whether the verdicts agree.
func compareRuler(t *testing.T, q question, a rulerAnswer) (reason string, agrees bool) {
	t.Helper()
	_, err := pattern.Compile([]byte(q.pattern))
	if (err == nil) != (a.Refused == nil) {
		for _, r := range rulerRefusals() {
			if err != nil && strings.Contains(err.Error(), r.says) {
				return r.reason, true
			}
		}
		t.Errorf("%.300s: here %v, Event Ruler %q", q.pattern, err, a.why())
		return "", true
	}
	if err != nil {
		return "", true
	}
	if a.Match == nil {
		t.Errorf("%s on %s: Event Ruler does not take it: %s", q.pattern, q.event, a.why())
		return "", true
	}
	return "", q.ours(t) == *a.Match
}

// TestRulerAgreesOnRandom compares random patterns and events, most of them
// with arrays in arrays, $or and fields that are not there.
//
// Event Ruler contradicts itself on a few: see rulerExceptions. Where its
// verdict is another, it is asked about the parts of the pattern, one accepted
// value of each field and one alternative of each $or, each in a machine of
// its own. A pattern matches when one of its parts does.
func TestRulerAgreesOnRandom(t *testing.T) {
	const questions = 10000
	r := random{rand.New(rand.NewSource(1))}
	all := make([]question, questions)
	for i := range all {
		all[i] = r.question()
	}
	matches, compared := 0, 0
	var differ []question
	for i, a := range askRuler(t, all) {
		reason, agrees := compareRuler(t, all[i], a)
		if reason != "" {
			continue
		}
		if compared++; *a.Match {
			matches++
		}
		if !agrees {
			differ = append(differ, all[i])
		}
	}
	if matches < compared/5 || compared-matches < compared/5 || compared < questions*4/5 {
		t.Errorf("%d of %d match, %d asked: the sample says little", matches, compared, questions)
	}
	for i, match := range askRulerByParts(t, differ) {
		if q := differ[i]; q.ours(t) != match {
			t.Errorf("%s on %s: here %v, Event Ruler %v, by parts too", q.pattern, q.event, !match, match)
		}
	}
	if len(differ) > compared/100 {
		t.Errorf("Event Ruler contradicts itself on %d of %d: the sample says little", len(differ), compared)
	}
}

// askRulerByParts asks about the parts of each pattern and says whether one of
// them matches.
func askRulerByParts(t testing.TB, all []question) []bool {
	t.Helper()
	var asked []question
	var of []int
	for i, q := range all {
		for _, part := range partsOf(t, []byte(q.pattern)) {
			text, err := json.Marshal(part)
			if err != nil {
				t.Fatal(err)
			}
			asked, of = append(asked, question{string(text), q.event}), append(of, i)
		}
	}
	match := make([]bool, len(all))
	for i, a := range askRuler(t, asked) {
		if a.Match == nil {
			t.Fatalf("%s: Event Ruler does not take a part: %s", asked[i].pattern, a.why())
		}
		match[of[i]] = match[of[i]] || *a.Match
	}
	return match
}

// partsOf takes a pattern apart into patterns without $or and with one accepted
// value for each field.
func partsOf(t testing.TB, object []byte) []map[string]any {
	t.Helper()
	var members map[string]json.RawMessage
	unmarshal(t, object, &members)
	parts := []map[string]any{{}}
	for name, value := range members {
		var choices []map[string]any
		switch {
		case value[0] == '{':
			for _, part := range partsOf(t, value) {
				choices = append(choices, map[string]any{name: part})
			}
		case name == "$or":
			var alternatives []json.RawMessage
			unmarshal(t, value, &alternatives)
			for _, alternative := range alternatives {
				choices = append(choices, partsOf(t, alternative)...)
			}
		default:
			var accepted []json.RawMessage
			unmarshal(t, value, &accepted)
			for _, one := range accepted {
				choices = append(choices, map[string]any{name: []json.RawMessage{one}})
			}
		}
		parts = each(parts, choices)
	}
	return parts
}

// unmarshal reads JSON that is known to be good.
func unmarshal(t testing.TB, data []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
}

// each merges each of one list with each of another.
func each(left, right []map[string]any) []map[string]any {
	var all []map[string]any
	for _, l := range left {
		for _, r := range right {
			all = append(all, merge(l, r))
		}
	}
	return all
}

// merge puts two patterns with different fields together.
func merge(left, right map[string]any) map[string]any {
	both := maps.Clone(left)
	for name, value := range right {
		l, lok := both[name].(map[string]any)
		r, rok := value.(map[string]any)
		if lok && rok {
			value = merge(l, r)
		}
		both[name] = value
	}
	return both
}
