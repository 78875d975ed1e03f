package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"parry"
	"parry/internal/assemble"
	"parry/internal/console"
	"parry/internal/desk"
	"parry/internal/signin"
)

// consoleParts are what a console is put together of.
type consoleParts struct {
	engine *parry.Responder
	store  parry.Store
	lib    *assemble.Library
	gate   signin.Options // what is not set is filled in
	carry  func(work func(ctx context.Context))
	oldest func(context.Context) (time.Duration, error)
	ended  <-chan struct{}
	log    *slog.Logger
}

// consoleServer is a console, and what its server needs of it.
type consoleServer struct {
	http.Handler
	gate  *signin.Gate
	board *console.Board
}

// console puts the console together. The board has to be run, and to be told of what the engine does.
func newConsole(p consoleParts, board *console.Board) (*consoleServer, error) {
	d := desk.New(p.engine, p.carry, p.log)
	o := p.gate
	o.Words, o.Now, o.Log = p.store, p.engine.Now, p.log
	o.Audit = func(ctx context.Context, e signin.Event) {
		if e.What == signin.Refused {
			return // it stands in the log of the server: whoever knocks does not fill the record
		}
		if err := d.Engine.SignedIn(context.WithoutCancel(ctx), "%s %s as %s, by %s, from %s", e.Person.ID, e.What, e.Person.Role, e.Person.Via, orHere(e.Remote)); err != nil {
			p.log.Error("who signed in could not be recorded", "person", e.Person.ID, "error", err.Error())
		}
	}
	var c *console.Console
	o.Render = func(w http.ResponseWriter, r *http.Request, page signin.Page) { c.GatePage(w, r, page) }
	gate, err := signin.New(o)
	if err != nil {
		return nil, err
	}
	if c, err = console.New(console.Options{
		Desk: d, Store: p.store, Board: board, Library: p.lib, Guard: p.engine.Guard, Gate: gate, CSRF: signin.CSRF,
		Oldest: p.oldest, Ended: p.ended, Now: p.engine.Now, Log: p.log,
	}); err != nil {
		return nil, err
	}
	h, err := c.Handler()
	return &consoleServer{h, gate, board}, err
}

func orHere(remote string) string {
	if remote == "" {
		return "this machine"
	}
	return remote
}

// linkValid is how long the one-time link of the terminal is good for.
const linkValid = 15 * time.Minute

// newKey makes a key for sessions that end with the process.
func newSessionKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails: crypto/rand.Read ends the program instead
	return key
}

// baseOf is the address of a listener as a browser on this machine writes it.
func baseOf(l net.Listener) (url.URL, error) {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return url.URL{}, parry.Errorf(parry.Fault, "%w", err)
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}, nil
}
