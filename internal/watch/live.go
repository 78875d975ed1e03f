package watch

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Options say what is watched, and how often.
type Options struct {
	Store  Store
	Name   string // of the store, for the head
	Every  time.Duration
	Now    func() time.Time
	Health func(context.Context) (string, bool) // of a server; nil for none
	Colour bool
}

// looked is what a look brought.
type looked struct {
	snap Snapshot
	err  error
}

// due says that it is time to look again.
type due struct{}

// view is the live view. Looks follow each other, and never run side by side.
type view struct {
	ctx context.Context
	o   Options
	screen
}

// Live shows the view on a terminal until somebody quits or the context ends. The terminal is given back as it was, whatever happens.
func Live(ctx context.Context, o Options, in io.Reader, out io.Writer, env []string) error {
	v := &view{ctx: ctx, o: o, screen: screen{store: o.Name, colour: o.Colour, width: 80, height: 24}}
	// Signals end the context, and with it the view.
	_, err := tea.NewProgram(v, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithEnvironment(env), tea.WithoutSignalHandler()).Run()
	if ctx.Err() != nil || errors.Is(err, tea.ErrInterrupted) {
		return nil // to stop it is no fault
	}
	return err
}

// Init looks for the first time.
func (v *view) Init() tea.Cmd { return v.look }

func (v *view) look() tea.Msg {
	s, err := Look(v.ctx, v.o.Store, v.o.Now(), v.o.Health)
	return looked{s, err}
}

// Update takes in what happened: a look, a key, another size.
func (v *view) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch m := msg.(type) {
	case looked:
		if v.err = m.err; m.err == nil {
			v.snap = m.snap
		}
		return v, tea.Tick(v.o.Every, func(time.Time) tea.Msg { return due{} })
	case due:
		return v, v.look
	case tea.WindowSizeMsg:
		v.width, v.height = m.Width, m.Height
	case tea.KeyPressMsg:
		return v, v.key(m.String())
	}
	return v, nil
}

func (v *view) key(k string) tea.Cmd {
	n, of := 0, len(v.snap.Waiting)
	if v.lower {
		n, of = 1, len(v.snap.Latest)
	}
	move := func(by int) { v.top[n] = min(max(v.top[n]+by, 0), max(of-1, 0)) }
	switch k {
	case "q", "esc", "ctrl+c":
		return tea.Quit
	case "tab", "left", "right":
		v.lower = !v.lower
	case "up", "k":
		move(-1)
	case "down", "j":
		move(1)
	case "pgup":
		move(-10)
	case "pgdown", "space":
		move(10)
	case "home":
		move(-of)
	case "end":
		move(of)
	}
	return nil
}

// View draws.
func (v *view) View() tea.View {
	s := tea.NewView(strings.Join(v.lines(), "\n"))
	s.AltScreen = true
	return s
}
