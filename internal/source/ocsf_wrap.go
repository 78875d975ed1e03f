package source

import (
	"strings"
	"time"

	"parry"
)

// wrapOCSF puts the envelope round a finding in OCSF that came without. One of Security Hub gets Security Hub's, so that
// the same rules match it as on the bus. Any other gets a name made of its product and class, for rules to match:
// source "ocsf.prowler", detail-type "OCSF Detection Finding".
func wrapOCSF(finding node) (parry.Event, error) {
	cloud := finding.get("cloud")
	envelope := map[string]any{
		"source": "ocsf." + ocsfSource(finding.get("metadata", "product")), "detail-type": "OCSF " + ocsfClassName(finding),
		"resources": []any{}, "detail": finding.v,
		"account": cloud.get("account", "uid").text(), "region": cloud.get("region").text(),
	}
	if isHubV2(finding) {
		envelope["source"], envelope["detail-type"] = securityHub, hubV2Imported
		envelope["detail"] = map[string]any{"findings": []any{finding.v}}
		if uid := finding.get("metadata", "uid").text(); uid != "" {
			envelope["resources"] = []any{uid}
		}
	}
	when := ""
	if ms := epoch(finding, "time"); ms > 0 {
		when = time.UnixMilli(ms).UTC().Format(time.RFC3339Nano)
	}
	return wrap(envelope, when)
}

// isHubV2 says whether a finding comes from Security Hub. Source: "OCSF findings in Security Hub": the ARN of its product.
func isHubV2(finding node) bool {
	a, ok := parseARN(finding.get("metadata", "product", "uid").text())
	return ok && a.service == "securityhub" && strings.HasPrefix(a.resource, "productv2/")
}

// ocsfClassName is the name of a finding's class, not the one that it claims.
func ocsfClassName(finding node) string {
	class, _ := ocsfClass(finding)
	if class == classSecurity {
		return "Security Finding"
	}
	name, _ := parry.OCSFClassName(class)
	return name
}

// ocsfSource makes a name out of a product's that can stand in an event's source: lower-case letters and digits.
func ocsfSource(product node) string {
	for _, name := range []string{product.get("name").text(), product.get("vendor_name").text(), product.get("uid").text()} {
		plain := strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, strings.ToLower(name))
		if plain != "" {
			return plain[:min(len(plain), 64)]
		}
	}
	return "unknown"
}
