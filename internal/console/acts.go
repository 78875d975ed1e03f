package console

import (
	"net/http"
	"net/url"
	"strings"

	"parry"
	"parry/internal/signin"
)

func personOf(r *http.Request) signin.Person { return signin.From(r.Context()) }

// field is what was written in a form's field. Browsers send the ends of lines as CR LF. Source: "Form submission", HTML Living Standard.
func field(r *http.Request, name string) string {
	return strings.ReplaceAll(r.PostForm.Get(name), "\r\n", "\n")
}

// deciding says why who asks has not the role of those who decide.
func deciding(r *http.Request) error {
	if p := personOf(r); !p.May(signin.Approver) {
		return parry.Errorf(parry.Refused, "your role here is %s: it looks, and does not decide", p.Role)
	}
	return nil
}

// done goes back to a response's page with a word.
func done(w http.ResponseWriter, r *http.Request, word string) error {
	http.Redirect(w, r, "/responses/"+url.PathEscape(r.PathValue("id"))+"?said="+word, http.StatusSeeOther)
	return nil
}

func (c *Console) approve(w http.ResponseWriter, r *http.Request) error {
	resp, err := c.o.Desk.Approve(r.Context(), r.PathValue("id"), field(r, "digest"), field(r, "comment"))
	switch {
	case err != nil:
		return c.again(w, r, err)
	case resp.State == parry.Waiting:
		return done(w, r, "one-yes")
	}
	return done(w, r, "approved")
}

func (c *Console) reject(w http.ResponseWriter, r *http.Request) error {
	if _, err := c.o.Desk.Reject(r.Context(), r.PathValue("id"), field(r, "digest"), field(r, "comment")); err != nil {
		return c.again(w, r, err)
	}
	return done(w, r, "rejected")
}

func (c *Console) remark(w http.ResponseWriter, r *http.Request) error {
	if _, err := c.o.Desk.Remark(r.Context(), r.PathValue("id"), field(r, "comment")); err != nil {
		return c.again(w, r, err)
	}
	return done(w, r, "remarked")
}

func (c *Console) hold(w http.ResponseWriter, r *http.Request) error {
	if _, err := c.o.Desk.Hold(r.Context(), r.PathValue("id"), field(r, "comment")); err != nil {
		return c.again(w, r, err)
	}
	return done(w, r, "held")
}

func (c *Console) unhold(w http.ResponseWriter, r *http.Request) error {
	if err := c.o.Desk.Unhold(r.Context(), r.PathValue("id")); err != nil {
		return c.again(w, r, err)
	}
	return done(w, r, "released")
}

func (c *Console) refresh(w http.ResponseWriter, r *http.Request) error {
	_, differs, err := c.o.Desk.Refresh(r.Context(), r.PathValue("id"))
	switch {
	case err != nil:
		return c.again(w, r, err)
	case len(differs) > 0:
		return done(w, r, "differs")
	}
	return done(w, r, "same")
}

func (c *Console) undo(w http.ResponseWriter, r *http.Request) error {
	if _, err := c.o.Desk.Undo(r.Context(), r.PathValue("id"), r.PostForm["change"]...); err != nil {
		return c.again(w, r, err)
	}
	return done(w, r, "undoing")
}
