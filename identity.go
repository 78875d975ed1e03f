package parry

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PublishedPrefix begins the id of a finding that Parry itself published to Security Hub. What follows is the key of the
// finding that it was made from, so that what comes back is known to be the same.
const PublishedPrefix = "parry:"

// maxKey is how long a key may be, in bytes, so that it fits behind PublishedPrefix in the id of a finding in Security Hub.
// Source: AwsSecurityFinding, Id, Security Hub API Reference: 512 at most.
const maxKey = 512 - len(PublishedPrefix)

// Key identifies the finding wherever it comes from and however often: from GuardDuty itself, through Security Hub in ASFF
// or in OCSF, in a member's account, the administrator's or an aggregation Region. It is the detector, the account that the
// finding is about, and the detector's own id.
//
// Findings of IAM Access Analyzer are known by the resource: Security Hub gives them its ARN for an id, and the analyzer of
// every Region has a finding of its own about the same role.
//
// A key that is too long for Security Hub, or no text, is its own SHA-256 instead: the ARN of a role with a long path.
func (f Finding) Key() string {
	if key, ok := strings.CutPrefix(f.Info.UID, PublishedPrefix); ok {
		return key
	}
	product, id := f.detector(), f.Info.UID
	if arn, ok := cutARN(id); ok {
		if p := canonicalProduct(arn.service); p != "" {
			product = p
		}
		id = arn.findingID(id)
	}
	if product == "access-analyzer" && len(f.Resources) > 0 {
		id = f.Resources[0].UID + "/" + f.accessKind()
	}
	return fitKey(product + "/" + f.Cloud.Account.UID + "/" + id)
}

// fitKey is a key in the form in which it comes back from Security Hub as it was sent.
func fitKey(key string) string {
	if len(key) <= maxKey && utf8.ValidString(key) {
		return key
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(key)))
}

// detector is a short name of who found it: guardduty, inspector, prowler.
func (f Finding) detector() string {
	name := f.Metadata.Product.Name
	if arn, ok := cutARN(f.Metadata.Product.UID); ok && arn.service == "securityhub" {
		if _, product, ok := strings.Cut(arn.resource, "/aws/"); ok {
			name = product
		}
	}
	if p := canonicalProduct(name); p != "" {
		return p
	}
	return plainName(name)
}

// canonicalProduct is one name for what AWS spells in several ways; empty for what is no detector of AWS.
func canonicalProduct(name string) string {
	switch strings.TrimPrefix(strings.TrimPrefix(plainName(name), "aws"), "amazon") {
	case "guardduty":
		return "guardduty"
	case "inspector", "inspector2":
		return "inspector"
	case "macie", "macie2":
		return "macie"
	case "accessanalyzer", "iamaccessanalyzer":
		return "access-analyzer"
	case "config":
		return "config"
	case "securityhub", "securityhubcspm":
		return "securityhub"
	case "cloudtrail":
		return "cloudtrail"
	}
	return ""
}

// plainName is a text in lower case, its letters and digits only.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// accessKind tells findings of Access Analyzer on one resource apart: external, internal, or what is unused. The type is
// ExternalAccess in its own events and ".../External Access Granted" in Security Hub's.
func (f Finding) accessKind() string {
	last := ""
	if len(f.Info.Types) > 0 {
		last = plainName(f.Info.Types[0][strings.LastIndexByte(f.Info.Types[0], '/')+1:])
	}
	return strings.TrimSuffix(last, "granted")
}

// arnParts are the parts of an ARN that an identity rests on.
type arnParts struct{ service, resource string }

func cutARN(s string) (arnParts, bool) {
	p := strings.SplitN(s, ":", 6)
	if len(p) != 6 || p[0] != "arn" {
		return arnParts{}, false
	}
	return arnParts{service: p[2], resource: p[5]}, true
}

// findingID is the detector's own id in the ARN of a finding; the whole ARN where it is formed otherwise.
func (a arnParts) findingID(whole string) string {
	if _, id, ok := strings.Cut("/"+a.resource, "/finding/"); ok && id != "" {
		return id
	}
	return whole
}
