package source

import (
	"encoding/json"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"parry"
)

// decodeGuardDuty reads a finding of GuardDuty. Sources: "GuardDuty finding format" and "Processing GuardDuty findings
// with Amazon EventBridge", Amazon GuardDuty User Guide; Finding in the Amazon GuardDuty API Reference.
func decodeGuardDuty(e parry.Event, d node) ([]parry.Finding, error) {
	service := d.get("service")
	archived := service.get("archived").flag()
	f := start(parry.ClassDetection, activity(archived, d.get("createdAt").text(), d.get("updatedAt").text()))
	f.Metadata.UID = e.ID
	f.Metadata.Product = parry.Product{
		Name: "GuardDuty", VendorName: "AWS", UID: service.get("detectorId").text(), Feature: service.get("featureName").text(),
	}
	f.StatusID = parry.StatusNew
	if archived {
		f.StatusID = parry.StatusArchived
	}
	f.Status = statusName(f.StatusID)
	f.Quiet = guardDutyQuiet(d)
	if err := guardDutyFacts(&f, d); err != nil {
		return nil, err
	}
	guardDutyUnmapped(&f, d)

	in := scope{f.Cloud.Account.UID, f.Cloud.Region, f.Cloud.Partition}
	var g gather
	if resource := d.get("resource"); strings.EqualFold(resource.get("resourceType").text(), "AttackSequence") {
		g.sequence(in.partition, service.get("detection", "sequence"))
	} else {
		g.resource(in, f.Info.Types[0], resource, attackRole(service.get("resourceRole").text()))
		g.unblocked(in, f.Info.Types)
		g.stoppedTrail(in, f.Info.Types, service.get("action", "awsApiCallAction", "affectedResources", "AWS::CloudTrail::Trail"))
	}
	f.Targets, f.Unresolved, f.Resources = g.targets, g.unresolved, guardDutyResources(g.targets, d)
	return []parry.Finding{f}, nil
}

// guardDutyFacts reads what a finding must have, and its times.
func guardDutyFacts(f *parry.Finding, d node) error {
	account, err := d.get("accountId").need()
	if err != nil {
		return err
	}
	if !parry.IsAccount(account) && !guardDutySample(d) {
		return badAccount(d.get("accountId").path, account)
	}
	id, err := d.get("id").need()
	if err != nil {
		return err
	}
	typ, err := d.get("type").need()
	if err != nil {
		return err
	}
	if f.Cloud.Region, f.Cloud.Partition, err = guardDutyPlace(d); err != nil {
		return err
	}
	f.Cloud.Account.UID = account
	f.SeverityID = guardDutySeverity(d.get("severity"))
	f.Severity = severityName(f.SeverityID)
	f.Count = d.get("service", "count").count()
	f.Info = parry.FindingInfo{
		UID: id, Title: d.get("title").text(), Desc: d.get("description").text(), Types: []string{typ},
		CreatedTime: millis(d.get("createdAt").text()), ModifiedTime: millis(d.get("updatedAt").text()),
		FirstSeenTime: millis(d.get("service", "eventFirstSeen").text()),
		LastSeenTime:  millis(d.get("service", "eventLastSeen").text()),
	}
	f.Time = f.Info.ModifiedTime
	return nil
}

// guardDutyPlace is the Region and the partition of a finding: from its own fields, else from its ARN. The envelope
// says only where an administrator listens.
func guardDutyPlace(d node) (region, partition string, err error) {
	a, _ := parseARN(d.get("arn").text())
	region = oneOf(d.get("region").text(), a.region)
	if region == "" {
		return "", "", parry.Errorf(parry.Invalid, "%s is missing", d.get("region").path)
	}
	partition = oneOf(d.get("partition").text(), a.partition, parry.PartitionOf(region))
	if in := parry.PartitionOf(region); in != "" && in != partition {
		return "", "", parry.Errorf(parry.Invalid, "%s is %s, which is not in the partition %q", d.get("region").path, region, cut(partition))
	}
	return region, partition, nil
}

// guardDutySeverity maps GuardDuty's number. Source: "Findings severity levels", Amazon GuardDuty User Guide: Low 1.0
// to 3.9, Medium 4.0 to 6.9, High 7.0 to 8.9, Critical 9.0 to 10.0.
func guardDutySeverity(n node) int {
	s, ok := n.number()
	switch {
	case !ok || s <= 0:
		return parry.SeverityUnknown
	case s < 4:
		return parry.SeverityLow
	case s < 7:
		return parry.SeverityMedium
	case s < 9:
		return parry.SeverityHigh
	}
	return parry.SeverityCritical
}

