package neverblock

import (
	"fmt"
	"strings"
)

// Network says why an address of an autonomous system must not be blocked without a person who knows better: behind one of its addresses are many
// that have nothing to do with the finding. number is the system's, as a finding names it; "" where it does not, which says nothing.
// Sources: the networks' own entries in PeeringDB, and ARIN's and RIPE's registries.
func Network(number string) string {
	n := strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(number)), "AS")
	owner, ok := map[string]string{
		"16509": "Amazon", "14618": "Amazon", "8987": "Amazon", "7224": "Amazon", "38895": "Amazon",
		"13335": "Cloudflare", "209242": "Cloudflare",
		"54113": "Fastly",
		"20940": "Akamai", "16625": "Akamai", "12222": "Akamai", "63949": "Akamai",
		"60068": "CDN77",
	}[n]
	switch {
	case !ok:
		return ""
	case owner == "Amazon":
		return "it is in Amazon's network (AS" + n + "), where AWS's own services are"
	}
	return fmt.Sprintf("it is in %s's network (AS%s), whose addresses are shared by many sites", owner, n)
}
