package parry

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// OCSFVersion is the version of the Open Cybersecurity Schema Framework in whose words findings are told.
const OCSFVersion = "1.8.0"

// unknown stands for what a class requires and the source does not say, as OCSF asks for.
const unknown = "Unknown"

// OCSF is the finding as an event of its class, with everything that the schema requires and nothing that it does not
// have. What Parry knows and the class has no place for stands in unmapped. Sources: the classes and objects of
// ocsf-schema 1.8.0, with the profile "cloud" where the finding is about a cloud.
func (f Finding) OCSF() map[string]any {
	c := ocsfClassOf(f.ClassUID)
	o := f.ocsfBase(c)
	spare := map[string]any{}
	for name, v := range f.ocsfDetails(c) {
		switch {
		case isEmpty(v):
		case slices.Contains(c.has, name), name == "cloud", name == "api" && f.inCloud():
			o[name] = v
		default:
			spare[name] = v
		}
	}
	c.complete(o, f)
	for k, v := range f.Unmapped {
		if _, taken := spare[k]; !taken {
			spare[k] = v
		}
	}
	put(o, "unmapped", spare)
	return o
}

func (f Finding) inCloud() bool { return f.Cloud.Provider != "" }

// ocsfBase is what every class has.
func (f Finding) ocsfBase(c ocsfClass) map[string]any {
	activity, activityName := caption(f.ActivityID, "", c.activities)
	severity, severityName := caption(f.SeverityID, f.Severity, severityCaptions())
	status, statusName := caption(f.StatusID, f.Status, c.statuses)
	o := map[string]any{
		"activity_id": activity, "activity_name": activityName,
		"category_uid": c.category, "category_name": c.categoryName,
		"class_uid": c.uid, "class_name": c.name,
		"type_uid": int64(c.uid*100 + activity), "type_name": c.name + ": " + activityName,
		"severity_id": severity, "severity": severityName, "status_id": status, "status": statusName,
		"time": f.ocsfTime(), "metadata": f.ocsfMetadata(c),
	}
	put(o, "count", f.Count)
	return o
}

// ocsfTime is when it happened; the best that is known, since every class requires it.
func (f Finding) ocsfTime() int64 {
	for _, t := range []int64{f.Time, f.Info.ModifiedTime, f.Info.LastSeenTime, f.Info.CreatedTime, f.Info.FirstSeenTime} {
		if t != 0 {
			return t
		}
	}
	return 0
}

func (f Finding) ocsfMetadata(c ocsfClass) map[string]any {
	p := map[string]any{}
	put(p, "name", f.Metadata.Product.Name)
	put(p, "uid", f.Metadata.Product.UID)
	if len(p) == 0 {
		p["name"] = unknown
	}
	put(p, "vendor_name", f.Metadata.Product.VendorName)
	if f.Metadata.Product.Feature != "" {
		p["feature"] = map[string]any{"uid": f.Metadata.Product.Feature}
	}
	m := map[string]any{"version": OCSFVersion, "product": p}
	put(m, "uid", f.Metadata.UID)
	if !c.finding() {
		put(m, "uid", f.Info.UID)
	}
	if f.inCloud() {
		m["profiles"] = []any{"cloud"}
	}
	return m
}

// ocsfDetails are the attributes that a class may have or lack, by their names in OCSF.
func (f Finding) ocsfDetails(c ocsfClass) map[string]any {
	info := f.ocsfInfo()
	d := map[string]any{
		"comment": f.Comment, "resources": f.ocsfResources(), "compliance": f.Compliance.ocsf(),
		"vulnerabilities": f.ocsfVulnerabilities(), "remediation": f.Remediation.ocsf(),
		"api": f.API.ocsf(), "actor": f.Actor.ocsf(), "src_endpoint": f.Src.ocsf(),
	}
	if f.Confidence > 0 && f.Confidence <= 100 {
		d["confidence_score"] = f.Confidence
	}
	if f.inCloud() {
		d["cloud"] = f.Cloud.ocsf()
	}
	switch {
	case c.uid == ClassIncident:
		d["finding_info_list"] = []any{info}
	case c.finding():
		d["finding_info"] = info
	default: // a call: its id is the event's own, see ocsfMetadata
		d["message"] = f.Info.Title
		put(d, "desc", f.Info.Desc)
		put(d, "types", anys(f.Info.Types))
	}
	if slices.Contains(c.has, "evidences") {
		evidence := map[string]any{}
		put(evidence, "actor", d["actor"])
		put(evidence, "src_endpoint", d["src_endpoint"])
		if len(evidence) > 0 {
			d["evidences"] = []any{evidence}
		}
		delete(d, "actor")
		delete(d, "src_endpoint")
	}
	return d
}

