// Package signin knows who somebody is in front of the console and the API: a person with a role, signed in by an OpenID provider, by a one-time
// link of the terminal, or by a token of the API.
package signin

import "context"

// Role is what somebody may do. Each may do what the one before it may.
type Role int

// The roles.
const (
	Nobody   Role = iota // may not even look
	Viewer               // looks at everything, changes nothing
	Approver             // says yes and no, comments, holds a finding, takes back
	Admin                // stops and starts, and takes holds off
)

// String is the role's name in settings, pages and records.
func (r Role) String() string {
	switch r {
	case Viewer:
		return "viewer"
	case Approver:
		return "approver"
	case Admin:
		return "admin"
	}
	return "nobody"
}

// RoleOf reads a role's name; false where there is none of that name.
func RoleOf(name string) (Role, bool) {
	for _, r := range []Role{Viewer, Approver, Admin} {
		if r.String() == name {
			return r, true
		}
	}
	return Nobody, false
}

// Person is who asks. ID is what approvals and records name: an e-mail address that the provider vouches for, the ARN of the terminal that the
// one-time link came from, or the name of an API token's owner. It is never chosen by the person.
type Person struct {
	ID   string
	Name string // to be called by; ID where the provider has none
	Role Role
	Via  string // how it is known: "oidc", "link", "token"
}

// May tells whether the person's role is enough.
func (p Person) May(r Role) bool { return p.Role >= r && r > Nobody }

type key struct{}

// With is a context in which a person asks.
func With(ctx context.Context, p Person) context.Context { return context.WithValue(ctx, key{}, p) }

// From is the person of a request's context; one whose role is Nobody where nobody is signed in.
func From(ctx context.Context) Person {
	p, _ := ctx.Value(key{}).(Person)
	return p
}
