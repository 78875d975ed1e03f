package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"

	"parry"
	"parry/internal/assemble"
	"parry/internal/awsapi"
	"parry/internal/config"
	"parry/internal/console"
	"parry/internal/desk"
	"parry/internal/render"
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

// consoleServer is a console, and the gate before it.
type consoleServer struct {
	http.Handler
	gate *signin.Gate
}

// newConsole puts the console together. The board has to be run, and to be told of what the engine does.
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
	api, err := p.lib.API(d, p.store, p.log)
	if err != nil {
		return nil, err
	}
	if c, err = console.New(console.Options{
		Desk: d, Store: p.store, Board: board, Library: p.lib, Guard: p.engine.Guard, Gate: gate, CSRF: signin.CSRF, API: api,
		Oldest: p.oldest, Ended: p.ended, Now: p.engine.Now, Log: p.log,
	}); err != nil {
		return nil, err
	}
	h, err := c.Handler()
	return &consoleServer{h, gate}, err
}

func orHere(remote string) string {
	if remote == "" {
		return "this machine"
	}
	return remote
}

// pages puts the console of a server together. Without a provider to sign in with, it makes a one-time link for whoever started it.
func (a *app) pages(ctx context.Context, c *config.Config, parts consoleParts, board *console.Board, cloud *awsapi.Cloud) (http.Handler, error) {
	var err error
	if parts.gate, err = c.Gate(); err != nil {
		return nil, err
	}
	if len(parts.gate.Key) == 0 {
		parts.gate.Key = newSessionKey()
	}
	server, err := newConsole(parts, board)
	if err != nil {
		return nil, err
	}
	if parts.carry == nil {
		parts.log.Info("nothing comes in here: what is decided in the console is carried out by the workers on the same store")
	}
	if c.OIDC.Issuer != "" {
		return server, nil
	}
	who := a.whoStarts(ctx, cloud)
	link, err := server.gate.Link(ctx, signin.Person{ID: who, Name: who, Role: signin.Admin}, linkValid)
	if err != nil {
		return nil, err
	}
	return server, a.handLink(link, who, parts.log)
}

// whoStarts is who the AWS credentials belong to. Where that is not known it is whoever sits at this machine.
func (a *app) whoStarts(ctx context.Context, cloud *awsapi.Cloud) string {
	ctx, cancel := context.WithTimeout(ctx, whoPatience)
	defer cancel()
	if _, arn, err := cloud.Who(ctx); err == nil && arn != "" {
		return arn
	}
	return "local:" + cmp.Or(a.env("USER"), "somebody")
}

// linkFile is where the one-time link is written, beside the store, where there is no terminal to print it on: a log is read by many.
const linkFile = "console-link"

// handLink gives the link to whoever started the server, and to nobody else.
func (a *app) handLink(link, who string, log *slog.Logger) error {
	if f, ok := a.stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprintf(f, "\nThe console is open. This link signs you in once, within %s, as %s:\n\n  %s\n\n", linkValid, render.Clean(who), link)
		return nil
	}
	path, err := a.linkPath()
	if err != nil {
		return err
	}
	if err := writeAnew(path, link+"\n"); err != nil {
		return parry.Errorf(parry.Invalid, "the link to sign in with cannot be written: %w", err).WithHint("set oidc.issuer, or make the folder of the store writable")
	}
	log.Info("the console is open: the link to sign in with, once, is in a file", "file", path, "valid", linkValid.String(), "as", who)
	return nil
}

// writeAnew writes a file that only its owner reads, in the place of one that is there: that may be open to others.
func writeAnew(path, text string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// linkPath is beside the store's file, or in the user's state folder.
func (a *app) linkPath() (string, error) {
	at := a.db
	if strings.HasPrefix(at, onDynamoDB) {
		at = ""
	}
	b := *a
	b.db = at
	path, err := b.storePath()
	if err != nil {
		return "", err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", parry.Errorf(parry.Invalid, "%w", err)
	}
	return filepath.Join(dir, linkFile), nil
}

// How long the console rests between two looks at the store, for as long as anybody has a page open: what this process does it hears of at once. Each look
// at a table costs.
const (
	lookEvery      = 2 * time.Second
	lookEveryTable = 10 * time.Second
)

func (a *app) restOf() time.Duration {
	if strings.HasPrefix(a.db, onDynamoDB) {
		return lookEveryTable
	}
	return lookEvery
}

// linkValid is how long the one-time link of the terminal is good for.
const linkValid = 15 * time.Minute

// newSessionKey makes a key for sessions that end with the process.
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
