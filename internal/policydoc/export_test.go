package policydoc

import (
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// TrustedOrg is the organization that tests trust.
const TrustedOrg = trustedOrg

// Generated is a policy that an evaluator can be asked about, one for each seed. It leaves out where S3's definition calls
// public what lets nobody in: a pattern under an operator that takes it by the letter. And what is no valid policy:
// AWS refuses such principals and operators.
func Generated(seed int) string {
	return rapid.Custom(func(t *rapid.T) string {
		ms := drawModels(t)
		for i := range ms {
			m := &ms[i]
			m.principals = slices.DeleteFunc(m.principals, func(p Principal) bool { return strings.Contains(p.Value, "*:root") || uniqueID.MatchString(p.Value) })
			if len(m.principals) == 0 || m.effect == "Allow" {
				m.principals = append(slices.DeleteFunc(m.principals, func(p Principal) bool { return p.Value == "*" }), Principal{Type: "AWS", Value: "*"})
			}
			m.not = m.not && m.effect == "Deny" && !slices.ContainsFunc(m.principals, anyone)
			m.resources = slices.DeleteFunc(m.resources, func(r string) bool { return r == "arn:aws:s3:::b" })
			if len(m.resources) == 0 {
				m.resources = []string{"arn:aws:s3:::b/*"}
			}
			m.conditions = slices.DeleteFunc(m.conditions, func(c Condition) bool {
				op := readOperator(c.Operator)
				letter := !strings.Contains(c.Operator, "Like") && op.family == stringFamily && slices.ContainsFunc(c.Values, wild)
				k, _ := findKey(c.Key)
				odd := op.family == unknownFamily || c.Key == "new:Key" || slices.Contains(c.Values, "x") || k.values != noMatter && op.family != nullFamily && !fits(k.values, op.family)
				odd = odd || op.family == nullFamily && !slices.Contains([]string{"true", "false"}, c.Values[0])
				odd = odd || (k.free || k.values == trueValue) && (op.family != boolFamily || len(c.Values) > 1)
				return letter || odd
			})
		}
		return speller{t}.document(ms)
	}).Example(seed)
}
