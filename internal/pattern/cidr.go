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
func parseIP(s string) (netip.Addr, bool) {
	if !strings.Contains(s, ":") {
		return parseIPv4(s)
	}
	if strings.ContainsAny(s, ".%") {
		return netip.Addr{}, false
	}
	ip, err := netip.ParseAddr(s)
	return ip.Unmap(), err == nil
}

// parseIPv4 reads four decimal numbers.
func parseIPv4(s string) (netip.Addr, bool) {
	const longest = len("255.255.255.255")
	parts := strings.Split(s, ".")
	if len(parts) != 4 || len(s) > longest {
		return netip.Addr{}, false
	}
	var octets [4]byte
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil {
			return netip.Addr{}, false
		}
		octets[i] = byte(n)
	}
	return netip.AddrFrom4(octets), true
}
