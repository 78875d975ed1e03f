package main

import "testing"

func TestPagesOfTheConsole(t *testing.T) {
	for _, tc := range []struct{ console, response, want string }{
		{"", "pr-1", ""},
		{"https://parry.example.com", "pr-1", "https://parry.example.com/responses/pr-1"},
		{"https://parry.example.com/", "", "https://parry.example.com/responses"},
		{"https://example.com/parry", "pr-1", "https://example.com/parry/responses/pr-1"},
	} {
		if got := (&app{consoleURL: tc.console}).page(tc.response); got != tc.want {
			t.Errorf("%q, %q: %q", tc.console, tc.response, got)
		}
	}
}
