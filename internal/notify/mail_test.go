package notify

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/wneessen/go-mail"

	"parry"
)

// post is a mail server that keeps what it is given.
type post struct {
	mu      sync.Mutex
	letters []string
	rcpt    []string
	secure  []bool
	fail    error // of RCPT
	late    error // of the message
	address string
	ca      string
}

type postSession struct {
	p      *post
	conn   *smtp.Conn
	signed bool
}

func (s *postSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *postSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "parry" || password != "the password" {
			return smtp.ErrAuthFailed
		}
		s.signed = true
		return nil
	}), nil
}
func (s *postSession) Reset()        {}
func (s *postSession) Logout() error { return nil }
func (s *postSession) Mail(string, *smtp.MailOptions) error {
	if !s.signed {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (s *postSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.p.rcpt = append(s.p.rcpt, to)
	return s.p.fail
}

func (s *postSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	if s.p.late != nil {
		return s.p.late
	}
	_, secure := s.conn.TLSConnectionState()
	s.p.letters, s.p.secure = append(s.p.letters, string(b)), append(s.p.secure, secure)
	return nil
}

// newPost runs a mail server with a certificate of its own: with STARTTLS, with TLS from the first byte, or with neither.
func newPost(t *testing.T, how string) *post {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	p := &post{ca: filepath.Join(t.TempDir(), "ca.pem")}
	if err := os.WriteFile(p.ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &postSession{p: p, conn: c}, nil }))
	srv.Domain, srv.AllowInsecureAuth, srv.ErrorLog = "localhost", how == "none", log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.address = l.Addr().String()
	secure := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	switch how {
	case "starttls":
		srv.TLSConfig = secure
	case "implicit":
		l = tls.NewListener(l, secure)
	}
	var served sync.WaitGroup
	served.Go(func() { _ = srv.Serve(l) })
	t.Cleanup(func() { _ = srv.Close(); served.Wait() })
	return p
}

// mailOf opens a channel of the mail server.
func mailOf(t *testing.T, p *post, more string) (Channel, error) {
	t.Helper()
	host, port, _ := net.SplitHostPort(p.address)
	f, err := Read("c.yaml", []byte(fmt.Sprintf(`channels: [{name: mail, type: email, host: %s, port: %s, ca: %q, user: parry, password: "env:P", from: "Parry <parry@example.com>", to: [sec@example.com, ops@example.com]%s}]`, host, port, p.ca, more)))
	if err != nil {
		t.Fatal(err)
	}
	n, err := New(t.Context(), f, Options{Store: memory{}, Now: (&clock{at: noon}).now, Secrets: Secrets{Env: func(string) string { return "the password" }}})
	if err != nil {
		return nil, err
	}
	return n.outs[0].channel, nil
}

// letter is a mail as its readers have it.
type letter struct {
	netmail.Header
	text, html string
}

func readLetter(t *testing.T, raw string) letter {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	l := letter{Header: m.Header}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := r.NextRawPart()
		if err != nil {
			return l
		}
		var b bytes.Buffer
		_, _ = io.Copy(&b, quotedprintable.NewReader(part))
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/plain") {
			l.text = b.String()
		} else {
			l.html = b.String()
		}
	}
}

// All that is told of a response is one thread, in text and in HTML, over STARTTLS; whatever a finding's title holds, it is text.
func TestMailIsAThread(t *testing.T) {
	for _, how := range []string{"starttls", "implicit", "none"} {
		t.Run(how, func(t *testing.T) {
			p := newPost(t, how)
			ch, err := mailOf(t, p, ", tls: "+how)
			if err != nil {
				t.Fatal(err)
			}
			r := waiting("pr-1")
			r.State = parry.Waiting
			r.Finding.Info.Title = "Öffentlich\r\nBcc: eve@example.com\r\n\r\n<script>alert(1)</script>\u202e"
			ref, err := ch.Tell(t.Context(), News{Kind: Asked, Response: *r, Link: "https://parry.example/responses/pr-1"}, "")
			if err != nil {
				t.Fatal(err)
			}
			r.State, r.Reason = parry.Done, "verified"
			if again, err := ch.Tell(t.Context(), News{Kind: Ended, Response: *r}, ref); err != nil || again != ref {
				t.Fatalf("%q, %v", again, err)
			}
			if len(p.letters) != 2 || p.secure[0] != (how != "none") || fmt.Sprint(p.rcpt[:2]) != "[sec@example.com ops@example.com]" {
				t.Fatalf("%d letters, %v, %v", len(p.letters), p.secure, p.rcpt)
			}
			first, second := readLetter(t, p.letters[0]), readLetter(t, p.letters[1])
			subject, err := new(mime.WordDecoder).DecodeHeader(first.Get("Subject"))
			if err != nil || !strings.HasPrefix(subject, "Parry: Öffentlich") || strings.ContainsAny(subject, "\r\n\u202e") || first.Get("Bcc") != "" {
				t.Errorf("%q, %v, Bcc %q", subject, err, first.Get("Bcc"))
			}
			if first.Get("Message-Id") != "<"+ref+">" || !strings.HasSuffix(ref, "@example.com") || first.Get("In-Reply-To") != "" || first.Get("Auto-Submitted") != "auto-generated" {
				t.Errorf("%v", first.Header)
			}
			if second.Get("In-Reply-To") != "<"+ref+">" || second.Get("References") != "<"+ref+">" || second.Get("Message-Id") == first.Get("Message-Id") {
				t.Errorf("%v", second.Header)
			}
			if strings.Contains(first.html, "<script") || !strings.Contains(first.html, "&lt;script&gt;") || !strings.Contains(first.html, `<a href="https://parry.example/responses/pr-1">`) {
				t.Error(first.html)
			}
			for _, want := range []string{"Approval wanted", "What breaks: what reads it without signing in", "block: s3:PutPublicAccessBlock", "https://parry.example/responses/pr-1"} {
				if !strings.Contains(first.text, want) {
					t.Errorf("no %q in %s", want, first.text)
				}
			}
			if !strings.Contains(second.text, "Done and verified") || !strings.Contains(second.html, "Done and verified") {
				t.Error(second.text)
			}
			if _, err := ch.TellStorm(t.Context(), Storm{Rule: "open-bucket", Kind: Asked, Count: 7, States: map[string]int{"waiting for approval": 7}}, ""); err != nil {
				t.Error(err)
			}
		})
	}
}

