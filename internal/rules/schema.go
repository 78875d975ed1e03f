package rules

import "maps"

// Schema describes rule files for editors, as JSON Schema 2020-12.
func Schema() map[string]any {
	type object = map[string]any
	text := object{"type": "string"}
	answer := object{"type": "object", "additionalProperties": false, "required": []string{"tier"}, "properties": object{
		"playbook": text, "tier": object{"enum": []string{"auto", "approve", "alert"}},
		"with":   object{"type": "object", "description": "the playbook's parameters"},
		"why":    object{"type": "string", "description": "the reason for the answer: above all why nothing is done where it only tells"},
		"accept": object{"enum": []string{"medium", "high"}, "description": "the risk that the rule's owner takes on"},
		"on":     object{"enum": []string{"resource", "actor"}, "description": "what was done to, or who did it; for calls resource, unless it is said otherwise"},
		"for":    object{"type": "string", "description": "how long what was done stays, 90m, 24h, 7d: then it is taken back by itself"},
	}}
	texts := func(what string) object {
		return object{"type": []string{"array", "string"}, "items": text, "minItems": 1, "description": what}
	}
	places := func(more object) object {
		all := object{
			"accounts": texts("account ids"), "ous": texts("ids of organizational units or roots that the account lies below, at any depth"),
			"regions": texts("the target's Regions; * stands for any characters"),
			"tags":    object{"type": "object", "additionalProperties": texts("values, one of which the target's tag has; * for any"), "minProperties": 1},
		}
		maps.Copy(all, more)
		return all
	}
	exemption := object{"type": "object", "additionalProperties": false, "required": []string{"owner", "reason", "until"}, "properties": places(object{
		"resources": texts("ids, names or ARNs of targets"), "principals": texts("names, ids or ARNs of who did it, or of the target where that is a principal"),
		"owner": text, "reason": text, "until": object{"type": "string", "description": "a day, to its end in UTC, or a time"},
	})}
	count := object{"type": "integer", "minimum": 1}
	limits := object{"type": "object", "additionalProperties": false, "description": "what goes beyond is asked", "properties": object{
		"resources": count, "per_hour": count, "per_account_hour": count, "max_age": object{"type": "string", "description": "90m, 24h, 7d"},
	}}
	rule := object{"type": "object", "additionalProperties": false, "required": []string{"name", "respond"},
		"oneOf": []object{{"required": []string{"match"}}, {"required": []string{"controls"}}}, "dependentRequired": object{"formerly": []string{"controls"}}, "properties": object{
			"name": text, "summary": text,
			"mode":      object{"enum": []string{"observe", "act"}, "description": "observe, unless it is said otherwise: plans are told and nothing is changed"},
			"otherwise": object{"type": "boolean", "description": "answer only what no other rule answers"},
			"match":     object{"type": "object", "description": "an EventBridge event pattern"},
			"controls":  texts("failed controls of Security Hub, such as EC2.13, in all forms that they have: in the place of match"),
			"formerly":  texts("how the ids of the same controls end in standards that know no ids of controls"),
			"when":      object{"type": "string", "description": "a CEL expression on the finding: ${...}"},
			"scope":     object{"type": "object", "additionalProperties": false, "minProperties": 1, "properties": places(object{"exempt": object{"type": "array", "items": exemption}})},
			"limits":    limits,
			"publish":   object{"enum": []string{"securityhub"}, "description": "where the finding is written"},
			"respond":   object{"type": "array", "minItems": 1, "items": answer},
		}}
	return object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Parry rules", "type": "object", "additionalProperties": false,
		"required": []string{"rules"}, "properties": object{"rules": object{"type": "array", "items": rule}},
	}
}
