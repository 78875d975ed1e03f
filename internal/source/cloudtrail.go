package source

import (
	"crypto/sha256"
	"slices"
	"strings"

	"parry"
)

// isTrailType says whether a detail-type is one of CloudTrail's that are read here.
func isTrailType(detailType string) bool {
	return slices.Contains([]string{trailCall, trailSignIn, trailSignin, trailServiceEvent, trailInsight}, detailType)
}

// decodeTrail reads a record of CloudTrail: a call, a sign-in to the console, an event of a service, an insight. Sources:
// "CloudTrail record contents", "CloudTrail userIdentity element" and "AWS Management Console sign-in events", AWS
// CloudTrail User Guide. In OCSF they are API Activity, Authentication, and, for insights, a Detection Finding, as AWS's
// own mapping in ocsf/examples has it.
func decodeTrail(e parry.Event, d node) ([]parry.Finding, error) {
	var f parry.Finding
	switch e.DetailType {
	case trailInsight:
		f = start(parry.ClassDetection, insightActivity(d))
	case trailSignIn, trailSignin:
		f = startActivity(parry.ClassAuthentication, 3, signInActivity(d.get("eventName").text()))
	default:
		f = startActivity(parry.ClassAPIActivity, 6, callActivity(d.get("eventName").text(), d.get("readOnly").flag()))
	}
	f.Metadata.UID = e.ID
	f.Metadata.Product = parry.Product{Name: "CloudTrail", VendorName: "AWS"}
	if err := trailFacts(&f, d); err != nil {
		return nil, err
	}
	if e.DetailType == trailInsight {
		if err := insight(&f, d); err != nil {
			return nil, err
		}
		return []parry.Finding{f}, nil
	}
	if err := callFacts(&f, d); err != nil {
		return nil, err
	}
	signIn := f.ClassUID == parry.ClassAuthentication
	trailOutcome(&f, d, signIn)
	in := scope{f.Cloud.Account.UID, f.Cloud.Region, f.Cloud.Partition}
	var g gather
	if !signIn {
		g.changed(in, d)
	}
	g.caller(in, d, signIn)
	if len(g.targets)+len(g.unresolved) == 0 {
		g.unclear("%s changes no resource that can be acted on", cut(f.Type()))
	}
	f.Targets, f.Unresolved, f.Resources = g.targets, g.unresolved, trailResources(g.targets, d)
	return []parry.Finding{f}, nil
}

// startActivity is start for what is no finding in OCSF, but an activity. AWS's mapping gives those the severity
// Informational.
func startActivity(class, category, activity int) parry.Finding {
	f := start(class, activity)
	f.CategoryUID = category
	f.SeverityID = parry.SeverityInformational
	return f
}

// trailFacts reads what every record must have: id, account, Region, time. The account is the one in whose trail the
// record stands, which for a call from another account is the resource's.
func trailFacts(f *parry.Finding, d node) error {
	field := d.get("recipientAccountId")
	if !field.there() {
		field = d.get("userIdentity", "accountId")
	}
	account, err := field.need()
	if err != nil {
		return err
	}
	if !parry.IsAccount(account) {
		return badAccount(field.path, account)
	}
	if f.Info.UID, err = d.get("eventID").need(); err != nil {
		return err
	}
	if f.Cloud.Region, err = d.get("awsRegion").need(); err != nil {
		return err
	}
	who, _ := parseARN(d.get("userIdentity", "arn").text())
	f.Cloud.Account.UID = account
	f.Cloud.Partition = oneOf(parry.PartitionOf(f.Cloud.Region), who.partition)
	f.Severity = severityName(f.SeverityID)
	f.Time = millis(d.get("eventTime").text())
	f.Info.CreatedTime, f.Info.FirstSeenTime, f.Info.LastSeenTime = f.Time, f.Time, f.Time
	note(f, "event_type", d.get("eventType").text())
	note(f, "event_category", d.get("eventCategory").text())
	return nil
}

