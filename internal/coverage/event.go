package coverage

import (
	"bytes"
	_ "embed"
	"maps"
	"strings"

	"parry"
	"parry/internal/source"
)

// Road is the way by which a finding comes.
type Road string

// The roads of GuardDuty's findings. Controls have the last two.
const (
	Direct Road = "GuardDuty"
	ASFF   Road = "Security Hub CSPM"
	OCSF   Road = "Security Hub"
)

// severityOf reads a severity of the list. One that depends on the case is taken as medium; an instance that attacks has a high one.
func (t FindingType) severityOf(k Kind) (number float64, label string, id int) {
	word := strings.TrimSuffix(t.Severity, "*")
	if k == InstanceAttacking && word == "Low" {
		word = "High" // "Low if your instance is the target, High if it is the actor", GuardDuty User Guide
	}
	switch word {
	case "Low":
		return 2, "LOW", parry.SeverityLow
	case "High":
		return 8, "HIGH", parry.SeverityHigh
	case "Critical":
		return 9.5, "CRITICAL", parry.SeverityCritical
	}
	return 5, "MEDIUM", parry.SeverityMedium
}

// Event is a live finding of a type about something of a kind, as the road brings it; nil for a kind that is not known.
func (t FindingType) Event(k Kind, road Road) []byte {
	f, known := k.form()
	if !known {
		return nil
	}
	if strings.HasSuffix(t.Name, "!DNS") { // what was asked for is a name, and nothing was connected to
		f.service["action"] = object{"actionType": "DNS_REQUEST", "dnsRequestAction": object{"domain": "evil-c2.biz"}}
	}
	if strings.HasSuffix(t.Name, "/CloudTrailLoggingDisabled") { // the trail stands beside the key that was used
		f.service["action"] = object{"actionType": "AWS_API_CALL", "awsApiCallAction": object{
			"api": "StopLogging", "affectedResources": object{"AWS::CloudTrail::Trail": arn("cloudtrail", "trail/all")}}}
	}
	number, label, id := t.severityOf(k)
	own := arn("guardduty", "detector/0f1e2d3c/finding/c0ffee")
	switch road {
	case ASFF:
		return hubEvent("Security Hub Findings - Imported", object{
			"SchemaVersion": "2018-10-08", "Id": own, "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/guardduty", "ProductName": "GuardDuty",
			"CompanyName": "Amazon", "GeneratorId": arn("guardduty", "detector/0f1e2d3c"), "AwsAccountId": account, "Region": region, "Types": list{t.asASFF()},
			"CreatedAt": earlier, "UpdatedAt": when, "FirstObservedAt": earlier, "LastObservedAt": when, "Title": "A finding", "Description": "A finding.",
			"Severity": object{"Label": label, "Normalized": int(number * 10), "Product": number}, "Resources": f.asff, "ProductFields": productFields(f.service),
			"RecordState": "ACTIVE", "Workflow": object{"Status": "NEW"}, "WorkflowState": "NEW",
		})
	case OCSF:
		return hubEvent("Findings Imported V2", object{
			"activity_id": 1, "activity_name": "Create", "category_uid": 2, "class_uid": parry.ClassDetection, "class_name": "Detection Finding", "type_uid": 200401,
			"cloud":        object{"provider": "AWS", "region": region, "cloud_partition": "aws", "account": object{"uid": account}},
			"finding_info": object{"uid": own, "title": "A finding", "types": list{"Threats", t.Name}, "created_time": 1772355600000, "modified_time": 1772359200000},
			"metadata":     object{"version": "1.6.0", "uid": "m-1", "product": object{"name": "GuardDuty", "uid": "arn:aws:securityhub:us-east-1::productv2/aws/guardduty", "vendor_name": "AWS"}},
			"severity":     label[:1] + strings.ToLower(label[1:]), "severity_id": id, "status": "New", "status_id": parry.StatusNew, "time": 1772359200000, "resources": f.ocsf,
		})
	}
	service := object{"serviceName": "guardduty", "detectorId": "0f1e2d3c", "archived": false, "count": 1, "eventFirstSeen": earlier, "eventLastSeen": when}
	maps.Copy(service, f.service)
	return envelope("aws.guardduty", "GuardDuty Finding", object{
		"schemaVersion": "2.0", "accountId": account, "region": region, "partition": "aws", "id": "c0ffee", "arn": own, "type": t.Name, "severity": number,
		"createdAt": earlier, "updatedAt": when, "title": "A finding", "description": "A finding.", "resource": f.duty, "service": service,
	})
}

// asASFF is the type as Security Hub CSPM spells it: a namespace, and the type with a hyphen for its slash. Source: "Interpreting
// GuardDuty finding names in Security Hub CSPM", GuardDuty User Guide.
func (t FindingType) asASFF() string {
	purpose, _, _ := strings.Cut(t.Name, ":")
	space, ok := map[string]string{
		"Backdoor": "TTPs/Command and Control", "CryptoCurrency": "Effects/Resource Consumption", "Trojan": "TTPs/Trojan", "Recon": "TTPs/Discovery",
		"Stealth": "TTPs/Defense Evasion", "Behavior": "Unusual Behaviors/VM", "Policy": "TTPs/Policy", "Exfiltration": "Effects/Data Exfiltration",
	}[purpose]
	if !ok {
		space = "TTPs/" + purpose
	}
	return space + "/" + strings.ReplaceAll(t.Name, "/", "-")
}

