package policydoc

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

// reach is how far a condition, or one of its values, lets strangers in.
type reach int

const (
	fixed    reach = iota // only who is named
	doubtful              // that cannot be told
	open                  // anyone, by AWS's definition
)

// reading is what one value of a condition says.
type reading struct {
	reach reach
	party string // the account, organization or name that it fixes
	why   string // of what is doubtful
}

var (
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
	orgID     = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
)

func doubt(format string, args ...any) reading {
	return reading{reach: doubtful, why: fmt.Sprintf(format, args...)}
}

// wild tells whether a value has a wildcard or a policy variable: S3's definition takes such a value for no restriction.
func wild(v string) bool { return strings.ContainsAny(v, "*?") || strings.Contains(v, "${") }

// readValue reads one value of a key.
func readValue(kind values, v string) reading {
	// The account or organization that owns the resource. S3's definition knows no variable that restricts, but this one does.
	switch strings.ToLower(v) {
	case "${aws:resourceaccount}", "${aws:resourceorgid}":
		return doubt("%s is who owns the resource, yet a policy variable is no fixed value for S3", v)
	}
	switch kind {
	case accountValues:
		return match(v, accountID, "an account id")
	case orgValues:
		return match(v, orgID, "an organization's id")
	case orgPathValues:
		org, path, _ := strings.Cut(v, "/")
		if path == "" && !wild(v) {
			return doubt("%q is not the path of an organization", v)
		}
		return match(org, orgID, "an organization's id")
	case arnValues, accessPointValues:
		return readARN(v, kind == accessPointValues)
	case rangeValues:
		return readRange(v)
	case userIDValues:
		if id, session, ok := strings.Cut(v, ":"); ok && wild(session) && !wild(id) {
			return doubt("%q is every session of one role, yet no fixed value for S3", v)
		}
	}
	if wild(v) {
		return reading{reach: open}
	}
	return reading{party: v}
}

func match(v string, form *regexp.Regexp, what string) reading {
	switch {
	case wild(v):
		return reading{reach: open}
	case !form.MatchString(v):
		return doubt("%q is not %s", v, what)
	}
	return reading{party: v}
}

// readARN reads an ARN for its account. S3's definition wants no wildcard anywhere in it, except in an access point's name.
func readARN(v string, nameMayBeWild bool) reading {
	parts := strings.SplitN(v, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		if wild(v) {
			return reading{reach: open}
		}
		return doubt("%q is not an ARN", v)
	}
	account, name := parts[4], parts[5]
	switch {
	case accountID.MatchString(account) && (!wild(v) || nameMayBeWild && !wild(strings.Join(parts[:4], ":"))):
		return reading{party: account}
	case accountID.MatchString(account):
		return doubt("%q has a wildcard or variable, which is no fixed value for S3, yet its account is fixed", v)
	case parts[2] == "s3" && wild(v) && !wild(name):
		return doubt("%q has a wildcard, which is no fixed value for S3, yet the bucket is fixed", v)
	case wild(v):
		return reading{reach: open}
	case account == "":
		return reading{party: v}
	}
	return doubt("%q has no account id where one belongs", v)
}

// readRange reads an address or a range. Broader than /8, or /32 of IPv6, is public for S3.
func readRange(v string) reading {
	p, err := parseRange(v)
	if err != nil {
		return doubt("%q is not a range of IP addresses", v)
	}
	if p.Addr().Is4() && p.Bits() < 8 || p.Addr().Is6() && p.Bits() < 32 {
		return reading{reach: open}
	}
	return reading{party: v}
}

func parseRange(v string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(v); err == nil && a.Zone() == "" && !a.Is4In6() {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(v)
	if err == nil && p.Addr().Is4In6() {
		return p, fmt.Errorf("an IPv4 address in IPv6's form")
	}
	return p, err
}

// broad tells whether ranges that are narrow each are broad together: more than a /8, or a /32 of IPv6, without RFC 1918.
func broad(vs []string) bool {
	four, six := 0.0, 0.0
	for _, v := range vs {
		p, err := parseRange(v)
		switch {
		case err != nil || p.Addr().IsPrivate():
		case p.Addr().Is4():
			four += 1 / float64(uint64(1)<<(p.Bits()-8))
		case p.Bits() < 96:
			six += 1 / float64(uint64(1)<<(p.Bits()-32))
		}
	}
	return four > 1 || six > 1
}
