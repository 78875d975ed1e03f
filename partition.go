package parry

import "strings"

// IsAccount says whether an id is one of an AWS account: twelve digits.
func IsAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// IsRegion says whether a text is formed like a Region's name: words in lower case, then a number. One that is not would end up in the
// address that signed requests go to.
func IsRegion(s string) bool {
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

// HomeRegion is the Region through which a partition's global services are called; empty for an unknown partition.
// Source: "AWS Identity and Access Management endpoints and quotas", AWS General Reference.
func HomeRegion(partition string) string {
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

// IsPartition says whether AWS has a partition of that name.
func IsPartition(s string) bool { return HomeRegion(s) != "" }

// PartitionOf is the partition that a Region lies in; empty where the text is no Region.
func PartitionOf(region string) string {
	if !IsRegion(region) {
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
