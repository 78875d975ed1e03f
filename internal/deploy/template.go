package deploy

import (
	"bytes"
	"encoding/json"
	"strings"

	"parry"
)

// Limits of CloudFormation. Source: CloudFormation User Guide, "Understand CloudFormation quotas".
const (
	templateBytes     = 1_000_000 // of a template that lies in S3: 1 MB
	templateResources = 500
)

// m is a piece of a template.
type m = map[string]any

// template is a CloudFormation template. It is written with its keys in order, so that the same wish gives the same bytes.
type template struct {
	Version     string         `json:"AWSTemplateFormatVersion"`
	Description string         `json:"Description"`
	Parameters  map[string]any `json:"Parameters,omitempty"`
	Mappings    map[string]any `json:"Mappings,omitempty"`
	Conditions  map[string]any `json:"Conditions,omitempty"`
	Resources   map[string]any `json:"Resources"`
	Outputs     map[string]any `json:"Outputs,omitempty"`
}

func newTemplate(description string) *template {
	return &template{Version: "2010-09-09", Description: description, Parameters: m{}, Mappings: m{}, Conditions: m{}, Resources: m{}, Outputs: m{}}
}

// add puts a resource in. more are attributes beside Type and Properties, such as DependsOn, in pairs.
func (t *template) add(id, kind string, properties m, more ...any) {
	r := m{"Type": kind, "Properties": properties}
	for i := 0; i+1 < len(more); i += 2 {
		r[more[i].(string)] = more[i+1]
	}
	t.Resources[id] = r
}

// kept are the attributes of a resource that outlives its stack.
func kept() []any { return []any{"DeletionPolicy", "Retain", "UpdateReplacePolicy", "Retain"} }

// json is the template's text.
func (t *template) json() ([]byte, error) { return indented(t) }

// indented is a value as JSON that people can read: < and & stay what they are.
func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, parry.Errorf(parry.Fault, "%w", err)
	}
	return b.Bytes(), nil
}

// ref, att and sub are CloudFormation's functions of these names.
func ref(id string) m          { return m{"Ref": id} }
func att(id, name string) m    { return m{"Fn::GetAtt": []string{id, name}} }
func sub(text string) m        { return m{"Fn::Sub": text} }
func allow(s m) m              { s["Effect"] = "Allow"; return s }
func deny(s m) m               { s["Effect"] = "Deny"; return s }
func policy(statements ...m) m { return m{"Version": "2012-10-17", "Statement": statements} }

// tags are those of everything that is made, so that people see whose it is.
func (o *Org) tags() []m { return []m{{"Key": "managed-by", "Value": o.Name}} }

// logical makes the id of a resource in a template from a name: letters and digits only.
func logical(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		for _, word := range strings.FieldsFunc(p, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') }) {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}
