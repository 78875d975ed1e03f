package notify

import (
	"os"
	"slices"
	"strings"
	"testing"

	"parry"
)

// The whole file of the documentation is in order, and routes as it says.
func TestTheDocumentedFile(t *testing.T) {
	page, err := os.ReadFile("../../docs/channels.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(page), "```yaml\n")
	text, _, ends := strings.Cut(text, "```")
	if !ok || !ends {
		t.Fatal("there is no file in it")
	}
	f, err := Read("docs/channels.md", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	r := waiting("pr-1")
	r.Answer.Rule, r.Finding.SeverityID = "iam-key", parry.SeverityCritical
	if to := f.To(Asked, *r); !slices.Equal(to, []string{"mail", "oncall"}) {
		t.Errorf("%v", to)
	}
	if f.Group != (Group{groupAfter, groupWithin}) {
		t.Errorf("%+v is not what is there where nothing is said", f.Group)
	}
}
