package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"parry"
	"parry/internal/console"
	"parry/internal/demo"
	"parry/internal/signin"
)

// demoTick is how often the demo looks for what is due.
const demoTick = 2 * time.Second

// demoServer shows the demo's organization in the console.
type demoServer struct {
	listener net.Listener
	board    *console.Board
	log      *slog.Logger
}

// demoListen takes the address before the events come in, so that one that is taken is told at once.
func (a *app) demoListen(ctx context.Context, address string, store parry.Store) (*demoServer, error) {
	var l net.ListenConfig
	listener, err := l.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "listen: %w", err).WithHint("another process may have the port: set another one with --listen 127.0.0.1:PORT")
	}
	if ip := net.ParseIP(hostOf(listener)); ip == nil || !ip.IsLoopback() {
		_ = listener.Close()
		return nil, parry.Errorf(parry.Invalid, "the demo is for this machine only, and %s is reached from others", listener.Addr()).WithHint("--listen 127.0.0.1:8080")
	}
	log := slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})) // the terminal shows the story
	return &demoServer{listener: listener, board: console.NewBoard(store, lookEvery, time.Now, log), log: log}, nil
}

func hostOf(l net.Listener) string {
	host, _, _ := net.SplitHostPort(l.Addr().String())
	return host
}

// run serves until the context ends.
func (s *demoServer) run(ctx context.Context, d *demonstration, parts consoleParts) error {
	defer s.listener.Close()
	base, err := baseOf(s.listener)
	if err != nil {
		return err
	}
	var working sync.WaitGroup
	defer working.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	parts.carry = func(work func(context.Context)) { working.Go(func() { work(ctx) }) }
	parts.gate = signin.Options{Key: newSessionKey(), Base: base}
	parts.ended, parts.log = ctx.Done(), s.log
	c, err := newConsole(parts, s.board)
	if err != nil {
		return err
	}
	link, err := c.gate.Link(ctx, signin.Person{ID: demo.Person, Name: "dana", Role: signin.Admin}, linkValid)
	if err != nil {
		return err
	}
	working.Go(func() { s.board.Run(ctx) })
	working.Go(func() {
		for t := time.NewTicker(demoTick); ctx.Err() == nil; {
			select {
			case <-ctx.Done():
				t.Stop()
			case <-t.C:
				if err := parts.engine.Tick(ctx); err != nil && ctx.Err() == nil {
					s.log.Warn("what is due", "error", err.Error())
				}
			}
		}
	})
	server := &http.Server{Handler: c, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)}
	working.Go(func() {
		<-ctx.Done()
		_ = server.Close() // a demo has nothing to finish
	})
	d.say("\nThe console is open. This link signs you in once, as dana of the demo's security team:\n\n  %s\n\nCtrl-C ends it.", link)
	if d.json {
		fmt.Fprintln(d.stderr, link)
	}
	if err := server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return parry.Errorf(parry.Fault, "the HTTP server ended: %w", err)
	}
	return nil
}
