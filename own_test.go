package parry_test

import (
	"testing"

	"parry"
)

// A role of Parry's own is protected, and so is each of its sessions; others that are called so are not.
func TestItsOwnRolesAreProtected(t *testing.T) {
	r := &parry.Responder{Own: func(role string) bool { return role == "parry-x" }}
	for _, c := range []struct {
		target    parry.Target
		protected bool
	}{
		{parry.Target{Type: "AWS::IAM::Role", ID: "parry-x"}, true},
		{parry.Target{Type: "AWS::IAM::Role", ID: "web"}, false},
		{parry.Target{Type: parry.SessionType, ID: "AROA1:s", ARN: "arn:aws:sts::111122223333:assumed-role/parry-x/s"}, true},
		{parry.Target{Type: parry.SessionType, ID: "AROA1:parry-x", ARN: "arn:aws:sts::111122223333:assumed-role/web/parry-x"}, false},
		{parry.Target{Type: "AWS::IAM::User", ID: "parry-x"}, false},
	} {
		if why := r.Protected(c.target); (why != "") != c.protected {
			t.Errorf("%s %s: %q", c.target, c.target.ARN, why)
		}
	}
}
