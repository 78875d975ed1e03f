package pattern

import (
	"net/netip"
	"strconv"
	"strings"
)

// cidr accepts strings that are IP addresses within a network.
type cidr struct {
	text    string
	network netip.Prefix
}

// compileCIDR compiles the operand of cidr.
func compileCIDR(path, text string) (condition, error) {
	address, mask, ok := strings.Cut(text, "/")
	if !ok || mask == "" || strings.Contains(mask, "/") {
		return nil, errorAt(path, "a CIDR must be an IP address, one / and the number of mask bits")
	}
	bits, err := strconv.Atoi(mask)
	if err != nil || bits < 0 {
		return nil, errorAt(path, "the mask bits of a CIDR must be a number that is not negative")
	}
	ip, ok := parseIP(address)
	if !ok {
		return nil, errorAt(path, "%q is not an IPv4 or IPv6 address", clip(address))
	}
	if bits >= ip.BitLen() {
		return nil, errorAt(path, "the mask bits of this CIDR must be less than %d; for one address give the address itself", ip.BitLen())
	}
	return cidr{text: text, network: netip.PrefixFrom(ip, bits).Masked()}, nil
}

func (c cidr) matches(s scalar) bool {
	if s.kind != kindString {
		return false
	}
	ip, ok := parseIP(s.text)
	return ok && c.network.Contains(ip)
}

func (c cidr) String() string { return "an IP address in " + clip(c.text) }

// parseIP reads an address as Event Ruler does. IPv4 is four decimal numbers,
// in which leading zeros mean nothing; IPv6 is written without a zone and
// without a dotted part, and an IPv4 address mapped into it counts as IPv4.
// Text that is no address costs no allocation.
func parseIP(s string) (netip.Addr, bool) {
	if !strings.Contains(s, ":") {
		return parseIPv4(s)
	}
	if !formedIPv6(s) {
		return netip.Addr{}, false
	}
	ip, err := netip.ParseAddr(s)
	return ip.Unmap(), err == nil
}

// formedIPv6 says whether a text is groups of one to four hexadecimal digits
// between colons, eight of them, or fewer with one "::".
func formedIPv6(s string) bool {
	groups, gaps, digits := 0, 0, 0
	for i := range len(s) {
		switch {
		case s[i] != ':':
			if digits++; digits > 4 || !isHex(s[i]) {
				return false
			}
			if digits == 1 {
				groups++
			}
		case i > 0 && s[i-1] == ':':
			gaps++
		case digits == 0 && !strings.HasPrefix(s, "::"):
			return false
		default:
			digits = 0
		}
	}
	ends := s[len(s)-1] != ':' || strings.HasSuffix(s, "::")
	return ends && (gaps == 0 && groups == 8 || gaps == 1 && groups < 8)
}

// parseIPv4 reads four decimal numbers.
func parseIPv4(s string) (netip.Addr, bool) {
	const longest = len("255.255.255.255")
	if len(s) > longest {
		return netip.Addr{}, false
	}
	var octets [4]byte
	at, digits, n := 0, 0, 0
	for i := range len(s) {
		switch {
		case isDigit(s[i]):
			digits++
			if n = n*10 + int(s[i]-'0'); n > 255 {
				return netip.Addr{}, false
			}
		case s[i] != '.' || digits == 0 || at == 3:
			return netip.Addr{}, false
		default:
			octets[at] = byte(n)
			at, digits, n = at+1, 0, 0
		}
	}
	octets[at%4] = byte(n)
	return netip.AddrFrom4(octets), at == 3 && digits > 0
}
