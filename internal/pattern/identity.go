package pattern

import "encoding/binary"

// appendIdentity adds what tells a condition from all others, so that equal ones can be kept once.
func appendIdentity(to []byte, c condition) []byte {
	switch t := c.(type) {
	case exact:
		return appendText(append(to, '=', byte(t.value.kind)), t.value.key())
	case prefix:
		return appendText(append(to, 'p'), t.text)
	case suffix:
		return appendText(append(to, 's'), t.text)
	case ignoreCase:
		return appendText(append(to, 'i'), t.text.text)
	case prefixIgnoreCase:
		return appendText(append(to, 'P'), t.text.text)
	case suffixIgnoreCase:
		return appendText(append(to, 'S'), t.text.text)
	case wildcard:
		return appendText(append(to, 'w'), t.text)
	case cidr:
		return appendText(append(to, 'c'), t.text)
	case exists:
		return append(to, 'e')
	case numeric:
		to = append(to, 'n', byte(len(t)))
		for _, b := range t {
			to = appendText(appendText(to, b.op), b.text)
		}
		return to
	case anythingBut:
		to = binary.AppendUvarint(append(to, '!'), uint64(len(t.values)))
		for _, v := range t.values {
			to = appendIdentity(to, v)
		}
		return to
	}
	panic("a condition without an identity") // every kind that compileCondition makes is above
}

func appendText(to []byte, s string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(s))), s...)
}
