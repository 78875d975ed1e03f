package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"parry"
)

// terminal opens a pseudo-terminal: what is written to the keyboard is typed on the terminal.
func terminal(t *testing.T) (keyboard, tty *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("this machine has no pseudo-terminals: %v", err)
	}
	t.Cleanup(func() { _ = keyboard.Close() })
	fd := int(keyboard.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tty.Close() })
	return keyboard, tty
}

func TestOnlyYesIsAYes(t *testing.T) {
	for typed, want := range map[string]bool{"yes\n": true, "  yes \n": true, "y\n": false, "YES\n": false, "no\n": false, "\n": false, "yes please\n": false} {
		keyboard, tty := terminal(t)
		if _, err := keyboard.WriteString(typed); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		a := &app{stdin: tty, stdout: &out, env: os.Getenv}
		got, err := a.yes("Apply?")
		if err != nil || got != want {
			t.Errorf("%q is %v, %v", typed, got, err)
		}
		if !strings.Contains(out.String(), "Apply? Only 'yes' is a yes") {
			t.Errorf("asked %q", out.String())
		}
	}
}

func TestNobodyIsAskedWithoutATerminal(t *testing.T) {
	a := &app{stdin: strings.NewReader("yes\n"), stdout: &bytes.Buffer{}, env: os.Getenv}
	if ok, err := a.yes("Apply?"); ok || parry.KindOf(err) != parry.Refused {
		t.Errorf("%v %v", ok, err)
	}
}

func TestColourOnATerminalOnly(t *testing.T) {
	_, tty := terminal(t)
	none := func(string) string { return "" }
	for name, tc := range map[string]struct {
		a    app
		want bool
	}{
		"a terminal": {app{stdout: tty, env: none}, true},
		"not wanted": {app{stdout: tty, env: none, plain: true}, false},
		"a pipe":     {app{stdout: &bytes.Buffer{}, env: none}, false},
		"a dumb one": {app{stdout: tty, env: func(string) string { return "dumb" }}, false},
	} {
		if got := tc.a.style().Colour; got != tc.want {
			t.Errorf("%s: colour %v", name, got)
		}
	}
}
