package source

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parry"
)

// privacy makes an event of Macie. More replaces fields of the finding.
func privacy(more ...string) string {
	fields := map[string]json.RawMessage{}
	put := func(text string) {
		if err := json.Unmarshal([]byte(text), &fields); err != nil {
			panic(text + ": " + err.Error())
		}
	}
	put(`{"schemaVersion":"1.0","id":"f-1","accountId":"` + member + `","partition":"aws","region":"eu-west-1","type":"SensitiveData:S3Object/Credentials",
		"title":"The object contains credentials","description":"Words","severity":{"score":3,"description":"High"},"category":"CLASSIFICATION",
		"createdAt":"2026-03-01T09:00:00.000Z","updatedAt":"2026-03-01T10:00:00.000Z","count":1,"archived":false,"resourcesAffected":{
			"s3Bucket":{"arn":"arn:aws:s3:::logs","name":"logs","owner":{"displayName":"o","id":"79a59df900b949e5"},"tags":[{"key":"Owner","value":"web"}],
				"publicAccess":{"effectivePermission":"PUBLIC"}},
			"s3Object":{"bucketArn":"arn:aws:s3:::logs","key":"2026/keys.txt","path":"logs/2026/keys.txt"}}}`)
	for _, m := range more {
		put(m)
	}
	return `{"version":"0","id":"e-1","detail-type":"Macie Finding","source":"aws.macie","account":"` + hub +
		`","time":"2026-03-01T10:00:05Z","region":"us-west-2","resources":[],"detail":` + string(must(json.Marshal(fields))) + `}`
}

const aPolicy = `{"type":"Policy:IAMUser/S3BucketPublic","category":"POLICY","policyDetails":{
	"action":{"actionType":"AWS_API_CALL","apiCallDetails":{"api":"PutBucketPolicy","firstSeen":"2026-03-01T08:00:00Z","lastSeen":"2026-03-01T09:59:00Z"}},
	"actor":{"userIdentity":{"type":"AssumedRole"},"ipAddressDetails":{"ipAddressV4":"198.51.100.7"}}}}`

