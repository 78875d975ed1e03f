//go:build !race

package sqlite

// many is how many responses the suite works on.
const many = 100_000
