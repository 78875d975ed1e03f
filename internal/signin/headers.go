package signin

import "net/http"

// secure sets what tells browsers to trust nothing but this console. A handler may set another Cache-Control, for what holds no data. Source:
// "HTTP Headers Cheat Sheet" and "Content Security Policy Cheat Sheet" of OWASP.
func (g *Gate) secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "+
		"form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Cache-Control", "no-store")
	if g.o.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}
