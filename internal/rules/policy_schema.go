package rules

import "maps"

// PolicySchema describes policy files for editors, as JSON Schema 2020-12.
func PolicySchema() map[string]any {
	type object = map[string]any
	text, count := object{"type": "string"}, object{"type": "integer", "minimum": 1}
	span := object{"type": "string", "description": "90m, 24h, 7d"}
	texts := object{"type": []string{"array", "string"}, "items": text, "minItems": 1}
	of := func(what string, required []string, fields object) object {
		o := object{"type": "object", "additionalProperties": false, "description": what, "properties": fields}
		if len(required) > 0 {
			o["required"] = required
		}
		return o
	}
	tags := object{"type": "object", "additionalProperties": texts, "minProperties": 1}
	approval := object{
		"approvers": object{"type": []string{"array", "string"}, "items": text, "minItems": 1, "description": "groups"},
		"persons":   object{"enum": []int{1, 2}}, "expires": span, "remind": span,
		"escalate": of("more groups are asked after a while", []string{"after", "to"}, object{"after": span, "to": texts}),
	}
	rule := object{"tier": object{"enum": []string{"auto", "approve", "alert"}, "description": "that the rule asked for"}, "accounts": texts, "rules": texts, "playbooks": texts}
	maps.Copy(rule, approval)
	most := object{"enum": []string{"approve", "alert"}, "description": "at most"}
	list := func(item object) object { return object{"type": "array", "items": item} }
	return object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Parry policy", "type": "object", "additionalProperties": false,
		"properties": object{
			"approvals": of("who may say yes to what", []string{"default"}, object{
				"groups": object{"type": "object", "additionalProperties": texts, "description": "people by the group's name: ARNs, or names that a channel vouches for"},
				"rules":  list(of("the first that fits decides", []string{"approvers"}, rule)), "default": of("where no rule fits", []string{"approvers"}, approval),
				"trust_session_names": object{"type": "boolean", "description": "two sessions of one role are two people"},
			}),
			"protected": list(of("never changed by itself; one of accounts, resources, principals, tags", []string{"why"}, object{
				"accounts": texts, "resources": texts, "principals": texts, "tags": tags, "why": text,
			})),
			"escalate": list(of("lowers what a rule would do by itself; all that is named must fit", nil, object{
				"rules": texts, "accounts": texts, "tags": tags, "resources": count, "irreversible": object{"type": "boolean"},
				"confidence_below": object{"type": "integer", "minimum": 1, "maximum": 100}, "first_in_account": object{"type": "boolean"}, "tier": most, "why": text,
			})),
			"budgets": of("beyond them a person is asked", nil, object{
				"per_hour": count, "per_account_hour": count, "per_playbook_hour": object{"type": "object", "additionalProperties": count},
			}),
			"breaker": of("so many failures, and a playbook is only told", []string{"failures", "within"}, object{
				"failures": count, "within": span, "playbook": object{"enum": []string{"each", "all"}},
			}),
			"freeze": list(of("nothing is done by itself", []string{"why"}, object{
				"days":  object{"type": []string{"array", "string"}, "items": object{"enum": weekdays()}, "minItems": 1},
				"dates": object{"type": "string", "description": "2026-12-24, or 2026-12-24..2026-12-26"},
				"from":  object{"type": "string", "pattern": clockForm().String()}, "to": object{"type": "string", "pattern": clockForm().String()},
				"zone": object{"type": "string", "description": "Europe/Berlin; UTC where it is not said"}, "tier": most, "why": text,
			})),
			"flap": of("put right so often, and a person is asked", []string{"times", "within"}, object{"times": count, "within": span}),
		},
	}
}
