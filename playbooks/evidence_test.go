package playbooks_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parry"
	"parry/internal/cases"
)

// What a stopped task was is stored with the response before it is stopped, and nothing secret of it.
func TestAStoppedTaskIsKept(t *testing.T) {
	for _, c := range allCases(t) {
		if c.Playbook != "ecs-stop-task" || c.Name != "guardduty" {
			continue
		}
		store := memory(t)
		res, err := cases.Run(t.Context(), c, cases.NewTwin(), library(t), store, cases.Probe{})
		if err != nil || !res.OK() {
			t.Fatal(err, res.Failed)
		}
		records, err := store.Records(t.Context(), res.Final.ID)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(map[string]any{"response": res.Final, "records": records})
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{`:task-definition/web:1"`, `"image":"web:1"`, `:role/web"`, `"runtime":"`} {
			if !strings.Contains(string(b), part) {
				t.Errorf("%s is not kept", part)
			}
		}
		if strings.Contains(string(b), secret) {
			t.Error("an environment variable is in the records")
		}
		return
	}
	t.Error("there is no case of a stopped task")
}

// What a case calls "never-to-be-shown" is in nothing that is kept: not in a plan, not in a state before or after, not in a record. It is the
// header that a distribution shows its origin, a variable of a build or of a container, or what an instance runs at its start.
func TestNoSecretIsKept(t *testing.T) {
	seen := 0
	for _, c := range allCases(t) {
		given, err := os.ReadFile(strings.TrimPrefix(c.File, "playbooks/"))
		if err != nil {
			t.Fatal(err)
		}
		if !hasSecret(string(given)) {
			continue
		}
		t.Run(c.Playbook+"/"+c.Name, func(t *testing.T) {
			store := memory(t)
			res, err := cases.Run(t.Context(), c, stageOf(t, c), library(t), store, cases.Probe{})
			if err != nil || !res.OK() {
				t.Fatal(err, res.Failed)
			}
			all, _, err := store.List(t.Context(), parry.Query{Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range all {
				seen++
				records, err := store.Records(t.Context(), r.ID)
				if err != nil {
					t.Fatal(err)
				}
				b, err := json.Marshal(map[string]any{"response": r, "records": records})
				if err != nil {
					t.Fatal(err)
				}
				if hasSecret(string(b)) {
					t.Errorf("it is in what is kept of %s: %s", r.ID, b)
				}
			}
		})
	}
	if seen == 0 {
		t.Error("no case has a secret, or nothing is kept of any")
	}
}

// secret is what cases write where AWS's customers have secrets.
const secret = "never-to-be-shown"

// hasSecret looks for it, also where it is written as base64, as user data is.
func hasSecret(s string) bool {
	return strings.Contains(s, secret) || slices.ContainsFunc(inBase64.FindAllString(s, -1), func(word string) bool {
		plain, err := base64.StdEncoding.DecodeString(word)
		return err == nil && strings.Contains(string(plain), secret)
	})
}

var inBase64 = regexp.MustCompile(`[A-Za-z0-9+/]{20,}=*`)
