package hub_test

import (
	"encoding/json"
	"testing"

	"parry"
	"parry/internal/hub"
	"parry/internal/judge"
)

// The permission is one that AWS knows for the call, it allows the account's own product, and nothing beside it; and so for updates.
func TestPermissions(t *testing.T) {
	j := judge.Need(t)
	place := hub.Place{Account: account, Region: "eu-west-1", Partition: "aws"}
	elsewhere := hub.Place{Account: account, Region: "us-east-1", Partition: "aws"}
	policy := json.RawMessage(parry.NewPolicy(place.Permissions()).Compact())
	ask := func(action, resource string) judge.Request {
		return judge.Request{
			Action: action, Resource: resource, ResourceAccount: account, Principal: "arn:aws:sts::" + account + ":assumed-role/parry-publish/parry-publish",
			Policies: []judge.Policy{{Name: "all", Document: json.RawMessage(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)}}, SessionPolicy: policy,
		}
	}
	update := ask("securityhub:BatchUpdateFindings", "arn:aws:securityhub:eu-west-1:"+account+":hub/default")
	update.SessionPolicy = json.RawMessage(parry.NewPolicy(place.UpdatePermissions()).Compact())
	got, err := j.Evaluate(t.Context(), []judge.Request{
		ask("securityhub:BatchImportFindings", place.ProductARN()),
		ask("securityhub:BatchImportFindings", elsewhere.ProductARN()),
		ask("iam:DeleteUser", "arn:aws:iam::"+account+":user/x"),
		update,
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []judge.Result{judge.Allowed, judge.ImplicitlyDenied, judge.ImplicitlyDenied, judge.Allowed} {
		if got[i].Result != want {
			t.Errorf("%d: %s, want %s: %s", i, got[i].Result, want, got[i].Why)
		}
	}
}
