package pattern

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// agrees checks that an index gives for every pattern the verdict that the pattern gives alone.
func agrees(t *testing.T, x *Index, patterns []*Pattern, event []byte) {
	t.Helper()
	got, err := x.Match(event, nil)
	var want []int
	var wantErr error
	for i, p := range patterns {
		ok, err := p.Match(event)
		if err != nil {
			wantErr = err
			break
		}
		if ok {
			want = append(want, i)
		}
	}
	if wantErr != nil && len(patterns) > 0 {
		if err == nil && wantErr != errTooAmbiguous || err != nil && err.Error() != wantErr.Error() {
			t.Errorf("%s: got %v, %v, want %v", clip(string(event)), got, err, wantErr)
		}
		return
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%.600s: got %v, %v, want %v", event, got, err, want)
	}
}

func compileAll(t *testing.T, texts []string) []*Pattern {
	t.Helper()
	var all []*Pattern
	for _, text := range texts {
		p, err := Compile([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		all = append(all, p)
	}
	return all
}

// FuzzIndex checks that an index gives the verdicts that its patterns give alone, by a strict reader of JSON, whatever the
// event is.
func FuzzIndex(f *testing.F) {
	for _, p := range seedPatterns() {
		for _, e := range seedEvents() {
			f.Add([]byte(p), []byte(`{"a":[{"exists":false}]}`), []byte(e))
		}
	}
	f.Add([]byte(`{"d":{"r":{"t":["x"],"u":[1]}}}`), []byte(`{"d":{"r":{"t":["x"],"u":[{"exists":false}]}}}`), []byte(`{"d":{"r":[{"t":"x"},{"u":1},{"t":"x","u":1}]}}`))
	f.Add([]byte(`{"source":["s"],"d":{"a.b":[1]}}`), []byte(`{"source":["s"],"d":{"a":{"b":[2]}}}`), []byte(`{"d":{"a":{"b":1},"a.b":2},"source":"s","x":"\u0041\ud800"}`))
	f.Add([]byte(`{"a":[1]}`), []byte(`{"a":[2]}`), []byte(`{"a":1,"a":2.0}`))
	f.Add([]byte(`{"a":{"b":["x"],"c":["y"]}}`), []byte(`{"a":["z"]}`), []byte(`{"a":[[{"b":"x"}],{"c":"y"},"z",[{"b":"x"},{"c":"y"}]]}`))
	f.Fuzz(func(t *testing.T, one, two, event []byte) {
		var patterns []*Pattern
		for _, text := range [][]byte{one, two} {
			if p, err := Compile(text); err == nil {
				patterns = append(patterns, p)
			}
		}
		if len(patterns) == 0 {
			return
		}
		x := NewIndex(patterns)
		agrees(t, x, patterns, event)
		agrees(t, x, patterns, event) // what is left of the first time counts for nothing
	})
}

// TestIndexOnTheCorpus puts all patterns of the corpus into one index and every event to it. Each event's own pattern is compared,
// and for every fiftieth event all of them.
func TestIndexOnTheCorpus(t *testing.T) {
	var patterns []*Pattern
	var own []corpusLine
	for _, file := range corpusFiles(t) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			var c corpusLine
			if err := json.Unmarshal(line, &c); err != nil {
				t.Fatal(err)
			}
			if p, err := Compile(c.Pattern); err == nil && len(c.Event) > 0 {
				patterns, own = append(patterns, p), append(own, c)
			}
		}
	}
	x := NewIndex(patterns)
	t.Logf("%d patterns, each with its event", len(patterns))
	for i, c := range own {
		got, err := x.Match(c.Event, nil)
		want, wantErr := patterns[i].Match(c.Event)
		if err != nil || wantErr != nil || slices.Contains(got, i) != want {
			t.Fatalf("%s on %s: got %v, %v, want %v, %v", c.Pattern, c.Event, !want, err, want, wantErr)
		}
		if i%50 == 0 {
			agrees(t, x, patterns, c.Event)
		}
	}
}

