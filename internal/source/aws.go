package source

import (
	"strings"
	"time"
)

// arn is an Amazon Resource Name in its parts. Source: "Identify AWS resources with Amazon Resource Names (ARNs)",
// IAM User Guide.
type arn struct {
	partition, service, region, account, resource string
}

// parseARN reads an ARN; false where the text is none.
func parseARN(s string) (arn, bool) {
	p := strings.SplitN(s, ":", 6)
	if len(p) != 6 || p[0] != "arn" || !isPartition(p[1]) || p[2] == "" || p[5] == "" {
		return arn{}, false
	}
	return arn{p[1], p[2], p[3], p[4], p[5]}, true
}

// isAccount says whether an id is one of an AWS account.
func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// isPartition says whether AWS has a partition of that name.
func isPartition(s string) bool { return homeRegion(s) != "" }

// homeRegion is the Region through which a partition's global services are called; empty for an unknown partition.
// Source: "AWS Identity and Access Management endpoints and quotas", AWS General Reference.
func homeRegion(partition string) string {
	switch partition {
	case "aws":
		return "us-east-1"
	case "aws-cn":
		return "cn-north-1"
	case "aws-us-gov":
		return "us-gov-west-1"
	case "aws-eusc":
		return "eusc-de-east-1"
	case "aws-iso":
		return "us-iso-east-1"
	case "aws-iso-b":
		return "us-isob-east-1"
	case "aws-iso-e":
		return "eu-isoe-west-1"
	case "aws-iso-f":
		return "us-isof-south-1"
	}
	return ""
}

// partitionOf is the partition that a Region lies in; empty where the text is no Region.
func partitionOf(region string) string {
	if !isRegion(region) {
		return ""
	}
	first, rest, _ := strings.Cut(region, "-")
	second, _, _ := strings.Cut(rest, "-")
	switch {
	case first == "cn":
		return "aws-cn"
	case first == "eusc":
		return "aws-eusc"
	}
	switch second {
	case "gov":
		return "aws-us-gov"
	case "iso":
		return "aws-iso"
	case "isob":
		return "aws-iso-b"
	case "isoe":
		return "aws-iso-e"
	case "isof":
		return "aws-iso-f"
	}
	return "aws"
}

// isRegion says whether a text is formed like a Region's name: words in lower case, then a number.
func isRegion(s string) bool {
	p := strings.Split(s, "-")
	if len(p) < 3 || len(s) > 32 {
		return false
	}
	for i, w := range p {
		set := "abcdefghijklmnopqrstuvwxyz"
		if i == len(p)-1 {
			set = "0123456789"
		}
		if w == "" || strings.Trim(w, set) != "" {
			return false
		}
	}
	return true
}

// isGlobal says whether resources of a type live in no Region. Source: "Global services" in the AWS whitepaper
// "AWS Fault Isolation Boundaries".
func isGlobal(cfnType string) bool {
	for _, service := range []string{"AWS::IAM::", "AWS::CloudFront::", "AWS::Route53::", "AWS::WAF::"} {
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
