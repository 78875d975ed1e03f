package source

import (
	"net/netip"
	"slices"
	"strings"

	"parry"
)

// decodeHub reads the findings of Security Hub in the AWS Security Finding Format, as they were imported or as a
// person sent them with a custom action. Sources: "EventBridge event formats for Security Hub CSPM" and "ASFF syntax",
// Security Hub User Guide; the mapping to OCSF follows ocsf/examples, "mappings/markdown/AWS/v1.1.0/Security Hub".
func decodeHub(e parry.Event, d node) ([]parry.Finding, error) {
	list := d.get("findings")
	if len(list.items()) == 0 {
		return nil, parry.Errorf(parry.Invalid, "%s holds no finding", list.path)
	}
	ordered := ""
	if e.DetailType == hubCustomAction {
		ordered = oneOf(d.get("actionName").text(), "without a name")
	}
	return decodeEach(e, list.items(), func(n node) (parry.Finding, error) {
		f, err := hubFinding(n, ordered != "")
		f.Ordered = ordered
		return f, err
	})
}

// hubFinding reads one finding. Ordered means that a person sent it by hand.
func hubFinding(n node, ordered bool) (parry.Finding, error) {
	closed := n.get("RecordState").text() == "ARCHIVED"
	f := start(hubClass(n), activity(closed, n.get("CreatedAt").text(), n.get("UpdatedAt").text()))
	f.Metadata.Product = parry.Product{
		Name:       oneOf(n.get("ProductName").text(), hubProduct(n).get("aws/securityhub/ProductName").text(), "Security Hub"),
		VendorName: oneOf(n.get("CompanyName").text(), hubProduct(n).get("aws/securityhub/CompanyName").text(), "AWS"),
		UID:        n.get("ProductArn").text(), Feature: n.get("GeneratorId").text(),
	}
	f.StatusID = hubStatus(n)
	f.Status = statusName(f.StatusID)
	f.Quiet = hubQuiet(n, ordered)
	f.Comment = n.get("Note", "Text").text()
	f.Compliance = hubCompliance(n)
	f.Vulnerabilities = hubVulnerabilities(n)
	f.Remediation = advice(n.get("Remediation", "Recommendation"), "Text", "Url")
	f.Confidence = percent(n.get("Confidence"))
	if err := hubFacts(&f, n); err != nil {
		return f, err
	}
	hubUnmapped(&f, n)
	hubResources(&f, n)
	remote(&f)
	return f, nil
}

// hubProduct is the map of the product's own fields. Its keys have slashes and points, and are no path.
func hubProduct(n node) node { return n.get("ProductFields") }

// hubFacts reads what a finding must have, and its times.
func hubFacts(f *parry.Finding, n node) error {
	account, err := hubAccount(n)
	if err != nil {
		return err
	}
	id, err := n.get("Id").need()
	if err != nil {
		return err
	}
	types := n.get("Types").texts()
	if len(types) == 0 {
		types = n.get("FindingProviderFields", "Types").texts()
	}
	if len(types) == 0 && n.get("GeneratorId").text() == "" && f.Compliance == nil {
		return parry.Errorf(parry.Invalid, "%s is missing, and so are GeneratorId and Compliance", n.get("Types").path)
	}
	product, _ := parseARN(n.get("ProductArn").text())
	f.Cloud.Account.UID = account
	f.Cloud.Region = oneOf(n.get("Region").text(), product.region)
	f.Cloud.Partition = oneOf(product.partition, parry.PartitionOf(f.Cloud.Region))
	f.SeverityID = hubSeverity(n)
	f.Severity = severityName(f.SeverityID)
	f.Info = parry.FindingInfo{
		UID: id, Title: n.get("Title").text(), Desc: n.get("Description").text(), Types: types,
		CreatedTime: millis(n.get("CreatedAt").text()), ModifiedTime: millis(n.get("UpdatedAt").text()),
		FirstSeenTime: millis(n.get("FirstObservedAt").text()), LastSeenTime: millis(n.get("LastObservedAt").text()),
	}
	f.Time = f.Info.ModifiedTime
	return nil
}

// hubAccount is the account that the finding is about. Findings of an organization's analyzer in IAM Access Analyzer
// name the administrator's; the owner's stands in the product's fields. Only that product's word is taken for it.
func hubAccount(n node) (string, error) {
	field := n.get("AwsAccountId")
	if owner := resourceOwner(n); isAnalyzer(n) && owner.there() {
		field = owner
	}
	account, err := field.need()
	if err != nil {
		return "", err
	}
	if !parry.IsAccount(account) && !hubSample(n) {
		return "", badAccount(field.path, account)
	}
	return account, nil
}

func isAnalyzer(n node) bool { return isProduct(n, "access-analyzer") }

func resourceOwner(n node) node { return hubProduct(n).get("ResourceOwnerAccount") }

// isProduct says whether a finding comes from a product of AWS itself. Source: "AWS service integrations with Security
// Hub CSPM": the ARN's account is empty for these.
func isProduct(n node, name string) bool {
	a, ok := parseARN(n.get("ProductArn").text())
	return ok && a.service == "securityhub" && a.account == "" && a.resource == "product/aws/"+name
}

