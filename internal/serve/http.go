package serve

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"parry"
)

// Limits of the HTTP server. An event of EventBridge is at most 1 MiB; the rest is room for an array's brackets and spaces. Source:
// "Amazon EventBridge quotas", PutEvents entry size.
const (
	maxBody    = 1<<20 + 64<<10
	maxAtOnce  = 32 // bodies in memory
	retryAfter = 10 * time.Second
	storeLimit = 2 * time.Second
)

// Handler is the HTTP side: events in where there is a token, and how the server is.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	if s.o.Box != nil && s.o.Token != "" {
		room := make(chan struct{}, maxAtOnce)
		mux.HandleFunc("POST /events", func(w http.ResponseWriter, r *http.Request) { s.events(w, r, room) })
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, map[string]any{"alive": true}) })
	mux.HandleFunc("GET /readyz", s.readyz)
	if s.o.Slack != nil {
		mux.Handle("POST /slack/actions", s.o.Slack)
	}
	if s.o.Metrics != nil {
		mux.Handle("GET /metrics", s.o.Metrics)
	}
	if s.o.Pages != nil {
		mux.Handle("/", s.o.Pages)
	}
	return mux
}

// say answers with JSON.
func say(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who asked may be gone; nothing can be done about it
}

// refuse answers with what is wrong, and counts it.
func (s *Server) refuse(w http.ResponseWriter, status int, why string) {
	s.counts.Refused.Add(1)
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter/time.Second)))
	}
	say(w, status, map[string]any{"error": clean(why)})
}

// events takes events from an API destination of EventBridge, or from whoever knows the token. 202 means that they are on the disk. What
// EventBridge sends again is what was answered with 401, 407, 409, 429 and 5xx. Source: "API destinations", EventBridge User Guide.
func (s *Server) events(w http.ResponseWriter, r *http.Request, room chan struct{}) {
	if !s.knows(r) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		s.refuse(w, http.StatusUnauthorized, "the token is missing or wrong")
		return
	}
	if !s.ready.Load() {
		s.refuse(w, http.StatusServiceUnavailable, "the server is stopping")
		return
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" || r.Header.Get("Content-Encoding") != "" {
		s.refuse(w, http.StatusUnsupportedMediaType, "want Content-Type application/json, and no Content-Encoding")
		return
	}
	select {
	case room <- struct{}{}:
		defer func() { <-room }()
	default:
		s.refuse(w, http.StatusTooManyRequests, "too many send at once")
		return
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
			s.refuse(w, http.StatusRequestEntityTooLarge, "the body is longer than one event may be")
			return
		}
		s.refuse(w, http.StatusBadRequest, "the body broke off")
		return
	}
	s.accept(w, text)
}

// accept keeps a text that holds at least one event, to be answered. What holds none is kept as well, for a person to see.
func (s *Server) accept(w http.ResponseWriter, text []byte) {
	all, malformed := readEvents("the body", text)
	if len(all) == 0 && len(malformed) > 0 {
		s.counts.Malformed.Add(1)
		why := reasons(malformed)
		name, err := s.o.Box.Reject(text, why)
		if err != nil {
			s.o.Log.Error("what was rejected could not be kept", "error", clean(err.Error()))
		}
		s.o.Log.Warn("rejected", "name", name, "reason", clean(why))
		s.refuse(w, http.StatusBadRequest, why)
		return
	}
	name, err := s.o.Box.Put(text)
	switch {
	case parry.KindOf(err) == parry.Refused:
		s.refuse(w, http.StatusTooManyRequests, err.Error())
	case err != nil:
		s.o.Log.Error("an event could not be accepted", "error", clean(err.Error()), "next", parry.HintOf(err))
		s.refuse(w, http.StatusServiceUnavailable, "the event could not be kept")
	default:
		say(w, http.StatusAccepted, map[string]any{"accepted": len(all), "malformed": len(malformed), "name": name})
	}
}

// knows tells whether a request carries the token, in a time that tells nothing about it: hashes of one length are compared, and both
// headers always.
func (s *Server) knows(r *http.Request) bool {
	want := sha256.Sum256([]byte(s.o.Token))
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	ok := 0
	for _, given := range []string{bearer, r.Header.Get(s.o.TokenHeader)} {
		got := sha256.Sum256([]byte(given))
		ok |= subtle.ConstantTimeCompare(want[:], got[:])
	}
	return ok == 1
}

// switched is an engine that can be stopped by a word in the store.
type switched interface {
	Stopped(ctx context.Context, playbook string) (why string, err error)
}

// health is what /readyz says. It names no resource and no reason: whoever can reach the port may read it.
type health struct {
	Ready   bool              `json:"ready"`
	Store   string            `json:"store"`
	Intake  map[string]string `json:"intake"`
	Stopped bool              `json:"stopped"` // by a person: events are taken in and nothing is changed
	InHand  int64             `json:"in_hand"`
	Waiting int               `json:"waiting"`
}

// readyz says whether events are taken in and can be answered.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), storeLimit)
	defer cancel()
	h := health{Ready: s.ready.Load(), Store: "ok", Intake: map[string]string{}, InHand: s.counts.InHand.Load()}
	if _, err := s.sweeper.Store.Get(ctx, "ready"); err != nil {
		h.Store, h.Ready = "failing", false
	}
	for _, i := range s.intakes {
		h.Intake[i.name] = "ok"
		if since := i.failing.Load(); since != nil {
			h.Intake[i.name], h.Ready = "failing since "+since.UTC().Format(time.RFC3339), false
		}
	}
	if s.o.Box != nil {
		h.Waiting = s.o.Box.Waiting()
	}
	if sw, ok := any(s.sweeper).(switched); ok {
		why, err := sw.Stopped(ctx, "")
		h.Stopped = why != "" || err != nil
	}
	status := http.StatusOK
	if !h.Ready {
		status = http.StatusServiceUnavailable
	}
	say(w, status, h)
}

// web is the running HTTP server, if there is one.
type web struct {
	server *http.Server
	failed chan error // it ended by itself
	ended  chan struct{}
}

// listen starts the HTTP server.
func (s *Server) listen() *web {
	w := &web{failed: make(chan error, 1), ended: make(chan struct{})}
	if s.o.Listener == nil {
		close(w.ended)
		return w
	}
	w.server = &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(s.o.Log.Handler(), slog.LevelWarn),
	}
	go func() { // joined by close
		defer close(w.ended)
		var err error
		if s.o.TLSCert != "" {
			err = w.server.ServeTLS(s.o.Listener, s.o.TLSCert, s.o.TLSKey)
		} else {
			err = w.server.Serve(s.o.Listener)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			w.failed <- parry.Errorf(parry.Fault, "the HTTP server ended: %w", err)
		}
	}()
	return w
}

// close lets requests that are under way end, and takes no more.
func (w *web) close(ctx context.Context, grace time.Duration) error {
	if w.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, max(grace, time.Second))
	defer cancel()
	err := w.server.Shutdown(ctx)
	if err != nil {
		err = w.server.Close()
	}
	<-w.ended
	return err
}