// whole is the whole language in patterns on one kind of event.
func whole() []string {
	return []string{
		`{"source":["s"],"detail":{"a":["x",7,true,null]}}`,
		`{"source":["s"],"detail":{"a":[{"prefix":"x"},{"suffix":"y"},{"equals-ignore-case":"Z"}]}}`,
		`{"source":["s"],"detail":{"a":[{"prefix":{"equals-ignore-case":"x"}},{"suffix":{"equals-ignore-case":"y"}},{"wildcard":"p*q*r"}]}}`,
		`{"source":["s"],"detail":{"ip":[{"cidr":"10.0.0.0/8"},{"cidr":"2001:db8::/32"}]}}`,
		`{"source":["s"],"detail":{"n":[{"numeric":[">",1,"<=",5.5]},{"numeric":["=",9]}]}}`,
		`{"source":["s"],"detail":{"a":[{"anything-but":["v","w"]}],"n":[{"anything-but":[1,2]}]}}`,
		`{"source":["s"],"detail":{"a":[{"anything-but":{"prefix":["v"]}}],"b":[{"exists":true}],"c":[{"exists":false}]}}`,
		`{"source":["s"],"detail":{"$or":[{"a":["q"]},{"n":[{"numeric":["<",0]}]}],"r":{"t":["x"],"u":[{"anything-but":{"wildcard":"*z"}}]}}}`,
		`{"detail-type":[{"prefix":"other"}]}`,
	}
}

func TestAnUnmatchedEventCostsNoAllocation(t *testing.T) {
	x := NewIndex(compileAll(t, whole()))
	for name, event := range map[string]string{
		"another source":       `{"version":"0","id":"1","detail-type":"T","source":"other","detail":{"a":"x","r":[{"t":"x"},{"u":1}]}}`,
		"no detail":            `{"source":"s","detail-type":"T"}`,
		"every field":          `{"source":"s","detail-type":"T","detail":{"a":"v","n":1.0e0,"ip":"11.0.0.1","r":[{"t":"x","u":"z"},{"t":"q","u":5}]}}`,
		"detail first":         `{"detail":{"a":"w","n":1,"ip":"2001:db9::1"},"source":"s","detail-type":"T"}`,
		"what is no address":   `{"source":"s","detail":{"a":"v","ip":"arn:aws:iam::1:role/x"}}`,
		"escapes and no UTF-8": "{\"source\":\"s\",\"detail\":{\"a\":\"\\u0076\",\"ip\":\"\xff\\n\"}}",
		"white space":          "{\n\t\"source\" : \"s\",\r\n \"detail\" : { \"a\" : \"v\" , \"n\" : [ 1 , 0 ] }\n}",
	} {
		t.Run(name, func(t *testing.T) {
			agrees(t, x, compileAll(t, whole()), []byte(event))
			to, data := make([]int, 0, 8), []byte(event)
			allocs := testing.AllocsPerRun(100, func() {
				got, err := x.Match(data, to)
				if err != nil || len(got) != 0 {
					t.Fatalf("got %v, %v", got, err)
				}
			})
			if allocs > 0 {
				t.Errorf("%v allocations", allocs)
			}
		})
	}
}

// TestArraysMadeToBlowUp gives events whose arrays have more combinations of elements than could ever be tried.
func TestArraysMadeToBlowUp(t *testing.T) {
	patterns := compileAll(t, []string{
		`{"a":{"x":[1],"y":[2]},"b":{"x":[1],"y":[2]},"c":{"x":[1],"y":[2]}}`,
		`{"a":{"x":[1],"b":{"y":[2],"c":{"z":[3],"w":[4]}}}}`,
	})
	x := NewIndex(patterns)
	apart := "[" + strings.Repeat(`{"x":1},{"y":2},`, 5000) + `{"x":0}]`
	event := `{"a":` + apart + `,"b":` + apart + `,"c":` + apart + `}`
	if got, err := x.Match([]byte(event), nil); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
	together := "[" + strings.Repeat(`{"x":1},{"y":2},`, 5000) + `{"x":1,"y":2}]`
	event = `{"a":` + together + `,"b":` + together + `,"c":` + together + `}`
	if got, err := x.Match([]byte(event), nil); err != nil || !slices.Equal(got, []int{0}) {
		t.Errorf("got %v, %v", got, err)
	}
	inner := `[` + strings.Repeat(`{"z":3},{"w":4},`, 50) + `{"z":3,"w":%d}]`
	middle := `[` + strings.Repeat(`{"y":2,"c":`+strings.ReplaceAll(inner, "%d", "5")+`},`, 50) + `{"y":2,"c":` + inner + `}]`
	for w, want := range map[string][]int{"4": {1}, "5": nil} {
		event = `{"a":[{"x":1,"b":` + strings.ReplaceAll(middle, "%d", w) + `}]}`
		if got, err := x.Match([]byte(event), nil); err != nil || !slices.Equal(got, want) {
			t.Errorf("w %s: got %v, %v, want %v", w, got, err, want)
		}
	}
}

