package neverblock

import (
	"fmt"
	"net/netip"
	"strings"
)

// reserved is a range that is not for hosts on the internet, or whose hosts everybody needs.
type reserved struct{ cidr, what string }

// special are the ranges of IANA's registries "IPv4 Special-Purpose Address Space" and "IPv6 Special-Purpose Address Space", multicast and what is
// reserved included. IPv6 outside of 2000::/3 is left out: nothing there is global unicast.
func special() []reserved {
	return []reserved{
		{"0.0.0.0/8", "this network"},
		{"10.0.0.0/8", "private"},
		{"100.64.0.0/10", "shared by the customers of a carrier (CGNAT)"},
		{"127.0.0.0/8", "loopback"},
		{"169.254.0.0/16", "link-local, where AWS has instance metadata, DNS and time"},
		{"172.16.0.0/12", "private"},
		{"192.0.0.0/24", "for protocols"},
		{"192.0.2.0/24", "for documentation"},
		{"192.31.196.0/24", "AS112's, which answers for private addresses"},
		{"192.52.193.0/24", "for multicast tunnels"},
		{"192.88.99.0/24", "of 6to4 relays"},
		{"192.168.0.0/16", "private"},
		{"192.175.48.0/24", "AS112's, which answers for private addresses"},
		{"198.18.0.0/15", "for benchmarks"},
		{"198.51.100.0/24", "for documentation"},
		{"203.0.113.0/24", "for documentation"},
		{"224.0.0.0/4", "multicast"},
		{"240.0.0.0/4", "reserved, broadcast included"},
		{"2001::/23", "for protocols"},
		{"2001:db8::/32", "for documentation"},
		{"2002::/16", "of 6to4, which stands for an IPv4 address"},
		{"2620:4f:8000::/48", "AS112's, which answers for private addresses"},
		{"3fff::/20", "for documentation"},
	}
}

// resolvers are what names are looked up with: the public resolvers that their owners publish, and the root servers of IANA's root.hints.
func resolvers() []reserved {
	var all []reserved
	for what, list := range map[string]string{
		"a resolver of Cloudflare": "1.1.1.1 1.0.0.1 1.1.1.2 1.0.0.2 1.1.1.3 1.0.0.3 2606:4700:4700::1111 2606:4700:4700::1001",
		"a resolver of Google":     "8.8.8.8 8.8.4.4 2001:4860:4860::8888 2001:4860:4860::8844",
		"a resolver of Quad9":      "9.9.9.9 149.112.112.112 9.9.9.10 149.112.112.10 9.9.9.11 149.112.112.11 2620:fe::fe 2620:fe::9",
		"a resolver of OpenDNS":    "208.67.222.222 208.67.220.220 2620:119:35::35 2620:119:53::53",
		"a root server of the DNS": "198.41.0.4 170.247.170.2 192.33.4.12 199.7.91.13 192.203.230.10 192.5.5.241 192.112.36.4 198.97.190.53 192.36.148.17 192.58.128.30 193.0.14.129 199.7.83.42 202.12.27.33 " +
			"2001:503:ba3e::2:30 2801:1b8:10::b 2001:500:2::c 2001:500:2d::d 2001:500:a8::e 2001:500:2f::f 2001:500:12::d0d 2001:500:1::53 2001:7fe::53 2001:503:c27::2:30 2001:7fd::1 2001:500:9f::42 2001:dc3::35",
	} {
		for s := range strings.FieldsSeq(list) {
			all = append(all, reserved{s, what})
		}
	}
	return all
}

// Address says why an address, or a range, must not be blocked; "" where it may be. A range is blocked only where it is one host. own are the
// account's: addresses and ranges, each with what it is behind a space: "10.0.0.0/16 the VPC's".
func Address(s string, own []string) string {
	p, err := parse(s)
	switch {
	case err != nil:
		return fmt.Sprintf("%q is no IP address", s)
	case !p.IsSingleIP():
		return fmt.Sprintf("%s is a range, and only single addresses are blocked", s)
	}
	if global := netip.MustParsePrefix("2000::/3"); p.Addr().Is6() && !global.Contains(p.Addr()) {
		return fmt.Sprintf("%s is no global unicast address", s)
	}
	for _, r := range append(special(), resolvers()...) {
		if q, _ := parse(r.cidr); q.Overlaps(p) {
			return fmt.Sprintf("%s is %s", s, r.what)
		}
	}
	for _, o := range own {
		cidr, what, _ := strings.Cut(strings.TrimSpace(o), " ")
		q, err := parse(cidr)
		switch {
		case err != nil: // what is the account's must be known for certain
			return fmt.Sprintf("%q, which %s must not be in, is no range of addresses", o, s)
		case q.Overlaps(p):
			if what == "" {
				what = "the account's own"
			}
			return fmt.Sprintf("%s is in %s: %s", s, cidr, what)
		}
	}
	return ""
}

// CIDR is an address as a range of one host, in the one spelling that AWS gives back; "" for what is no address.
func CIDR(s string) string {
	p, err := parse(s)
	if err != nil {
		return ""
	}
	return p.String()
}

// parse reads an address or a range in its canonical form. An IPv4 address written in IPv6 is the IPv4 address; a zone has no meaning to anybody else.
func parse(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		if a.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("%s has a zone", s)
		}
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, err
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return p, fmt.Errorf("%s holds the whole of IPv4", s)
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}

// Within tells whether an address, or the whole of a range, is in a range; what cannot be read is in none.
func Within(s, cidr string) bool {
	p, err := parse(s)
	q, err2 := parse(cidr)
	return err == nil && err2 == nil && q.Bits() <= p.Bits() && q.Contains(p.Addr())
}
