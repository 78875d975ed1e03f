package signin

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"mime"
	"net/http"
)

type csrfKey struct{}

// CSRF is the token that a form of this request's page carries in its field csrf, and a script in the header X-CSRF-Token; empty where nobody
// is signed in with a session.
func CSRF(ctx context.Context) string {
	t, _ := ctx.Value(csrfKey{}).(string)
	return t
}

// mark is the token of a session, or of a sign-in that began. Each page has it under another mask, so that nothing is learned from how well a
// page compresses. Source: "Cross-Site Request Forgery Prevention Cheat Sheet" of OWASP, and the BREACH attack.
func (g *Gate) mark(id string) string {
	sum := g.sum(id)
	b := make([]byte, 2*len(sum))
	_, _ = rand.Read(b[:len(sum)]) // it never fails, says crypto/rand
	subtle.XORBytes(b[len(sum):], b[:len(sum)], sum)
	return encoding().EncodeToString(b)
}

// marked tells whether a token is that of a session.
func (g *Gate) marked(id, token string) bool {
	sum := g.sum(id)
	if len(token) != encoding().EncodedLen(2*len(sum)) {
		return false
	}
	b, err := encoding().DecodeString(token)
	if err != nil {
		return false
	}
	got := make([]byte, len(sum))
	subtle.XORBytes(got, b[:len(sum)], b[len(sum):])
	return subtle.ConstantTimeCompare(got, sum) == 1
}

func (g *Gate) sum(id string) []byte {
	m := hmac.New(sha256.New, g.csrf)
	m.Write([]byte(id))
	return m.Sum(nil)
}

// given is the token that a request carries.
func given(r *http.Request) string {
	if t := r.Header.Get("X-CSRF-Token"); t != "" {
		return t
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return ""
	}
	return r.PostFormValue("csrf")
}

// isSafe tells whether a method changes nothing. Source: RFC 9110, section 9.2.1.
func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}
