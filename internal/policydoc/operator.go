package policydoc

import "strings"

// operator is a condition operator taken apart.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
type operator struct {
	family   family
	negative bool
	// absent tells that the condition also holds where the request does not have the key: IfExists, and ForAllValues, which
	// is true of no values. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
	absent bool
	set    bool // ForAllValues or ForAnyValue
}

type family int

const (
	unknownFamily family = iota
	stringFamily
	arnFamily
	ipFamily
	boolFamily
	nullFamily
	otherFamily // numbers, dates, binary: no key that tells who calls has such values
)

// families are the operators in lower case: AWS's names of them know no case.
var families = map[string]operator{
	"stringequals": {family: stringFamily}, "stringnotequals": {family: stringFamily, negative: true},
	"stringequalsignorecase": {family: stringFamily}, "stringnotequalsignorecase": {family: stringFamily, negative: true},
	"stringlike": {family: stringFamily}, "stringnotlike": {family: stringFamily, negative: true},
	"arnequals": {family: arnFamily}, "arnnotequals": {family: arnFamily, negative: true},
	"arnlike": {family: arnFamily}, "arnnotlike": {family: arnFamily, negative: true},
	"ipaddress": {family: ipFamily}, "notipaddress": {family: ipFamily, negative: true},
	"bool": {family: boolFamily}, "null": {family: nullFamily},
	"numericequals": {family: otherFamily}, "numericnotequals": {family: otherFamily, negative: true},
	"numericlessthan": {family: otherFamily}, "numericlessthanequals": {family: otherFamily},
	"numericgreaterthan": {family: otherFamily}, "numericgreaterthanequals": {family: otherFamily},
	"dateequals": {family: otherFamily}, "datenotequals": {family: otherFamily, negative: true},
	"datelessthan": {family: otherFamily}, "datelessthanequals": {family: otherFamily},
	"dategreaterthan": {family: otherFamily}, "dategreaterthanequals": {family: otherFamily},
	"binaryequals": {family: otherFamily},
}

func readOperator(name string) operator {
	name = strings.ToLower(name)
	base, all := strings.CutPrefix(name, "forallvalues:")
	base, one := strings.CutPrefix(base, "foranyvalue:")
	base, ifExists := strings.CutSuffix(base, "ifexists")
	op := families[base]
	// Whether ForAnyValue with IfExists holds for a request without the key, AWS's pages do not say.
	if op.family == nullFamily && base != name || one && (all || ifExists) {
		return operator{}
	}
	op.set = all || one
	op.absent = all || ifExists
	return op
}