// 4yz is for now, 5yz for ever; a server that offers no encryption or is another gets neither password nor mail.
func TestMailErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		fail, late error
		want       parry.Kind
	}{
		"busy":      {&smtp.SMTPError{Code: 451, Message: "later"}, nil, parry.Fault},
		"greylist":  {nil, &smtp.SMTPError{Code: 450, Message: "greylisted"}, parry.Fault},
		"nobody":    {&smtp.SMTPError{Code: 550, Message: "no such user"}, nil, parry.Refused},
		"too large": {nil, &smtp.SMTPError{Code: 552, Message: "too large"}, parry.Refused},
	} {
		p := newPost(t, "starttls")
		p.fail, p.late = tc.fail, tc.late
		ch, err := mailOf(t, p, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err = ch.Tell(t.Context(), News{Kind: Told, Response: *waiting("pr-1")}, ""); err == nil || parry.KindOf(err) != tc.want {
			t.Errorf("%s: %v, kind %d", name, err, parry.KindOf(err))
		}
	}
	plain := newPost(t, "none")
	ch, err := mailOf(t, plain, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ch.Tell(t.Context(), News{Kind: Told, Response: *waiting("pr-1")}, ""); err == nil || len(plain.letters) != 0 {
		t.Errorf("sent without encryption: %v", err)
	}
	secure := newPost(t, "starttls")
	other := newPost(t, "starttls")
	secure.ca = other.ca // it is not who it should be
	if ch, err = mailOf(t, secure, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := ch.Tell(t.Context(), News{Kind: Told, Response: *waiting("pr-1")}, ""); err == nil || len(secure.letters) != 0 {
		t.Errorf("sent to another server: %v", err)
	}
	// Who does not know the password is not let in, which does not change by itself.
	p := newPost(t, "starttls")
	if ch, err = mailOf(t, p, ""); err != nil {
		t.Fatal(err)
	}
	m := ch.(*mailbox)
	m.options = append(m.options, mailPassword("wrong"))
	if _, err := ch.Tell(t.Context(), News{Kind: Told, Response: *waiting("pr-1")}, ""); err == nil || parry.KindOf(err) != parry.Refused || strings.Contains(err.Error(), "wrong") {
		t.Errorf("%v", err)
	}
	// Who does not answer is given up.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p.address = l.Addr().String()
	if ch, err = mailOf(t, p, ""); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := ch.Tell(ctx, News{Kind: Told, Response: *waiting("pr-1")}, ""); err == nil || parry.KindOf(err) != parry.Fault {
		t.Errorf("%v", err)
	}
	if err := mailFailed(errors.New("x")); parry.KindOf(err) != parry.Fault {
		t.Error(err)
	}
}

func TestWhatIsWrongWithAMailChannel(t *testing.T) {
	for fields, want := range map[string]string{
		`host: mail.example, from: parry@example.com, to: nobody`:                                   "no address",
		`host: mail.example, from: parry@example.com, to: [a@example.com], user: x`:                 "go together",
		`host: mail.example, from: parry@example.com, to: [a@example.com], tls: none`:               "on this machine only",
		`host: mail.example, from: parry@example.com, to: [a@example.com], ca: /nonexistent/ca.pem`: "ca: ",
		`host: mail.example, from: "a@example.com, b@example.com", to: [a@example.com]`:             "no address",
	} {
		f, err := Read("c.yaml", []byte(`channels: [{name: mail, type: email, `+fields+`}]`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = New(t.Context(), f, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", fields, err)
		}
	}
}

// mailPassword has another password given.
func mailPassword(text string) mail.Option { return mail.WithPassword(text) }
