package judge_test

import (
	"encoding/json"
	"strings"
	"testing"

	"parry/internal/judge"
)

// What is wrong with a policy is found, by both where both can tell.
func TestFaults(t *testing.T) {
	c := judge.NeedChecker(t)
	statement := func(action, resource string) json.RawMessage {
		return json.RawMessage(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["` + action + `"],"Resource":["` + resource + `"]}]}`)
	}
	for _, tc := range []struct {
		name   string
		policy json.RawMessage
		want   []string // in this order; none for a policy that is right
	}{
		{"right", statement("kms:EnableKeyRotation", "arn:aws:kms:*:*:key/*"), nil},
		{"nothing narrower", statement("ec2:DescribeInstances", "*"), nil},
		{"no such action", statement("kms:EnableRotation", "arn:aws:kms:*:*:key/*"), []string{"UNKNOWN_ACTION", "no action kms:EnableRotation"}},
		{"another resource type", statement("kms:EnableKeyRotation", "arn:aws:kms:*:*:alias/*"), []string{"RESOURCE_MISMATCH", "does not work on arn:aws:kms:*:*:alias/*"}},
		{"a needless wildcard", statement("dynamodb:DeleteTable", "*"), []string{"RESOURCE_STAR", "is on *"}},
		{"one that policy_sentry does not see", statement("kms:EnableKeyRotation", "*"), []string{"RESOURCE_STAR"}},
		{"a resource where there is none", statement("ec2:DescribeInstances", "arn:aws:ec2:us-east-1:111122223333:instance/i-0123"), []string{"RESOURCE_MISMATCH", "does not work on"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			all, err := c.Faults(t.Context(), []json.RawMessage{tc.policy})
			if err != nil {
				t.Fatal(err)
			}
			got := all[0]
			if len(got) != len(tc.want) {
				t.Fatalf("%q, want %q", got, tc.want)
			}
			for i, want := range tc.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("%q, want %q", got[i], want)
				}
			}
		})
	}
}
