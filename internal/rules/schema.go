package rules

// Schema describes rule files for editors, as JSON Schema 2020-12.
func Schema() map[string]any {
	type object = map[string]any
	text := object{"type": "string"}
	answer := object{"type": "object", "additionalProperties": false, "required": []string{"tier"}, "properties": object{
		"playbook": text, "tier": object{"enum": []string{"auto", "approve", "alert"}},
		"with":   object{"type": "object", "description": "the playbook's parameters"},
		"why":    object{"type": "string", "description": "the reason for the answer: above all why nothing is done where it only tells"},
		"accept": object{"enum": []string{"medium", "high"}, "description": "the risk that the rule's owner takes on"},
	}}
	rule := object{"type": "object", "additionalProperties": false, "required": []string{"name", "match", "respond"}, "properties": object{
		"name": text, "summary": text,
		"mode":      object{"enum": []string{"observe", "act"}, "description": "observe, unless it is said otherwise: plans are told and nothing is changed"},
		"otherwise": object{"type": "boolean", "description": "answer only what no other rule answers"},
		"match":     object{"type": "object", "description": "an EventBridge event pattern"},
		"when":      object{"type": "string", "description": "a CEL expression on the finding: ${...}"},
		"respond":   object{"type": "array", "minItems": 1, "items": answer},
	}}
	return object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Parry rules", "type": "object", "additionalProperties": false,
		"required": []string{"rules"}, "properties": object{"rules": object{"type": "array", "items": rule}},
	}
}
