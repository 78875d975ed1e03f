package source

import (
	"fmt"
	"strings"

	"parry"
)

// decodeConfig reads a change of compliance that AWS Config tells. It tells only changes: there is no event for a
// resource that stays as it is. Sources: "Monitoring AWS Config with Amazon EventBridge" and "Example compliance change
// notification", AWS Config Developer Guide.
func decodeConfig(e parry.Event, d node) ([]parry.Finding, error) {
	if kind := d.get("messageType").text(); kind != complianceChange {
		return nil, parry.Errorf(parry.Invalid, "%s is %q: only a %s is about the compliance of a resource",
			d.get("messageType").path, cut(kind), complianceChange)
	}
	result := d.get("newEvaluationResult")
	verdict := result.get("complianceType").text()
	f := start(parry.ClassCompliance, configActivity(verdict, d.get("oldEvaluationResult").there()))
	f.Metadata.UID = e.ID
	f.StatusID = configStatus(verdict)
	f.Status = statusName(f.StatusID)
	f.Severity = severityName(f.SeverityID)
	rule, err := configFacts(&f, d)
	if err != nil {
		return nil, err
	}
	f.Metadata.Product = parry.Product{Name: "Config", VendorName: "AWS", Feature: f.Compliance.Control}
	f.Quiet = configQuiet(verdict, rule)
	note(&f, "compliance_type", verdict)
	note(&f, "previous_compliance_type", d.get("oldEvaluationResult", "complianceType").text())

	typ, id := configResource(d)
	f.Info.UID = d.get("configRuleARN").text() + "|" + typ.text() + "|" + id.text()
	f.Info.Title = fmt.Sprintf("%s: %s %s is %s", cut(f.Compliance.Control), cut(typ.text()), cut(id.text()),
		oneOf(cut(verdict), "not evaluated any more"))
	f.Info.Desc = result.get("annotation").text()
	f.Resources = []parry.Resource{{UID: id.text(), Type: typ.text(), Region: f.Cloud.Region}}
	f.Targets, f.Unresolved = configTargets(&f, d, rule)
	return []parry.Finding{f}, nil
}

// configFacts reads what a change must have, and its times. It gives the rule's ARN in its parts.
func configFacts(f *parry.Finding, d node) (arn, error) {
	var none arn
	account, err := d.get("awsAccountId").need()
	if err != nil {
		return none, err
	}
	if !parry.IsAccount(account) {
		return none, badAccount(d.get("awsAccountId").path, account)
	}
	name, err := d.get("configRuleName").need()
	if err != nil {
		return none, err
	}
	own, err := d.get("configRuleARN").need()
	if err != nil {
		return none, err
	}
	rule, ok := parseARN(own)
	if !ok || rule.service != "config" {
		return none, parry.Errorf(parry.Invalid, "%s is %q, which is no ARN of a rule", d.get("configRuleARN").path, cut(own))
	}
	region, err := d.get("awsRegion").need()
	if err != nil {
		return none, err
	}
	if in := parry.PartitionOf(region); in != "" && in != rule.partition {
		return none, parry.Errorf(parry.Invalid, "%s is %s, which is not in the rule's partition %s", d.get("awsRegion").path, region, rule.partition)
	}
	typ, id := configResource(d)
	for _, n := range []node{typ, id} {
		if _, err := n.need(); err != nil {
			return none, err
		}
	}
	f.Cloud.Account.UID, f.Cloud.Region, f.Cloud.Partition = account, region, rule.partition
	f.Compliance = configCompliance(name, d.get("newEvaluationResult", "complianceType").text())
	recorded := millis(oneOf(d.get("newEvaluationResult", "resultRecordedTime").text(), d.get("notificationCreationTime").text()))
	f.Time = recorded
	f.Info = parry.FindingInfo{Types: []string{name}, ModifiedTime: recorded, FirstSeenTime: recorded, LastSeenTime: recorded}
	return rule, nil
}

// configResource is the resource's type and id: at the top, or where an older form has them.
func configResource(d node) (typ, id node) {
	typ, id = d.get("resourceType"), d.get("resourceId")
	if at := qualifier(d); !typ.there() && at.get("resourceType").there() {
		typ = at.get("resourceType")
	}
	if at := qualifier(d); !id.there() && at.get("resourceId").there() {
		id = at.get("resourceId")
	}
	return typ, id
}

func qualifier(d node) node {
	return d.get("newEvaluationResult", "evaluationResultIdentifier", "evaluationResultQualifier")
}

// configActivity tells the first evaluation, which nothing comes before, from a change and from the end of the trouble.
func configActivity(verdict string, before bool) int {
	switch {
	case verdict != "NON_COMPLIANT":
		return activityClose
	case !before:
		return activityCreate
	}
	return activityUpdate
}

