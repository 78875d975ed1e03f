package source

import (
	"net/netip"
	"slices"
	"strings"

	"parry"
	"parry/internal/neverblock"
)

// remote makes targets of the addresses and the name of the other side, as they were noted. What they are worth is for rules and playbooks to
// say: a rule names the types of findings in which the other side is the attacker, and a playbook refuses what must never be blocked.
func remote(f *parry.Finding) {
	add := func(typ, id string) {
		t := parry.Target{Type: typ, ID: id, Account: f.Cloud.Account.UID, Region: f.Cloud.Region, Partition: f.Cloud.Partition}
		if unfit(t) == "" && !slices.Contains(f.Remote, t) {
			f.Remote = append(f.Remote, t)
		}
	}
	for s := range strings.SplitSeq(f.Unmapped["remote_ip"]+","+f.Unmapped["remote_ips"], ",") {
		if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
			add(parry.TypeAddress, a.Unmap().String())
		}
	}
	if d := neverblock.Name(f.Unmapped["domain"]); d != "" {
		add(parry.TypeHostname, d)
	}
}

// noteNetworks keeps the autonomous system that each address of the other side is in, as GuardDuty says it, under "asn ADDRESS".
func noteNetworks(f *parry.Finding, service node) {
	for _, r := range remoteDetails(service) {
		asn := r.get("organization", "asn").plain()
		for _, s := range []string{r.get("ipAddressV4").text(), r.get("ipAddressV6").text()} {
			if a, err := netip.ParseAddr(s); err == nil && only(asn, "0123456789") {
				note(f, "asn "+a.Unmap().String(), asn)
			}
		}
	}
}