// guardDutyQuiet says why a finding asks for nothing. Findings that someone archived go on sending events; those that
// a suppression rule archives do not. Source: "Processing GuardDuty findings with Amazon EventBridge".
func guardDutyQuiet(d node) string {
	switch {
	case d.get("service", "archived").flag():
		return "archived in GuardDuty"
	case guardDutySample(d):
		return "sample finding"
	}
	return ""
}

// guardDutySample knows samples by any of the marks that they carry.
func guardDutySample(d node) bool {
	more := d.get("service", "additionalInfo")
	return isSampleTitle(d.get("title").text()) || more.get("sample").flag() || sampleInside(more.get("value").text())
}

// isSampleTitle knows the prefix of GuardDuty's samples. Source: "Sample findings", Amazon GuardDuty User Guide.
func isSampleTitle(title string) bool {
	return strings.HasPrefix(strings.TrimSpace(title), "[SAMPLE]")
}

// sampleInside reads the mark of a sample where additionalInfo is JSON within a string, as the API answers it.
func sampleInside(value string) bool {
	var inner struct{ Sample bool }
	return json.Unmarshal([]byte(value), &inner) == nil && inner.Sample
}

// guardDutyUnmapped keeps what rules and playbooks ask for and OCSF has no place for.
func guardDutyUnmapped(f *parry.Finding, d node) {
	action := d.get("service", "action")
	note(f, "action", action.get("actionType").text())
	note(f, "role", d.get("service", "resourceRole").text())
	note(f, "direction", action.get("networkConnectionAction", "connectionDirection").text())
	note(f, "domain", action.get("dnsRequestAction", "domain").text())
	note(f, "resource_type", d.get("resource", "resourceType").text())
	note(f, "severity", d.get("severity").plain())
	process := d.get("service", "runtimeDetails", "process")
	noteProcess(f, process.get("executablePath").text(), process.get("executableSha256").text(), process.get("pid").plain())
	noteRemote(f, remoteAddresses(d.get("service")))
	noteNetworks(f, d.get("service"))
	remote(f)
}

// sha256Sum is a SHA-256 in hexadecimal.
var sha256Sum = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

// noteProcess keeps what a finding says of a process on a host: the path and the SHA-256 of its executable, and its id there.
func noteProcess(f *parry.Finding, path, sum, pid string) {
	note(f, "process_path", path)
	if sha256Sum.MatchString(sum) {
		note(f, "process_sha256", strings.ToLower(sum))
	}
	if n, err := strconv.Atoi(pid); err == nil && n > 0 {
		note(f, "process_pid", pid)
	}
}

// noteRemote keeps the address of the other side under remote_ip. Several are kept under remote_ips, with commas:
// which of them is meant is not for us to choose.
func noteRemote(f *parry.Finding, ips []string) {
	if len(ips) == 1 {
		note(f, "remote_ip", ips[0])
		return
	}
	note(f, "remote_ips", strings.Join(ips, ","))
}

// remoteDetails are what a finding's action says of the other side.
func remoteDetails(service node) []node {
	action := service.get("action")
	remote := []node{}
	for _, kind := range []string{"awsApiCallAction", "networkConnectionAction", "kubernetesApiCallAction", "rdsLoginAttemptAction"} {
		remote = append(remote, action.get(kind, "remoteIpDetails"))
	}
	for _, probe := range action.get("portProbeAction", "portProbeDetails").items() {
		remote = append(remote, probe.get("remoteIpDetails"))
	}
	return remote
}

// remoteAddresses are the addresses that a finding's action and its sequence of an attack name as the other side's.
func remoteAddresses(service node) []string {
	var ips []string
	for _, r := range remoteDetails(service) {
		ips = append(ips, r.get("ipAddressV4").text(), r.get("ipAddressV6").text())
	}
	for _, end := range service.get("detection", "sequence", "endpoints").items() {
		ips = append(ips, end.get("ip").text())
	}
	var good []string
	for _, s := range ips {
		if isAddress(s) && !slices.Contains(good, s) {
			good = append(good, s)
		}
	}
	return good
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// attackRole reads who attacks whom.
func attackRole(s string) string {
	switch r := strings.ToUpper(s); r {
	case "ACTOR", "TARGET":
		return r
	}
	return ""
}
