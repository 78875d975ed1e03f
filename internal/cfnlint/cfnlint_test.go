package cfnlint_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parry/internal/cfnlint"
)

// The linter finds a property that a resource does not have: if it found nothing ever, it would prove nothing.
func TestAFaultIsFound(t *testing.T) {
	l := cfnlint.Need(t)
	for name, c := range map[string]struct{ template, want string }{
		"sound": {`{"AWSTemplateFormatVersion":"2010-09-09","Resources":{"Queue":{"Type":"AWS::SQS::Queue","Properties":{"VisibilityTimeout":30}}}}`, ""},
		"wrong": {`{"AWSTemplateFormatVersion":"2010-09-09","Resources":{"Queue":{"Type":"AWS::SQS::Queue","Properties":{"VisibleTimeout":30}}}}`, "VisibleTimeout"},
	} {
		path := filepath.Join(t.TempDir(), name+".json")
		if err := os.WriteFile(path, []byte(c.template), 0o600); err != nil {
			t.Fatal(err)
		}
		faults, err := l.Faults(t.Context(), []string{"eu-central-1"}, path)
		if err != nil {
			t.Fatal(err)
		}
		if c.want == "" && len(faults) > 0 || c.want != "" && (len(faults) == 0 || !strings.Contains(faults[0], c.want)) {
			t.Errorf("%s: %q", name, faults)
		}
	}
}