func (f Finding) ocsfInfo() map[string]any {
	i := f.Info
	o := map[string]any{"uid": i.UID}
	put(o, "title", i.Title)
	put(o, "desc", i.Desc)
	put(o, "types", anys(i.Types))
	put(o, "created_time", i.CreatedTime)
	put(o, "modified_time", i.ModifiedTime)
	put(o, "first_seen_time", i.FirstSeenTime)
	put(o, "last_seen_time", i.LastSeenTime)
	return o
}

func (c Cloud) ocsf() map[string]any {
	o := map[string]any{"provider": c.Provider}
	if c.Account.UID != "" {
		o["account"] = c.Account.ocsf(c.Provider)
	}
	put(o, "region", c.Region)
	put(o, "cloud_partition", c.Partition)
	return o
}

func (a CloudAccount) ocsf(provider string) map[string]any {
	o := map[string]any{"uid": a.UID}
	if provider == "AWS" {
		o["type"], o["type_id"] = "AWS Account", 10
	}
	return o
}

func (f Finding) ocsfResources() []any {
	var all []any
	for _, r := range f.Resources {
		o := map[string]any{}
		put(o, "uid", r.UID)
		put(o, "name", r.Name)
		if len(o) == 0 {
			o["uid"] = unknown
		}
		put(o, "type", r.Type)
		if f.inCloud() {
			put(o, "region", r.Region)
		}
		switch r.Role {
		case "TARGET":
			o["role"], o["role_id"] = "Target", 1
		case "ACTOR":
			o["role"], o["role_id"] = "Actor", 2
		}
		var tags []any
		for _, t := range r.Tags {
			tags = append(tags, map[string]any{"name": t.Name, "value": t.Value})
		}
		put(o, "tags", tags)
		all = append(all, o)
	}
	return all
}

func (c *Compliance) ocsf() map[string]any {
	if c == nil {
		return nil
	}
	id, name := caption(c.StatusID, c.Status, []string{unknown, "Pass", "Warning", "Fail"})
	o := map[string]any{"status_id": id, "status": name}
	put(o, "control", c.Control)
	put(o, "standards", anys(c.Standards))
	return o
}

// ocsfVulnerabilities gives each vulnerability exactly one of a CVE, a CWE and an advisory, as the schema asks for. The
// class of vulnerabilities has no remediation of its own: each of them has.
func (f Finding) ocsfVulnerabilities() []any {
	var all []any
	for _, v := range f.Vulnerabilities {
		o := map[string]any{}
		switch {
		case v.CVE != nil:
			o["cve"] = map[string]any{"uid": v.CVE.UID}
		case v.CWE != nil:
			o["cwe"] = map[string]any{"uid": v.CWE.UID}
		case v.Advisory != nil:
			o["advisory"] = map[string]any{"uid": v.Advisory.UID}
		default:
			o["advisory"] = map[string]any{"uid": unknown}
		}
		put(o, "title", v.Title)
		put(o, "desc", v.Desc)
		put(o, "severity", v.Severity)
		put(o, "references", anys(v.References))
		if v.FixAvailable {
			o["is_fix_available"] = true
		}
		if f.ClassUID == ClassVulnerability {
			put(o, "remediation", f.Remediation.ocsf())
		}
		all = append(all, o)
	}
	return all
}

func (r *Remediation) ocsf() map[string]any {
	if r == nil {
		return nil
	}
	o := map[string]any{"desc": r.Desc}
	put(o, "references", anys(r.References))
	return o
}

func (a *API) ocsf() map[string]any {
	if a == nil {
		return nil
	}
	o := map[string]any{"operation": a.Operation}
	if a.Service != nil && a.Service.Name != "" {
		o["service"] = map[string]any{"name": a.Service.Name}
	}
	if a.Request != nil && a.Request.UID != "" {
		o["request"] = map[string]any{"uid": a.Request.UID}
	}
	if a.Response != nil {
		r := map[string]any{}
		put(r, "error", a.Response.Error)
		put(r, "error_message", a.Response.Message)
		put(o, "response", r)
	}
	return o
}

func (a *Initiator) ocsf() map[string]any {
	if a == nil {
		return nil
	}
	o := map[string]any{}
	put(o, "user", a.User.ocsf())
	put(o, "session", a.Session.ocsf())
	put(o, "invoked_by", a.InvokedBy)
	return o
}

// ocsf tells a user. CloudTrail's type is none of OCSF's, so it stands as it is beside "other".
func (u *User) ocsf() map[string]any {
	if u == nil {
		return nil
	}
	o := map[string]any{}
	put(o, "name", u.Name)
	put(o, "uid", u.UID)
	if u.Account != nil && u.Account.UID != "" {
		o["account"] = u.Account.ocsf("AWS")
	}
	if len(o) == 0 {
		o["name"] = unknown
	}
	put(o, "uid_alt", u.UIDAlt)
	put(o, "credential_uid", u.Credential)
	if u.Type != "" {
		o["type"], o["type_id"] = u.Type, 99
	}
	return o
}

