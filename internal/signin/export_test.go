package signin

// Back is the way back, for tests.
func Back(asked string) string { return back(asked) }
