package pattern

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corpusLine is one case of the corpus, from a file of matches or from a file
// of patterns to refuse.
type corpusLine struct {
	Pattern json.RawMessage `json:"pattern"`
	Text    *string         `json:"pattern_text"`
	Event   json.RawMessage `json:"event"`
	Match   bool            `json:"match"`
	From    string          `json:"from"`
}

// corpusFiles lists the pattern files of the corpus, or skips the test.
func corpusFiles(t *testing.T) []string {
	t.Helper()
	dir := os.Getenv("PARRY_CORPUS")
	if dir == "" {
		t.Skip("PARRY_CORPUS is not set: it names the folder with the recorded patterns")
	}
	files, err := filepath.Glob(filepath.Join(dir, "patterns", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no patterns/*.jsonl in %s (%v)", dir, err)
	}
	return files
}

// corpusException is a kind of case in which this package does not follow the
// corpus, because AWS's documentation says otherwise.
type corpusException struct {
	reason string
	// taken says what Compile does with such a pattern.
	taken bool
	is    func(pattern string) bool
}

// corpusExceptions lists every case of the corpus that is not followed.
func corpusExceptions() []corpusException {
	return []corpusException{
		{
			// The guide says that all fields of a pattern must match. Event
			// Ruler, whose behaviour MiniStack records, lets the later of two
			// constraints of one field replace the earlier when one is inside
			// $or; it has a stricter mode that refuses them. A pattern that
			// comes from a map has no "later", so this package refuses.
			reason: "a field constrained both outside and inside $or",
			is: func(p string) bool {
				return strings.Contains(p, `"a":["1"],"$or":[{"a":["2"]}`) || strings.Contains(p, `{"$or":[{"a":["2"]},{"b":["3"]}],"a":["1"]}`)
			},
		},
		{
			// The guide limits numeric matching to -5.0e9 to +5.0e9.
			reason: "a bound of numeric outside -5e9 to 5e9",
			is:     func(p string) bool { return strings.Contains(p, `{"numeric":[">",9007199254740992]}`) },
		},
		{
			// The guide limits the combinations of a pattern. $or inside $or
			// adds alternatives and does not multiply them: this pattern has
			// 11 combinations, and Event Ruler takes it (the line says so).
			reason: "$or nested ten deep",
			taken:  true,
			is: func(p string) bool {
				return strings.HasPrefix(p, `{"detail": {"$or": [{"$or": `) && strings.Count(p, "$or") == 10
			},
		},
	}
}

// exceptionFor finds the exception that a pattern of the corpus falls under.
func exceptionFor(pattern string) (corpusException, bool) {
	for _, e := range corpusExceptions() {
		if e.is(pattern) {
			return e, true
		}
	}
	return corpusException{}, false
}

func TestCorpus(t *testing.T) {
	used := map[string]int{}
	for _, file := range corpusFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			refused := strings.HasSuffix(file, "_invalid.jsonl")
			for i, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
				used[checkCorpusLine(t, i+1, line, refused)]++
			}
		})
	}
	for _, e := range corpusExceptions() {
		if used[e.reason] == 0 {
			t.Errorf("no case of the corpus falls under the exception %q any more", e.reason)
		}
	}
}

// checkCorpusLine checks one case and gives the reason of the exception that it
// falls under, if any.
func checkCorpusLine(t *testing.T, number int, line []byte, refused bool) string {
	t.Helper()
	var c corpusLine
	if err := json.Unmarshal(line, &c); err != nil {
		t.Errorf("line %d: %v", number, err)
		return ""
	}
	text := string(c.Pattern)
	if c.Text != nil {
		text = *c.Text
	}
	p, err := Compile([]byte(text))
	if e, ok := exceptionFor(text); ok {
		if (err == nil) != e.taken {
			t.Errorf("line %d: %s: got %v", number, e.reason, err)
		}
		return e.reason
	}
	if (err != nil) != refused {
		t.Errorf("line %d: got error %v, want refused %v: %.300s", number, err, refused, text)
	}
	if err == nil && !refused {
		checkCorpusMatch(t, number, p, c)
	}
	return ""
}

// checkCorpusMatch checks the verdict of a case, and that exactly the events
// that do not match are explained.
func checkCorpusMatch(t *testing.T, number int, p *Pattern, c corpusLine) {
	t.Helper()
	got, err := p.Match(c.Event)
	if err != nil || got != c.Match {
		t.Errorf("line %d: got %v, %v, want %v (%s): %.300s", number, got, err, c.Match, c.From, c.Pattern)
	}
	path, why, ok := p.Explain(c.Event)
	if ok == got || ok && (path == "" || why == "") {
		t.Errorf("line %d: match is %v but Explain gives %q, %q, %v", number, got, path, why, ok)
	}
}
