package rules

import (
	"encoding/json"
	"regexp"
	"strings"

	"parry/internal/strictyaml"
)

// controlID is a control's id as Security Hub writes it, such as EC2.13. An alias of an older standard is no id.
var controlID = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*\.[0-9]{1,3}$`)

// readControls reads "controls", the failed controls of Security Hub that a rule answers, and "formerly", their names in standards that
// know no ids of controls, and makes the pattern of them.
func readControls(n *strictyaml.Node) ([]byte, error) {
	if n.Get("match") != nil {
		return nil, n.Get("match").Errorf("\"controls\" makes the pattern: leave \"match\" out, or write the pattern alone")
	}
	ids, err := texts(n, "controls", func(s string) string {
		if controlID.MatchString(s) {
			return ""
		}
		return "the id of a control, such as EC2.13"
	})
	if err != nil {
		return nil, err
	}
	older, err := texts(n, "formerly", func(s string) string {
		if strings.Count(s, "/") > 2 {
			return ""
		}
		return "how the id of a standard's own rule ends, such as cis-aws-foundations-benchmark/v/1.2.0/rule/4.1"
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(controlPattern(ids, older))
}

// controlPattern is the pattern of failed controls, in their three forms: with consolidated control findings (ASFF)
// Compliance.SecurityControlId names the control; without them only the generator of each standard does; in OCSF it is compliance.control, in
// words of lower case: "Fail", "New". (The User Guide's example of a pattern for the OCSF events has the fields of ASFF, which those events
// do not have.) Only Security Hub's own findings count: another product may write any control's name into its own. A pattern that matches
// only the bad state is also what keeps a rule from answering the fix.
func controlPattern(ids, older []string) map[string]any {
	type object = map[string]any
	type list = []any
	var generators list
	for _, id := range ids {
		generators = append(generators, object{"suffix": "/" + id})
	}
	for _, name := range older {
		generators = append(generators, object{"suffix": name})
	}
	return object{
		"source": list{"aws.securityhub"},
		"$or": list{
			object{
				"detail-type": list{"Security Hub Findings - Imported", "Security Hub Findings - Custom Action"},
				"detail": object{"findings": object{
					"ProductArn":  list{object{"suffix": "product/aws/securityhub"}},
					"RecordState": list{"ACTIVE"},
					"$or": list{
						object{"Compliance": object{"Status": list{"FAILED"}, "SecurityControlId": ids}},
						object{"Compliance": object{"Status": list{"FAILED"}, "SecurityControlId": list{object{"exists": false}}}, "GeneratorId": generators},
					},
				}},
			},
			object{
				"detail-type": list{"Findings Imported V2"},
				"detail": object{"findings": object{
					"class_uid": list{2003}, "metadata": object{"product": object{"uid": list{object{"suffix": "/aws/securityhub"}}}},
					"status": list{"New"}, "compliance": object{"status": list{"Fail"}, "control": ids},
				}},
			},
		},
	}
}
