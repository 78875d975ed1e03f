package playbooks_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"parry"
	"parry/internal/assemble"
	"parry/internal/awsapi"
	"parry/internal/cases"
	"parry/internal/moto"
)

// enforced are one case of each playbook to run with moto's own enforcement on, with the action that is left out to see it refused.
var enforced = map[string]string{
	"ec2-quarantine/three-interfaces":       "ec2:ModifyNetworkInterfaceAttribute",
	"ec2-revoke-public-ingress/ssh-and-rdp": "ec2:RevokeSecurityGroupIngress",
	"iam-deactivate-access-key/guardduty":   "iam:UpdateAccessKey",
	"iam-quarantine-user/guardduty":         "iam:PutUserPolicy",
	"iam-revoke-role-sessions/guardduty":    "iam:PutRolePolicy",
	"iam-revoke-session/guardduty":          "iam:PutRolePolicy",
	"iam-remove-login-profile/guardduty":    "iam:DeleteLoginProfile",
	"iam-enforce-mfa/attached":              "iam:PutUserPolicy",
	"iam-narrow-trust/public":               "iam:UpdateAssumeRolePolicy",
	"iam-detach-admin-from-user/of-aws":     "iam:DetachUserPolicy",
	"iam-detach-admin-from-role/of-aws":     "iam:DetachRolePolicy",
	"iam-detach-admin-from-group/of-aws":    "iam:DetachGroupPolicy",
	"iam-narrow-admin-policy/securityhub":   "iam:SetDefaultPolicyVersion",
	"iam-deny-source-identity/given":        "iam:PutRolePolicy",
}

// TestNoCallNeedsAnUnlistedAction runs playbooks with credentials that hold exactly the derived actions, on an emulator that refuses all others. moto judges
// action names only: not resources, conditions or session policies, which TestLeastPrivilege is for.
func TestNoCallNeedsAnUnlistedAction(t *testing.T) {
	server := moto.Own(t)
	lib := library(t)
	eachCase(t, func(t *testing.T, c cases.Case) {
		without, ok := enforced[c.Playbook+"/"+c.Name]
		if !ok {
			t.Skip("one case a playbook is enough; moto knows the settings of a bucket by other names and cannot rotate a secret, so these two playbooks have none")
		}
		if res := enforce(t, server, lib, c, ""); !res.OK() {
			t.Error(res.Failed)
		}
		res := enforce(t, server, lib, c, without)
		if res.OK() || !strings.Contains(strings.Join(res.Failed, " "), "AccessDenied") {
			t.Errorf("without %s: %v", without, res.Failed)
		}
	})
}

// accountStage tells which account a run was given.
type accountStage struct {
	motoStage
	account string
}

func (s *accountStage) Account() string { return s.account }

// enforce runs a case with a role of the derived actions less one, on "*", and enforcement on while the responder works.
func enforce(t *testing.T, server *moto.Server, lib *assemble.Library, c cases.Case, without string) cases.Result {
	t.Helper()
	stage := &accountStage{motoStage{server}, moto.Account()}
	p, err := lib.Playbooks.Get(c.Playbook)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := server.Role(t.Context(), stage.account, "us-east-1", "parry-"+c.Playbook, actionsOf(t, p.Permissions("aws", "", ""), without))
	if err != nil {
		t.Fatal(err)
	}
	on := func(on bool) {
		if err := server.Enforce(t.Context(), on); err != nil {
			t.Fatal(err)
		}
	}
	defer on(false)
	store := memory(t)
	res, err := cases.Run(t.Context(), c, stage, lib, store, cases.Probe{
		Responder: func(r *parry.Responder, _ *awsapi.Cloud) {
			own, _ := lib.Responder(cfg, store, assemble.Options{Now: stage.Now, Sleep: stage.Sleep, Patience: 2 * time.Second})
			r.Planner, r.Actors = own.Planner, own.Actors
		},
		Step: func(step string, _ parry.Response) {
			switch step {
			case "given", "again":
				on(true)
			default: // the case's own checks are made by an administrator whom moto's enforcement does not know
				if step != "planned" {
					on(false)
				}
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// actionsOf is a policy that holds the actions, without what moto does not evaluate.
func actionsOf(t *testing.T, perms []parry.Permission, without string) string {
	t.Helper()
	actions := []string{"sts:GetCallerIdentity"} // AWS asks no permission for it, moto does
	for _, p := range perms {
		if p.Action == without {
			continue
		}
		actions = append(actions, p.Action)
	}
	b, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Action": actions, "Resource": "*"}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
