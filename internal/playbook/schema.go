package playbook

import (
	"maps"
	"slices"

	"parry"
)

// object is JSON, for writing a schema down.
type object = map[string]any

// Schema describes playbook files for editors, as JSON Schema 2020-12. It knows the fields and the operations; what CEL and the SDK's types
// know is told by 'parry playbook check'.
func Schema(catalog parry.Catalog) map[string]any {
	text := object{"type": "string"}
	texts := object{"oneOf": []any{text, object{"type": "array", "items": text}}}
	condition := object{"type": "string", "pattern": `^\$\{`, "description": "a CEL expression that is true or false: ${...}"}
	expression := object{"type": "string", "pattern": `^\$\{`, "description": "one CEL expression: ${...}"}
	input := object{"type": "object", "description": "the SDK's input, with ${expressions}"}
	call := object{"enum": slices.Sorted(maps.Keys(catalog)), "description": "an operation of the table"}
	needs := object{"type": "object", "description": "by IAM action: the resources that AWS checks"}
	all := object{
		"when": condition, "call": call, "with": input, "region": text, "needs": needs, "pick": expression, "absent": texts, "gone": texts,
		"for":  object{"type": "string", "pattern": `^[a-z][A-Za-z0-9_]* in .+`, "description": "item in list"},
		"key":  expression,
		"id":   object{"type": "string", "pattern": ident.String()},
		"find": expression, "state": expression, "after": object{}, "why": text, "irreversible": text, "kept": text, "restored_by": text, "until": text, "volatile": texts, "races": texts,
	}
	all["wait"] = strict(pickFields(object{"until": condition, "failed": object{"type": "string", "description": "an expression that says why it never will be, empty while it may"}, "within": object{"type": "string", "description": "a time such as 10m"}}, waitFields), "until", "within")
	undo := strict(pickFields(all, undoFields), "call")
	all["undo"] = object{"oneOf": []any{undo, object{"type": "array", "items": undo}}}
	change := strict(pickFields(all, changeFields), "id", "call")
	all["steps"] = object{"type": "array", "items": change, "minItems": 1}
	loop := strict(pickFields(all, loopFields), "for", "steps")
	guard := object{"type": "array", "items": strict(object{"when": condition, "why": text}, guardFields...)}
	param := strict(object{"type": object{"enum": slices.Sorted(maps.Keys(paramTypes))}, "default": object{}, "doc": text, "one_of": texts}, "type", "default")
	file := object{
		"name": object{"type": "string", "pattern": kebab.String()}, "summary": text, "target": object{"type": "string", "pattern": "^AWS::"},
		"risk": object{"enum": []string{"low", "medium", "high"}}, "risk_reason": text, "breaks": text,
		"attack": texts, "controls": texts, "guardduty": texts, "procedure": texts,
		"params": object{"type": "object", "additionalProperties": param},
		"text":   object{"type": "object", "additionalProperties": text, "description": "texts that are passed on word for word, such as a script"},
		"read":   object{"type": "object", "additionalProperties": strict(pickFields(all, readFields), "call")},
		"let":    object{"type": "object", "additionalProperties": expression},
		"gone":   guard, "refuse": guard,
		"change": object{"type": "array", "minItems": 1, "items": object{"oneOf": []any{change, loop}}},
	}
	s := strict(pickFields(file, fileFields), "name", "summary", "target", "risk", "risk_reason", "breaks", "read", "change")
	s["$schema"], s["title"] = "https://json-schema.org/draft/2020-12/schema", "Parry playbook"
	return s
}

// strict is an object with these fields and no others.
func strict(fields object, required ...string) object {
	return object{"type": "object", "properties": fields, "required": required, "additionalProperties": false}
}

// pickFields takes the schemas of the fields that the loader knows; one without a schema is a bug that the generated file would hide.
func pickFields(from object, names []string) object {
	out := object{}
	for _, n := range names {
		s, ok := from[n]
		if !ok {
			panic("playbook: field " + n + " has no schema")
		}
		out[n] = s
	}
	return out
}
