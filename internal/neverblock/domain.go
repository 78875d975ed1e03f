package neverblock

import (
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// awsTrees are names under which everything is AWS's own: API endpoints above all.
// Source: "AWS service endpoints", AWS General Reference; "AWS domains to allow", AWS Management Console Getting Started Guide.
func awsTrees() []string {
	return []string{
		"amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "api.aws", "api.amazonwebservices.com.cn", "aws.amazon.com", "amazonaws-us-gov.com", "signin.aws", "awsapps.com", "aws.dev",
		"awsstatic.com", "amazontrust.com", "media-amazon.com", "ssl-images-amazon.com",
	}
}

// awsApexes are names under which customers have theirs: one of these may be blocked, the name above all of them may not.
func awsApexes() []string {
	return []string{
		"amazon.com", "amazon.dev", "on.aws", "aws", "cloudfront.net", "awsglobalaccelerator.com", "elasticbeanstalk.com", "amazoncognito.com", "amplifyapp.com", "awsapprunner.com",
		"amazonwebservices.com", "amazonwebservices.com.cn",
	}
}

// notOnTheInternet are the special-use top-level names, which resolvers answer for by themselves.
// Source: IANA, "Special-Use Domain Names", and ICANN's reservation of "internal".
func notOnTheInternet() []string {
	return []string{"arpa", "example", "internal", "invalid", "local", "localhost", "onion", "test", "alt", "example.com", "example.net", "example.org"}
}

// Domain says why a name must not be blocked together with everything under it; "" where it may be. own are the account's names: its hosted zones,
// and what its owner says.
func Domain(s string, own []string) string {
	d := Name(s)
	if d == "" {
		return fmt.Sprintf("%q is no domain name", s)
	}
	if !strings.Contains(d, ".") {
		return fmt.Sprintf("%s is a single label: it is a top-level name, or one of a search list", d)
	}
	for _, top := range notOnTheInternet() {
		if within(d, top) {
			return fmt.Sprintf("%s is under %s, which is not on the internet", d, top)
		}
	}
	for _, a := range awsTrees() {
		if within(d, a) || within(a, d) {
			return fmt.Sprintf("%s is AWS's own (%s)", d, a)
		}
	}
	for _, a := range awsApexes() {
		if within(a, d) {
			return fmt.Sprintf("%s is above names of AWS and of many of its customers (%s)", d, a)
		}
	}
	if suffix, _ := publicsuffix.PublicSuffix(d); suffix == d {
		return fmt.Sprintf("%s is a public suffix: the names under it belong to many", d)
	}
	for _, o := range own {
		z := Name(o)
		switch {
		case z == "": // what is the account's must be known for certain
			return fmt.Sprintf("%q, which %s must have nothing to do with, is no domain name", o, d)
		case within(z, d), within(d, z):
			return fmt.Sprintf("%s would block what is the account's own: %s", d, z)
		}
	}
	return ""
}

// Name is a domain name in the one spelling that is compared: lower case, in ASCII, without the last dot; "" for what is none.
func Name(s string) string {
	d := strings.ToLower(strings.TrimSuffix(s, "."))
	for _, r := range d {
		if r > 127 {
			var err error
			if d, err = idna.Lookup.ToASCII(d); err != nil {
				return ""
			}
			break
		}
	}
	if d == "" || len(d) > 253 {
		return ""
	}
	if _, err := netip.ParseAddr(d); err == nil {
		return ""
	}
	for label := range strings.SplitSeq(d, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return ""
		}
	}
	return d
}

// within tells whether a name is another, or stands under it.
func within(d, zone string) bool { return d == zone || strings.HasSuffix(d, "."+zone) }
