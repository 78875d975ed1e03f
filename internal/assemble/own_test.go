package assemble_test

import (
	"testing"

	"parry/internal/assemble"
	"parry/internal/cases"
)

func TestOwnRoles(t *testing.T) {
	lib, err := assemble.NewLibrary("", "")
	if err != nil {
		t.Fatal(err)
	}
	for template, roles := range map[string]map[string]bool{
		"parry-{playbook}":         {"parry-iam-quarantine-user": true, "parry-retired": true, "deploy": false, "my-parry-x": false},
		"":                         {"parry-iam-quarantine-user": true, "deploy": false},
		"sec/parry/r-{playbook}-x": {"r-ec2-quarantine-x": true, "r-ec2-quarantine": false, "parry": false},
		"responder":                {"responder": true, "responder2": false},
		"{playbook}":               {"ec2-quarantine": true, "deploy": false, "": false},
		"{playbook}{playbook}":     {"deploy": false},
	} {
		r, _ := lib.Responder(cases.NewTwin().Config("999999999999", "us-east-1"), nil, assemble.Options{Role: template})
		for role, want := range roles {
			if got := r.Own(role); got != want {
				t.Errorf("template %q, role %q: %v", template, role, got)
			}
		}
	}
}
