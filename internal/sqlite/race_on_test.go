//go:build race

package sqlite

// many is how many responses the suite works on. With the race detector each takes ten times as long, and a tenth of them races as well.
const many = 10_000