// callFacts reads the call and who made it.
func callFacts(f *parry.Finding, d node) error {
	source, err := d.get("eventSource").need()
	if err != nil {
		return err
	}
	name, err := d.get("eventName").need()
	if err != nil {
		return err
	}
	f.Info.Types = []string{servicePrefix(source) + ":" + name}
	if plain := callName(source, name); plain != f.Info.Types[0] {
		f.Info.Types = append(f.Info.Types, plain)
	}
	f.Info.Title = callTitle(d)
	f.Info.Desc = d.get("errorMessage").text()
	f.API = &parry.API{Operation: name, Service: &parry.APIService{Name: source}}
	if id := d.get("requestID").text(); id != "" {
		f.API.Request = &parry.APIRequest{UID: id}
	}
	if code := d.get("errorCode").text(); code != "" {
		f.API.Response = &parry.APIResponse{Error: code, Message: d.get("errorMessage").text()}
	}
	f.Actor = initiator(d)
	if from := d.get("sourceIPAddress").text(); isAddress(from) {
		f.Src = &parry.Endpoint{IP: from}
	} else if from != "" {
		f.Src = &parry.Endpoint{Domain: from}
	}
	note(f, "event_name", name)
	note(f, "event_source", source)
	note(f, "read_only", d.get("readOnly").plain())
	note(f, "user_agent", d.get("userAgent").text())
	note(f, "error_code", d.get("errorCode").text())
	note(f, "mfa_used", mfaText(d))
	note(f, "source_identity", d.get("userIdentity", "sessionContext", "sourceIdentity").text())
	return nil
}

// callTitle is the call in a line: CreateAccessKey by arn:aws:iam::111122223333:user/alice from 203.0.113.1.
func callTitle(d node) string {
	u := d.get("userIdentity")
	title := cut(d.get("eventName").text())
	if who := oneOf(u.get("arn").text(), u.get("userName").text(), u.get("invokedBy").text(), u.get("type").text()); who != "" {
		title += " by " + cut(who)
	}
	if from := d.get("sourceIPAddress").text(); from != "" {
		title += " from " + cut(from)
	}
	return title
}

// trailOutcome tells how the call ended. A call that failed changed nothing, and asks for nothing; a sign-in that failed
// is what someone tried.
func trailOutcome(f *parry.Finding, d node, signIn bool) {
	code := d.get("errorCode").text()
	f.StatusID, f.Status = parry.StatusSuccess, "Success"
	if code != "" || signIn && strings.EqualFold(d.get("responseElements", d.get("eventName").text()).text(), "Failure") {
		f.StatusID, f.Status = parry.StatusFailure, "Failure"
	}
	if code != "" && !signIn {
		f.Quiet = "the call failed: " + cut(code)
	}
}

// servicePrefix is the service's name in IAM's actions and in the event's source: iam of iam.amazonaws.com.
func servicePrefix(eventSource string) string {
	prefix, _, _ := strings.Cut(eventSource, ".")
	return prefix
}

// callName is the call as IAM names its action. Lambda's events carry the version of its API: AddPermission20150331v2.
func callName(eventSource, eventName string) string {
	if eventSource == "lambda.amazonaws.com" {
		if i := strings.Index(eventName, "20"); i > 0 && only(eventName[i:], "0123456789v") && len(eventName) >= i+8 {
			eventName = eventName[:i]
		}
	}
	return servicePrefix(eventSource) + ":" + eventName
}

// callActivity is OCSF's activity_id for a call, by its verb.
func callActivity(name string, readOnly bool) int {
	for _, v := range []struct {
		activity int
		verbs    string
	}{
		{1, "Create Run Allocate Import Register"},
		{2, "Get List Describe Lookup Head BatchGet Search Select Check Query Scan"},
		{3, "Update Modify Put Set Attach Detach Add Remove Authorize Revoke Associate Disassociate Enable Disable Start Stop " +
			"Change Replace Reset Tag Untag Schedule"},
		{4, "Delete Terminate Deregister"},
	} {
		for _, verb := range strings.Fields(v.verbs) {
			if rest, ok := strings.CutPrefix(name, verb); ok && (rest == "" || rest[0] < 'a' || rest[0] > 'z') {
				return v.activity
			}
		}
	}
	if readOnly {
		return 2
	}
	return 99
}

