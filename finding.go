package parry

import "slices"

// OCSF class_uid values: the findings (category 2), and what CloudTrail tells (categories 3 and 6). Source: ocsf-schema 1.8.
// Class 2001, Security Finding, is deprecated: what comes in it is told as a detection.
const (
	ClassVulnerability  = 2002
	ClassCompliance     = 2003
	ClassDetection      = 2004
	ClassIncident       = 2005
	ClassDataSecurity   = 2006
	ClassAppSecurity    = 2007
	ClassIAMAnalysis    = 2008
	ClassAuthentication = 3002
	ClassAPIActivity    = 6003
)

// OCSF severity_id values.
const (
	SeverityUnknown       = 0
	SeverityInformational = 1
	SeverityLow           = 2
	SeverityMedium        = 3
	SeverityHigh          = 4
	SeverityCritical      = 5
)

// OCSF status_id values of a finding. Resolved, suppressed, archived and deleted findings ask for nothing.
const (
	StatusUnknown    = 0
	StatusNew        = 1
	StatusInProgress = 2
	StatusSuppressed = 3
	StatusResolved   = 4
	StatusArchived   = 5
	StatusDeleted    = 6
)

// OCSF status_id values of API Activity and Authentication: they say how the call ended, not where the work on it stands.
const (
	StatusSuccess = 1
	StatusFailure = 2
)

// Finding is what a source says is wrong, in OCSF's words. Times are epoch milliseconds. Calls and sign-ins that CloudTrail
// tells have the same form, with the call as finding_info; OCSF gives what each class has on its own.
// What Parry reads out of it beyond OCSF stands in Targets, Unresolved and Quiet, and is not part of the OCSF form.
type Finding struct {
	ActivityID  int         `json:"activity_id"`
	CategoryUID int         `json:"category_uid"`
	ClassUID    int         `json:"class_uid"`
	TypeUID     int64       `json:"type_uid"`
	SeverityID  int         `json:"severity_id"`
	Severity    string      `json:"severity,omitempty"`
	StatusID    int         `json:"status_id"`
	Status      string      `json:"status,omitempty"`
	Time        int64       `json:"time"`
	Count       int         `json:"count,omitempty"`
	Metadata    Metadata    `json:"metadata"`
	Info        FindingInfo `json:"finding_info"`
	Cloud       Cloud       `json:"cloud"`
	Resources   []Resource  `json:"resources,omitempty"`
	Compliance  *Compliance `json:"compliance,omitempty"`
	Comment     string      `json:"comment,omitempty"`
	// Confidence is how sure the source is, 0 to 100; 0 where it does not say.
	Confidence      int             `json:"confidence_score,omitempty"`
	Vulnerabilities []Vulnerability `json:"vulnerabilities,omitempty"`
	Remediation     *Remediation    `json:"remediation,omitempty"`
	// API, Actor and Src are who called what from where, in classes 3002 and 6003.
	API   *API       `json:"api,omitempty"`
	Actor *Initiator `json:"actor,omitempty"`
	Src   *Endpoint  `json:"src_endpoint,omitempty"`
	// Unmapped keeps what OCSF has no place for: "action" (GuardDuty's action type), "direction", "role", ...
	Unmapped map[string]string `json:"unmapped,omitempty"`

	// Targets are the resources that can be acted on, each with the account and Region it lives in.
	Targets []Target `json:"-"`
	// Remote are the addresses and names of the other side: no resources of the account, and what can be blocked. They stand in the account
	// and Region of the finding, where that is done.
	Remote []Target `json:"-"`
	// Unresolved says why a resource of the finding is no target: a person is told, nothing is guessed.
	Unresolved []string `json:"-"`
	// Ordered names the custom action with which a person sent the finding by hand; who that was, Security Hub does not say. Empty where
	// nobody did.
	Ordered string `json:"-"`
	// Quiet says why the finding asks for nothing: archived, resolved, passed, a sample. Empty for a live one.
	Quiet string `json:"-"`
}

// Metadata names who made the finding. UID is the event's own id where the source gives one.
type Metadata struct {
	Product Product `json:"product"`
	Version string  `json:"version"` // of OCSF
	UID     string  `json:"uid,omitempty"`
}

