package signin

import (
	"net/url"
	"path"
	"strings"
)

// maxBack bounds the way back, which stands in a cookie.
const maxBack = 1024

// back is the page to go to after signing in: a path of this console as it was asked for, and the first page where it is anything that could
// lead elsewhere. Browsers read "//host", "/\host" and tabs and line ends between the two as another host. Source: the URL Standard of WHATWG,
// "URL parsing".
func back(asked string) string {
	const first = "/"
	if len(asked) > maxBack || !strings.HasPrefix(asked, "/") {
		return first
	}
	for _, c := range asked {
		if c <= ' ' || c == '\\' || c == '#' || c >= 0x7f {
			return first
		}
	}
	u, err := url.ParseRequestURI(asked)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || strings.ContainsFunc(u.Path, func(c rune) bool { return c < ' ' || c == '\\' }) {
		return first
	}
	if clean := path.Clean(u.Path); u.Path != clean && (clean == first || u.Path != clean+"/") {
		return first
	}
	if isOwn(u.Path) || isAPI(u.Path) {
		return first
	}
	return u.RequestURI()
}

// isOwn tells whether a path is of the sign-in itself.
func isOwn(p string) bool {
	return p == "/signin" || strings.HasPrefix(p, "/signin/") || p == "/signout"
}

// isAPI tells whether a path is for programs.
func isAPI(p string) bool { return p == "/api" || strings.HasPrefix(p, "/api/") }
