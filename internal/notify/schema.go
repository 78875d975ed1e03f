package notify

import "strings"

// Schema describes files of channels for editors, as JSON Schema 2020-12. It is made of the table of types.
func Schema() map[string]any {
	type object = map[string]any
	text := object{"type": "string"}
	list := func(of object) object { return object{"type": []string{"array", "string"}, "items": of} }
	some := func(of object) object {
		l := list(of)
		l["minItems"] = 1
		return l
	}
	names := some(text)
	var kindNames []string
	for _, k := range kinds() {
		kindNames = append(kindNames, string(k))
	}
	var channels []any
	for _, t := range types() {
		fields := object{
			"name": object{"type": "string", "pattern": nameForm().String(), "description": "what routes, records and 'parry notify test' call it"},
			"type": object{"const": t.name, "description": t.doc},
		}
		required := []string{"name", "type"}
		for _, f := range t.fields {
			if fields[f.name] = f.schema(); f.need {
				required = append(required, f.name)
			}
		}
		channels = append(channels, object{"type": "object", "additionalProperties": false, "required": required, "properties": fields})
	}
	return object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Parry channels", "type": "object", "additionalProperties": false, "required": []string{"channels"},
		"properties": object{
			"channels": object{"type": "array", "minItems": 1, "items": object{"oneOf": channels}},
			"routes": object{"type": "array", "items": object{"type": "object", "additionalProperties": false, "required": []string{"channels"}, "description": "the first that fits decides",
				"properties": object{
					"rules": names, "accounts": names, "playbooks": names, "tiers": some(object{"enum": []string{"auto", "approve", "alert"}}),
					"severities": some(object{"enum": severities()}), "kinds": some(object{"enum": kindNames}), "channels": list(text),
					"also": object{"type": "boolean", "description": "the routes after it are looked at, too"},
				}}},
			"default": list(text),
			"group": object{"type": "object", "additionalProperties": false, "description": "when many pieces of news of one rule and kind become one message", "properties": object{
				"after":  object{"type": "integer", "minimum": 1, "maximum": 1000, "description": "so many are told one by one; 5 where it is not said"},
				"within": object{"type": "string", "description": "in so long, 1m to 24h; 10m where it is not said"},
			}},
		},
	}
}

// schema describes one field.
func (f field) schema() map[string]any {
	o := map[string]any{"description": f.doc}
	switch f.form {
	case aNumber:
		o["type"], o["minimum"] = "integer", 1
	case aTruth:
		o["type"] = "boolean"
	case texts:
		o["type"], o["items"], o["minItems"] = []string{"array", "string"}, map[string]any{"type": "string"}, 1
	case pairs:
		o["type"], o["additionalProperties"] = "object", map[string]any{"type": "string"}
	default:
		o["type"] = "string"
	}
	if f.form == aSecret {
		o["pattern"] = "^(env|file|secretsmanager|ssm):.+"
		o["description"] = f.doc + "; not the secret itself, but where it is: " + secretForms
	}
	if len(f.oneOf) > 0 {
		o["enum"] = f.oneOf
		delete(o, "type")
	}
	return o
}

// Fields is a type's fields as a page's table.
func Fields() string {
	var b strings.Builder
	for _, t := range types() {
		b.WriteString("\n## `" + t.name + "`\n\n" + strings.ToUpper(t.doc[:1]) + t.doc[1:] + ".\n\n| field | needed | what it says |\n|---|---|---|\n")
		for _, f := range t.fields {
			need, doc := "", f.doc
			if f.need {
				need = "yes"
			}
			if f.form == aSecret {
				doc += " (a secret)"
			}
			b.WriteString("| `" + f.name + "` | " + need + " | " + doc + " |\n")
		}
	}
	return b.String()
}
