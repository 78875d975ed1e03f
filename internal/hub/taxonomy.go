package hub

import (
	"slices"
	"strings"

	"parry"
)

// namespaces are those that the types of a finding may begin with. Source: "Types taxonomy for ASFF", Security Hub User Guide,
// as are the categories below; those after a namespace of TTPs are tactics of MITRE ATT&CK.
func namespaces() []string {
	return []string{"Software and Configuration Checks", "TTPs", "Effects", "Unusual Behaviors", "Sensitive Data Identifications"}
}

const (
	practices       = "Software and Configuration Checks/AWS Security Best Practices"
	standards       = "Software and Configuration Checks/Industry and Regulatory Standards"
	vulnerabilities = "Software and Configuration Checks/Vulnerabilities"
)

// findingTypes tells the types of a finding in ASFF's taxonomy: namespace/category/classifier, with the source's own type for a
// classifier. A type that is in the taxonomy already stays as it is.
func findingTypes(f parry.Finding) []string {
	own := slices.Clone(f.Info.Types)
	if f.Compliance != nil {
		own = append([]string{f.Type()}, own...) // the control that failed
	}
	own = slices.DeleteFunc(own, func(t string) bool { return strings.TrimSpace(t) == "" })
	if len(own) == 0 {
		own = []string{"unknown type"}
	}
	var all []string
	for _, t := range own {
		if !inTaxonomy(t) {
			t = category(f, t) + "/" + classifier(t)
		}
		if t = cut(t, maxType); !slices.Contains(all, t) && len(all) < maxTypes {
			all = append(all, t)
		}
	}
	return all
}

// inTaxonomy says whether a type begins with a namespace of ASFF's.
func inTaxonomy(t string) bool {
	first, _, _ := strings.Cut(t, "/")
	return slices.Contains(namespaces(), first)
}

// classifier is a type that is one step of a path. GuardDuty tells its own so: TTPs/Discovery/Recon:EC2-Portscan.
func classifier(t string) string { return strings.ReplaceAll(strings.TrimSpace(t), "/", "-") }

// category is the namespace and category of a type that the source gave in words of its own.
func category(f parry.Finding, typ string) string {
	switch f.ClassUID {
	case parry.ClassVulnerability, parry.ClassAppSecurity:
		return vulnerabilities
	case parry.ClassCompliance:
		if f.Compliance != nil && len(f.Compliance.Standards) > 0 {
			return standards
		}
		return practices
	}
	purpose, rest, _ := strings.Cut(typ, ":")
	if c := byPurpose(purpose, rest); c != "" {
		return c
	}
	if f.ClassUID == parry.ClassDataSecurity {
		return "Sensitive Data Identifications/Security"
	}
	return "Unusual Behaviors/" + behaviour(f)
}

// byPurpose knows what findings of AWS's detectors are about by the first word of their type. Sources: "GuardDuty finding format"
// (ThreatPurpose) and "Integrating with AWS Security Hub CSPM", GuardDuty User Guide; "Types of Macie findings" and "Evaluating
// findings with AWS Security Hub CSPM", Macie User Guide; "Integrate IAM Access Analyzer with AWS Security Hub", IAM User Guide.
func byPurpose(purpose, rest string) string {
	if strings.HasPrefix(purpose, "Unused") {
		return practices
	}
	if purpose == "SensitiveData" {
		return sensitive(rest)
	}
	return map[string]string{
		"Backdoor":            "TTPs/Command and Control",
		"Collection":          "TTPs/Collection",
		"CredentialAccess":    "TTPs/Credential Access",
		"CryptoCurrency":      "Effects/Resource Consumption",
		"DefenseEvasion":      "TTPs/Defense Evasion",
		"DefenseImpairment":   "TTPs/Defense Evasion",
		"Discovery":           "TTPs/Discovery",
		"Execution":           "TTPs/Execution",
		"Exfiltration":        "Effects/Data Exfiltration",
		"ExternalAccess":      "Effects/Data Exposure",
		"Impact":              "TTPs/Impact",
		"InitialAccess":       "TTPs/Initial Access",
		"InternalAccess":      "Effects/Data Exposure",
		"LateralMovement":     "TTPs/Lateral Movement",
		"Persistence":         "TTPs/Persistence",
		"Policy":              practices,
		"PrivilegeEscalation": "TTPs/Privilege Escalation",
		"Recon":               "TTPs/Discovery",
		"ResourceDevelopment": "TTPs/Resource Development",
		"Stealth":             "TTPs/Defense Evasion",
		"Trojan":              "TTPs/Command and Control",
		"UnauthorizedAccess":  "TTPs/Initial Access",
	}[purpose]
}

// sensitive is the category of what Macie found in a bucket.
func sensitive(rest string) string {
	_, kind, _ := strings.Cut(rest, "/")
	switch kind {
	case "Credentials":
		return "Sensitive Data Identifications/Passwords"
	case "Financial":
		return "Sensitive Data Identifications/Financial"
	}
	return "Sensitive Data Identifications/PII"
}

// behaviour is the category of something unusual: by what did it, or what it was done to.
func behaviour(f parry.Finding) string {
	if f.ClassUID == parry.ClassAPIActivity || f.ClassUID == parry.ClassAuthentication {
		return "User"
	}
	typ := ""
	if len(f.Targets) > 0 {
		typ = f.Targets[0].Type
	} else if len(f.Resources) > 0 {
		typ = f.Resources[0].Type
	}
	typ = strings.ToLower(strings.ReplaceAll(typ, "::", ""))
	for _, is := range []struct{ start, category string }{
		{"awsiam", "User"}, {"awsec2instance", "VM"}, {"awsec2", "Network Flow"}, {"awslambda", "Serverless"},
		{"awsecs", "Container"}, {"awseks", "Container"}, {"awsecr", "Container"}, {"container", "Container"},
		{"awsrds", "Database"}, {"awsdynamodb", "Database"}, {"awsredshift", "Database"}, {"awss3", "Data"},
	} {
		if strings.HasPrefix(typ, is.start) {
			return is.category
		}
	}
	return "Application"
}
