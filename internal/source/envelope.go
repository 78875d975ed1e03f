package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"parry"
)

// The names of the events that carry findings. Sources: "Processing GuardDuty findings with Amazon EventBridge" in
// the GuardDuty User Guide; "EventBridge event formats for Security Hub CSPM" and "EventBridge event formats for Security
// Hub" in the Security Hub User Guide; "Amazon EventBridge event schema for Amazon Inspector events"; "Amazon EventBridge
// event schema for Macie findings".
const (
	guardDuty        = "aws.guardduty"
	guardDutyFinding = "GuardDuty Finding"
	securityHub      = "aws.securityhub"
	hubImported      = "Security Hub Findings - Imported"
	hubCustomAction  = "Security Hub Findings - Custom Action"
	hubV2Imported    = "Findings Imported V2"
	hubInsight       = "Security Hub Insight Results"
	inspector        = "aws.inspector2"
	inspectorFinding = "Inspector2 Finding"
	macie            = "aws.macie"
	macieFinding     = "Macie Finding"
)

// The same for Config, IAM Access Analyzer and CloudTrail, whose source is that of the service that was called. AWS spells
// the sign-in in two ways. Sources: "Monitoring AWS Config with Amazon EventBridge"; "Monitoring IAM Access Analyzer with
// Amazon EventBridge"; "AWS service events delivered via AWS CloudTrail", EventBridge User Guide.
const (
	awsConfig         = "aws.config"
	configChange      = "Config Rules Compliance Change"
	complianceChange  = "ComplianceChangeNotification" // its messageType
	accessAnalyzer    = "aws.access-analyzer"
	analyzerExternal  = "Access Analyzer Finding"
	analyzerInternal  = "Internal Access Finding"
	analyzerUnused    = "Unused Access Finding for IAM entities"
	trailCall         = "AWS API Call via CloudTrail"
	trailSignIn       = "AWS Console Sign In via CloudTrail"
	trailSignin       = "AWS Console Signin via CloudTrail"
	trailServiceEvent = "AWS Service Event via CloudTrail"
	trailInsight      = "AWS Insight via CloudTrail"
)

// accepted is the hint for what is no event.
const accepted = "accepted are EventBridge events; findings of GuardDuty, Security Hub (ASFF), Inspector, Macie, IAM Access Analyzer or in " +
	"OCSF as their APIs answer them; Config's changes of compliance, and CloudTrail records: one, an array, JSON lines, " +
	"{\"Findings\": [...]}, {\"Records\": [...]} or {\"Events\": [...]}"

// toEvent makes an event of one JSON value.
func toEvent(data []byte) (parry.Event, error) {
	return unwrap(data, 2) // an SNS message within an SQS message is the deepest that AWS makes
}

// unwrap looks for the event within the messages that carry it.
func unwrap(data []byte, more int) (parry.Event, error) {
	root, err := parse("the event", data)
	if err != nil {
		return parry.Event{}, err
	}
	object, ok := root.v.(map[string]any)
	if !ok {
		return parry.Event{}, notEvent("it is %s, not an object", kindOf(root.v))
	}
	if body := message(object); body != "" && more > 0 {
		return inner([]byte(body), more-1)
	}
	switch {
	case has(object, "source", "detail-type", "detail"):
		return envelope(data, object)
	case object["SchemaVersion"] == "2018-10-08":
		return wrapHub(root)
	case root.get("schemaVersion").text() == "2.0" && root.get("type").there() && root.get("accountId").there():
		return wrapGuardDuty(root)
	case object["messageType"] == complianceChange:
		return wrapConfig(root)
	case isTrailRecord(root):
		return wrapTrail(data, root)
	case isAnalyzerFinding(object):
		return wrapAnalyzer(root)
	case isOCSF(root):
		return wrapOCSF(root)
	case has(object, "findingArn", "awsAccountId"):
		return wrapInspector(root)
	case has(object, "resourcesAffected", "accountId", "type"):
		return wrapMacie(root)
	}
	return parry.Event{}, notEvent("it looks like %s", looksLike(object))
}

// message is the text that a record of SQS or SNS carries, or an SNS notification in an SQS body; or the record in an
// answer of CloudTrail's LookupEvents.
func message(object map[string]any) string {
	if sns, ok := object["Sns"].(map[string]any); ok {
		object = sns
	}
	if record, ok := object["CloudTrailEvent"].(string); ok {
		return record
	}
	s, _ := object["body"].(string)
	if object["Type"] == "Notification" {
		s, _ = object["Message"].(string)
	}
	return s
}

// inner reads an event out of a message's text, under the limits that hold for a file.
func inner(body []byte, more int) (parry.Event, error) {
	cut := newTextCutter(body)
	cut.skip()
	v, _ := cut.cut(false)
	if v.fault != "" {
		return parry.Event{}, parry.Errorf(parry.Invalid, "the message's text %s", v.fault)
	}
	if _, more := cut.skip(); more {
		return parry.Event{}, notEvent("the message's text is more than one JSON value")
	}
	return unwrap(v.bytes, more)
}

func has(object map[string]any, keys ...string) bool {
	for _, k := range keys {
		if _, ok := object[k]; !ok {
			return false
		}
	}
	return true
}

func notEvent(format string, args ...any) error {
	return parry.Errorf(parry.Invalid, "not an event: "+format, args...).WithHint("%s", accepted)
}

