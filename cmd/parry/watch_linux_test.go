package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"parry"
	"parry/internal/sqlite"
)

// stored puts a response into a store that is a file.
func stored(t *testing.T, db, id string, s parry.State, m parry.Move) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	r := parry.Response{ID: id, Key: "key-" + id, State: s, Stored: s, Times: parry.Times{Received: time.Now()}, Answer: parry.Answer{Playbook: "close-groups"}}
	r.Target.ID = "sg-\x1b[2J\u202e1"
	rec := parry.Record{Response: id, Seq: 1, At: time.Now().UTC(), Kind: m, State: s, Text: "told"}
	rec.Seal("")
	r.Chain, r.Steps = rec.Hash, 1
	if err := store.Save(t.Context(), r, rec); err != nil {
		t.Fatal(err)
	}
}

func TestWatchOnAPipe(t *testing.T) {
	for _, c := range []struct {
		args        []string
		first, then string
	}{
		{[]string{"watch", "--every", "100ms"}, "0 waiting for a yes, 0 came in the last hour", `r1 alerted: close-groups on sg-\u001b[2J\u202e1`},
		{[]string{"watch", "--every", "100ms", "--json"}, `"kind":"standing"`, `"kind":"new","id":"r1","state":"alerted"`},
	} {
		db := filepath.Join(t.TempDir(), "parry.db")
		env := func(name string) string { return map[string]string{"PARRY_DB": db}[name] }
		ctx, cancel := context.WithCancel(t.Context())
		from, to := io.Pipe()
		var errs bytes.Buffer
		code := make(chan int, 1)
		go func() { code <- run(ctx, c.args, env, strings.NewReader(""), to, &errs) }()
		lines := bufio.NewScanner(from)
		if !lines.Scan() || !strings.Contains(lines.Text(), c.first) {
			t.Errorf("%v begins with %q", c.args, lines.Text())
		}
		stored(t, db, "r1", parry.Alerted, parry.MoveTold)
		if !lines.Scan() || !strings.Contains(lines.Text(), c.then) {
			t.Errorf("%v goes on with %q", c.args, lines.Text())
		}
		cancel()
		if got := <-code; got != exitOK {
			t.Errorf("%v ends with %d: %s", c.args, got, errs.String())
		}
		_ = from.Close()
	}
}

// shown is what a terminal was sent.
type shown struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *shown) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// read reads until the terminal is closed.
func (s *shown) read(from *os.File) {
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		s.mu.Lock()
		s.text.Write(b[:n])
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// However the view ends, the terminal is as it was before.
func TestWatchOnATerminal(t *testing.T) {
	const newScreen, oldScreen = "\x1b[?1049h", "\x1b[?1049l"
	for name, end := range map[string]func(keyboard *os.File, cancel func()){
		"q":        func(keyboard *os.File, _ func()) { _, _ = keyboard.WriteString("q") },
		"ctrl+c":   func(keyboard *os.File, _ func()) { _, _ = keyboard.WriteString("\x03") },
		"a signal": func(_ *os.File, cancel func()) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			keyboard, tty := terminal(t)
			if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 120}); err != nil {
				t.Fatal(err)
			}
			before, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
			if err != nil {
				t.Fatal(err)
			}
			db := filepath.Join(t.TempDir(), "parry.db")
			stored(t, db, "r1", parry.Waiting, parry.MoveAsked)
			var screen shown
			go screen.read(keyboard)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			a := &app{stdin: tty, stdout: tty, env: func(n string) string { return map[string]string{"TERM": "xterm-256color"}[n] }, db: db}
			ended := make(chan error, 1)
			go func() { ended <- a.watchStore(ctx, 100*time.Millisecond, "") }()
			for until := time.Now().Add(20 * time.Second); !strings.Contains(screen.String(), `\u202e1`); time.Sleep(20 * time.Millisecond) {
				if time.Now().After(until) {
					t.Fatalf("the view does not come: %q", screen.String())
				}
			}
			end(keyboard, cancel)
			if err := <-ended; err != nil {
				t.Errorf("it ends with %v", err)
			}
			for until := time.Now().Add(5 * time.Second); !strings.Contains(screen.String(), oldScreen) && time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
			}
			got := screen.String()
			if !strings.Contains(got, newScreen) || strings.LastIndex(got, oldScreen) < strings.LastIndex(got, newScreen) || !strings.Contains(got, `sg-\u001b[2J\u202e1`) {
				t.Errorf("the screen is not given back: %q", got)
			}
			after, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
			if err != nil || !reflect.DeepEqual(before, after) {
				t.Errorf("the terminal is not as it was: %+v, %+v, %v", before, after, err)
			}
		})
	}
}
