package source

import (
	"errors"
	"strconv"
	"strings"
	"unicode"

	"parry"
)

// Values of OCSF's activity_id for findings.
const (
	activityCreate = 1
	activityUpdate = 2
	activityClose  = 3
	// activitySuppressed is one of data security findings only.
	activitySuppressed = 4
)

// ErrNoFinding is in the error for an event that nothing is wrong with, but that is of no kind that Decode reads.
var ErrNoFinding = errors.New("not a finding that Parry reads yet")

// Decode reads the findings out of an event. Events of Security Hub may hold several: where one of them cannot be
// read, the others are given along with the error.
func Decode(e parry.Event) ([]parry.Finding, error) {
	found, err := decode(e)
	if err != nil && e.Place != "" {
		err = parry.Errorf(parry.Invalid, "%s: %w", e.Place, err)
	}
	return found, err
}

func decode(e parry.Event) ([]parry.Finding, error) {
	read := decoder(e.Source, e.DetailType)
	detail, err := parse("detail", e.Detail)
	switch {
	case err != nil:
		return nil, err
	case read != nil:
		return read(e, detail)
	case holdsOCSF(detail):
		return decodeOCSF(e, detail)
	}
	return nil, parry.Errorf(parry.Invalid, "%w: %s %s", ErrNoFinding, cut(e.Source), cut(e.DetailType))
}

// decoder is what reads the findings of one kind of event; nil for an event that is no finding.
func decoder(source, detailType string) func(parry.Event, node) ([]parry.Finding, error) {
	switch source + "/" + detailType {
	case guardDuty + "/" + guardDutyFinding:
		return decodeGuardDuty
	case securityHub + "/" + hubImported, securityHub + "/" + hubCustomAction:
		return decodeHub
	case awsConfig + "/" + configChange:
		return decodeConfig
	case accessAnalyzer + "/" + analyzerExternal, accessAnalyzer + "/" + analyzerInternal, accessAnalyzer + "/" + analyzerUnused:
		return decodeAnalyzer
	case securityHub + "/" + hubV2Imported:
		return decodeOCSF
	case securityHub + "/" + hubInsight:
		return decodeInsight
	case inspector + "/" + inspectorFinding:
		return decodeInspector
	case macie + "/" + macieFinding:
		return decodeMacie
	}
	if strings.HasPrefix(source, "aws.") && isTrailType(detailType) { // only AWS can put events of a source aws.*
		return decodeTrail
	}
	return nil
}

// decodeEach reads the findings of a list. Where one of them cannot be read, the others are given along with the error.
// The event's id is that of a finding which has none of its own.
func decodeEach(e parry.Event, list []node, read func(node) (parry.Finding, error)) ([]parry.Finding, error) {
	var found []parry.Finding
	var errs []error
	for _, n := range list {
		f, err := read(n)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		f.Metadata.UID = oneOf(f.Metadata.UID, e.ID)
		found = append(found, f)
	}
	if len(errs) > 0 {
		return found, parry.Errorf(parry.Invalid, "%w", errors.Join(errs...))
	}
	return found, nil
}

// start is what every finding has in common.
func start(class, activity int) parry.Finding {
	return parry.Finding{
		ActivityID:  activity,
		CategoryUID: 2, // Findings
		ClassUID:    class,
		TypeUID:     int64(class*100 + activity),
		Metadata:    parry.Metadata{Version: parry.OCSFVersion},
		Cloud:       parry.Cloud{Provider: "AWS"},
		Unmapped:    map[string]string{},
	}
}

// activity tells a new finding from an update of one.
func activity(closed bool, created, updated string) int {
	switch {
	case closed:
		return activityClose
	case created != "" && created == updated:
		return activityCreate
	}
	return activityUpdate
}

// severityName is OCSF's word for a severity_id.
func severityName(id int) string {
	names := [...]string{"Unknown", "Informational", "Low", "Medium", "High", "Critical"}
	return names[id]
}

// statusName is OCSF's word for the status_id of a finding.
func statusName(id int) string {
	names := [...]string{"Unknown", "New", "In Progress", "Suppressed", "Resolved", "Archived", "Deleted"}
	return names[id]
}

// note keeps a text for which OCSF has no place, if there is one.
func note(f *parry.Finding, key, value string) {
	if value != "" {
		f.Unmapped[key] = value
	}
}

// badAccount is the error for an account id that is none. It is never mended: with a wrong account something else
// would be acted on.
func badAccount(path, id string) error {
	return parry.Errorf(parry.Invalid, "%s is %s: an AWS account has 12 digits", path, strconv.Quote(cut(id)))
}

// cut makes a stranger's text fit for a message: short, and without what could change how the message is seen.
func cut(s string) string {
	r := []rune(strings.ToValidUTF8(s, "\uFFFD"))
	for i := range r {
		if unprintable(r[i]) {
			r[i] = unicode.ReplacementChar
		}
	}
	if len(r) > 100 {
		return string(r[:100]) + "..."
	}
	return string(r)
}

// percent reads a score from 0 to 100; 0 where there is none that makes sense.
func percent(n node) int {
	if p := n.count(); p <= 100 {
		return p
	}
	return 0
}

// weakness names a vulnerability by its id: a CVE, a CWE, or an advisory of another catalogue.
func weakness(id string) parry.Vulnerability {
	switch {
	case id == "":
		return parry.Vulnerability{}
	case strings.HasPrefix(id, "CVE-"):
		return parry.Vulnerability{CVE: &parry.CVE{UID: id}}
	case strings.HasPrefix(id, "CWE-"):
		return parry.Vulnerability{CWE: &parry.CWE{UID: id}}
	}
	return parry.Vulnerability{Advisory: &parry.Advisory{UID: id}}
}

// advice reads what the source advises; nil where it advises nothing. The references are one or a list.
func advice(n node, text, references string) *parry.Remediation {
	r := parry.Remediation{Desc: n.get(text).text(), References: n.get(references).texts()}
	if one := n.get(references).text(); one != "" {
		r.References = []string{one}
	}
	if r.Desc == "" && len(r.References) == 0 {
		return nil
	}
	return &r
}
