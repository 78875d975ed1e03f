package audit

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"parry"
	"parry/internal/moto"
)

// Each part of an export is an object that nobody can delete before its time.
func TestExportToS3IsLocked(t *testing.T) {
	server := moto.Need(t)
	cfg := server.Config(moto.Account(), "us-east-1")
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	bucket := aws.String("audit-" + strings.ToLower(strings.ReplaceAll(t.Name(), "_", "-")))
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: bucket, ObjectLockEnabledForBucket: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	store, _ := open(t)
	key := newKey(t, "main")
	fill(t, store, key, 0, 3, 6)
	until := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)
	sink, err := NewS3(cfg, "s3://"+*bucket+"/parry/audit/", JSONL, until)
	if err != nil {
		t.Fatal(err)
	}
	if next, err := Export(t.Context(), store, 0, JSONL, sink); err != nil || next != 18 {
		t.Fatal(next, err)
	}
	if err := sink.PutCheckpoint(t.Context(), 18, []byte("signed")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"parry/audit/records-000000000000-000000000018.jsonl": 18, "parry/audit/checkpoint-000000000018.txt": 0} {
		out, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: &name})
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(out.Body)
		if err != nil || strings.Count(string(text), "\n") != want {
			t.Errorf("%s: %s, %v", name, text, err)
		}
		if out.ObjectLockMode != types.ObjectLockModeCompliance || !aws.ToTime(out.ObjectLockRetainUntilDate).Equal(until) {
			t.Errorf("%s is locked: %s until %s", name, out.ObjectLockMode, aws.ToTime(out.ObjectLockRetainUntilDate))
		}
		if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: &name, VersionId: out.VersionId}); err == nil {
			t.Errorf("%s could be deleted", name)
		}
	}
	for _, to := range []string{"s3://", "s3:///x"} {
		if _, err := NewS3(cfg, to, JSONL, until); parry.KindOf(err) != parry.Invalid {
			t.Errorf("%s: %v", to, err)
		}
	}
	missing, err := NewS3(cfg, "s3://no-such-bucket-here", JSONL, until)
	if err != nil {
		t.Fatal(err)
	}
	if next, err := Export(t.Context(), store, 0, JSONL, missing); err == nil || next != 0 || !strings.Contains(parry.HintOf(err), "Object Lock") {
		t.Errorf("%d, %v", next, err)
	}
}

func TestExportToCloudWatchLogs(t *testing.T) {
	server := moto.Need(t)
	cfg := server.Config(moto.Account(), "us-east-1")
	client := cloudwatchlogs.NewFromConfig(cfg)
	store, _ := open(t)
	key := newKey(t, "main")
	now := time.Now().UTC().Truncate(time.Millisecond).Add(-time.Hour)
	for i := range 3 { // the last is the oldest: the log is not in the order of time
		r, steps := story(fmt.Sprintf("pr-%d", i), now.Add(-time.Duration(i)*time.Minute), 5)
		if err := store.Save(t.Context(), r, steps...); err != nil {
			t.Fatal(err)
		}
	}
	sign(t, store, key, now)
	sink, err := NewLogs(cfg, "logs:/parry/audit/main")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Export(t.Context(), store, 0, JSONL, sink); parry.KindOf(err) != parry.Invalid || !strings.Contains(err.Error(), "/parry/audit") {
		t.Errorf("without a group: %v", err)
	}
	if _, err := client.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/parry/audit")}); err != nil {
		t.Fatal(err)
	}
	if next, err := Export(t.Context(), store, 0, JSONL, sink); err != nil || next != 15 {
		t.Fatal(next, err)
	}
	out, err := client.GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String("/parry/audit"), LogStreamName: aws.String("main"), StartFromHead: aws.Bool(true)})
	if err != nil || len(out.Events) != 15 {
		t.Fatalf("%d events, %v", len(out.Events), err)
	}
	if !strings.Contains(*out.Events[0].Message, `"response":"pr-2","seq":1`) {
		t.Errorf("%s", *out.Events[0].Message)
	}
	// What is too old is not kept, and that is told.
	r, steps := story("pr-old", noon.AddDate(-1, 0, 0), 5)
	if err := store.Save(t.Context(), r, steps...); err != nil {
		t.Fatal(err)
	}
	sign(t, store, key, now)
	if next, err := Export(t.Context(), store, 15, JSONL, sink); parry.KindOf(err) != parry.Refused || next != 15 {
		t.Errorf("%d, %v", next, err)
	}
	for _, to := range []string{"logs:", "logs:x", "logs:/x", "logs:x/"} {
		if _, err := NewLogs(cfg, to); parry.KindOf(err) != parry.Invalid {
			t.Errorf("%s: %v", to, err)
		}
	}
}

