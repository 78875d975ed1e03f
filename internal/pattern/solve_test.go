package pattern

import (
	"encoding/json"
	"math/rand"
	"testing"
)

// backtrack matches a branch the plain way: every field in turn, every value
// of it, taking choices back. held is the element chosen of each array.
func backtrack(e *event, b branch, held map[int]int) bool {
	if len(b) == 0 {
		return true
	}
	present := false
	for _, o := range e.values[b[0].path] {
		with, ok := extend(e, held, o.in)
		present = present || ok
		if ok && b[0].accepts(o.value) && backtrack(e, b[1:], with) {
			return true
		}
	}
	return b[0].absent && !present && backtrack(e, b[1:], held)
}

// extend adds the elements around a value to the chosen ones, if they fit.
func extend(e *event, held map[int]int, in int) (map[int]int, bool) {
	with := map[int]int{}
	for array, id := range held {
		with[array] = id
	}
	for ; in != root; in = e.elements[in].parent {
		array := e.elements[in].array
		if id, ok := with[array]; ok && id != in {
			return nil, false
		}
		with[array] = in
	}
	return with, true
}

// randomValue makes an event value of few names, so that they meet often.
func randomValue(r *rand.Rand, depth int) any {
	switch n := r.Intn(8); {
	case depth > 0 && n < 3:
		object := map[string]any{}
		for range r.Intn(4) {
			object[randomName(r)] = randomValue(r, depth-1)
		}
		return object
	case depth > 0 && n < 6:
		list := []any{}
		for range r.Intn(4) {
			list = append(list, randomValue(r, depth-1))
		}
		return list
	}
	return r.Intn(2)
}

func randomName(r *rand.Rand) string {
	return []string{"a", "b", "c", "a.b"}[r.Intn(4)]
}

// randomPattern makes a pattern of the same names.
func randomPattern(r *rand.Rand, depth int) map[string]any {
	object := map[string]any{}
	for range 1 + r.Intn(3) {
		name := randomName(r)
		if depth > 0 && r.Intn(3) > 0 {
			object[name] = randomPattern(r, depth-1)
			continue
		}
		list := []any{r.Intn(2)}
		if r.Intn(4) == 0 {
			list = append(list[r.Intn(2):], map[string]any{"exists": false})
		}
		object[name] = list
	}
	return object
}

// TestSolveAgainstBacktracking compares following all choices at once with the
// plain way, on small random patterns and events.
func TestSolveAgainstBacktracking(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	matches, tried := 0, 0
	for range 20000 {
		pattern := randomPattern(r, 2)
		p, err := FromValue(pattern)
		if err != nil {
			continue // two names that come to the same field
		}
		data, err := json.Marshal(map[string]any{"a": randomValue(r, 4), "b": randomValue(r, 4), "c": randomValue(r, 3)})
		if err != nil {
			t.Fatal(err)
		}
		e, err := p.read(data)
		if err != nil {
			t.Fatal(err)
		}
		want := backtrack(e, p.branches[0], nil)
		got, err := p.Match(data)
		if got != want || err != nil {
			t.Fatalf("%v on %s: got %v, %v, want %v", pattern, data, got, err, want)
		}
		tried++
		if got {
			matches++
		}
	}
	if matches < 1000 || tried-matches < 1000 {
		t.Errorf("%d of %d match: the sample says little", matches, tried)
	}
}