func (s *LoginSession) ocsf() map[string]any {
	if s == nil {
		return nil
	}
	o := map[string]any{"is_mfa": s.MFA}
	put(o, "uid", s.UID)
	put(o, "issuer", s.Issuer)
	put(o, "created_time", s.CreatedTime)
	return o
}

// ocsf tells an endpoint. What stands in the place of an address and is none is its domain.
func (e *Endpoint) ocsf() map[string]any {
	if e == nil {
		return nil
	}
	o := map[string]any{}
	put(o, "domain", e.Domain)
	if _, err := netip.ParseAddr(e.IP); err == nil {
		o["ip"] = e.IP
	} else if e.Domain == "" {
		put(o, "domain", e.IP)
	}
	return o
}

// caption is an id with its name in the schema. An id that the schema does not have is "other", beside the source's word.
func caption(id int, said string, names []string) (int, string) {
	if id >= 0 && id < len(names) {
		return id, names[id]
	}
	if said == "" {
		said = "Other"
	}
	return 99, said
}

// put sets a value, unless there is none.
func put(o map[string]any, name string, v any) {
	if !isEmpty(v) {
		o[name] = v
	}
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case int:
		return v == 0
	case int64:
		return v == 0
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

func anys(texts []string) []any {
	all := make([]any, len(texts))
	for i, t := range texts {
		all[i] = t
	}
	return all
}

// complete adds what a class requires and the finding does not say.
func (c ocsfClass) complete(o map[string]any, f Finding) {
	need := func(name string, v any) {
		if _, ok := o[name]; !ok {
			o[name] = v
		}
	}
	nobody := map[string]any{"name": unknown, "type": unknown, "type_id": 0}
	switch c.uid {
	case ClassVulnerability:
		need("vulnerabilities", []any{map[string]any{"advisory": map[string]any{"uid": f.Type()}}})
	case ClassCompliance:
		need("compliance", (&Compliance{}).ocsf())
	case ClassIncident:
		if who := f.Unmapped["assignee"]; who != "" {
			need("assignee", map[string]any{"name": who})
			return
		}
		need("assignee_group", map[string]any{"name": unknown})
	case ClassAppSecurity:
		if !slices.ContainsFunc([]string{"compliance", "remediation", "vulnerabilities"}, func(n string) bool { return o[n] != nil }) {
			o["application"] = map[string]any{"name": orUnknown(f.Unmapped["application"])}
		}
	case ClassIAMAnalysis:
		c.completeAccess(o, f)
	case ClassAPIActivity:
		need("api", map[string]any{"operation": unknown})
		need("actor", map[string]any{"user": nobody})
		need("src_endpoint", map[string]any{"name": unknown})
	case ClassAuthentication:
		c.completeLogon(o, f, nobody)
	}
}

// completeAccess gives an analysis of access its result, of which the class wants one or another: who has the access, as
// IAM Access Analyzer names the principal; how much of it is unused; or at least what was looked at.
func (c ocsfClass) completeAccess(o map[string]any, f Finding) {
	unused := map[string]any{}
	for name, key := range map[string]string{"unused_services_count": "unused_services", "unused_privileges_count": "unused_actions"} {
		if n, err := strconv.Atoi(f.Unmapped[key]); err == nil {
			unused[name] = n
		}
	}
	switch who := f.Unmapped["principal"]; {
	case who != "":
		result := map[string]any{"accessors": []any{map[string]any{"name": who}}}
		put(result, "access_type", f.Unmapped["access_type"])
		if actions := f.Unmapped["actions"]; actions != "" {
			result["granted_privileges"] = anys(strings.Split(actions, ","))
		}
		o["access_analysis_result"] = result
	case len(unused) > 0:
		o["permission_analysis_results"] = []any{unused}
	default:
		o["applications"] = []any{map[string]any{"name": orUnknown(f.Unmapped["application"])}}
	}
}

// completeLogon gives a sign-in its user and service, which the class wants beside the actor and the call.
func (c ocsfClass) completeLogon(o map[string]any, f Finding, nobody map[string]any) {
	o["user"] = nobody
	if f.Actor != nil && f.Actor.User != nil {
		o["user"] = maps.Clone(f.Actor.User.ocsf())
	}
	service := unknown
	if f.API != nil && f.API.Service != nil {
		service = orUnknown(f.API.Service.Name)
	}
	o["service"] = map[string]any{"name": service}
	if f.Actor != nil && f.Actor.Session != nil {
		o["is_mfa"] = f.Actor.Session.MFA
	}
}

func orUnknown(s string) string {
	if s == "" {
		return unknown
	}
	return s
}