func configStatus(verdict string) int {
	switch verdict {
	case "NON_COMPLIANT":
		return parry.StatusNew
	case "COMPLIANT":
		return parry.StatusResolved
	}
	return parry.StatusUnknown
}

// configCompliance is the verdict in OCSF's words.
func configCompliance(rule, verdict string) *parry.Compliance {
	c := &parry.Compliance{Control: rule, Status: "Unknown"}
	switch verdict {
	case "NON_COMPLIANT":
		c.Status, c.StatusID = "Fail", 3
	case "COMPLIANT":
		c.Status, c.StatusID = "Pass", 1
	}
	return c
}

// configQuiet says why a change asks for nothing. Security Hub's controls are evaluated by rules of Config that it puts
// there itself: what those say comes as a finding of Security Hub, too. Source: "Security Hub CSPM controls and AWS
// Config rules": service-linked rules.
func configQuiet(verdict string, rule arn) string {
	switch verdict {
	case "NON_COMPLIANT":
	case "COMPLIANT":
		return "the resource is compliant"
	case "NOT_APPLICABLE":
		return "the rule does not apply to the resource any more, or the resource was deleted (NOT_APPLICABLE)"
	case "INSUFFICIENT_DATA":
		return "the rule could not be evaluated (INSUFFICIENT_DATA)"
	case "":
		return "there is no evaluation any more: the resource or the rule was deleted"
	default:
		return fmt.Sprintf("its compliance type is %q, which is not known", cut(verdict))
	}
	if strings.HasPrefix(rule.resource, "config-rule/aws-service-rule/securityhub.amazonaws.com/") {
		return "Security Hub evaluates this with a Config rule of its own and reports it as a finding"
	}
	return ""
}

// configTargets makes a target of the resource, if Config's id is one that the service's API takes.
func configTargets(f *parry.Finding, d node, rule arn) ([]parry.Target, []string) {
	in := scope{f.Cloud.Account.UID, f.Cloud.Region, f.Cloud.Partition}
	typ, id := configResource(d)
	at := qualifier(d)
	_, sameType := agreed(typ.text(), at.get("resourceType").text())
	_, sameID := agreed(id.text(), at.get("resourceId").text())
	var g gather
	switch r := find(in, typ.text(), id.text()); {
	case !sameType || !sameID:
		g.unclear("%s and %s name two resources: %q and %q", id.path, at.path, cut(id.text()), cut(at.get("resourceId").text()))
	case rule.account != in.account:
		g.unclear("%s is in account %q, though the change is in %s", d.get("configRuleARN").path, cut(rule.account), in.account)
	case isConfigID(typ.text(), id.text()):
		g.unclear("%s %q: this is the id that Config keeps it under, and has to be resolved to a name (config:BatchGetResourceConfig)",
			cut(typ.text()), cut(id.text()))
	default:
		g.take(r, "")
		if len(g.targets) == 1 {
			f.Resources[0].Name = g.targets[0].ID
			f.Resources[0].Region = g.targets[0].Region
		}
	}
	return g.targets, g.unresolved
}

// isConfigID knows the ids under which Config keeps resources that their services call by a name: IAM's unique ids, and
// those of databases. A user can be named like an id, a database cannot: its name is in lower case. Sources: "IAM
// identifiers", IAM User Guide; DbiResourceId and DbClusterResourceId in the Amazon RDS API Reference.
func isConfigID(typ, id string) bool {
	if _, isARN := parseARN(id); isARN {
		return false
	}
	switch typ {
	case "AWS::RDS::DBInstance":
		return isResourceID(id, "db-")
	case "AWS::RDS::DBCluster":
		return isResourceID(id, "cluster-")
	case "AWS::IAM::User", "AWS::IAM::Role", "AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::InstanceProfile":
		for _, prefix := range []string{"AIDA", "AROA", "AGPA", "ANPA", "AIPA"} {
			if strings.HasPrefix(id, prefix) {
				return true
			}
		}
	}
	return false
}

func isResourceID(id, prefix string) bool {
	rest, ok := strings.CutPrefix(id, prefix)
	return ok && len(rest) >= 16 && only(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
}

// wrapConfig puts the envelope round a change of compliance that came without: Config also sends it to a topic of SNS.
func wrapConfig(change node) (parry.Event, error) {
	return wrap(map[string]any{
		"source": awsConfig, "detail-type": configChange, "resources": []any{}, "detail": change.v,
		"account": change.get("awsAccountId").text(), "region": change.get("awsRegion").text(),
	}, change.get("notificationCreationTime").text(), change.get("newEvaluationResult", "resultRecordedTime").text())
}
