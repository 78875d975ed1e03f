package audit

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"parry"
)

// lakeOCSF is the version of OCSF that events in the lake are of: the first that has Remediation Activity, as Security Lake and who reads from it know
// old ones better than new ones. What Parry writes is the same in both.
const lakeOCSF = "1.3.0"

// lakeRow is a Remediation Activity as a row of a table: what remediation makes. Numbers are as wide as OCSF's types: integer_t 32 bits, long_t and
// timestamp_t 64.
type lakeRow struct {
	ActivityID   int32     `json:"activity_id" parquet:"activity_id"`
	ActivityName string    `json:"activity_name" parquet:"activity_name"`
	CategoryName string    `json:"category_name" parquet:"category_name"`
	CategoryUID  int32     `json:"category_uid" parquet:"category_uid"`
	ClassName    string    `json:"class_name" parquet:"class_name"`
	ClassUID     int32     `json:"class_uid" parquet:"class_uid"`
	Cloud        lakeCloud `json:"cloud" parquet:"cloud"`
	CommandUID   string    `json:"command_uid" parquet:"command_uid"`
	Message      string    `json:"message" parquet:"message"`
	Metadata     lakeMeta  `json:"metadata" parquet:"metadata"`
	Remediation  *lakeDesc `json:"remediation,omitempty" parquet:"remediation,optional"`
	Severity     string    `json:"severity" parquet:"severity"`
	SeverityID   int32     `json:"severity_id" parquet:"severity_id"`
	Status       string    `json:"status" parquet:"status"`
	StatusDetail string    `json:"status_detail" parquet:"status_detail"`
	StatusID     int32     `json:"status_id" parquet:"status_id"`
	Time         int64     `json:"time" parquet:"time"`
	TypeName     string    `json:"type_name" parquet:"type_name"`
	TypeUID      int64     `json:"type_uid" parquet:"type_uid"`
	Unmapped     lakeSpare `json:"unmapped" parquet:"unmapped"`
}

type lakeCloud struct {
	Account struct {
		Type   string `json:"type" parquet:"type"`
		TypeID int32  `json:"type_id" parquet:"type_id"`
		UID    string `json:"uid" parquet:"uid"`
	} `json:"account" parquet:"account"`
	Provider string  `json:"provider" parquet:"provider"`
	Region   *string `json:"region,omitempty" parquet:"region,optional"`
}

type lakeMeta struct {
	CorrelationUID string `json:"correlation_uid" parquet:"correlation_uid"`
	Product        struct {
		Name       string `json:"name" parquet:"name"`
		VendorName string `json:"vendor_name" parquet:"vendor_name"`
	} `json:"product" parquet:"product"`
	Profiles []string `json:"profiles" parquet:"profiles,list"`
	UID      string   `json:"uid" parquet:"uid"`
	Version  string   `json:"version" parquet:"version"`
}

type lakeDesc struct {
	Desc string `json:"desc" parquet:"desc"`
}

type lakeSpare struct {
	ApprovedBy   *string `json:"approved_by,omitempty" parquet:"approved_by,optional"`
	FindingType  *string `json:"finding_type,omitempty" parquet:"finding_type,optional"`
	FindingUID   *string `json:"finding_uid,omitempty" parquet:"finding_uid,optional"`
	PlanDigest   *string `json:"plan_digest,omitempty" parquet:"plan_digest,optional"`
	Playbook     *string `json:"playbook,omitempty" parquet:"playbook,optional"`
	ResourceType *string `json:"resource_type,omitempty" parquet:"resource_type,optional"`
	ResourceUID  *string `json:"resource_uid,omitempty" parquet:"resource_uid,optional"`
	Rule         *string `json:"rule,omitempty" parquet:"rule,optional"`
}

// lakeRowOf reads a line of an export in OCSF; ok is false for one of another class, which would need a source of its own in the lake.
func lakeRowOf(text []byte) (row lakeRow, ok bool, err error) {
	var class struct {
		UID int `json:"class_uid"`
	}
	if err := json.Unmarshal(text, &class); err != nil || class.UID != classRemediation {
		return row, false, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields() // an attribute that is added to remediation must get its column
	if err := d.Decode(&row); err != nil {
		return row, false, parry.Errorf(parry.Fault, "an event has no place in the lake's table: %w", err)
	}
	row.Metadata.Version = lakeOCSF
	return row, true, nil
}

// day is the event's day in UTC, as the lake's folders name it.
func (r lakeRow) day() string { return time.UnixMilli(r.Time).UTC().Format("20060102") }

// account is the account that the event is of; Security Lake wants "external" where it is none of AWS's.
func (r lakeRow) account() string {
	if uid := r.Cloud.Account.UID; parry.IsAccount(uid) {
		return uid
	}
	return "external"
}

// lakePage bounds a page of a column before it is compressed: Security Lake advises 1 MB at the most.
const lakePage = 512 << 10

// lakeFile is rows, which are in the order of time, as a Parquet file. The same rows give the same bytes.
func lakeFile(rows []lakeRow) ([]byte, error) {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[lakeRow](&b, parquet.Compression(&zstd.Codec{}), parquet.PageBufferSize(lakePage), parquet.CreatedBy("parry", "1", ""))
	if _, err := w.Write(rows); err != nil {
		return nil, parry.Errorf(parry.Fault, "events cannot be written as Parquet: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, parry.Errorf(parry.Fault, "events cannot be written as Parquet: %w", err)
	}
	return b.Bytes(), nil
}