// hubClass chooses the OCSF class.
func hubClass(n node) int {
	switch {
	case len(n.get("Vulnerabilities").items()) > 0:
		return parry.ClassVulnerability
	case n.get("Compliance", "Status").there() || n.get("Compliance", "SecurityControlId").there():
		return parry.ClassCompliance
	}
	return parry.ClassDetection
}

// hubSeverity reads the label, else the number that labels came from. Source: "Severity" in "Required top-level ASFF
// attributes": 0 INFORMATIONAL, 1-39 LOW, 40-69 MEDIUM, 70-89 HIGH, 90-100 CRITICAL.
func hubSeverity(n node) int {
	label := oneOf(n.get("Severity", "Label").text(), n.get("FindingProviderFields", "Severity", "Label").text())
	labels := []string{"INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"}
	if i := slices.Index(labels, strings.ToUpper(label)); i >= 0 {
		return i + 1
	}
	s, ok := n.get("Severity", "Normalized").number()
	switch {
	case !ok || s < 0:
		return parry.SeverityUnknown
	case s < 1:
		return parry.SeverityInformational
	case s < 40:
		return parry.SeverityLow
	case s < 70:
		return parry.SeverityMedium
	case s < 90:
		return parry.SeverityHigh
	}
	return parry.SeverityCritical
}

// hubStatus reads where the work on a finding stands.
func hubStatus(n node) int {
	if n.get("RecordState").text() == "ARCHIVED" {
		return parry.StatusArchived
	}
	switch workflow(n) {
	case "", "NEW":
		return parry.StatusNew
	case "NOTIFIED", "ASSIGNED", "IN_PROGRESS":
		return parry.StatusInProgress
	case "SUPPRESSED", "DEFERRED":
		return parry.StatusSuppressed
	case "RESOLVED":
		return parry.StatusResolved
	}
	return parry.StatusUnknown
}

// workflow is the workflow status. Older findings have WorkflowState, which Workflow replaced.
func workflow(n node) string {
	return oneOf(n.get("Workflow", "Status").text(), n.get("WorkflowState").text())
}

// hubUnmapped keeps what rules and playbooks ask for and OCSF has no place for. What GuardDuty says in its own events
// gets the same names here, where it comes through Security Hub.
func hubUnmapped(f *parry.Finding, n node) {
	note(f, "severity", oneOf(n.get("Severity", "Original").text(), n.get("Severity", "Product").plain()))
	if !isProduct(n, "guardduty") {
		return
	}
	product := hubProduct(n)
	for _, k := range product.keys() {
		if strings.HasPrefix(k, "aws/guardduty/") {
			note(f, k, product.get(k).plain())
		}
	}
	const service = "aws/guardduty/service/"
	f.Count = product.get(service + "count").count()
	note(f, "action", product.get(service+"action/actionType").text())
	note(f, "role", product.get(service+"resourceRole").text())
	note(f, "direction", product.get(service+"action/networkConnectionAction/connectionDirection").text())
	note(f, "domain", product.get(service+"action/dnsRequestAction/domain").text())
	const process = service + "runtimeDetails/process/"
	noteProcess(f, product.get(process+"executablePath").text(), product.get(process+"executableSha256").text(), product.get(process+"pid").plain())
	noteRemote(f, hubRemote(product))
	hubNetworks(f, product)
}

// hubRemote are the addresses of the other side in a finding of GuardDuty that comes through Security Hub.
func hubRemote(product node) []string {
	var ips []string
	for _, k := range product.keys() {
		s := product.get(k).text()
		if strings.HasPrefix(k, "aws/guardduty/service/action/") && strings.Contains(k, "/remoteIpDetails/ipAddressV") &&
			isAddress(s) && !slices.Contains(ips, s) {
			ips = append(ips, s)
		}
	}
	return ips
}

// hubNetworks keeps the autonomous systems of those addresses, as noteNetworks does.
func hubNetworks(f *parry.Finding, product node) {
	for _, k := range product.keys() {
		path, is := strings.CutSuffix(k, "/organization/asn")
		if asn := product.get(k).plain(); is && only(asn, "0123456789") {
			for _, v := range []string{"/ipAddressV4", "/ipAddressV6"} {
				if a, err := netip.ParseAddr(product.get(path + v).text()); err == nil {
					note(f, "asn "+a.Unmap().String(), asn)
				}
			}
		}
	}
}

// hubVulnerabilities reads the weaknesses that a finding is about. Source: Vulnerability in the Security Hub API Reference.
func hubVulnerabilities(n node) []parry.Vulnerability {
	var all []parry.Vulnerability
	for _, v := range n.get("Vulnerabilities").items() {
		w := weakness(v.get("Id").text())
		w.Severity = v.get("Vendor", "VendorSeverity").text()
		w.References = v.get("ReferenceUrls").texts()
		w.FixAvailable = v.get("FixAvailable").text() == "YES"
		all = append(all, w)
	}
	return all
}
