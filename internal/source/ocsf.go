package source

import (
	"slices"
	"strings"

	"parry"
)

// classSecurity is OCSF's Security Finding, which is deprecated and told as a detection. It has finding and state_id in
// the place of finding_info and status_id.
const classSecurity = 2001

// isOCSF says whether an object is a finding in OCSF, of whatever version.
func isOCSF(n node) bool {
	_, ok := ocsfClass(n)
	return ok
}

// holdsOCSF says whether an event's detail is a finding in OCSF, or a list of such as Security Hub sends it.
func holdsOCSF(detail node) bool {
	return isOCSF(detail) || slices.ContainsFunc(detail.get("findings").items(), isOCSF)
}

// decodeOCSF reads findings in OCSF: those of Security Hub (V2), and what others send under names of their own. Sources:
// the classes 2001 to 2008 of ocsf-schema 1.0 to 1.9; "OCSF findings in Security Hub" and "EventBridge event formats for
// Security Hub", Security Hub User Guide. What metadata.version says is not asked: real events are often of another one.
func decodeOCSF(e parry.Event, d node) ([]parry.Finding, error) {
	list := []node{d}
	if !isOCSF(d) {
		list = d.get("findings").items()
	}
	if len(list) == 0 {
		return nil, parry.Errorf(parry.Invalid, "%s holds no finding", d.get("findings").path)
	}
	return decodeEach(e, list, ocsfFinding)
}

// ocsfClass is the class of a finding, with the deprecated one as it is; false where it is no finding.
func ocsfClass(n node) (int, bool) {
	class := n.get("class_uid").count()
	return class, class >= classSecurity && class <= parry.ClassIAMAnalysis
}

// ocsfFinding reads one finding.
func ocsfFinding(n node) (parry.Finding, error) {
	class, ok := ocsfClass(n)
	if !ok {
		return parry.Finding{}, parry.Errorf(parry.Invalid, "%s is %q: findings are of the classes 2001 to 2008",
			n.get("class_uid").path, cut(n.get("class_uid").plain()))
	}
	told := class
	if class == classSecurity {
		told = parry.ClassDetection
	}
	f := start(told, ocsfActivity(n, told))
	f.Metadata.UID = n.get("metadata", "uid").text()
	f.Metadata.Product = ocsfProduct(n)
	f.StatusID, f.Status = ocsfStatus(n, class)
	f.Compliance = ocsfCompliance(n)
	f.Comment = n.get("comment").text()
	f.Confidence = percent(n.get("confidence_score"))
	f.Count = n.get("count").count()
	f.SeverityID = ocsfSeverity(n)
	f.Severity = severityName(f.SeverityID)
	f.Vulnerabilities = ocsfVulnerabilities(n)
	f.Remediation = advice(n.get("remediation"), "desc", "references")
	if err := ocsfInfo(&f, n); err != nil {
		return f, err
	}
	f.Quiet = ocsfQuiet(n, f)
	if err := ocsfCloud(&f, n); err != nil {
		return f, err
	}
	ocsfUnmapped(&f, n)
	ocsfResources(&f, n)
	return f, nil
}

func ocsfActivity(n node, class int) int {
	id := n.get("activity_id").count()
	if id > activityClose && !(class == parry.ClassDataSecurity && id == activitySuppressed) {
		return 0
	}
	return id
}

// ocsfProduct is who made the finding. What it calls the check is feature.uid where Security Hub made OCSF of ASFF, and
// metadata.event_code at others.
func ocsfProduct(n node) parry.Product {
	p := n.get("metadata", "product")
	return parry.Product{
		Name: p.get("name").text(), UID: p.get("uid").text(), VendorName: p.get("vendor_name").text(),
		Feature: oneOf(p.get("feature", "uid").text(), p.get("feature", "name").text(), n.get("metadata", "event_code").text()),
	}
}

// infoOf is the finding proper. An incident has a list of findings, and is known by the first.
func infoOf(n node) node {
	if class, _ := ocsfClass(n); class == classSecurity {
		return n.get("finding")
	}
	if list := n.get("finding_info_list").items(); len(list) > 0 {
		return list[0]
	}
	return n.get("finding_info")
}

