package cases

import (
	"bytes"
	"encoding/json"

	"parry/internal/strictyaml"
)

// controlEvent makes the event of a failed control of Security Hub of what "control.yaml" says, in ASFF with consolidated control findings:
//
//	control: KMS.4
//	type: AwsKmsKey                                  the resource's type, as ASFF has it
//	id: arn:aws:kms:us-east-1:${account}:key/${key}
//	region: us-east-1                                optional, as are "tags" and "details", which are the resource's
//	updated: ${now}                                  optional: when the control last failed, an hour ago where it is not said
//
// Cases that are about something else in the finding, or about another form of it, have an event.json.
func controlEvent(n *strictyaml.Node) (string, error) {
	if err := n.Only("control.yaml", "control", "type", "id", "region", "updated", "tags", "details"); err != nil {
		return "", err
	}
	text := map[string]string{"region": homeRegion, "updated": "${hourAgo}"}
	for _, key := range []string{"control", "type", "id", "region", "updated"} {
		s, err := n.Text(key)
		if err != nil {
			return "", err
		}
		if s != "" {
			text[key] = s
		}
		if text[key] == "" {
			return "", n.Errorf("control.yaml needs %q", key)
		}
	}
	type object = map[string]any
	resource := object{"Type": text["type"], "Id": text["id"], "Partition": "aws", "Region": text["region"]}
	if t := n.Get("tags"); t != nil {
		resource["Tags"] = t.Any()
	}
	if d := n.Get("details"); d != nil {
		resource["Details"] = object{text["type"]: d.Any()}
	}
	finding := object{
		"SchemaVersion": "2018-10-08", "Id": "arn:aws:securityhub:" + text["region"] + ":${account}:security-control/" + text["control"] + "/finding/0001",
		"ProductArn": "arn:aws:securityhub:" + text["region"] + "::product/aws/securityhub", "ProductName": "Security Hub", "CompanyName": "AWS",
		"GeneratorId": "security-control/" + text["control"], "AwsAccountId": "${account}", "Region": text["region"],
		"Types":     []any{"Software and Configuration Checks/Industry and Regulatory Standards"},
		"CreatedAt": "${hourAgo}", "UpdatedAt": text["updated"], "FirstObservedAt": "${hourAgo}", "LastObservedAt": text["updated"],
		"Severity": object{"Label": "MEDIUM", "Normalized": 40}, "Title": "A control failed", "Description": "A case.",
		"Compliance": object{"Status": "FAILED", "SecurityControlId": text["control"]},
		"Workflow":   object{"Status": "NEW"}, "RecordState": "ACTIVE", "Resources": []any{resource},
	}
	event := object{
		"version": "0", "id": "5b1c1a52-0000-4000-8000-000000000001", "detail-type": "Security Hub Findings - Imported", "source": "aws.securityhub",
		"account": "999999999999", "time": "${now}", "region": text["region"], "resources": []any{}, "detail": object{"findings": []any{finding}},
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(event)
	return b.String(), err
}
