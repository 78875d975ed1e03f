package parry

// ocsfClass is a class of OCSF as far as a Finding can fill it.
type ocsfClass struct {
	uid          int
	name         string
	category     int
	categoryName string
	activities   []string // by activity_id
	statuses     []string // by status_id
	has          []string // what the class has of a Finding's details
}

// finding says whether the class is one of category 2, and so has finding_info.
func (c ocsfClass) finding() bool { return c.category == 2 }

// OCSFClassName is OCSF's name of a class, "Detection Finding"; ok is false for one that a Finding cannot have.
func OCSFClassName(uid int) (name string, ok bool) {
	c := ocsfClassOf(uid)
	return c.name, c.uid == uid
}

// ocsfClassOf describes a class. Source: the classes of ocsf-schema 1.8.0. What is none of them is told as a detection.
func ocsfClassOf(uid int) ocsfClass {
	finding := func(name string, has ...string) ocsfClass {
		return ocsfClass{uid, name, 2, "Findings", []string{unknown, "Create", "Update", "Close"},
			[]string{unknown, "New", "In Progress", "Suppressed", "Resolved", "Archived", "Deleted"},
			append(has, "comment", "confidence_score")}
	}
	call := []string{unknown, "Success", "Failure"}
	switch uid {
	case ClassVulnerability:
		return finding("Vulnerability Finding", "finding_info", "resources", "vulnerabilities")
	case ClassCompliance:
		return finding("Compliance Finding", "finding_info", "resources", "compliance", "remediation", "evidences")
	case ClassIncident:
		c := finding("Incident Finding", "finding_info_list")
		c.statuses = []string{unknown, "New", "In Progress", "On Hold", "Resolved", "Closed"}
		return c
	case ClassDataSecurity:
		c := finding("Data Security Finding", "finding_info", "resources", "actor", "src_endpoint")
		c.activities = append(c.activities, "Suppressed")
		return c
	case ClassAppSecurity:
		return finding("Application Security Posture Finding", "finding_info", "resources", "compliance", "vulnerabilities", "remediation")
	case ClassIAMAnalysis:
		return finding("IAM Analysis Finding", "finding_info", "resources", "remediation")
	case ClassAPIActivity:
		return ocsfClass{uid, "API Activity", 6, "Application Activity", []string{unknown, "Create", "Read", "Update", "Delete"}, call,
			[]string{"api", "actor", "src_endpoint", "resources", "message"}}
	case ClassAuthentication:
		return ocsfClass{uid, "Authentication", 3, "Identity & Access Management", []string{unknown, "Logon", "Logoff", "Authentication Ticket",
			"Service Ticket Request", "Service Ticket Renew", "Preauth", "Account Switch"}, call, []string{"actor", "src_endpoint", "message"}}
	}
	uid = ClassDetection
	return finding("Detection Finding", "finding_info", "resources", "vulnerabilities", "remediation", "evidences")
}

// severityCaptions are OCSF's words by severity_id.
func severityCaptions() []string {
	return []string{unknown, "Informational", "Low", "Medium", "High", "Critical", "Fatal"}
}
