package pattern

// The functions here pass over JSON and give the index behind what they passed, or -1 for what is no JSON. They take exactly
// what encoding/json takes: an event that is passed over must be as good as one that is read.

// maxNesting is how deep encoding/json reads.
const maxNesting = 10000

// skipSpace passes white space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString passes the rest of a string behind its opening quotation mark. It reports whether there is an escape in it.
func (m *quoteMap) skipString(b []byte, i int) (end int, escaped bool) {
	if end = m.end(i); m.any {
		return m.checkString(b, i, end)
	}
	return end, false
}

// checkString holds a string that ends at a place against what strings may hold.
func (m *quoteMap) checkString(b []byte, i, end int) (int, bool) {
	if end < 0 || m.isPlain(i, end-1) {
		return end, false
	}
	for i < end-1 {
		switch {
		case b[i] < ' ':
			return -1, true
		case b[i] != '\\':
			i++
		default:
			if i = skipEscape(b, i); i < 0 {
				return -1, true
			}
		}
	}
	return end, true
}

// skipEscape passes an escape in a string, at its backslash.
func skipEscape(b []byte, i int) int {
	if i+1 >= len(b) {
		return -1
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		if i+6 <= len(b) && isHex(b[i+2]) && isHex(b[i+3]) && isHex(b[i+4]) && isHex(b[i+5]) {
			return i + 6
		}
	}
	return -1
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// skipNumber passes a number.
func skipNumber(b []byte, i int) int {
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i >= len(b) || !isDigit(b[i]):
		return -1
	case b[i] == '0':
		i++
	default:
		i = skipDigits(b, i)
	}
	if i < len(b) && b[i] == '.' {
		if i+1 >= len(b) || !isDigit(b[i+1]) {
			return -1
		}
		i = skipDigits(b, i+1)
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if i >= len(b) || !isDigit(b[i]) {
			return -1
		}
		i = skipDigits(b, i)
	}
	return i
}

func skipDigits(b []byte, i int) int {
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	return i
}

// skipWord passes true, false or null.
func skipWord(b []byte, i int) int {
	word := "null"
	switch b[i] {
	case 't':
		word = "true"
	case 'f':
		word = "false"
	}
	if i+len(word) > len(b) || string(b[i:i+len(word)]) != word {
		return -1
	}
	return i + len(word)
}

// skipValue passes any value. i must be within b.
func (m *quoteMap) skipValue(b []byte, i, depth int) int {
	switch b[i] {
	case '"':
		i, _ = m.skipString(b, i+1)
		return i
	case '{':
		return m.skipObject(b, i+1, depth+1)
	case '[':
		return m.skipArray(b, i+1, depth+1)
	case 't', 'f', 'n':
		return skipWord(b, i)
	}
	return skipNumber(b, i)
}

// skipObject passes an object behind its opening brace. What is written without white space is passed without a call.
func (m *quoteMap) skipObject(b []byte, i, depth int) int {
	if i < len(b) && b[i] <= ' ' {
		i = skipSpace(b, i)
	}
	if i >= len(b) || depth > maxNesting {
		return -1
	}
	if b[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(b) || b[i] != '"' {
			return -1
		}
		if i, _ = m.skipString(b, i+1); i < 0 {
			return -1
		}
		if i+1 < len(b) && b[i] == ':' && b[i+1] > ' ' {
			i++
		} else if i = skipColon(b, i); i < 0 {
			return -1
		}
		if b[i] != '"' {
			i = m.skipValue(b, i, depth)
		} else {
			i, _ = m.skipString(b, i+1)
		}
		if i < 0 {
			return -1
		}
		if i+1 < len(b) && b[i] == ',' && b[i+1] > ' ' {
			i++
			continue
		}
		var more bool
		if i, more = skipComma(b, i, '}'); !more {
			return i
		}
	}
}

// skipArray passes an array behind its opening bracket.
func (m *quoteMap) skipArray(b []byte, i, depth int) int {
	if i < len(b) && b[i] <= ' ' {
		i = skipSpace(b, i)
	}
	if i >= len(b) || depth > maxNesting {
		return -1
	}
	if b[i] == ']' {
		return i + 1
	}
	for {
		if i >= len(b) {
			return -1
		}
		if i = m.skipValue(b, i, depth); i < 0 {
			return -1
		}
		var more bool
		if i, more = skipComma(b, i, ']'); !more {
			return i
		}
	}
}

// skipColon passes the colon behind a name, and gives the index of the value, which is within b.
func skipColon(b []byte, i int) int {
	if i < len(b) && b[i] != ':' {
		i = skipSpace(b, i)
	}
	if i >= len(b) || b[i] != ':' {
		return -1
	}
	if i++; i < len(b) && b[i] <= ' ' {
		i = skipSpace(b, i)
	}
	if i >= len(b) {
		return -1
	}
	return i
}

// skipComma passes what follows a member or an element: a comma, with more to come, or the closing bracket.
func skipComma(b []byte, i int, closing byte) (next int, more bool) {
	if i < len(b) && b[i] <= ' ' {
		i = skipSpace(b, i)
	}
	if i >= len(b) {
		return -1, false
	}
	switch b[i] {
	case ',':
		if i++; i < len(b) && b[i] <= ' ' {
			i = skipSpace(b, i)
		}
		return i, true
	case closing:
		return i + 1, false
	}
	return -1, false
}