// TestMarkBlocks compares what finds quotation marks on this processor with the plain way.
func TestMarkBlocks(t *testing.T) {
	texts := [][]byte{bytes.Repeat([]byte("\"\\ a\n\x1f\x7f\x80\xff\"!#[]"), 64), bytes.Repeat([]byte{0}, 128), bytes.Repeat([]byte("plain text"), 64)}
	for c := range 256 {
		texts = append(texts, append(bytes.Repeat([]byte{'x'}, c%64), bytes.Repeat([]byte{byte(c)}, 128-c%64)...))
	}
	for _, text := range texts {
		blocks := len(text) / 64
		q, s, wantQ, wantS := make([]uint64, blocks), make([]uint64, blocks), make([]uint64, blocks), make([]uint64, blocks)
		found, ascii := markBlocks(&text[0], blocks, &q[0], &s[0])
		wantFound, wantASCII := markBlocksGo(&text[0], blocks, &wantQ[0], &wantS[0])
		if found != wantFound || ascii != wantASCII || !slices.Equal(q, wantQ) || !slices.Equal(s, wantS) {
			t.Errorf("%q: %x %v %x %x, want %x %v %x %x", text[:64], found, ascii, q, s, wantFound, wantASCII, wantQ, wantS)
		}
	}
}

func TestAnIndexMayBeUsedByManyAtOnce(t *testing.T) {
	x := NewIndex(compileAll(t, whole()))
	event := []byte(`{"source":"s","detail":{"a":"x","n":5,"ip":"10.1.1.1"}}`)
	want, err := x.Match(event, nil)
	if err != nil || len(want) == 0 {
		t.Fatalf("got %v, %v", want, err)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 200 {
				if got, err := x.Match(event, nil); err != nil || !slices.Equal(got, want) {
					t.Errorf("got %v, %v, want %v", got, err, want)
				}
			}
		})
	}
	wait.Wait()
}

func TestAnEventThatIsNone(t *testing.T) {
	x := NewIndex(compileAll(t, whole()))
	for _, event := range []string{``, ` `, `null`, `[]`, `{}x`, `{"a":01}`, `{"a":"\u12"}`, "{\"a\":\"\n\"}", `{"a":tru}`, `{"a":1,}`, `{"a"}`, `{"a":[1,]}`, `{"a":"x`, `{"x":{"y":[}}`, `{"source":"s","detail":{"a":1.}}`} {
		if _, err := x.Match([]byte(event), nil); err == nil {
			t.Errorf("%s: taken", event)
		}
		agrees(t, x, compileAll(t, whole()), []byte(event))
	}
}

// TestManyFieldsInOneObject has more members in an object than are told apart by their numbers.
func TestManyFieldsInOneObject(t *testing.T) {
	var texts []string
	event := `{"d":{"z":0`
	for i := range 600 {
		texts = append(texts, fmt.Sprintf(`{"d":{"f%d":[%d]}}`, i, i))
		event += fmt.Sprintf(`,"f%d":%d`, i, i)
	}
	patterns := compileAll(t, texts)
	agrees(t, NewIndex(patterns), patterns, []byte(event+`}}`))
	agrees(t, NewIndex(patterns), patterns, []byte(event+`,"f7":0}}`))
}

// randomRegular makes an event value as AWS's events are made: no array lies directly in another, and no name has a dot.
func randomRegular(r *rand.Rand, depth int) any {
	object := func() map[string]any {
		made := map[string]any{}
		for range r.Intn(4) {
			made[[]string{"a", "b", "c"}[r.Intn(3)]] = randomRegular(r, depth-1)
		}
		return made
	}
	switch n := r.Intn(8); {
	case depth > 0 && n < 3:
		return object()
	case depth > 0 && n < 6:
		list := []any{}
		for range r.Intn(5) {
			if r.Intn(4) == 0 {
				list = append(list, r.Intn(2))
			} else {
				list = append(list, object())
			}
		}
		return list
	}
	return r.Intn(2)
}

// TestIndexAgainstPatterns compares indexes of a few random patterns with the patterns alone, on odd events and on regular ones.
func TestIndexAgainstPatterns(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for name, make := range map[string]func(*rand.Rand, int) any{"odd": randomValue, "regular": randomRegular} {
		matches := 0
		for range 6000 {
			var patterns []*Pattern
			for range 1 + r.Intn(6) {
				if p, err := FromValue(randomPattern(r, 2)); err == nil {
					patterns = append(patterns, p)
				}
			}
			x := NewIndex(patterns)
			for range 3 {
				data, err := json.Marshal(map[string]any{"a": make(r, 4), "b": make(r, 4), "c": make(r, 3)})
				if err != nil {
					t.Fatal(err)
				}
				agrees(t, x, patterns, data)
				got, _ := x.Match(data, nil)
				matches += len(got)
			}
			if t.Failed() {
				return
			}
		}
		if matches < 2000 {
			t.Errorf("%s: %d matches: the sample says little", name, matches)
		}
	}
}
