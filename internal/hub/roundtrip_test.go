package hub_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parry"
	"parry/internal/hub"
)

// duty is a finding of GuardDuty, by its id, about a resource.
func duty(id, resource string) string {
	return fmt.Sprintf(`{"schemaVersion":"2.0","accountId":%q,"region":"eu-west-1","partition":"aws","id":%q,
		"arn":"arn:aws:guardduty:eu-west-1:%s:detector/d/finding/%s","type":"Recon:EC2/Portscan","severity":5,
		"createdAt":"2026-03-01T09:00:00.000Z","updatedAt":"2026-03-01T10:00:00.000Z","title":"A title","description":"Words","resource":%s,
		"service":{"archived":false,"count":3,"eventFirstSeen":"2026-03-01T08:00:00.000Z","eventLastSeen":"2026-03-01T09:59:00.000Z"}}`,
		account, id, account, id, resource)
}

// resourcesOf are forms of a resource in GuardDuty's findings.
func resourcesOf() map[string]string {
	key := func(id, principal, user, kind string) string {
		return fmt.Sprintf(`{"resourceType":"AccessKey","accessKeyDetails":{"accessKeyId":%q,"principalId":%q,"userName":%q,"userType":%q}}`, id, principal, user, kind)
	}
	return map[string]string{
		"a user's key":       key("AKIAEXAMPLE", "AIDAEXAMPLE", "mallory", "IAMUser"),
		"a role's session":   key("ASIAEXAMPLE", "AROAEXAMPLE:s", "deployer", "AssumedRole"),
		"a temporary key":    key("ASIAEXAMPLE", "AIDAEXAMPLE", "mallory", "IAMUser"),
		"the root user":      key("AKIAEXAMPLE", account, "Root", "Root"),
		"an instance":        `{"resourceType":"Instance","instanceDetails":{"instanceId":"i-0abc","tags":[{"key":"Owner","value":"web"}]}}`,
		"a bucket":           `{"resourceType":"S3Bucket","s3BucketDetails":[{"name":"photos","arn":"arn:aws:s3:::photos"}]}`,
		"a function":         `{"resourceType":"Lambda","lambdaDetails":{"functionName":"f","functionArn":"arn:aws:lambda:eu-west-1:` + account + `:function:f"}}`,
		"a cluster":          `{"resourceType":"EKSCluster","eksClusterDetails":{"name":"c","arn":"arn:aws:eks:eu-west-1:` + account + `:cluster/c"}}`,
		"a database":         `{"resourceType":"RDSDBInstance","rdsDbInstanceDetails":{"dbInstanceIdentifier":"db","dbInstanceArn":"arn:aws:rds:eu-west-1:` + account + `:db:db"}}`,
		"nothing that helps": `{"resourceType":"Toaster"}`,
	}
}

// What is published and comes back as Security Hub's event is the same finding, about the same targets, and is not published again.
func TestPublishedComesBackTheSame(t *testing.T) {
	for name, resource := range resourcesOf() {
		f := decoded(t, duty("f-1", resource)).Finding
		out, err := hub.ASFF(f, "r", now())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		b := back(t, out)
		if b.Key() != f.Key() {
			t.Errorf("%s: %s went, %s came back", name, f.Key(), b.Key())
		}
		if b.SeverityID != f.SeverityID || b.Info.Title != f.Info.Title || b.Quiet != "" || b.Cloud != f.Cloud || b.Time != f.Time {
			t.Errorf("%s: %+v became %+v", name, f, b)
		}
		// A session of a role has no place of its own in ASFF: what comes back names the role.
		want := slices.DeleteFunc(slices.Clone(f.Targets), func(t parry.Target) bool { return t.Type == parry.SessionType })
		if len(want) > 0 {
			if diff := cmp.Diff(want, b.Targets); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		if !strings.HasSuffix(b.Info.Types[0], "/Recon:EC2-Portscan") {
			t.Errorf("%s: types %q", name, b.Info.Types)
		}
		plan := hub.NewPlan([]hub.Item{{Finding: b}}, true, now())
		if plan.Len() != 0 || parry.KindOf(plan.Refused[0].Err) != parry.Refused || !strings.Contains(plan.Refused[0].Err.Error(), "in Security Hub already") {
			t.Errorf("%s: it would go round and round: %+v", name, plan)
		}
	}
}

// A target that nobody named must not come out of a round trip: a session is no user, a placeholder no key.
func TestARoundTripMakesNoTargets(t *testing.T) {
	for name, resource := range resourcesOf() {
		f := decoded(t, duty("f-1", resource)).Finding
		out, err := hub.ASFF(f, "", now())
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range back(t, out).Targets {
			known := got.Type == "AWS::::Account" && len(f.Targets) == 0 // what stands for "no resource"
			for _, had := range f.Targets {
				known = known || cmp.Equal(had, got)
			}
			if !known {
				t.Errorf("%s: %v came out of nothing", name, got)
			}
		}
	}
}