// looksLike says to a person what an object that is no event seems to be.
func looksLike(object map[string]any) string {
	switch {
	case has(object, "source", "detail") || has(object, "detail-type"):
		return "an EventBridge event without its " + missing(object, "source", "detail-type", "detail")
	case has(object, "Source", "DetailType", "Detail"):
		return "an entry for PutEvents, before it became an event"
	case strings.HasPrefix(node{v: object}.get("eventSource").text(), "aws:"):
		return "a notification of " + strings.TrimPrefix(cut(node{v: object}.get("eventSource").text()), "aws:") + ", which is no record of CloudTrail"
	case has(object, "eventSource", "eventName"):
		return "a CloudTrail record without its eventVersion"
	case has(object, "class_uid"):
		return "an event of OCSF, but no finding: these are of the classes 2001 to 2008"
	case has(object, "invokingEvent"):
		return "what AWS Config sends to a rule's function"
	case has(object, "detail"):
		return "an EventBridge event without its " + missing(object, "source", "detail-type")
	case len(object) == 0:
		return "an empty object"
	}
	keys := node{v: object}.keys()
	if len(keys) > 5 {
		keys = append(keys[:5:5], "...")
	}
	for i, k := range keys {
		keys[i] = fmt.Sprintf("%.40q", k)
	}
	return "an object with the fields " + strings.Join(keys, ", ")
}

func missing(object map[string]any, keys ...string) string {
	return strings.Join(slices.DeleteFunc(keys, func(k string) bool { return has(object, k) }), " and ")
}

// envelope reads an event as EventBridge delivers it. Its bytes stay as they are, but for a GuardDuty finding in the
// spelling of boto3: that one is turned into EventBridge's, so that the same rule matches it.
func envelope(data []byte, object map[string]any) (parry.Event, error) {
	detail, ok := object["detail"].(map[string]any)
	if !ok {
		return parry.Event{}, notEvent("its detail is %s, not an object", kindOf(object["detail"]))
	}
	if object["source"] == guardDuty && object["detail-type"] == guardDutyFinding && isPascal(detail) {
		camel, err := toCamel(detail, "detail")
		if err != nil {
			return parry.Event{}, err
		}
		object["detail"] = camel
		if data, err = compact(object); err != nil {
			return parry.Event{}, err
		}
	}
	return event(data)
}

// event reads an envelope field by field: encoding/json alone would also take "SOURCE" for source, which no rule does.
func event(data []byte) (parry.Event, error) {
	e := parry.Event{Raw: data}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return parry.Event{}, parry.Errorf(parry.Invalid, "the event is not JSON: %w", err)
	}
	for _, f := range []struct {
		name string
		to   any
	}{
		{"version", &e.Version}, {"id", &e.ID}, {"detail-type", &e.DetailType}, {"source", &e.Source},
		{"account", &e.Account}, {"time", &e.Time}, {"region", &e.Region}, {"resources", &e.Resources}, {"detail", &e.Detail},
	} {
		if value, ok := fields[f.name]; !ok {
			continue
		} else if err := json.Unmarshal(value, f.to); err != nil {
			return parry.Event{}, parry.Errorf(parry.Invalid, "the event's %s cannot be read: %w", f.name, err)
		}
	}
	return e, nil
}

// wrapGuardDuty puts the envelope round a finding of GuardDuty that came without.
func wrapGuardDuty(finding node) (parry.Event, error) {
	detail, _ := finding.v.(map[string]any)
	if isPascal(detail) {
		var err error
		if detail, err = toCamel(detail, "the finding"); err != nil {
			return parry.Event{}, err
		}
		finding.v = detail
	}
	return wrap(map[string]any{
		"source": guardDuty, "detail-type": guardDutyFinding, "resources": []any{}, "detail": detail,
		"account": finding.get("accountId").text(), "region": finding.get("region").text(),
	}, finding.get("updatedAt").text(), finding.get("createdAt").text())
}

// wrapHub puts the envelope round a finding of Security Hub that came without.
func wrapHub(finding node) (parry.Event, error) {
	return wrap(map[string]any{
		"source": securityHub, "detail-type": hubImported, "resources": []any{finding.get("Id").text()},
		"detail":  map[string]any{"findings": []any{finding.v}},
		"account": finding.get("AwsAccountId").text(), "region": finding.get("Region").text(),
	}, finding.get("UpdatedAt").text(), finding.get("CreatedAt").text())
}

// wrap finishes an envelope. Its id is made from its content, so that the same finding read twice is the same event;
// its time is the finding's own, since the clock would make it another event each time.
func wrap(envelope map[string]any, times ...string) (parry.Event, error) {
	envelope["version"] = "0"
	for _, t := range times {
		if _, ok := instant(t); ok {
			envelope["time"] = t
			break
		}
	}
	data, err := compact(envelope)
	if err != nil {
		return parry.Event{}, err
	}
	sum := sha256.Sum256(data)
	envelope["id"] = formID(sum[:])
	if data, err = compact(envelope); err != nil {
		return parry.Event{}, err
	}
	return event(data)
}

// compact writes JSON in one line, its text as it is and not made fit for HTML.
func compact(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("write event: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// formID writes the beginning of a hash in the form of EventBridge's ids.
func formID(sum []byte) string {
	const digits = "0123456789abcdef"
	b := make([]byte, 0, 36)
	for i, x := range sum[:16] {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = append(b, digits[x>>4], digits[x&15])
	}
	return string(b)
}

// appendText writes a text as a JSON string.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x80 || s[i] == '"' || s[i] == '\\' {
			quoted, _ := compact(s) // a string always becomes JSON
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