func TestBatchesKeepToTheLimits(t *testing.T) {
	var lines []Line
	for i := range 25_000 {
		size := 10
		if i > 20_000 {
			size = 100_000
		}
		lines = append(lines, Line{At: noon.Add(time.Duration(i) * 30 * time.Second), Text: make([]byte, size)})
	}
	n := 0
	for _, b := range batches(lines) {
		size := 0
		for _, l := range b {
			size += len(l.Text) + 26
		}
		if size > 1<<20 || len(b) > 10_000 || len(b) == 0 || b[len(b)-1].At.Sub(b[0].At) >= 24*time.Hour {
			t.Errorf("%d events, %d bytes, %s", len(b), size, b[len(b)-1].At.Sub(b[0].At))
		}
		n += len(b)
	}
	if n != len(lines) || batches(nil) != nil {
		t.Errorf("%d of %d", n, len(lines))
	}
	big := &Logs{}
	if err := big.Put(t.Context(), 0, 1, []Line{{Name: "pr-1/1", Text: make([]byte, 300<<10)}}); parry.KindOf(err) != parry.Refused || !strings.Contains(err.Error(), "pr-1/1") {
		t.Error(err)
	}
}

// The key of a checkpoint may be one that never leaves KMS. The emulator has the curves of NIST only; the signatures of its own
// library are held against Go's here.
func TestKeysInKMS(t *testing.T) {
	server := moto.Need(t)
	id := moto.Account()
	cfg := server.Config(id, "eu-west-1")
	client := kms.NewFromConfig(cfg)
	for _, spec := range []kmstypes.KeySpec{kmstypes.KeySpecEccNistP256, kmstypes.KeySpecEccNistP384, kmstypes.KeySpecEccNistP521} {
		made, err := client.CreateKey(t.Context(), &kms.CreateKeyInput{KeySpec: spec, KeyUsage: kmstypes.KeyUsageTypeSignVerify})
		if err != nil {
			t.Fatal(err)
		}
		other := cfg.Copy()
		other.Region = "us-east-1" // the key's Region is in its ARN
		key, err := KMSKey(t.Context(), other, *made.KeyMetadata.Arn, "main")
		if err != nil {
			t.Fatal(err)
		}
		store, raw := open(t)
		fill(t, store, key, 0, 2, 5)
		keys, err := Verifiers(key.VKey) // by its text alone, without KMS
		if err != nil {
			t.Fatal(err)
		}
		rep, err := Verify(t.Context(), store, keys)
		if err != nil || !rep.OK() || rep.Checkpoints != 1 {
			t.Errorf("%s: %s %v", spec, lines(rep), err)
		}
		run(t, raw, "UPDATE checkpoints SET text = CAST(replace(CAST(text AS TEXT), 'T', 'U') AS BLOB)")
		if rep, err := Verify(t.Context(), store, keys); err != nil || rep.OK() {
			t.Errorf("%s: a forged one passes, %v", spec, err)
		}
	}
	rsa, err := client.CreateKey(t.Context(), &kms.CreateKeyInput{KeySpec: kmstypes.KeySpecRsa2048, KeyUsage: kmstypes.KeyUsageTypeSignVerify})
	if err != nil {
		t.Fatal(err)
	}
	for _, arn := range []string{*rsa.KeyMetadata.Arn, "alias/x", "arn:aws:s3:::x"} {
		if _, err := KMSKey(t.Context(), cfg, arn, "main"); parry.KindOf(err) != parry.Invalid {
			t.Errorf("%s: %v", arn, err)
		}
	}
	if _, err := KMSKey(t.Context(), cfg, "arn:aws:kms:eu-west-1:"+id+":key/00000000-0000-0000-0000-000000000000", "main"); err == nil {
		t.Error("a key that is not there")
	}
}