func TestMacieInOCSF(t *testing.T) {
	f := decoded(t, privacy())
	want := parry.Finding{
		ActivityID: 2, CategoryUID: 2, ClassUID: 2006, TypeUID: 200602, SeverityID: 4, Severity: "High", StatusID: 1, Status: "New", Time: 1772359200000, Count: 1,
		Metadata: parry.Metadata{UID: "e-1", Version: "1.8.0", Product: parry.Product{Name: "Macie", VendorName: "AWS", Feature: "CLASSIFICATION"}},
		Info: parry.FindingInfo{UID: "f-1", Title: "The object contains credentials", Desc: "Words", Types: []string{"SensitiveData:S3Object/Credentials"},
			CreatedTime: 1772355600000, ModifiedTime: 1772359200000},
		Cloud: parry.Cloud{Provider: "AWS", Account: parry.CloudAccount{UID: member}, Region: "eu-west-1", Partition: "aws"},
		Resources: []parry.Resource{{UID: "arn:aws:s3:::logs", Type: "AWS::S3::Bucket", Name: "logs", Region: "eu-west-1",
			Tags: []parry.Tag{{Name: "Owner", Value: "web"}}}},
		Unmapped: map[string]string{"category": "CLASSIFICATION", "public_access": "PUBLIC", "object": "logs/2026/keys.txt"},
		Targets:  []parry.Target{bucket("logs")},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
}

func TestMaciePolicy(t *testing.T) {
	f := decoded(t, privacy(aPolicy))
	if f.ClassUID != parry.ClassDetection || f.Info.FirstSeenTime != 1772352000000 || f.Info.LastSeenTime != 1772359140000 {
		t.Errorf("class %d, seen %d to %d", f.ClassUID, f.Info.FirstSeenTime, f.Info.LastSeenTime)
	}
	want := map[string]string{"category": "POLICY", "public_access": "PUBLIC", "object": "logs/2026/keys.txt", "action": "AWS_API_CALL", "api": "PutBucketPolicy",
		"actor_type": "AssumedRole", "actor_ip": "198.51.100.7"}
	if diff := cmp.Diff(want, f.Unmapped); diff != "" {
		t.Error(diff)
	}
	expect(t, f, []parry.Target{bucket("logs")})
}

func TestMacieState(t *testing.T) {
	for _, c := range []struct {
		more            string
		class, severity int
		status          int
		quiet           string
	}{
		{`{"category":null,"severity":{"score":1}}`, 2006, 2, parry.StatusNew, ""},
		{`{"category":null,"type":"Policy:IAMUser/S3BucketPublic","severity":{"score":2}}`, 2004, 3, parry.StatusNew, ""},
		{`{"severity":{"score":4}}`, 2006, 0, parry.StatusNew, ""},
		{`{"archived":true}`, 2006, 4, parry.StatusArchived, "archived in Macie"},
		{`{"sample":true,"accountId":"ACCOUNT"}`, 2006, 4, parry.StatusNew, "sample finding"},
	} {
		in := privacy(c.more)
		f := decoded(t, in)
		if f.ClassUID != c.class || f.SeverityID != c.severity || f.StatusID != c.status || f.Quiet != c.quiet {
			t.Errorf("%s: class %d, severity %d, status %d, quiet %q", c.more, f.ClassUID, f.SeverityID, f.StatusID, f.Quiet)
		}
	}
}

func TestMacieTargets(t *testing.T) {
	affected := func(s string) string { return `{"resourcesAffected":` + s + `}` }
	for _, c := range []struct {
		name, more string
		want       []parry.Target
		reasons    []string
	}{
		{"a bucket by its ARN", affected(`{"s3Bucket":{"arn":"arn:aws:s3:::logs"}}`), []parry.Target{bucket("logs")}, nil},
		{"a bucket with another's ARN", affected(`{"s3Bucket":{"arn":"arn:aws:s3:::other","name":"logs"}}`), nil, []string{"is another's"}},
		{"a bucket of another account", affected(`{"s3Bucket":{"name":"logs","owner":{"id":"444455556666"}}}`), nil, []string{"belongs to account 444455556666"}},
		{"no bucket", affected(`{"s3Object":{"key":"x"}}`), nil, []string{"detail.resourcesAffected.s3Bucket names no bucket"}},
	} {
		t.Run(c.name, func(t *testing.T) { expect(t, decoded(t, privacy(c.more)), c.want, c.reasons...) })
	}
}

func TestMacieRefused(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"no account", privacy(`{"accountId":null}`), "f, line 1: detail.accountId is missing"},
		{"odd account", privacy(`{"accountId":"1234"}`), `f, line 1: detail.accountId is "1234": an AWS account has 12 digits`},
		{"no id", privacy(`{"id":""}`), "f, line 1: detail.id is empty"},
		{"no type", privacy(`{"type":null}`), "f, line 1: detail.type is missing"},
		{"no Region", privacy(`{"region":null}`), "f, line 1: detail.region is missing"},
	} {
		found, err := Decode(one(t, c.in))
		if err == nil || err.Error() != c.want || parry.KindOf(err) != parry.Invalid || len(found) > 0 {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

// What GetFindings answers gets the envelope that EventBridge would have put round it.
func TestReadWrapsMacie(t *testing.T) {
	e := one(t, `{"findings":[`+string(detailOf(privacy()))+`]}`)
	if e.Source != "aws.macie" || e.DetailType != "Macie Finding" || e.Account != member || e.Region != "eu-west-1" || e.Time.UnixMilli() != 1772359200000 {
		t.Errorf("got %+v", e)
	}
	expect(t, must(Decode(e))[0], []parry.Target{bucket("logs")})
}
