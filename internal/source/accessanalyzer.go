package source

import (
	"strings"

	"parry"
)

// decodeAnalyzer reads a finding of IAM Access Analyzer: external access, internal access, or access that nobody uses.
// Sources: "Monitoring IAM Access Analyzer with Amazon EventBridge", IAM User Guide; Finding in the IAM Access Analyzer
// API Reference.
func decodeAnalyzer(e parry.Event, d node) ([]parry.Finding, error) {
	status := d.get("status").text()
	closed := status != "ACTIVE" || d.get("isDeleted").flag()
	f := start(parry.ClassIAMAnalysis, activity(closed, d.get("createdAt").text(), d.get("updatedAt").text()))
	f.Metadata.UID = e.ID
	f.Metadata.Product = parry.Product{Name: "IAM Access Analyzer", VendorName: "AWS"}
	f.StatusID = analyzerStatus(status, d.get("isDeleted").flag())
	f.Status = statusName(f.StatusID)
	f.Severity = severityName(f.SeverityID)
	f.Quiet = analyzerQuiet(d)
	if err := analyzerFacts(&f, e, d); err != nil {
		return nil, err
	}
	analyzerUnmapped(&f, d)

	in := scope{f.Cloud.Account.UID, f.Cloud.Region, f.Cloud.Partition}
	typ, id := d.get("resourceType").text(), d.get("resource").text()
	f.Resources = []parry.Resource{{UID: id, Type: typ, Region: in.region}}
	if isGlobal(typ) {
		f.Resources[0].Region = "global"
	}
	var g gather
	r := find(in, typ, id)
	if r.reason == "" && r.in.account != in.account {
		g.unclear("%s: in account %s by its ARN, though the finding is about %s", d.get("resource").path, cut(r.in.account), in.account)
	}
	g.take(r, "")
	if key := d.get("accessKeyId").text(); key != "" && r.target.User != "" {
		g.principal(r.in, principal{key: key, name: r.target.User, kind: "IAMUser", arn: r.target.ARN})
	}
	if len(g.targets) > 0 {
		f.Resources[0].Name = g.targets[0].ID
	}
	f.Targets, f.Unresolved = g.targets, g.unresolved
	return []parry.Finding{f}, nil
}

// analyzerFacts reads what a finding must have, and its times. The account is the resource owner's: an organization's
// analyzer is the administrator's. Findings on unused access call their id findingId, and those and findings on internal
// access name no Region: then the resource's ARN does, or the bus of the analyzer's Region on which the event was put.
func analyzerFacts(f *parry.Finding, e parry.Event, d node) error {
	field := d.get("accountId")
	if owner := d.get("resourceOwnerAccount"); owner.there() {
		field = owner
	}
	account, err := field.need()
	if err != nil {
		return err
	}
	if !parry.IsAccount(account) {
		return badAccount(field.path, account)
	}
	id := d.get("id")
	if !id.there() && d.get("findingId").there() {
		id = d.get("findingId")
	}
	if f.Info.UID, err = id.need(); err != nil {
		return err
	}
	resource, err := d.get("resource").need()
	if err != nil {
		return err
	}
	if _, err := d.get("resourceType").need(); err != nil {
		return err
	}
	own, _ := parseARN(resource)
	f.Cloud.Account.UID = account
	f.Cloud.Region = oneOf(d.get("region").text(), own.region, e.Region)
	f.Cloud.Partition = oneOf(own.partition, parry.PartitionOf(f.Cloud.Region))
	kind := oneOf(d.get("findingType").text(), externalAccess)
	f.Info.Title = cut(kind) + ": " + cut(resource)
	f.Info.Types = []string{kind}
	f.Info.CreatedTime, f.Info.ModifiedTime = millis(d.get("createdAt").text()), millis(d.get("updatedAt").text())
	f.Info.FirstSeenTime, f.Info.LastSeenTime = f.Info.CreatedTime, millis(d.get("analyzedAt").text())
	f.Time = f.Info.ModifiedTime
	return nil
}