// Product is the detector: GuardDuty, Security Hub, a third party's.
type Product struct {
	Name       string `json:"name"`
	UID        string `json:"uid,omitempty"`
	VendorName string `json:"vendor_name"`
	Feature    string `json:"-"` // the generator: a control or rule id
}

// FindingInfo is the finding proper. Types[0] is the source's own type, "UnauthorizedAccess:IAMUser/MaliciousIPCaller".
type FindingInfo struct {
	UID           string   `json:"uid"`
	Title         string   `json:"title,omitempty"`
	Desc          string   `json:"desc,omitempty"`
	Types         []string `json:"types,omitempty"`
	CreatedTime   int64    `json:"created_time,omitempty"`
	ModifiedTime  int64    `json:"modified_time,omitempty"`
	FirstSeenTime int64    `json:"first_seen_time,omitempty"`
	LastSeenTime  int64    `json:"last_seen_time,omitempty"`
}

// Cloud says where the trouble is: always from the finding's body, never from its envelope. Provider is "AWS" for what
// Parry can act on; a finding about another cloud keeps that one's words and has no targets. It is empty where the
// finding is about no cloud at all.
type Cloud struct {
	Provider  string       `json:"provider"`
	Account   CloudAccount `json:"account"`
	Region    string       `json:"region,omitempty"`
	Partition string       `json:"cloud_partition,omitempty"`
}

// CloudAccount is an AWS account by its twelve digits; in another cloud what that one calls an account.
type CloudAccount struct {
	UID string `json:"uid"`
}

// Resource is what the source says is affected, in the source's own words.
type Resource struct {
	UID    string `json:"uid"`
	Type   string `json:"type,omitempty"`
	Name   string `json:"name,omitempty"`
	Region string `json:"region,omitempty"`
	Role   string `json:"role,omitempty"`
	Tags   []Tag  `json:"tags,omitempty"`
}

// Tag is a key with its value, as the source gives them. OCSF: key_value_object.
type Tag struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Tag is the value of a tag; ok is false where the source gives none of that name.
func (r Resource) Tag(name string) (value string, ok bool) {
	for _, t := range r.Tags {
		if t.Name == name {
			return t.Value, true
		}
	}
	return "", false
}

// Compliance is a control's verdict. StatusID: 1 pass, 2 warning, 3 fail.
type Compliance struct {
	Control   string   `json:"control,omitempty"`
	Standards []string `json:"standards,omitempty"`
	Status    string   `json:"status,omitempty"`
	StatusID  int      `json:"status_id"`
}

// Vulnerability is one weakness of a resource: one of a CVE, a CWE, or an advisory of its own. OCSF: vulnerability.
type Vulnerability struct {
	CVE        *CVE      `json:"cve,omitempty"`
	CWE        *CWE      `json:"cwe,omitempty"`
	Advisory   *Advisory `json:"advisory,omitempty"`
	Title      string    `json:"title,omitempty"`
	Desc       string    `json:"desc,omitempty"`
	Severity   string    `json:"severity,omitempty"`
	References []string  `json:"references,omitempty"`
	// FixAvailable tells whether a version without it is to be had.
	FixAvailable bool `json:"is_fix_available,omitempty"`
}

// CVE is an entry of the catalogue of common vulnerabilities: CVE-2024-1.
type CVE struct {
	UID string `json:"uid"`
}

// CWE is a kind of weakness in the common enumeration: CWE-79.
type CWE struct {
	UID string `json:"uid"`
}

// Advisory is a notice by its id where there is no CVE: GHSA-xxxx-xxxx-xxxx.
type Advisory struct {
	UID string `json:"uid"`
}

// Remediation is what the source advises to do.
type Remediation struct {
	Desc       string   `json:"desc"`
	References []string `json:"references,omitempty"`
}

// API is a call that was made, by the service's own names: iam.amazonaws.com, CreateAccessKey.
type API struct {
	Operation string       `json:"operation"`
	Service   *APIService  `json:"service,omitempty"`
	Request   *APIRequest  `json:"request,omitempty"`
	Response  *APIResponse `json:"response,omitempty"`
}

// APIService names the service that was called.
type APIService struct {
	Name string `json:"name"`
}

