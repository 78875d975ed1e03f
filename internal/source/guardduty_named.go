package source

import (
	"slices"
	"strings"

	"parry"
)

// The two types of GuardDuty's findings that say what was changed elsewhere than in the resource, which is who changed it.
const (
	trailDisabled    = "Stealth:IAMUser/CloudTrailLoggingDisabled"
	accountUnblocked = "Policy:S3/AccountBlockPublicAccessDisabled"
)

// isType says whether a finding is of a type of GuardDuty's, in GuardDuty's spelling or in that of ASFF: "TTPs/Policy/Policy:S3-AccountBlock...".
func isType(types []string, typ string) bool {
	inASFF := "/" + strings.Replace(typ, "/", "-", 1)
	return slices.ContainsFunc(types, func(s string) bool { return s == typ || strings.HasSuffix(s, inASFF) })
}

// unblocked makes a target of the account whose Block Public Access was switched off. The type is about nothing but the account that the finding
// is in. Source: "GuardDuty S3 Protection finding types", Amazon GuardDuty User Guide.
func (g *gather) unblocked(in scope, types []string) {
	if isType(types, accountUnblocked) {
		g.add(in, parry.Target{Type: "AWS::::Account", ID: in.account})
	}
}

// stoppedTrail makes a target of the trail that was stopped. The finding is about the key that was used; the trail stands among the resources that
// its call affected, as an ARN. Sources: AwsApiCallAction.affectedResources in the GuardDuty API Reference; published findings of this type, of a
// call of StopLogging and one of DeleteTrail, in both of which the ARN stands under "AWS::CloudTrail::Trail".
func (g *gather) stoppedTrail(in scope, types []string, trail node) {
	if !isType(types, trailDisabled) || !trail.there() {
		return
	}
	own := trail.text()
	a, ok := parseARN(own)
	name, is := strings.CutPrefix(a.resource, "trail/")
	switch {
	case !ok || !is || a.service != "cloudtrail" || name == "" || strings.Contains(name, "/"):
		g.unclear("%s is %q, which is no trail's ARN", trail.path, cut(own))
	case a.account != in.account || a.region != in.region || a.partition != in.partition:
		// A trail is stopped in its home Region, and an organization's only in the account that has it.
		g.unclear("%s is in another account, Region or partition than the finding: %q", trail.path, cut(own))
	default:
		g.add(in, parry.Target{Type: "AWS::CloudTrail::Trail", ID: name, ARN: own})
	}
}

// hubTrail is where a finding of GuardDuty that comes through Security Hub CSPM names the trail: in the product's fields, whose names once had no
// prefix. Sources: "ASFF syntax", Security Hub User Guide; published findings.
func hubTrail(product node) node {
	const path = "action/awsApiCallAction/affectedResources/AWS::CloudTrail::Trail"
	if n := product.get("aws/guardduty/service/" + path); n.there() {
		return n
	}
	return product.get(path)
}
