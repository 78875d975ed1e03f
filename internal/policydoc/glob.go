package policydoc

// covers tells whether every text that the pattern inner matches is matched by the pattern outer; "*" stands for any
// characters and "?" for one. A yes is certain.
func covers(outer, inner string) bool {
	// row[j] is whether outer[:i] covers inner[:j].
	row := make([]bool, len(inner)+1)
	row[0] = true
	for i := range len(outer) {
		last := row[0]
		row[0] = row[0] && outer[i] == '*'
		for j := range len(inner) {
			before := row[j+1]
			switch {
			case outer[i] == '*':
				row[j+1] = row[j+1] || row[j]
			case outer[i] == '?':
				row[j+1] = last && inner[j] != '*'
			default:
				row[j+1] = last && inner[j] == outer[i]
			}
			last = before
		}
	}
	return row[len(inner)]
}

// overlap tells whether some text is matched by both patterns.
func overlap(a, b string) bool {
	row := make([]bool, len(b)+1)
	row[0] = true
	for j := range len(b) {
		row[j+1] = row[j] && b[j] == '*'
	}
	for i := range len(a) {
		last := row[0]
		row[0] = row[0] && a[i] == '*'
		for j := range len(b) {
			before := row[j+1]
			switch {
			case a[i] == '*' || b[j] == '*':
				row[j+1] = row[j+1] || row[j]
				if a[i] != '*' || b[j] != '*' {
					row[j+1] = row[j+1] || last
				}
			default:
				row[j+1] = last && (a[i] == b[j] || a[i] == '?' || b[j] == '?')
			}
			last = before
		}
	}
	return row[len(b)]
}
