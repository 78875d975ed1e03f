package serve_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parry"
	"parry/internal/serve"
)

// touchy panics on one finding.
type touchy struct{ parry.Matcher }

func (m touchy) Match(ctx context.Context, e parry.Event, f parry.Finding) ([]parry.Answer, []parry.Miss, error) {
	if strings.Contains(f.Key(), "f-poison") {
		panic("poison")
	}
	return m.Matcher.Match(ctx, e, f)
}

// An event that makes the program panic is put aside with the reason, and every other one is answered.
func TestAPanicIsOneEventsOwn(t *testing.T) {
	w := newWeb(t)
	w.start(10, func(o *serve.Options) { o.Engine.Matcher = touchy{o.Engine.Matcher} })
	for _, user := range []string{"poison", "good"} {
		if status, _, body := w.post(event(user, w.key(user))); status != http.StatusAccepted {
			t.Fatalf("%d %s", status, body)
		}
	}
	w.until("both are off the spool", func() bool { return w.box.Waiting() == 0 && len(w.files("dead")) == 2 })
	why, err := os.ReadFile(w.files("dead")[1])
	w.ok(err)
	if !strings.Contains(string(why), "panic: poison") {
		t.Errorf("the reason is %q", why)
	}
	if all := w.responses(w.store()); len(all) != 1 || all[0].State != parry.Done {
		t.Errorf("%d responses", len(all))
	}
}

func TestTLS(t *testing.T) {
	w := newWeb(t)
	made := httptest.NewTLSServer(nil) // for its certificate
	made.Close()
	c := made.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	w.ok(err)
	cert, keyFile := filepath.Join(w.dir, "cert.pem"), filepath.Join(w.dir, "key.pem")
	w.ok(os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}), 0o600))
	w.ok(os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
	pool := x509.NewCertPool()
	pool.AddCert(made.Certificate())
	w.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	w.scheme = "https"
	w.start(10, func(o *serve.Options) { o.TLSCert, o.TLSKey = cert, keyFile })
	if status, _, body := w.post(event("kate", w.key("kate"))); status != http.StatusAccepted {
		t.Errorf("%d %s", status, body)
	}
	w.until("it is answered", func() bool { return w.box.Waiting() == 0 })
}

// A server that cannot serve ends, and says why.
func TestABrokenCertificateEndsIt(t *testing.T) {
	w := newWeb(t)
	o := w.options()
	o.Box = w.scene.box(1)
	l, err := newListener()
	w.ok(err)
	o.Listener, o.TLSCert, o.TLSKey = l, "none.pem", "none.pem"
	s, err := serve.New(o)
	w.ok(err)
	if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "none.pem") {
		t.Errorf("%v", err)
	}
}
