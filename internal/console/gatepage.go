package console

import (
	"net/http"

	"parry/internal/signin"
)

// GatePage draws a page of the gate as the console's own look, as signin.Options.Render wants it. It tells nothing of the store to who is not
// signed in.
func (c *Console) GatePage(w http.ResponseWriter, r *http.Request, p signin.Page) {
	c.write(w, "signin", p.Status, layout{Title: p.Title, Page: "signin", Now: c.o.Now(), Outside: true, V: p})
}
