package source

import (
	"fmt"
	"slices"
	"strings"

	"parry"
)

// ocsfStatus is where the work on a finding stands, in the ids of its own class: an incident has others, and what came
// as a Security Finding has state_id.
func ocsfStatus(n node, class int) (int, string) {
	id, said := n.get("status_id"), n.get("status").text()
	if class == classSecurity {
		id, said = n.get("state_id"), n.get("state").text()
	}
	names := statusNames(class)
	if i := id.count(); i < len(names) {
		if !id.there() {
			i = max(slices.IndexFunc(names, func(s string) bool { return strings.EqualFold(s, said) }), 0)
		}
		return i, names[i]
	}
	return 99, oneOf(said, "Other")
}

// statusNames are the captions of status_id. Source: ocsf-schema 1.8, finding and incident_finding.
func statusNames(class int) []string {
	if class == parry.ClassIncident {
		return []string{"Unknown", "New", "In Progress", "On Hold", "Resolved", "Closed"}
	}
	return []string{"Unknown", "New", "In Progress", "Suppressed", "Resolved", "Archived", "Deleted"}
}

// ocsfSeverity is the severity as it stands now, else as the vendor gave it. A fatal one is the highest that there is
// here; the source's own word is kept in unmapped.
func ocsfSeverity(n node) int {
	words := []string{"unknown", "informational", "low", "medium", "high", "critical", "fatal"}
	for _, of := range []node{n, n.get("vendor_attributes")} {
		id := of.get("severity_id")
		if i := id.count(); i > 0 && i < len(words) {
			return min(i, parry.SeverityCritical)
		}
		if i := slices.Index(words, strings.ToLower(of.get("severity").text())); i > 0 && !id.there() {
			return min(i, parry.SeverityCritical)
		}
	}
	return parry.SeverityUnknown
}

// ocsfCompliance reads a control's verdict; nil for a finding that is not about one.
func ocsfCompliance(n node) *parry.Compliance {
	c := n.get("compliance")
	if !c.there() {
		return nil
	}
	v := &parry.Compliance{Control: c.get("control").text(), Standards: c.get("standards").texts(), Status: "Unknown"}
	names := []string{"Unknown", "Pass", "Warning", "Fail"}
	id, said := c.get("status_id"), c.get("status").text()
	i := id.count()
	if !id.there() {
		i = max(slices.IndexFunc(names, func(s string) bool { return strings.EqualFold(s, said) }), 0)
	}
	if i < len(names) {
		v.StatusID, v.Status = i, names[i]
	} else {
		v.StatusID, v.Status = 99, oneOf(said, "Other")
	}
	return v
}

// ocsfQuiet says why a finding asks for nothing; empty where it asks for something. As with ASFF, every update comes as an
// event, our own too, and neither time nor modified_time changes with it: so what counts is the state that it is in.
// Source: BatchUpdateFindingsV2, Security Hub API Reference.
func ocsfQuiet(n node, f parry.Finding) string {
	for _, reason := range []string{
		ocsfSampleQuiet(f), ocsfActivityQuiet(n), ocsfComplianceQuiet(n, f), ocsfCheckQuiet(n.get("status_code").text()),
		ocsfOwnQuiet(n.get("comment").text(), f.StatusID), ocsfStatusQuiet(f.Status), ocsfStatusQuiet(ocsfSaid(n)),
	} {
		if reason != "" {
			return reason
		}
	}
	return ""
}

func ocsfSampleQuiet(f parry.Finding) string {
	if isSampleTitle(f.Info.Title) {
		return "sample finding"
	}
	return ""
}

func ocsfActivityQuiet(n node) string {
	class, _ := ocsfClass(n)
	switch id := n.get("activity_id").count(); {
	case id == activityClose, strings.EqualFold(n.get("activity_name").text(), "Close"):
		return "closed at its source (activity Close)"
	case id == activitySuppressed && class == parry.ClassDataSecurity:
		return "suppressed at its source (activity Suppressed)"
	}
	return ""
}

// ocsfComplianceQuiet looks at both spellings of a verdict: one that did not fail is enough to stay quiet.
func ocsfComplianceQuiet(n node, f parry.Finding) string {
	if f.Compliance == nil || !n.get("compliance", "status_id").there() && !n.get("compliance", "status").there() {
		return ""
	}
	for _, status := range []string{f.Compliance.Status, n.get("compliance", "status").text()} {
		switch strings.ToLower(status) {
		case "", "fail":
		case "pass":
			return "the control passed"
		case "warning":
			return "the control could not be decided (Warning)"
		case "unknown":
			return "the control could not be evaluated (Unknown)"
		default:
			return fmt.Sprintf("its compliance status is %q, which is not known", cut(status))
		}
	}
	return ""
}

// ocsfCheckQuiet knows a check's verdict where it stands in status_code, as Prowler has it.
func ocsfCheckQuiet(code string) string {
	switch strings.ToUpper(code) {
	case "PASS", "PASSED":
		return "the check passed (status code " + cut(code) + ")"
	case "MANUAL":
		return "the check has to be made by a person (status code " + cut(code) + ")"
	}
	return ""
}

// ocsfOwnQuiet knows the echo of our own update: BatchUpdateFindingsV2 leaves nothing behind but the comment. As with ASFF, a
// finding that is new again was made so after us.
func ocsfOwnQuiet(comment string, status int) string {
	if strings.HasPrefix(comment, ourMark+":") && status != parry.StatusNew {
		return "an update that Parry made itself"
	}
	return ""
}

// ocsfSaid is the status in the source's words. In a Security Finding that field says how an event ended.
func ocsfSaid(n node) string {
	if class, _ := ocsfClass(n); class == classSecurity {
		return n.get("state").text()
	}
	return n.get("status").text()
}

func ocsfStatusQuiet(status string) string {
	switch strings.ToLower(status) {
	case "", "unknown", "new":
		return ""
	case "in progress":
		return "somebody works on it already (In Progress)"
	case "on hold":
		return "on hold at its source"
	case "suppressed":
		return "suppressed at its source"
	case "resolved":
		return "resolved at its source"
	case "archived":
		return "archived at its source"
	case "deleted":
		return "deleted at its source"
	case "closed":
		return "closed at its source"
	}
	return fmt.Sprintf("its status is %q, which is not known", cut(status))
}
