package neverblock_test

import (
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parry/internal/neverblock"
)

func TestAddresses(t *testing.T) {
	own := []string{"10.0.0.0/16 the VPC's", "45.83.64.0/28", "185.220.100.240 an Elastic IP address of the account", "2a05:d018::/36 the VPC's"}
	for s, want := range map[string]string{
		"185.220.101.7": "", "185.220.101.7/32": "", "2a0b:f4c2::7": "", "2a0b:f4c2::7/128": "", "::ffff:185.220.101.7": "",
		"0.0.0.0/0": "range", "::/0": "range", "185.220.101.0/24": "range", "2a0b:f4c2::/64": "range", "0.0.0.0": "this network",
		"10.1.2.3": "private", "172.31.255.255": "private", "192.168.0.1": "private", "::ffff:10.1.2.3": "private",
		"127.0.0.1": "loopback", "::1": "no global unicast", "169.254.169.254": "link-local", "169.254.169.253": "link-local", "fe80::1": "no global unicast", "fd00:ec2::254": "no global unicast",
		"100.64.0.1": "CGNAT", "100.127.255.255": "CGNAT", "100.128.0.1": "", "100.63.255.255": "",
		"198.51.100.7": "documentation", "192.0.2.1": "documentation", "203.0.113.9": "documentation", "2001:db8::1": "documentation", "3fff::1": "documentation",
		"224.0.0.1": "multicast", "239.255.255.255": "multicast", "ff02::1": "no global unicast", "255.255.255.255": "reserved", "64:ff9b::8.8.8.8": "no global unicast", "2002:b9dc:6507::1": "6to4",
		"8.8.8.8": "resolver", "1.1.1.1": "resolver", "2606:4700:4700::1111": "resolver", "199.7.83.42": "root server", "2001:7fd::1": "root server",
		"45.83.64.3": "the account's own", "45.83.64.16": "", "185.220.100.240": "Elastic IP", "2a05:d018:0800::1": "the VPC's",
		"": "no IP address", "GeneratedFinding": "no IP address", "1.2.3": "no IP address", "fe80::1%eth0": "no IP address", "185.220.101.7/33": "no IP address", "185.220.101.07": "no IP address",
	} {
		if got := neverblock.Address(s, own); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q in it", s, got, want)
		}
	}
	if got := neverblock.Address("185.220.101.7", []string{"not a range"}); got == "" {
		t.Error("an own range that cannot be read lets an address pass")
	}
}

// The oracle of these is netip itself.
func TestNoAddressThatIsNotGlobalMayBeBlocked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a netip.Addr
		if rapid.Bool().Draw(t, "IPv6") {
			a = netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address")))
		} else {
			a = netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address")))
		}
		why := neverblock.Address(a.String(), nil)
		if u := a.Unmap(); why == "" && (!u.IsGlobalUnicast() || u.IsPrivate() || u.IsLoopback() || u.IsMulticast() || u.IsLinkLocalUnicast() || u.IsUnspecified()) {
			t.Fatalf("%s may be blocked", a)
		}
	})
}

func TestWhatIsTheAccountsIsNeverBlocked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address")))
		own, _ := a.Prefix(rapid.IntRange(0, 32).Draw(t, "bits"))
		if neverblock.Address(a.String(), []string{"10.0.0.0/16 another", own.String() + " the VPC's"}) == "" {
			t.Fatalf("%s may be blocked, and %s is the account's", a, own)
		}
		if neverblock.Address(own.String(), nil) == "" && own.Bits() < 32 {
			t.Fatalf("the range %s may be blocked", own)
		}
	})
}

func TestCIDR(t *testing.T) {
	for s, want := range map[string]string{"185.220.101.7": "185.220.101.7/32", "2A0B:F4C2:0::7": "2a0b:f4c2::7/128", "::ffff:185.220.101.7": "185.220.101.7/32", "10.1.2.3/16": "10.1.0.0/16", "x": ""} {
		if got := neverblock.CIDR(s); got != want {
			t.Errorf("%s: %s, want %s", s, got, want)
		}
	}
}

