package hub

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"parry"
)

// schemaVersion is ASFF's one version. Source: "Required top-level ASFF attributes", Security Hub User Guide.
const schemaVersion = "2018-10-08"

// ASFF tells a finding in the AWS Security Finding Format, within all of its limits: what is too long is cut, what is too much is
// left out and named in the field "parry/left-out". The finding's own account and Region are where it belongs; an error of
// kind Invalid says that these are not known. The rule is the one that asked for it, if any; now is used for a finding that has no time.
//
// Severity, types and confidence stand in FindingProviderFields only: the same members at the top are the customer's to change.
// Note, UserDefinedFields, VerificationState and Workflow are, too, and are not given.
// Sources: "AWS Security Finding Format (ASFF)" and "BatchImportFindings for finding providers", Security Hub User Guide; the
// members follow ocsf/examples, "mappings/markdown/AWS/v1.1.0/Security Hub", read from OCSF to ASFF.
func ASFF(f parry.Finding, rule string, now time.Time) (types.AwsSecurityFinding, error) {
	out, _, err := asff(f, rule, now)
	return out, err
}

// asff gives the size of the finding, too.
func asff(f parry.Finding, rule string, now time.Time) (types.AwsSecurityFinding, int, error) {
	p, err := placeOf(f)
	if err != nil {
		return types.AwsSecurityFinding{}, 0, err
	}
	title := cut(oneOf(f.Info.Title, f.Type(), "untitled"), maxTitle)
	created, updated := times(f, now)
	out := types.AwsSecurityFinding{
		SchemaVersion:         aws.String(schemaVersion),
		Id:                    aws.String(parry.PublishedPrefix + f.Key()), // Key keeps it within maxID
		ProductArn:            aws.String(p.ProductARN()),
		ProductName:           text(f.Metadata.Product.Name, maxProductName),
		CompanyName:           text(f.Metadata.Product.VendorName, maxProductName),
		GeneratorId:           aws.String(cut("parry/"+oneOf(rule, f.Metadata.Product.Name, "finding"), maxGenerator)),
		AwsAccountId:          aws.String(p.Account),
		Region:                aws.String(p.Region),
		CreatedAt:             aws.String(stamp(created)),
		UpdatedAt:             aws.String(stamp(updated)),
		FirstObservedAt:       observed(f.Info.FirstSeenTime),
		LastObservedAt:        observed(f.Info.LastSeenTime),
		Title:                 aws.String(title),
		Description:           aws.String(cut(oneOf(f.Info.Desc, title), maxDescription)),
		FindingProviderFields: &types.FindingProviderFields{Severity: severity(f), Types: findingTypes(f)},
		ProductFields:         fields(f, rule),
		Compliance:            compliance(f.Compliance),
		Remediation:           remediation(f.Remediation),
		Vulnerabilities:       weaknesses(f.Vulnerabilities),
		RecordState:           types.RecordStateActive,
	}
	if f.Quiet != "" {
		out.RecordState = types.RecordStateArchived
	}
	if f.Confidence > 0 && f.Confidence <= 100 {
		out.FindingProviderFields.Confidence = aws.Int32(int32(f.Confidence))
	}
	var left int
	if out.Resources, left = resources(f, p); left > 0 {
		leftOut(out.ProductFields, fmt.Sprintf("%d resources", left))
	}
	size, err := fit(&out)
	return out, size, err
}

// times are when the finding was made and last changed. Security Hub takes an update only where UpdatedAt is later than what it
// has, so it is the latest time that the finding tells; the same finding again has the same, and changes nothing.
func times(f parry.Finding, now time.Time) (created, updated int64) {
	for _, t := range []int64{f.Info.CreatedTime, f.Info.FirstSeenTime, f.Time, f.Info.ModifiedTime, f.Info.LastSeenTime, now.UnixMilli()} {
		if inRange(t) && created == 0 {
			created = t
		}
	}
	updated = created
	for _, t := range []int64{f.Time, f.Info.ModifiedTime, f.Info.LastSeenTime} {
		if inRange(t) {
			updated = max(updated, t)
		}
	}
	return created, updated
}

// inRange says whether a time can be written with a year of four digits; 0 is no time.
func inRange(ms int64) bool { return ms > 0 && ms < 253402300800000 }

// stamp writes a time as Security Hub takes it. Source: "Timestamps", Security Hub API Reference.
func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }

// observed is a time that may be missing.
func observed(ms int64) *string {
	if !inRange(ms) {
		return nil
	}
	return aws.String(stamp(ms))
}

// severity is the label, without which a finding is not valid, and the source's own word for it. ASFF has no label for a severity
// that nobody said: such a finding is MEDIUM while it asks for something, as it was not said to be harmless.
func severity(f parry.Finding) *types.FindingProviderSeverity {
	label := types.SeverityLabelMedium
	switch {
	case f.SeverityID == parry.SeverityInformational:
		label = types.SeverityLabelInformational
	case f.SeverityID == parry.SeverityLow:
		label = types.SeverityLabelLow
	case f.SeverityID == parry.SeverityMedium:
	case f.SeverityID == parry.SeverityHigh:
		label = types.SeverityLabelHigh
	case f.SeverityID == parry.SeverityCritical, f.SeverityID == parry.SeverityCritical+1: // OCSF's Fatal
		label = types.SeverityLabelCritical
	case f.Quiet != "":
		label = types.SeverityLabelInformational
	}
	return &types.FindingProviderSeverity{Label: label, Original: text(oneOf(f.Unmapped["severity"], f.Severity), maxOriginal)}
}

// compliance is the verdict alone. The members beside it are Security Hub's own for the controls that it runs itself.
func compliance(c *parry.Compliance) *types.Compliance {
	if c == nil {
		return nil
	}
	status := types.ComplianceStatusNotAvailable
	switch c.StatusID {
	case 1:
		status = types.ComplianceStatusPassed
	case 2:
		status = types.ComplianceStatusWarning
	case 3:
		status = types.ComplianceStatusFailed
	}
	return &types.Compliance{Status: status}
}

// remediation is the source's advice. Only an address of the web becomes a link that people can follow.
func remediation(r *parry.Remediation) *types.Remediation {
	if r == nil {
		return nil
	}
	advice := &types.Recommendation{Text: text(r.Desc, maxAdvice)}
	if links := webLinks(r.References); len(links) > 0 {
		advice.Url = aws.String(links[0])
	}
	if advice.Text == nil && advice.Url == nil {
		return nil
	}
	return &types.Remediation{Recommendation: advice}
}

// weaknesses are the vulnerabilities that have an id or a title.
func weaknesses(all []parry.Vulnerability) []types.Vulnerability {
	var out []types.Vulnerability
	for _, v := range all {
		id := v.Title
		if v.CVE != nil {
			id = oneOf(v.CVE.UID, v.Title)
		}
		w := types.Vulnerability{Id: text(id, maxID), ReferenceUrls: webLinks(v.References)}
		if w.Id == nil {
			continue
		}
		if v.FixAvailable {
			w.FixAvailable = types.VulnerabilityFixAvailableYes
		}
		out = append(out, w)
	}
	return out
}

// webLinks are the addresses of the web among texts that a stranger wrote.
func webLinks(texts []string) []string {
	var all []string
	for _, s := range texts {
		u, err := url.Parse(s)
		if err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(s) <= maxURL && strings.ToValidUTF8(s, "") == s {
			all = append(all, s)
		}
	}
	return all
}
