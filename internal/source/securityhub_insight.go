package source

import (
	"strings"

	"parry"
)

// decodeInsight reads the results of an insight that a person sent with a custom action. They are values with numbers and
// no findings: no account, no state, often not even an ARN. So it is told, and nothing is acted on. Source: "EventBridge
// event formats for Security Hub CSPM", Security Hub User Guide: Security Hub Insight Results.
func decodeInsight(e parry.Event, d node) ([]parry.Finding, error) {
	id, err := d.get("insightArn").need()
	if err != nil {
		return nil, err
	}
	f := start(parry.ClassDetection, activityCreate)
	f.Metadata.UID = e.ID
	f.Metadata.Product = parry.Product{Name: "Security Hub", VendorName: "AWS", Feature: id}
	f.StatusID, f.Status = parry.StatusNew, statusName(parry.StatusNew)
	f.Severity = severityName(f.SeverityID)
	f.Info = parry.FindingInfo{
		UID: id + "/" + e.ID, Title: d.get("insightName").text(), Desc: d.get("actionDescription").text(), Types: []string{hubInsight},
	}
	if !e.Time.IsZero() {
		f.Time = e.Time.UnixMilli()
	}
	note(&f, "action_name", d.get("actionName").text())
	note(&f, "result_type", d.get("resultType").text())
	insightPlace(&f, e, id)

	var values []string
	for _, r := range d.get("insightResults").items() {
		for _, value := range r.keys() {
			values = append(values, value)
			if a, ok := parseARN(value); ok && parry.IsAccount(a.account) {
				f.Resources = append(f.Resources, parry.Resource{UID: value, Type: d.get("resultType").text(), Region: a.region})
			}
		}
	}
	note(&f, "results", strings.Join(values, ", "))
	var g gather
	g.unclear("an insight names resource ids without account or state (here %d of the kind %q), so nothing is acted on: send its findings with the custom action instead",
		len(values), cut(d.get("resultType").text()))
	f.Unresolved = g.unresolved
	return []parry.Finding{f}, nil
}

// insightPlace is the account whose insight it is: by the insight's ARN, or for an insight of AWS's own by that of the
// custom action. It stays empty where neither says so.
func insightPlace(f *parry.Finding, e parry.Event, insight string) {
	for _, s := range append([]string{insight}, e.Resources...) {
		if a, ok := parseARN(s); ok && a.service == "securityhub" && parry.IsAccount(a.account) {
			f.Cloud.Account.UID, f.Cloud.Region, f.Cloud.Partition = a.account, a.region, a.partition
			return
		}
	}
}
