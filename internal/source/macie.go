package source

import (
	"strings"

	"parry"
)

// decodeMacie reads a finding of Macie: of sensitive data in an object, or of a bucket's policy. Sources: "Amazon
// EventBridge event schema for Macie findings", Amazon Macie User Guide; Finding in the Amazon Macie API Reference.
func decodeMacie(e parry.Event, d node) ([]parry.Finding, error) {
	archived := d.get("archived").flag()
	class := parry.ClassDetection
	if isSensitiveData(d) {
		class = parry.ClassDataSecurity
	}
	f := start(class, activity(archived, d.get("createdAt").plain(), d.get("updatedAt").plain()))
	f.Metadata.UID = e.ID
	f.Metadata.Product = parry.Product{Name: "Macie", VendorName: "AWS", Feature: d.get("category").text()}
	f.StatusID = parry.StatusNew
	if archived {
		f.StatusID = parry.StatusArchived
	}
	f.Status = statusName(f.StatusID)
	f.Quiet = macieQuiet(d)
	if err := macieFacts(&f, d); err != nil {
		return nil, err
	}
	macieUnmapped(&f, d)
	macieResources(&f, d)
	return []parry.Finding{f}, nil
}

// isSensitiveData tells the two categories apart: CLASSIFICATION and POLICY.
func isSensitiveData(d node) bool {
	category := d.get("category").text()
	return category == "CLASSIFICATION" || category == "" && strings.HasPrefix(d.get("type").text(), "SensitiveData:")
}

// macieFacts reads what a finding must have, and its times.
func macieFacts(f *parry.Finding, d node) error {
	account, err := d.get("accountId").need()
	if err != nil {
		return err
	}
	if !parry.IsAccount(account) && !macieSample(d) {
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
	region, err := d.get("region").need()
	if err != nil {
		return err
	}
	f.Cloud.Account.UID, f.Cloud.Region = account, region
	f.Cloud.Partition = oneOf(d.get("partition").text(), parry.PartitionOf(region))
	f.SeverityID = macieSeverity(d.get("severity"))
	f.Severity = severityName(f.SeverityID)
	f.Count = d.get("count").count()
	call := d.get("policyDetails", "action", "apiCallDetails")
	f.Info = parry.FindingInfo{
		UID: id, Title: d.get("title").text(), Desc: d.get("description").text(), Types: []string{typ},
		CreatedTime: clock(d.get("createdAt")), ModifiedTime: clock(d.get("updatedAt")),
		FirstSeenTime: clock(call.get("firstSeen")), LastSeenTime: clock(call.get("lastSeen")),
	}
	f.Time = f.Info.ModifiedTime
	return nil
}

// macieSeverity maps Macie's score. Source: "Severity scoring for Macie findings": 1 Low, 2 Medium, 3 High.
func macieSeverity(n node) int {
	switch n.get("score").count() {
	case 1:
		return parry.SeverityLow
	case 2:
		return parry.SeverityMedium
	case 3:
		return parry.SeverityHigh
	}
	return parry.SeverityUnknown
}

// macieQuiet says why a finding asks for nothing. Those that a suppression rule archives send no events.
func macieQuiet(d node) string {
	switch {
	case d.get("archived").flag():
		return "archived in Macie"
	case macieSample(d):
		return "sample finding"
	}
	return ""
}

func macieSample(d node) bool { return d.get("sample").flag() || isSampleTitle(d.get("title").text()) }

// macieUnmapped keeps what rules ask for and OCSF has no place for. The address is that of who changed the policy, who
// need not be an enemy: it is not kept as the other side's.
func macieUnmapped(f *parry.Finding, d node) {
	bucket, policy := d.get("resourcesAffected", "s3Bucket"), d.get("policyDetails")
	note(f, "category", d.get("category").text())
	note(f, "public_access", bucket.get("publicAccess", "effectivePermission").text())
	note(f, "shared_access", bucket.get("sharedAccess").text())
	note(f, "object", oneOf(d.get("resourcesAffected", "s3Object", "path").text(), d.get("resourcesAffected", "s3Object", "key").text()))
	note(f, "action", policy.get("action", "actionType").text())
	note(f, "api", policy.get("action", "apiCallDetails", "api").text())
	note(f, "actor_type", policy.get("actor", "userIdentity", "type").text())
	note(f, "actor_ip", policy.get("actor", "ipAddressDetails", "ipAddressV4").text())
}

// macieResources makes a target of the bucket. An object of it is named in the finding, and is none.
func macieResources(f *parry.Finding, d node) {
	in := scope{f.Cloud.Account.UID, f.Cloud.Region, f.Cloud.Partition}
	var g gather
	g.buckets(in, d.get("resourcesAffected", "s3Bucket"), "")
	for _, t := range g.targets {
		f.Resources = append(f.Resources, parry.Resource{
			UID: t.ARN, Type: t.Type, Name: t.ID, Region: t.Region, Tags: tagList(d.get("resourcesAffected", "s3Bucket", "tags")),
		})
	}
	f.Targets, f.Unresolved = g.targets, g.unresolved
}

// wrapMacie puts the envelope round a finding of Macie that came without.
func wrapMacie(finding node) (parry.Event, error) {
	return wrap(map[string]any{
		"source": macie, "detail-type": macieFinding, "resources": []any{}, "detail": finding.v,
		"account": finding.get("accountId").text(), "region": finding.get("region").text(),
	}, finding.get("updatedAt").text(), finding.get("createdAt").text())
}
