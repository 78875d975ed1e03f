package hub_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"parry"
	"parry/internal/hub"
	"parry/internal/source"
)

// failer is a test, or a property's.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func asMap(t *testing.T, f types.AwsSecurityFinding) map[string]any {
	t.Helper()
	b, err := hub.JSON(f)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// member follows names with points between them; nil where there is nothing.
func member(v any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

// decoded reads the one finding of a text, by whatever decoder its source has.
func decoded(t failer, text string) hub.Item {
	t.Helper()
	items, err := source.Read("test", strings.NewReader(text))
	if err != nil || len(items) != 1 || items[0].Err != nil {
		t.Fatalf("%+v %v", items, err)
	}
	found, err := source.Decode(items[0].Event)
	if err != nil || len(found) != 1 {
		t.Fatalf("%d findings, %v", len(found), err)
	}
	return hub.Item{Finding: found[0], Event: items[0].Event}
}

// back is a finding as it comes back from Security Hub.
func back(t failer, f types.AwsSecurityFinding) parry.Finding {
	t.Helper()
	b, err := hub.JSON(f)
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, string(b)).Finding
}