// ocsfInfo reads what a finding must have, and its times.
func ocsfInfo(f *parry.Finding, n node) error {
	info := infoOf(n)
	id, err := info.get("uid").need()
	if err != nil {
		return err
	}
	f.Info = parry.FindingInfo{
		UID:           id,
		Title:         oneOf(info.get("title").text(), n.get("message").text()),
		Desc:          oneOf(info.get("desc").text(), n.get("desc").text()),
		Types:         ocsfTypes(n, info),
		CreatedTime:   epoch(info, "created_time"),
		ModifiedTime:  epoch(info, "modified_time"),
		FirstSeenTime: epoch(info, "first_seen_time"),
		LastSeenTime:  epoch(info, "last_seen_time"),
	}
	if f.Time = epoch(n, "time"); f.Time == 0 {
		f.Time = f.Info.ModifiedTime
	}
	return nil
}

// ocsfTypes are the finding's types. GuardDuty's own stands somewhere among them and goes first, so that the finding has
// the same type by whatever road it comes. Who names none has a code for the check instead.
func ocsfTypes(n, info node) []string {
	types := info.get("types").texts()
	if code := n.get("metadata", "event_code").text(); len(types) == 0 && code != "" {
		return []string{code}
	}
	if i := slices.IndexFunc(types, isThreatType); i > 0 {
		own := types[i]
		types = slices.Insert(slices.Delete(types, i, i+1), 0, own)
	}
	return types
}

// isThreatType knows the form that GuardDuty and Macie give to a type: "Recon:EC2/Portscan".
func isThreatType(s string) bool {
	purpose, rest, ok := strings.Cut(s, ":")
	resource, what, also := strings.Cut(rest, "/")
	return ok && also && purpose != "" && resource != "" && what != "" && !strings.ContainsAny(purpose+resource, "/: ")
}

// ocsfVulnerabilities reads the weaknesses that a finding is about. OCSF: vulnerability; fix_available is its older name.
func ocsfVulnerabilities(n node) []parry.Vulnerability {
	var all []parry.Vulnerability
	for _, v := range n.get("vulnerabilities").items() {
		w := weakness(oneOf(v.get("cve", "uid").text(), v.get("cwe", "uid").text(), v.get("advisory", "uid").text()))
		w.Title, w.Desc = oneOf(v.get("title").text(), w.Title), v.get("desc").text()
		w.Severity, w.References = v.get("severity").text(), v.get("references").texts()
		w.FixAvailable = v.get("is_fix_available").flag() || v.get("fix_available").flag()
		all = append(all, w)
	}
	return all
}

// ocsfUnmapped keeps what rules and playbooks ask for and a Finding has no place for, under the names that it has from
// other roads.
func ocsfUnmapped(f *parry.Finding, n node) {
	note(f, "severity", oneOf(n.get("vendor_attributes", "severity").text(), n.get("severity").text()))
	note(f, "event_code", n.get("metadata", "event_code").text())
	note(f, "status_code", n.get("status_code").text())
	note(f, "application", oneOf(n.get("application", "name").text(), n.get("application", "uid").text()))
	note(f, "assignee", oneOf(n.get("assignee", "name").text(), n.get("assignee", "email_addr").text(), n.get("assignee", "uid").text()))
	var others []string
	for _, info := range n.get("finding_info_list").items() {
		others = append(others, info.get("uid").text())
	}
	if len(others) > 1 {
		note(f, "finding_uids", strings.Join(others, ","))
	}
	if one := n.get("evidences").items(); len(one) == 1 { // of several, which is meant is not for us to choose
		ocsfProcess(f, one[0].get("process"))
	}
	direction, ips := ocsfRemote(n)
	note(f, "direction", direction)
	noteRemote(f, ips)
}

// ocsfProcess reads the process of an evidence. OCSF: fingerprint.algorithm_id 3 is SHA-256.
func ocsfProcess(f *parry.Finding, p node) {
	sum := ""
	for _, h := range p.get("file", "hashes").items() {
		if h.get("algorithm_id").count() == 3 {
			sum = h.get("value").text()
		}
	}
	noteProcess(f, p.get("file", "path").text(), sum, p.get("pid").plain())
}

// ocsfRemote finds the addresses of the other side in the evidence: who called, or the far end of a connection whose
// direction is told. OCSF: connection_info.direction_id 1 is inbound, 2 outbound.
func ocsfRemote(n node) (direction string, ips []string) {
	for _, e := range n.get("evidences").items() {
		far := node{}
		switch e.get("connection_info", "direction_id").count() {
		case 1:
			direction, far = "INBOUND", e.get("src_endpoint")
		case 2:
			direction, far = "OUTBOUND", e.get("dst_endpoint")
		default:
			if e.get("api").there() {
				far = e.get("src_endpoint")
			}
		}
		if ip := far.get("ip").text(); isAddress(ip) && !slices.Contains(ips, ip) {
			ips = append(ips, ip)
		}
	}
	return direction, ips
}
