package parry

import "slices"

// OCSF class_uid values of the findings category (2). Source: ocsf-schema 1.8.
const (
	ClassVulnerability = 2002
	ClassCompliance    = 2003
	ClassDetection     = 2004
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

// Finding is what a source says is wrong, in OCSF's words (classes 2002, 2003, 2004). Times are epoch milliseconds.
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
	// Unmapped keeps what OCSF has no place for: "action" (GuardDuty's action type), "direction", "role", ...
	Unmapped map[string]string `json:"unmapped,omitempty"`

	// Targets are the resources that can be acted on, each with the account and Region it lives in.
	Targets []Target `json:"-"`
	// Unresolved says why a resource of the finding is no target: a person is told, nothing is guessed.
	Unresolved []string `json:"-"`
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

// Cloud says where the trouble is: always from the finding's body, never from its envelope.
type Cloud struct {
	Provider  string       `json:"provider"`
	Account   CloudAccount `json:"account"`
	Region    string       `json:"region,omitempty"`
	Partition string       `json:"cloud_partition,omitempty"`
}

// CloudAccount is an AWS account by its twelve digits.
type CloudAccount struct {
	UID string `json:"uid"`
}

// Resource is what the source says is affected, in the source's own words.
type Resource struct {
	UID    string            `json:"uid"`
	Type   string            `json:"type,omitempty"`
	Name   string            `json:"name,omitempty"`
	Region string            `json:"region,omitempty"`
	Role   string            `json:"role,omitempty"`
	Labels map[string]string `json:"-"`
}

// Compliance is a control's verdict. StatusID: 1 pass, 2 warning, 3 fail.
type Compliance struct {
	Control   string   `json:"control,omitempty"`
	Standards []string `json:"standards,omitempty"`
	Status    string   `json:"status,omitempty"`
	StatusID  int      `json:"status_id"`
}

// Target is one resource that a playbook can work on. Its account and Region are the resource's own.
type Target struct {
	Type      string `json:"type"`           // CloudFormation's name: AWS::IAM::AccessKey
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

// Key identifies the finding wherever it comes from and however often: account and the source's own id.
func (f Finding) Key() string { return f.Cloud.Account.UID + "/" + f.Info.UID }

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
	for _, t := range f.Targets {
		if t.Type == typ && !slices.Contains(of, t) {
			of = append(of, t)
		}
	}
	return of
}