// productFields are the fields of a service, each under its path.
func productFields(service object) object {
	all := object{"aws/guardduty/service/archived": "false", "aws/guardduty/service/count": "1"}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case object:
			for k, inner := range v {
				walk(path+"/"+k, inner)
			}
		case string:
			all[path] = v
		}
	}
	walk("aws/guardduty/service", service)
	return all
}

//go:embed resources.tsv
var resourceTable string

// hubResource is a resource of a type as ASFF has it; for a type that is not in the table one that names nothing.
func hubResource(cfn string) (asff, id string, err error) {
	asff, id = "Other", "other"
	err = table("resources.tsv", resourceTable, 3, func(f []string) {
		if f[0] == cfn {
			asff, id = f[1], strings.ReplaceAll(f[2], "{in}", region+":"+account)
		}
	})
	return asff, id, err
}

// Event is a failed control as the road brings it: ASFF with consolidated control findings, or OCSF.
func (c Control) Event(road Road) ([]byte, error) {
	asff, id, err := hubResource(c.Resource)
	if err != nil {
		return nil, err
	}
	own := arn("securityhub", "security-control/"+c.ID+"/finding/c0ffee")
	if road == OCSF {
		return hubEvent("Findings Imported V2", object{
			"activity_id": 1, "category_uid": 2, "class_uid": parry.ClassCompliance, "class_name": "Compliance Finding", "type_uid": 200301,
			"cloud":        object{"provider": "AWS", "region": region, "cloud_partition": "aws", "account": object{"uid": account}},
			"compliance":   object{"control": c.ID, "status": "Fail", "status_id": 3, "standards": list{"standards/aws-foundational-security-best-practices/v/1.0.0"}},
			"finding_info": object{"uid": own, "title": "A control", "types": list{"Posture Management"}, "created_time": 1772355600000, "modified_time": 1772359200000},
			"metadata":     object{"version": "1.6.0", "uid": "m-1", "product": object{"name": "Security Hub", "uid": "arn:aws:securityhub:us-east-1::productv2/aws/securityhub", "vendor_name": "AWS"}},
			"resources":    list{object{"type": c.Resource, "uid": id, "uid_alt": id, "region": region, "owner": object{"account": object{"uid": account}}}},
			"severity":     "High", "severity_id": parry.SeverityHigh, "status": "New", "status_id": parry.StatusNew, "time": 1772359200000,
		}), nil
	}
	return hubEvent("Security Hub Findings - Imported", c.asff(own, "security-control/"+c.ID, asff, id, object{"Status": "FAILED", "SecurityControlId": c.ID})), nil
}

// EventOf is a failed control where control findings are not consolidated: only the generator of the standard names it.
func (c Control) EventOf(generator string) ([]byte, error) {
	asff, id, err := hubResource(c.Resource)
	if err != nil {
		return nil, err
	}
	own := arn("securityhub", "subscription/"+generator+"/finding/c0ffee")
	return hubEvent("Security Hub Findings - Imported", c.asff(own, generator, asff, id, object{"Status": "FAILED"})), nil
}

func (c Control) asff(own, generator, typ, id string, compliance object) object {
	return object{
		"SchemaVersion": "2018-10-08", "Id": own, "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/securityhub", "ProductName": "Security Hub",
		"CompanyName": "AWS", "GeneratorId": generator, "AwsAccountId": account, "Region": region, "Types": list{"Software and Configuration Checks/Industry and Regulatory Standards"},
		"CreatedAt": earlier, "UpdatedAt": when, "FirstObservedAt": earlier, "LastObservedAt": when, "Title": "A control", "Description": "A control.",
		"Severity": object{"Label": "HIGH", "Normalized": 70}, "Compliance": compliance, "RecordState": "ACTIVE", "Workflow": object{"Status": "NEW"}, "WorkflowState": "NEW",
		"Resources": list{object{"Type": typ, "Id": id, "Partition": "aws", "Region": region}}, "ProductFields": object{},
	}
}

func hubEvent(detailType string, finding object) []byte {
	return envelope("aws.securityhub", detailType, object{"findings": list{finding}})
}

// envelope is what EventBridge puts round it.
func envelope(from, detailType string, detail object) []byte {
	return text(object{"version": "0", "id": "00000000-0000-4000-8000-000000000001", "detail-type": detailType, "source": from, "account": account,
		"time": when, "region": region, "resources": list{}, "detail": detail})
}

// read takes an event the way that all events go.
func read(b []byte) (parry.Event, parry.Finding, error) {
	items, err := source.Read("a made-up event", bytes.NewReader(b))
	if err != nil {
		return parry.Event{}, parry.Finding{}, err
	}
	if len(items) != 1 || items[0].Err != nil {
		return parry.Event{}, parry.Finding{}, parry.Errorf(parry.Fault, "a made-up event is not one event: %v", items)
	}
	found, err := source.Decode(items[0].Event)
	if err == nil && len(found) != 1 {
		err = parry.Errorf(parry.Fault, "a made-up event has %d findings", len(found))
	}
	if err != nil {
		return items[0].Event, parry.Finding{}, err
	}
	return items[0].Event, found[0], nil
}
