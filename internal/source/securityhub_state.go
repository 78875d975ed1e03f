package source

import (
	"fmt"
	"strings"

	"parry"
)

// ourMark is the name under which Parry writes to findings: Note.UpdatedBy, and a key in UserDefinedFields.
const ourMark = "parry"

// hubQuiet says why a finding asks for nothing; empty where it asks for something. Every update of a finding comes as
// an event, our own too, and the time of the last update does not change with it; so what counts is the state that
// the finding is in. Source: "How Security Hub CSPM uses EventBridge", Security Hub User Guide.
//
// A custom action is a person's order: that someone was notified, or that Parry has written to the finding, does not
// stand against it. A finding that is closed does.
func hubQuiet(n node, ordered bool) string {
	for _, reason := range []string{
		sampleQuiet(n), recordQuiet(n.get("RecordState").text()), complianceQuiet(n.get("Compliance", "Status").text()),
		guardDutyArchived(n), ownQuiet(n, ordered), workflowQuiet(workflow(n), ordered),
	} {
		if reason != "" {
			return reason
		}
	}
	return ""
}

func recordQuiet(state string) string {
	switch state {
	case "", "ACTIVE":
		return ""
	case "ARCHIVED":
		return "archived in Security Hub"
	}
	return fmt.Sprintf("its record state is %q, which is not known", cut(state))
}

func complianceQuiet(status string) string {
	switch status {
	case "", "FAILED":
		return ""
	case "PASSED":
		return "the control passed"
	case "WARNING":
		return "the control could not be decided (WARNING)"
	case "NOT_AVAILABLE":
		return "the control could not be evaluated (NOT_AVAILABLE)"
	}
	return fmt.Sprintf("its compliance status is %q, which is not known", cut(status))
}

func workflowQuiet(status string, ordered bool) string {
	switch status {
	case "", "NEW":
		return ""
	case "NOTIFIED", "ASSIGNED", "IN_PROGRESS":
		if ordered {
			return ""
		}
		return "already notified"
	case "SUPPRESSED", "DEFERRED":
		return "suppressed in Security Hub"
	case "RESOLVED":
		return "resolved in Security Hub"
	}
	return fmt.Sprintf("its workflow status is %q, which is not known", cut(status))
}

// ownQuiet knows the echo of our own update. Our mark stays on the finding, and we never make one new: one that is new again was made
// so after us, by a person, or by Security Hub as the control failed again. Source: WorkflowUpdate, Security Hub API Reference.
func ownQuiet(n node, ordered bool) string {
	mine := n.get("Note", "UpdatedBy").text() == ourMark || n.get("UserDefinedFields", ourMark).there()
	if mine && !ordered && workflow(n) != "NEW" {
		return "an update that Parry made itself"
	}
	return ""
}

// guardDutyArchived knows a finding that is archived in GuardDuty and still active in Security Hub.
func guardDutyArchived(n node) string {
	if !isProduct(n, "guardduty") {
		return ""
	}
	product := hubProduct(n)
	if product.get("aws/guardduty/service/archived").flag() || product.get("archived").flag() {
		return "archived in GuardDuty"
	}
	return ""
}

func sampleQuiet(n node) string {
	if hubSample(n) {
		return "sample finding"
	}
	return ""
}

// hubSample knows samples by any of the marks that they carry.
func hubSample(n node) bool {
	sample := n.get("Sample").flag() || isSampleTitle(n.get("Title").text())
	product := hubProduct(n)
	for _, k := range product.keys() {
		switch v := product.get(k); {
		case k == "sample", k == "aws/securityhub/sample",
			strings.HasSuffix(k, "additionalInfo/sample"), strings.HasSuffix(k, "additionalInfo.sample"):
			sample = sample || v.flag()
		case strings.HasSuffix(k, "additionalInfo"), strings.HasSuffix(k, "additionalInfo/value"):
			sample = sample || sampleInside(v.text())
		}
	}
	return sample
}

// hubCompliance reads a control's verdict; nil for a finding that is not about one.
func hubCompliance(n node) *parry.Compliance {
	status := n.get("Compliance", "Status").text()
	control := n.get("Compliance", "SecurityControlId").text()
	if status == "" && control == "" {
		return nil
	}
	c := &parry.Compliance{Status: "Unknown", Control: control}
	if control == "" {
		c.Control = controlOf(n.get("GeneratorId").text())
	}
	switch status {
	case "PASSED":
		c.Status, c.StatusID = "Pass", 1
	case "WARNING":
		c.Status, c.StatusID = "Warning", 2
	case "FAILED":
		c.Status, c.StatusID = "Fail", 3
	}
	for _, s := range n.get("Compliance", "AssociatedStandards").items() {
		if id := s.get("StandardsId").text(); id != "" {
			c.Standards = append(c.Standards, id)
		}
	}
	if standard := standardOf(n.get("GeneratorId").text()); len(c.Standards) == 0 && standard != "" {
		c.Standards = []string{standard}
	}
	return c
}

// controlOf reads a control's id out of a generator's. Source: "Impact of consolidation on ASFF fields and values",
// Security Hub User Guide. The CIS benchmark has numbers of its own, which differ between its versions: they stay
// numbers of CIS ("CIS.4.1"), and the version stands among the standards.
func controlOf(generator string) string {
	if id, ok := strings.CutPrefix(generator, "security-control/"); ok {
		return id
	}
	standard := standardOf(generator)
	if standard == "" {
		return ""
	}
	_, rest, _ := strings.Cut(generator, standard+"/")
	id := strings.TrimPrefix(rest, "rule/")
	if strings.HasPrefix(standard, "cis-") && id != "" {
		return "CIS." + id
	}
	return id
}

// standardOf reads a standard with its version out of a generator's id: "pci-dss/v/3.2.1".
func standardOf(generator string) string {
	_, after, isRuleset := strings.Cut(generator, ":ruleset/")
	if !isRuleset {
		after = generator
	}
	p := strings.Split(after, "/")
	if len(p) < 4 || p[1] != "v" {
		return ""
	}
	return strings.Join(p[:3], "/")
}
