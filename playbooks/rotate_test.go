package playbooks_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/cases"
	"parry/internal/tap"
)

// rotation is the case in which a key is rotated into a new secret.
func rotation(t *testing.T) cases.Case {
	t.Helper()
	all := allCases(t)
	return all[slices.IndexFunc(all, func(c cases.Case) bool { return c.Playbook == "iam-rotate-access-key" && c.Name == "rotated" })]
}

// keysOf are the access keys of the case's user, with their status.
func keysOf(t *testing.T, cfg aws.Config) map[string]string {
	t.Helper()
	out, err := iam.NewFromConfig(cfg).ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{UserName: aws.String("mallory")})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, k := range out.AccessKeyMetadata {
		all[*k.AccessKeyId] = string(k.Status)
	}
	return all
}

// The secret of the new key is in Secrets Manager, with the key that is the user's, and nowhere in what the store keeps.
func TestTheNewKeysSecretIsKeptNowhere(t *testing.T) {
	twin, account, store := cases.NewTwin(), "", memory(t)
	value := struct{ AccessKeyId, SecretAccessKey string }{}
	res, err := cases.Run(t.Context(), rotation(t), &knownTwin{twin, &account}, library(t), store, cases.Probe{Step: func(step string, _ parry.Response) {
		if step != "applied" {
			return
		}
		cfg := twin.Config(account, "us-east-1")
		out, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("parry/access-key/mallory")})
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(*out.SecretString), &value); err != nil {
			t.Fatal(err)
		}
		if keysOf(t, cfg)[value.AccessKeyId] != "Active" {
			t.Errorf("the secret holds %s, and the user's keys are %v", value.AccessKeyId, keysOf(t, cfg))
		}
	}})
	if err != nil || !res.OK() || len(value.SecretAccessKey) < 20 {
		t.Fatal(err, res.Failed)
	}
	kept := []any{res.Plan, res.Final}
	all, _, err := store.List(t.Context(), parry.Query{Limit: 10})
	if err != nil || len(all) == 0 {
		t.Fatal(err)
	}
	for _, r := range all {
		records, err := store.Records(t.Context(), r.ID)
		if err != nil || len(records) == 0 {
			t.Fatal(err)
		}
		kept = append(kept, r, records)
	}
	b, err := json.Marshal(kept)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), value.AccessKeyId) || strings.Contains(string(b), value.SecretAccessKey) {
		t.Errorf("of the new key the store should have the id and not the secret: %s", b)
	}
}

// A key that cannot be stored is deleted again, and the old one stays as it is.
func TestAKeyThatIsNotStoredIsDeleted(t *testing.T) {
	cfg, failed, _ := notStored(t, tap.Fault{Operation: "CreateSecret", Err: tap.Denied()})
	if keys := keysOf(t, cfg); len(keys) != 1 || !strings.Contains(failed.Reason, "deleted again") || !strings.Contains(failed.Reason, "AccessDenied") {
		t.Errorf("%s: %v", failed.Reason, keys)
	}
}

// A key that is left when it can be neither stored nor deleted, as when a worker dies between the two, is named at once and by the next plan,
// which does nothing: nobody can tell whose it is.
func TestAnOrphanedKeyIsFound(t *testing.T) {
	cfg, failed, again := notStored(t, tap.Fault{Operation: "CreateSecret", Err: tap.Denied()}, tap.Fault{Operation: "DeleteAccessKey", Err: tap.Denied()})
	keys := keysOf(t, cfg)
	delete(keys, failed.Target.ID)
	for orphan := range keys {
		if !strings.Contains(failed.Reason, orphan) || !strings.Contains(failed.Reason, "delete it by hand") {
			t.Errorf("%s is left, and the response says: %s", orphan, failed.Reason)
		}
		if len(again.Plan.Refusals) != 1 || !strings.Contains(again.Plan.Refusals[0], orphan) {
			t.Errorf("%s is left, and the next plan refuses: %v", orphan, again.Plan.Refusals)
		}
	}
	if len(keys) != 1 {
		t.Errorf("the user has these keys beside the old one: %v", keys)
	}
}

// notStored runs the rotation with faults in it, and plans once more.
func notStored(t *testing.T, faults ...tap.Fault) (cfg aws.Config, failed, again parry.Response) {
	t.Helper()
	twin, account := cases.NewTwin(), ""
	var responder *parry.Responder
	_, err := cases.Run(t.Context(), rotation(t), &knownTwin{twin, &account}, library(t), memory(t), cases.Probe{
		Responder: func(r *parry.Responder, _ *awsapi.Cloud) { responder = r },
		Step: func(step string, r parry.Response) {
			switch step {
			case "planned":
				for _, f := range faults {
					twin.Org.Inject(f)
				}
			case "failed":
				failed = r
			}
		},
	})
	if err != nil || failed.State != parry.Failed {
		t.Fatalf("state %q: %v", failed.State, err)
	}
	again = failed
	again.Plan, err = responder.Planner.Plan(t.Context(), parry.Job{Response: "another", Playbook: failed.Answer.Playbook, Target: failed.Target, Finding: failed.Finding, At: twin.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return twin.Config(account, "us-east-1"), failed, again
}
