package source

import (
	"strings"
	"time"

	"parry"
)

// arn is an Amazon Resource Name in its parts. Source: "Identify AWS resources with Amazon Resource Names (ARNs)",
// IAM User Guide.
type arn struct {
	partition, service, region, account, resource string
}

// parseARN reads an ARN; false where the text is none.
func parseARN(s string) (arn, bool) {
	p := strings.SplitN(s, ":", 6)
	if len(p) != 6 || p[0] != "arn" || !parry.IsPartition(p[1]) || p[2] == "" || p[5] == "" {
		return arn{}, false
	}
	return arn{p[1], p[2], p[3], p[4], p[5]}, true
}

// isGlobal says whether resources of a type live in no Region. Source: "Global services" in the AWS whitepaper
// "AWS Fault Isolation Boundaries".
func isGlobal(cfnType string) bool {
	for _, service := range []string{"AWS::IAM::", "AWS::STS::", "AWS::CloudFront::", "AWS::Route53::", "AWS::WAF::"} {
		if strings.HasPrefix(cfnType, service) {
			return true
		}
	}
	return false
}

// instant reads a time as AWS writes it, RFC 3339.
func instant(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, s)
	return t, err == nil
}

// millis is a time in epoch milliseconds; 0 where there is none.
func millis(s string) int64 {
	t, ok := instant(s)
	if !ok {
		return 0
	}
	return t.UnixMilli()
}

// epoch reads a time of OCSF in epoch milliseconds; 0 where there is none. It is a number, else the text beside it, which
// the profile "datetime" adds. A number that as milliseconds were before March 1973 is in seconds, as Prowler writes it.
func epoch(n node, name string) int64 {
	const tooEarly = 100_000_000_000
	if v, ok := n.get(name).number(); ok && v > 0 && v < 1<<53 {
		if v < tooEarly {
			v *= 1000
		}
		return int64(v)
	}
	said := oneOf(n.get(name+"_dt").text(), n.get(name).text())
	if t, err := time.Parse("2006-01-02T15:04:05.999999999", said); err == nil {
		return t.UnixMilli() // without a zone it is UTC
	}
	return millis(said)
}
