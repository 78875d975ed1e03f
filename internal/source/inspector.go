package source

import (
	"slices"
	"strings"
	"time"

	"parry"
)

// decodeInspector reads a finding of Inspector. Sources: "Amazon EventBridge event schema for Amazon Inspector events",
// Amazon Inspector User Guide; Finding in the Inspector API Reference.
func decodeInspector(e parry.Event, d node) ([]parry.Finding, error) {
	f := start(parry.ClassVulnerability, activity(inspectorClosed(d), d.get("firstObservedAt").plain(), d.get("updatedAt").plain()))
	f.Metadata.UID = e.ID
	f.Metadata.Product = parry.Product{Name: "Inspector", VendorName: "AWS"}
	f.StatusID = inspectorStatus(d)
	f.Status = statusName(f.StatusID)
	f.Quiet = inspectorQuiet(d)
	if err := inspectorFacts(&f, d); err != nil {
		return nil, err
	}
	f.Vulnerabilities = inspectorVulnerabilities(d)
	f.Remediation = advice(d.get("remediation", "recommendation"), "text", "Url")
	inspectorUnmapped(&f, d)
	inspectorResources(&f, d)
	return []parry.Finding{f}, nil
}

// inspectorFacts reads what a finding must have, and its times.
func inspectorFacts(f *parry.Finding, d node) error {
	account, err := d.get("awsAccountId").need()
	if err != nil {
		return err
	}
	if !parry.IsAccount(account) && !isSampleTitle(d.get("title").text()) {
		return badAccount(d.get("awsAccountId").path, account)
	}
	id, err := d.get("findingArn").need()
	if err != nil {
		return err
	}
	typ, err := d.get("type").need()
	if err != nil {
		return err
	}
	own, _ := parseARN(id)
	f.Cloud.Account.UID = account
	f.Cloud.Region = own.region
	for _, r := range d.get("resources").items() {
		f.Cloud.Region = oneOf(f.Cloud.Region, r.get("region").text())
	}
	f.Cloud.Partition = oneOf(own.partition, parry.PartitionOf(f.Cloud.Region))
	labels := []string{"INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"} // UNTRIAGED is none of them
	f.SeverityID = slices.Index(labels, strings.ToUpper(d.get("severity").text())) + 1
	f.Severity = severityName(f.SeverityID)
	f.Info = parry.FindingInfo{
		UID: id, Title: d.get("title").text(), Desc: d.get("description").text(), Types: []string{typ},
		CreatedTime: clock(d.get("firstObservedAt")), ModifiedTime: clock(d.get("updatedAt")),
		FirstSeenTime: clock(d.get("firstObservedAt")), LastSeenTime: clock(d.get("lastObservedAt")),
	}
	if f.Time = f.Info.ModifiedTime; f.Time == 0 {
		f.Time = f.Info.LastSeenTime
	}
	return nil
}

// clock reads a time as Inspector's events have it, "Wed Sep 04 16:59:44.356 UTC 2024", as APIs answer it, RFC 3339 or
// seconds, in epoch milliseconds; 0 where there is none.
func clock(n node) int64 {
	if s, ok := n.number(); ok && s > 0 && s < 1<<33 {
		return int64(s * 1000)
	}
	if t, err := time.Parse("Mon Jan _2 15:04:05 UTC 2006", n.text()); err == nil {
		return t.UnixMilli()
	}
	return millis(n.text())
}

func inspectorClosed(d node) bool { return d.get("status").text() == "CLOSED" }

// inspectorStatus reads where the finding stands. Source: FindingStatus: a closed one was fixed, or its resource is gone.
func inspectorStatus(d node) int {
	switch d.get("status").text() {
	case "", "ACTIVE":
		return parry.StatusNew
	case "SUPPRESSED":
		return parry.StatusSuppressed
	case "CLOSED":
		return parry.StatusResolved
	}
	return parry.StatusUnknown
}

// inspectorQuiet says why a finding asks for nothing.
func inspectorQuiet(d node) string {
	status := d.get("status").text()
	switch {
	case isSampleTitle(d.get("title").text()):
		return "sample finding"
	case status == "", status == "ACTIVE":
		return ""
	case status == "SUPPRESSED":
		return "suppressed in Inspector"
	case status == "CLOSED":
		return "closed in Inspector"
	}
	return "its status is " + cut(status) + ", which is not known"
}

// inspectorVulnerabilities reads the weaknesses: of a package, or of code, where they are kinds from the common
// enumeration. An open path in the network has no name in a catalogue, and is told under its finding's type.
func inspectorVulnerabilities(d node) []parry.Vulnerability {
	pkg := d.get("packageVulnerabilityDetails")
	ids := d.get("codeVulnerabilityDetails", "cwes").texts()
	if id := pkg.get("vulnerabilityId").text(); id != "" {
		ids = []string{id}
	}
	if len(ids) == 0 {
		ids = []string{d.get("type").text()}
	}
	var all []parry.Vulnerability
	for _, id := range ids {
		w := weakness(id)
		w.Title, w.Severity = d.get("title").text(), oneOf(pkg.get("vendorSeverity").text(), d.get("severity").text())
		w.References = pkg.get("referenceUrls").texts()
		if source := pkg.get("sourceUrl").text(); source != "" && !slices.Contains(w.References, source) {
			w.References = append([]string{source}, w.References...)
		}
		w.FixAvailable = d.get("fixAvailable").text() == "YES"
		all = append(all, w)
	}
	return all
}

// inspectorUnmapped keeps what rules ask for and OCSF has no place for.
func inspectorUnmapped(f *parry.Finding, d node) {
	network := d.get("networkReachabilityDetails")
	note(f, "severity", d.get("severity").text())
	note(f, "inspector_score", d.get("inspectorScore").plain())
	note(f, "epss_score", d.get("epss", "score").plain())
	note(f, "exploit_available", d.get("exploitAvailable").text())
	note(f, "fix_available", d.get("fixAvailable").text())
	note(f, "protocol", network.get("protocol").text())
	note(f, "port_begin", network.get("openPortRange", "begin").plain())
	note(f, "port_end", network.get("openPortRange", "end").plain())
}

// wrapInspector puts the envelope round a finding of Inspector that came without.
func wrapInspector(finding node) (parry.Event, error) {
	region, resources := "", []any{}
	if a, ok := parseARN(finding.get("findingArn").text()); ok {
		region = a.region
	}
	for _, r := range finding.get("resources").items() {
		resources = append(resources, r.get("id").text())
	}
	when := ""
	for _, name := range []string{"updatedAt", "lastObservedAt", "firstObservedAt"} {
		if ms := clock(finding.get(name)); ms > 0 && when == "" {
			when = time.UnixMilli(ms).UTC().Format(time.RFC3339Nano)
		}
	}
	return wrap(map[string]any{
		"source": inspector, "detail-type": inspectorFinding, "resources": resources, "detail": finding.v,
		"account": finding.get("awsAccountId").text(), "region": region,
	}, when)
}
