package signin

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// remote is the address that a request comes from. X-Forwarded-For is written by anybody who likes; only its last entries, one for each proxy that
// is known to stand in front, were written by those. Where there are fewer, the request came past them, and the connection's address counts.
func remote(r *http.Request, proxies int) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if proxies > 0 {
		entries := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if at := len(entries) - proxies; at >= 0 {
			entry := strings.TrimSpace(entries[at])
			if h, _, err := net.SplitHostPort(entry); err == nil {
				entry = h
			}
			if a, err := netip.ParseAddr(strings.Trim(entry, "[]")); err == nil {
				return a.Unmap().WithZone("").String()
			}
		}
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().WithZone("").String()
	}
	return host
}

// neighbourhood is what is counted as one: an address, and of IPv6 the network of 64 bits that one customer is given at least.
func neighbourhood(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil || a.Is4() {
		return address
	}
	p, err := a.Prefix(64)
	if err != nil {
		return address
	}
	return p.String()
}
