package playbooks_test

import (
	"encoding/json"
	"strings"
	"testing"

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
		if strings.Contains(string(b), "never-to-be-shown") {
			t.Error("an environment variable is in the records")
		}
		return
	}
	t.Error("there is no case of a stopped task")
}