// APIRequest is the request's id at AWS.
type APIRequest struct {
	UID string `json:"uid"`
}

// APIResponse is the error that a call ended with.
type APIResponse struct {
	Error   string `json:"error,omitempty"` // the code
	Message string `json:"error_message,omitempty"`
}

// Initiator is who did it. OCSF: actor.
type Initiator struct {
	User      *User         `json:"user,omitempty"`
	Session   *LoginSession `json:"session,omitempty"`
	InvokedBy string        `json:"invoked_by,omitempty"` // the AWS service that called for the user
}

// User is a principal of IAM.
type User struct {
	Type       string        `json:"type,omitempty"` // CloudTrail's word: IAMUser, AssumedRole, Root, AWSService, ...
	Name       string        `json:"name,omitempty"`
	UID        string        `json:"uid,omitempty"`     // the principal's id: AIDA..., AROA...:session
	UIDAlt     string        `json:"uid_alt,omitempty"` // its ARN
	Credential string        `json:"credential_uid,omitempty"`
	Account    *CloudAccount `json:"account,omitempty"`
}

// LoginSession is the session of a role or a user. OCSF: session.
type LoginSession struct {
	UID         string `json:"uid,omitempty"`    // the session's name
	Issuer      string `json:"issuer,omitempty"` // the ARN of the role it was made from
	MFA         bool   `json:"is_mfa,omitempty"`
	CreatedTime int64  `json:"created_time,omitempty"`
}

// Endpoint is where a call came from.
type Endpoint struct {
	IP     string `json:"ip,omitempty"`
	Domain string `json:"domain,omitempty"` // an AWS service's name in place of an address
}

// SessionType is the type of a target that is one session of a role: what aws:userid says of it, "AROA...:name". CloudFormation has no name
// for it. Source: "aws:userid" in "AWS global condition context keys", IAM User Guide.
const SessionType = "AWS::STS::AssumedRole"

// The types of targets that are no resources: OCSF's captions of observable.type_id 2 and 1. Source: ocsf-schema 1.8, observable.
const (
	TypeAddress  = "IP Address"
	TypeHostname = "Hostname"
)

// IsObservable tells whether a type of targets is one of what a finding observed outside of the account.
func IsObservable(typ string) bool { return typ == TypeAddress || typ == TypeHostname }

// Target is one resource that a playbook can work on, or what it can block. Its account and Region are the resource's own.
type Target struct {
	Type      string `json:"type"`           // CloudFormation's name: AWS::IAM::AccessKey; or TypeAddress, TypeHostname
	ID        string `json:"id"`             // key id, instance id, bucket name, group id, secret ARN, user name
	ARN       string `json:"arn,omitempty"`  // where the source gives or implies one
	Account   string `json:"account"`        // twelve digits
	Region    string `json:"region"`         // of the resource; for global ones the partition's home Region
	Partition string `json:"partition"`      // aws, aws-cn, aws-us-gov
	User      string `json:"user,omitempty"` // the IAM user's name, where the target is a user or its key
	Role      string `json:"role,omitempty"` // ACTOR or TARGET, where the source says who attacks whom
}

// String names the target as a person would: type and id.
func (t Target) String() string { return t.Type + " " + t.ID }

// Type is the finding's main type in the source's words, or the control it fails.
func (f Finding) Type() string {
	if f.Compliance != nil && f.Compliance.Control != "" {
		return f.Compliance.Control
	}
	if len(f.Info.Types) > 0 {
		return f.Info.Types[0]
	}
	return "unknown type"
}

// FirstSeen is when the trouble began as far as the source knows, in epoch milliseconds; 0 where it does not say.
func (f Finding) FirstSeen() int64 {
	for _, t := range []int64{f.Info.FirstSeenTime, f.Info.CreatedTime, f.Time} {
		if t > 0 {
			return t
		}
	}
	return 0
}

// TargetsOf are the finding's targets of one type, each once.
func (f Finding) TargetsOf(typ string) []Target {
	var of []Target
	for _, t := range slices.Concat(f.Targets, f.Remote) {
		if t.Type == typ && !slices.Contains(of, t) {
			of = append(of, t)
		}
	}
	return of
}