func TestNetworks(t *testing.T) {
	for n, want := range map[string]string{"16509": "Amazon", "AS14618": "Amazon", " as13335 ": "Cloudflare", "54113": "Fastly", "60729": "", "": "", "-1": ""} {
		if got := neverblock.Network(n); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q", n, got)
		}
	}
}

func TestDomains(t *testing.T) {
	own := []string{"corp.acme.io.", "acme-shop.de"}
	for s, want := range map[string]string{
		"guarddutyc2activityb.com": "", "evil.co.uk": "", "a.b.evil.duckdns.org": "", "EVIL.com.": "", "evil_1.biz": "", "bücher.biz": "", "xn--bcher-kva.biz": "",
		"co.uk": "public suffix", "duckdns.org": "public suffix", "github.io": "public suffix", "com": "single label", "ip-10-0-0-1": "single label",
		"amazonaws.com": "AWS's own", "ec2.us-east-1.amazonaws.com": "AWS's own", "com.cn": "AWS's own", "sts.amazonaws.com.cn": "AWS's own", "signin.aws": "AWS's own", "console.aws.amazon.com": "AWS's own",
		"amazon.com": "AWS's own", "cloudfront.net": "above names", "on.aws": "above names", "d111111abcdef8.cloudfront.net": "", "evil.us-east-1.elasticbeanstalk.com": "",
		"ec2.internal": "not on the internet", "1.0.0.10.in-addr.arpa": "not on the internet", "printer.local": "not on the internet", "example.com": "not on the internet", "abc.onion": "not on the internet",
		"acme-shop.de": "account's own", "www.acme-shop.de": "account's own", "acme.io": "account's own", "corp.acme.io": "account's own", "notacme-shop.de": "",
		"": "no domain", ".": "no domain", "a..b": "no domain", "*.evil.biz": "no domain", "evil.biz/path": "no domain", "185.220.101.7": "no domain", "-x.biz": "no domain", "evil .biz": "no domain", strings.Repeat("a", 64) + ".biz": "no domain",
	} {
		if got := neverblock.Domain(s, own); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q in it", s, got, want)
		}
	}
	if neverblock.Domain("evil.biz", []string{"not a name"}) == "" {
		t.Error("an own name that cannot be read lets a domain pass")
	}
}

// Whatever is blocked, with all that is under it, holds no name of the account and none of AWS.
func TestNothingOfTheAccountIsUnderABlockedName(t *testing.T) {
	label := rapid.StringMatching(`[a-z][a-z0-9]{0,5}`)
	rapid.Check(t, func(t *rapid.T) {
		zone := strings.Join(rapid.SliceOfN(label, 2, 5).Draw(t, "zone"), ".")
		for _, mine := range []string{zone, "s3.us-east-1.amazonaws.com", "sts.amazonaws.com.cn"} {
			for d := mine; d != ""; _, d, _ = strings.Cut(d, ".") {
				if neverblock.Domain(d, []string{zone}) == "" {
					t.Fatalf("%s may be blocked, and %s is under it", d, mine)
				}
			}
		}
	})
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		s, cidr string
		want    bool
	}{
		{"185.220.101.7", "0.0.0.0/0", true}, {"185.220.101.7", "185.220.0.0/16", true}, {"185.220.101.7/32", "185.220.101.7", true}, {"2a0b:f4c2::7", "::/0", true},
		{"185.220.101.7", "::/0", false}, {"185.220.101.7", "185.221.0.0/16", false}, {"185.220.0.0/16", "185.220.101.0/24", false}, {"x", "0.0.0.0/0", false}, {"185.220.101.7", "", false},
	} {
		if got := neverblock.Within(c.s, c.cidr); got != c.want {
			t.Errorf("%s in %s: %v", c.s, c.cidr, got)
		}
	}
}
