package notify

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// What is in the schema for editors is what the reader knows: each top field and each field of each type, and no other.
func TestSchemaHasTheFields(t *testing.T) {
	b, err := os.ReadFile("../../schema/channels.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(b, &schema); err != nil {
		t.Fatal(err)
	}
	for field := range schema.Properties {
		if _, err := Read("c.yaml", []byte(field+": 7")); err == nil || strings.Contains(err.Error(), "has no field") {
			t.Errorf("%s: %v", field, err)
		}
	}
	var channels struct {
		Items struct {
			OneOf []struct {
				Properties map[string]struct {
					Const string `json:"const"`
				} `json:"properties"`
				Required []string `json:"required"`
			} `json:"oneOf"`
		} `json:"items"`
	}
	if err := json.Unmarshal(schema.Properties["channels"], &channels); err != nil || len(channels.Items.OneOf) != len(types()) {
		t.Fatalf("%v, %d types of %d", err, len(channels.Items.OneOf), len(types()))
	}
	for _, c := range channels.Items.OneOf {
		typ, ok := typeOf(c.Properties["type"].Const)
		if !ok || len(c.Properties) != len(typ.fields)+2 {
			t.Errorf("%q: %d fields", c.Properties["type"].Const, len(c.Properties))
		}
		for _, f := range typ.fields {
			if _, has := c.Properties[f.name]; !has {
				t.Errorf("%s has no %s", typ.name, f.name)
			}
		}
	}
}
