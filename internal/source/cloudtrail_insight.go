package source

import (
	"fmt"
	"strings"

	"parry"
)

// insight reads an unusual rate of calls or of errors. It counts calls and names who made most of them; that does not
// make them the guilty. Its start and its end are two records with one id. Source: "CloudTrail record contents for
// Insights events", AWS CloudTrail User Guide.
func insight(f *parry.Finding, d node) error {
	details := d.get("insightDetails")
	kind, err := details.get("insightType").need()
	if err != nil {
		return err
	}
	source, name, state := details.get("eventSource").text(), details.get("eventName").text(), details.get("state").text()
	if shared := d.get("sharedEventID").text(); shared != "" {
		f.Info.UID = shared
	}
	f.Info.Types = []string{kind, callName(source, name)}
	f.Info.Title = fmt.Sprintf("unusual: %s of %s", cut(kind), cut(callName(source, name)))
	f.StatusID = parry.StatusNew
	if state == "End" {
		f.StatusID, f.Quiet = parry.StatusResolved, "the unusual activity is over"
	}
	f.Status = statusName(f.StatusID)
	statistics := details.get("insightContext", "statistics")
	note(f, "event_name", name)
	note(f, "event_source", source)
	note(f, "error_code", details.get("errorCode").text())
	note(f, "insight_state", state)
	note(f, "baseline_average", statistics.get("baseline", "average").plain())
	note(f, "insight_average", statistics.get("insight", "average").plain())
	var who []string
	for _, a := range details.get("insightContext", "attributions").items() {
		if a.get("attribute").text() == "userIdentityArn" {
			for _, v := range a.get("insight").items() {
				who = append(who, v.get("value").text())
			}
		}
	}
	note(f, "callers", strings.Join(who, ","))
	f.Unresolved = []string{fmt.Sprintf("an insight counts the calls of %s, and does not say what they changed", cut(callName(source, name)))}
	for _, w := range who {
		f.Unresolved = append(f.Unresolved, fmt.Sprintf("%q made many of the calls, which does not make it the cause", cut(w)))
	}
	return nil
}

func insightActivity(d node) int {
	if d.get("insightDetails", "state").text() == "End" {
		return activityClose
	}
	return activityCreate
}