// externalAccess is the type of findings that name none. Source: FindingType in the IAM Access Analyzer API Reference.
const externalAccess = "ExternalAccess"

func analyzerStatus(status string, deleted bool) int {
	switch {
	case deleted:
		return parry.StatusDeleted
	case status == "ACTIVE":
		return parry.StatusNew
	case status == "ARCHIVED":
		return parry.StatusArchived
	case status == "RESOLVED":
		return parry.StatusResolved
	}
	return parry.StatusUnknown
}

// analyzerQuiet says why a finding asks for nothing. A finding that is deleted keeps its status. One with an error says
// only that the resource could not be analyzed: it names no principal, and nothing that could be taken away.
func analyzerQuiet(d node) string {
	switch status := d.get("status").text(); {
	case d.get("isDeleted").flag():
		return "deleted in IAM Access Analyzer"
	case status == "ARCHIVED":
		return "archived in IAM Access Analyzer"
	case status == "RESOLVED":
		return "resolved in IAM Access Analyzer"
	case status != "ACTIVE":
		return "its status is \"" + cut(status) + "\", which is not known"
	case d.get("error").there():
		return "IAM Access Analyzer could not analyze the resource: " + oneOf(cut(d.get("error").plain()), "no reason given")
	}
	return ""
}

// analyzerUnmapped keeps what rules and playbooks ask for and OCSF has no place for.
func analyzerUnmapped(f *parry.Finding, d node) {
	note(f, "is_public", d.get("isPublic").plain())
	note(f, "principal", principalText(d.get("principal")))
	note(f, "actions", strings.Join(d.get("action").texts(), ","))
	note(f, "condition_keys", strings.Join(d.get("condition").keys(), ","))
	note(f, "access_type", d.get("accessType").text())
	note(f, "principal_owner_account", d.get("principalOwnerAccount").text())
	note(f, "resource_type", d.get("resourceType").text())
	note(f, "error", d.get("error").plain())
	note(f, "unused_services", d.get("numberOfUnusedServices").plain())
	note(f, "unused_actions", d.get("numberOfUnusedActions").plain())
	var by []string
	for _, s := range d.get("sources").items() {
		by = append(by, s.get("type").text())
	}
	note(f, "sources", strings.Join(by, ","))
}

// principalText tells who has access as it stands in a policy: AWS:*, AWS:111122223333, Federated:cognito-identity.amazonaws.com.
func principalText(p node) string {
	var all []string
	for _, kind := range p.keys() {
		names := p.get(kind).texts()
		if s := p.get(kind).text(); s != "" {
			names = []string{s}
		}
		for _, name := range names {
			all = append(all, kind+":"+name)
		}
	}
	return strings.Join(all, ",")
}

// isAnalyzerFinding knows a finding as ListFindings and GetFinding answer it. Its timestamps, and the lack of a Region,
// are the API's; what tells it from others is that it names the owner of the resource.
func isAnalyzerFinding(object map[string]any) bool {
	return has(object, "id", "status", "resource", "resourceType", "resourceOwnerAccount")
}

// wrapAnalyzer puts the envelope round a finding of IAM Access Analyzer that came without. The API does not tell the
// analyzer's Region: it is the resource's, where that has one.
func wrapAnalyzer(finding node) (parry.Event, error) {
	detailType := analyzerExternal
	switch kind := finding.get("findingType").text(); {
	case kind == "InternalAccess":
		detailType = analyzerInternal
	case strings.HasPrefix(kind, "Unused"):
		detailType = analyzerUnused
	}
	own, _ := parseARN(finding.get("resource").text())
	return wrap(map[string]any{
		"source": accessAnalyzer, "detail-type": detailType, "resources": []any{}, "detail": finding.v,
		"account": finding.get("resourceOwnerAccount").text(), "region": own.region,
	}, finding.get("updatedAt").text(), finding.get("createdAt").text())
}