// signInActivity is OCSF's activity_id for what happens at the console's door.
func signInActivity(name string) int {
	switch name {
	case "ConsoleLogin", "SwitchRole":
		return 1 // Logon
	case "Logout", "ExitRole":
		return 2 // Logoff
	}
	return 99
}

// trailResources tells the targets in OCSF's form, and what else the record lists.
func trailResources(targets []parry.Target, d node) []parry.Resource {
	all := asResources(targets)
	for _, r := range d.get("resources").items() {
		uid := r.get("ARN").text()
		if uid != "" && !slices.ContainsFunc(all, func(has parry.Resource) bool { return has.UID == uid }) {
			own, _ := parseARN(uid)
			all = append(all, parry.Resource{UID: uid, Type: r.get("type").text(), Region: own.region})
		}
	}
	return all
}

// isTrailRecord knows a record of CloudTrail. Notifications of S3 and DynamoDB have the same fields, and "aws:s3" in
// eventSource. An insight has its call among its details.
func isTrailRecord(root node) bool {
	object, _ := root.v.(map[string]any)
	if !has(object, "eventVersion", "eventID") {
		return false
	}
	_, isInsight := object["insightDetails"].(map[string]any)
	return isInsight || has(object, "eventName") && strings.HasSuffix(root.get("eventSource").text(), ".amazonaws.com")
}

// trailRecord is what the envelope says of a record of CloudTrail.
type trailRecord struct{ eventSource, eventType, id, time, region, account string }

// wrapTrail puts the envelope round a record that came without, as in a trail's log files and in the answers of LookupEvents.
func wrapTrail(data []byte, record node) (parry.Event, error) {
	r := trailRecord{
		eventSource: record.get("eventSource").text(), eventType: record.get("eventType").text(), id: record.get("eventID").text(),
		time: record.get("eventTime").text(), region: record.get("awsRegion").text(),
		account: oneOf(record.get("recipientAccountId").text(), record.get("userIdentity", "accountId").text()),
	}
	source, detailType := r.kind()
	if record.get("insightDetails").there() {
		source, detailType = "aws.cloudtrail", trailInsight
	}
	if detailType == "" {
		return parry.Event{}, notEvent("it looks like a CloudTrail record of the type %q, which is not read yet", cut(r.eventType))
	}
	if _, ok := instant(r.time); !ok {
		r.time = ""
	}
	raw, _ := r.envelope(source, detailType, data)
	return event(raw)
}

// kind is the source and the detail-type of the event that EventBridge makes of a record; none for one that is not read yet.
// A record that is too old to say what it is is a call.
func (r trailRecord) kind() (source, detailType string) {
	source = "aws." + servicePrefix(r.eventSource)
	switch {
	case r.eventType == "" || r.eventType == "AwsApiCall":
		return source, trailCall
	case strings.EqualFold(r.eventType, "AwsConsoleSignIn"):
		return source, trailSignIn
	case r.eventType == "AwsServiceEvent":
		return source, trailServiceEvent
	}
	return source, ""
}

// envelope is the record in its envelope, in the order in which EventBridge writes them and with the record's own bytes; and
// the event's id. CloudTrail gives each record an id of its own ("CloudTrail record contents"), from which the event's is made:
// the same record is the same event, however it is written.
func (r trailRecord) envelope(source, detailType string, record []byte) (raw []byte, id string) {
	sum := sha256.New()
	for _, s := range []string{source, detailType, r.account, r.region, r.time, r.id} {
		sum.Write([]byte(s))
		sum.Write([]byte{0})
	}
	if r.id == "" {
		sum.Write(record)
	}
	id = formID(sum.Sum(nil))
	b := make([]byte, 0, len(record)+320)
	for _, f := range [...]struct{ name, text string }{
		{`{"version":`, "0"}, {`,"id":`, id}, {`,"detail-type":`, detailType}, {`,"source":`, source}, {`,"account":`, r.account}, {`,"time":`, r.time}, {`,"region":`, r.region},
	} {
		if f.name == `,"time":` && f.text == "" {
			continue
		}
		b = appendText(append(b, f.name...), f.text)
	}
	b = append(b, `,"resources":[],"detail":`...)
	b = append(b, record...)
	return append(b, '}'), id
}
