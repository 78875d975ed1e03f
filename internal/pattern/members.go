package pattern

// Skimmer passes over JSON objects without decoding them. It may be used again and again, by one goroutine at a time.
type Skimmer struct{ marks quoteMap }

// Members gives the members of the object that data holds, one after the other: the name as it is written between its
// quotation marks, escapes and all, and the bytes of the value. It reports whether data is one JSON object and nothing else,
// by encoding/json's measure; where it is not, what was given before counts for nothing. Where each says false, it ends, and
// reports false.
func (s *Skimmer) Members(data []byte, each func(name, value []byte) bool) bool {
	m := &s.marks
	m.mark(data)
	i := skipSpace(data, 0)
	if i >= len(data) || data[i] != '{' {
		return false
	}
	i = skipSpace(data, i+1)
	if i < len(data) && data[i] == '}' {
		return skipSpace(data, i+1) == len(data)
	}
	for more := true; more; {
		if i >= len(data) || data[i] != '"' {
			return false
		}
		from := i + 1
		if i, _ = m.skipString(data, from); i < 0 {
			return false
		}
		name := data[from : i-1]
		if i = skipColon(data, i); i < 0 {
			return false
		}
		from = i
		if i = m.skipValue(data, i, 1); i < 0 || !each(name, data[from:i]) {
			return false
		}
		if i, more = skipComma(data, i, '}'); i < 0 {
			return false
		}
	}
	return skipSpace(data, i) == len(data)
}
