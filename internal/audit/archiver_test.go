package audit

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"golang.org/x/mod/sumdb/note"

	"parry"
	"parry/internal/moto"
	"parry/internal/sqlite"
	"parry/internal/tap"
)

// vault is a bucket of moto with Object Lock, and calls to it that can be made to fail.
//
// What moto has: Object Lock with a bucket's default, versions, delete markers, If-None-Match with *. What it has not: 409 where two writes of
// one name are under way, and throttling, which the tap gives; encryption with a key, and whoever may not use it.
type vault struct {
	t      *testing.T
	client *s3.Client
	cfg    aws.Config
	name   *string
	tap    *tap.Tap
}

func newVault(t *testing.T) *vault {
	v := &vault{t: t, tap: &tap.Tap{}, name: aws.String(fmt.Sprintf("record-%d", time.Now().UnixNano()))}
	plain := moto.Need(t).Config(moto.Account(), "us-east-1")
	v.cfg = v.tap.On(plain, func(string) tap.Caller { return tap.Caller{} })
	v.client = s3.NewFromConfig(plain)
	if _, err := v.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: v.name, ObjectLockEnabledForBucket: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	if _, err := v.client.PutObjectLockConfiguration(t.Context(), &s3.PutObjectLockConfigurationInput{Bucket: v.name, ObjectLockConfiguration: &types.ObjectLockConfiguration{
		ObjectLockEnabled: types.ObjectLockEnabledEnabled,
		Rule:              &types.ObjectLockRule{DefaultRetention: &types.DefaultRetention{Mode: types.ObjectLockRetentionModeCompliance, Days: aws.Int32(30)}},
	}}); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *vault) bucket(prefix string) *Bucket {
	v.t.Helper()
	b, err := NewBucket(v.cfg, OnS3+*v.name+"/"+prefix)
	if err != nil {
		v.t.Fatal(err)
	}
	return b
}

// archiver is one that has just been started, and has sealed, with ten records in a part.
func (v *vault) archiver(store parry.Store, key Key, prefix string) *Archiver {
	v.t.Helper()
	s := sealer(store, key)
	if err := s.Seal(v.t.Context()); err != nil {
		v.t.Fatal(err)
	}
	a := NewArchiver(s, v.bucket(prefix))
	a.leaves = 10
	return a
}

func archive(t *testing.T, a *Archiver) int64 {
	t.Helper()
	p, err := a.Archive(t.Context())
	if err != nil || p.Behind != 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	return p.Written
}

// objects are all that a prefix has, by name.
func (v *vault) objects(prefix string) map[string]string {
	v.t.Helper()
	all := map[string]string{}
	b := v.bucket(prefix)
	for _, folder := range []string{archivedParts, archivedHeads} {
		err := b.Names(v.t.Context(), folder, "", func(name string) error {
			body, err := b.Read(v.t.Context(), name)
			all[name] = string(body)
			return err
		})
		if err != nil {
			v.t.Fatal(err)
		}
	}
	return all
}

func (v *vault) put(name, body string) {
	v.t.Helper()
	if _, err := v.client.PutObject(v.t.Context(), &s3.PutObjectInput{Bucket: v.name, Key: &name, Body: strings.NewReader(body), ChecksumAlgorithm: types.ChecksumAlgorithmSha256}); err != nil {
		v.t.Fatal(err)
	}
}

func (v *vault) verify(prefix string, key Key, anchors ...[]byte) Report {
	v.t.Helper()
	rep, err := VerifyArchive(v.t.Context(), v.bucket(prefix), note.VerifierList(key.Verifier), anchors...)
	if err != nil {
		v.t.Fatal(err)
	}
	return rep
}

func names(objects map[string]string) string {
	return strings.Join(slices.Sorted(maps.Keys(objects)), " ")
}

// refusal is an error of S3 that nobody tries again.
func refusal(code string) error { return &smithy.GenericAPIError{Code: code, Message: "no"} }

func stock(t *testing.T, n int) (*sqlite.DB, Key) {
	t.Helper()
	store, _ := open(t)
	for i := range n {
		addStory(t, store, fmt.Sprintf("pr-%05d", i), 5)
	}
	return store, newKey(t, "main")
}

func TestTheRecordIsArchived(t *testing.T) {
	v := newVault(t)
	store, key := stock(t, 5)
	a := v.archiver(store, key, "p")
	if n := archive(t, a); n != 25 {
		t.Errorf("%d records were written", n)
	}
	calls := len(v.tap.Log())
	if n := archive(t, a); n != 0 || len(v.tap.Log()) != calls {
		t.Errorf("with nothing new %d records are written, with %d calls", n, len(v.tap.Log())-calls)
	}
	want := "checkpoints/v1/000000000025.json records/v1/000000000000-000000000009.jsonl records/v1/000000000010-000000000019.jsonl records/v1/000000000020-000000000024.jsonl"
	if got := names(v.objects("p")); got != want {
		t.Errorf("%s", got)
	}
	// What is new comes behind that, whether by the same process or by another.
	addStory(t, store, "pr-new", 5)
	if err := a.sealer.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := archive(t, a); n != 5 {
		t.Errorf("%d new records", n)
	}
	addStory(t, store, "pr-newer", 12)
	if n := archive(t, v.archiver(store, key, "p")); n != 12 {
		t.Errorf("%d newer records", n)
	}
	if rep := v.verify("p", key); !rep.OK() || rep.Records != 42 || rep.Logged != 42 || rep.Covered != 42 || rep.Responses != 7 || rep.Checkpoints != 3 {
		t.Errorf("%s%+v", lines(rep), rep)
	}
	// Nobody deletes it.
	for name := range v.objects("p") {
		head, err := v.client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: v.name, Key: aws.String("p/" + name), ChecksumMode: types.ChecksumModeEnabled})
		if err != nil || head.ObjectLockMode != types.ObjectLockModeCompliance || aws.ToString(head.ChecksumSHA256) == "" {
			t.Errorf("%s: %v, %v", name, head, err)
			continue
		}
		if _, err := v.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: v.name, Key: aws.String("p/" + name), VersionId: head.VersionId}); err == nil {
			t.Errorf("%s could be deleted", name)
		}
	}
}

// Wherever it dies, with a write that was made or not, what the next one leaves is the same to the byte as if it had not died.
func TestAnArchiverThatDiesIsGoneOnWith(t *testing.T) {
	v := newVault(t)
	store, key := stock(t, 7)
	archive(t, v.archiver(store, key, "whole"))
	want := v.objects("whole")
	for n := range len(want) {
		for _, after := range []bool{false, true} {
			prefix := fmt.Sprintf("died-%d-%v", n, after)
			v.tap.Inject(tap.Fault{Service: "S3", Operation: "PutObject", Err: refusal("AccessDenied"), Skip: n, Times: 1, After: after})
			p, err := v.archiver(store, key, prefix).Archive(t.Context())
			if err == nil || p.Written != min(int64(n)*10, 35) || p.Behind != 35-p.Written {
				t.Errorf("%s: %+v, %v", prefix, p, err)
			}
			if rep := v.verify(prefix, key); rep.Records != len(strings.Split(strings.TrimSpace(allParts(v.objects(prefix))), "\n")) && n > 0 {
				t.Errorf("%s: %+v", prefix, rep)
			}
			archive(t, v.archiver(store, key, prefix))
			if got := v.objects(prefix); !maps.Equal(got, want) {
				t.Errorf("%s: %s", prefix, names(got))
			}
		}
	}
}

func allParts(objects map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(objects)) {
		if strings.HasPrefix(name, archivedParts) {
			b.WriteString(objects[name])
		}
	}
	return b.String()
}

// A throttled bucket is asked again, and where that does not help, the next run does it.
func TestAThrottledBucket(t *testing.T) {
	v := newVault(t)
	store, key := stock(t, 2)
	slow := refusal("SlowDown")
	v.tap.Inject(tap.Fault{Service: "S3", Err: slow, Times: 2})
	if n := archive(t, v.archiver(store, key, "once")); n != 10 {
		t.Errorf("%d", n)
	}
	v.tap.Inject(tap.Fault{Service: "S3", Operation: "PutObject", Err: refusal("ConditionalRequestConflict"), Times: 2})
	if n := archive(t, v.archiver(store, key, "raced")); n != 10 {
		t.Errorf("%d", n)
	}
	a := v.archiver(store, key, "long")
	v.tap.Inject(tap.Fault{Service: "S3", Operation: "PutObject", Err: slow, Times: 3})
	if p, err := a.Archive(t.Context()); err == nil || p.Behind != 10 || !strings.Contains(err.Error(), "/long/records/v1/000000000000-000000000009.jsonl cannot be written") || !strings.Contains(parry.HintOf(err), "s3:PutObject") {
		t.Errorf("%+v, %v", p, err)
	}
	if n := archive(t, a); n != 10 {
		t.Errorf("%d", n)
	}
}

// What is taken by somebody else is not written over, and is told with its name; what stands there by then is found by verifying.
func TestANameThatIsTaken(t *testing.T) {
	v := newVault(t)
	store, key := stock(t, 4)
	for prefix, name := range map[string]string{"part": "records/v1/000000000010-000000000019.jsonl", "head": "checkpoints/v1/000000000020.json", "ahead": "records/v1/000000000010-000000000099.jsonl"} {
		v.put(prefix+"/"+name, "{\"somebody\":\"else\"}\n")
		for range 2 { // again and again, until somebody has seen to it
			_, err := v.archiver(store, key, prefix).Archive(t.Context())
			if parry.KindOf(err) != parry.Conflict || !strings.Contains(err.Error(), "s3://"+*v.name+"/"+prefix+"/") || prefix != "ahead" && !strings.Contains(err.Error(), name+" is there already") {
				t.Errorf("%s: %v", prefix, err)
			}
		}
		versions, err := v.client.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: v.name, Prefix: aws.String(prefix + "/" + name)})
		if err != nil || len(versions.Versions) != 1 || v.objects(prefix)[name] != "{\"somebody\":\"else\"}\n" {
			t.Errorf("%s: %d versions, %v", prefix, len(versions.Versions), err)
		}
		if rep := v.verify(prefix, key); rep.OK() || !strings.Contains(lines(rep), name) {
			t.Errorf("%s: %s", prefix, lines(rep))
		}
	}
}

// stopping ends a context after so many records were read of a store.
type stopping struct {
	parry.Store
	left int
	stop context.CancelFunc
}

func (s *stopping) Records(ctx context.Context, id string) ([]parry.Record, error) {
	if s.left--; s.left < 0 {
		s.stop()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.Store.Records(ctx, id)
}

// What cannot be done in a run's time is done in the next ones, and that is no error while it gets on.
func TestAnArchiverWhoseTimeIsOver(t *testing.T) {
	v := newVault(t)
	store, key := stock(t, 9)
	slow := &stopping{Store: store}
	a := v.archiver(slow, key, "p")
	var got []int64
	for range 10 {
		ctx, stop := context.WithCancel(t.Context())
		slow.left, slow.stop = 4, stop
		p, err := a.Archive(ctx)
		stop()
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, p.Written); p.Behind == 0 {
			break
		}
	}
	if fmt.Sprint(got) != "[20 20 5]" {
		t.Errorf("%d", got)
	}
	if rep := v.verify("p", key); !rep.OK() || rep.Covered != 45 || rep.Checkpoints != 1 {
		t.Errorf("%+v", rep)
	}
	// Where it does not get on at all, that is told.
	addStory(t, store, "pr-x", 5)
	if err := a.sealer.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	slow.left, slow.stop = 0, stop
	if p, err := a.Archive(ctx); err == nil || p.Behind != 5 {
		t.Errorf("%+v, %v", p, err)
	}
}

// What somebody deletes, who can only put a marker over it, is written again, and is the same.
func TestAGapIsFilled(t *testing.T) {
	v := newVault(t)
	store, key := stock(t, 8)
	archive(t, v.archiver(store, key, "p"))
	want := v.objects("p")
	for _, name := range []string{"records/v1/000000000000-000000000009.jsonl", "records/v1/000000000020-000000000029.jsonl"} {
		if _, err := v.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: v.name, Key: aws.String("p/" + name)}); err != nil {
			t.Fatal(err)
		}
	}
	if rep := v.verify("p", key); !strings.Contains(lines(rep), "dropped: records 0 to 9 of the log") || !strings.Contains(lines(rep), "dropped: records 20 to 29 of the log") {
		t.Errorf("%s", lines(rep))
	}
	if n := archive(t, v.archiver(store, key, "p")); n != 20 {
		t.Errorf("%d records were written again", n)
	}
	if got := v.objects("p"); !maps.Equal(got, want) {
		t.Errorf("%s", names(got))
	}
}

// The bucket remembers what the store was. What does not go on from that is not archived.
func TestAStoreThatIsAnotherOneIsNotArchived(t *testing.T) {
	v := newVault(t)
	store, key := stock(t, 3)
	archive(t, v.archiver(store, key, "p"))
	before := v.objects("p")
	refuse := func(what string, a *Archiver) {
		t.Helper()
		if p, err := a.Archive(t.Context()); parry.KindOf(err) != parry.Conflict || p.Written != 0 {
			t.Errorf("%s: %+v, %v", what, p, err)
		}
		if got := v.objects("p"); !maps.Equal(got, before) {
			t.Errorf("%s: %s", what, names(got))
		}
	}
	shorter, _ := open(t)
	addStory(t, shorter, "pr-00000", 5)
	refuse("a store of before", v.archiver(shorter, key, "p"))
	another, _ := open(t)
	for i := range 5 {
		addStory(t, another, fmt.Sprintf("pr-other-%d", i), 5)
	}
	refuse("a store with another past, signed with the same key", v.archiver(another, key, "p"))
	changed, raw := open(t)
	for i := range 5 {
		addStory(t, changed, fmt.Sprintf("pr-%05d", i), 5)
	}
	a := v.archiver(changed, key, "p")
	run(t, raw, "UPDATE log SET hash = '00' WHERE n = 20")
	refuse("a log that was changed after it was signed", a)
	run(t, raw, "UPDATE log SET hash = (SELECT json_extract(body, '$.hash') FROM records WHERE records.response = log.response AND records.seq = log.seq) WHERE n = 20")
	run(t, raw, "UPDATE records SET body = json_set(body, '$.text', 'nothing was done') WHERE response = 'pr-00003' AND seq = 2")
	refuse("a record that was changed", a)
}

// Workers may archive at once. A new key goes on where the old one ended.
func TestTwoArchiversAndTwoKeys(t *testing.T) {
	v := newVault(t)
	store, key := stock(t, 1)
	a, b := v.archiver(store, key, "p"), v.archiver(store, key, "p")
	b.leaves = 7
	for i := range 12 {
		addStory(t, store, fmt.Sprintf("pr-more-%d", i), 5)
		one := []*Archiver{a, b}[i%2]
		if err := one.sealer.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		archive(t, one)
	}
	// Both see the same end, and write behind it before one sees the other's: parts with records in common.
	if _, err := a.Archive(t.Context()); err != nil {
		t.Fatal(err)
	}
	addStory(t, store, "pr-common", 5)
	if err := a.sealer.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	body := allParts(v.objects("p"))
	archive(t, a)
	more := strings.TrimPrefix(allParts(v.objects("p")), body)
	v.put("p/"+partName(65, 67), strings.Join(strings.SplitAfter(more, "\n")[:2], ""))
	if rep := v.verify("p", key); !rep.OK() || rep.Records != 70 || rep.Covered != 70 {
		t.Errorf("%s%+v", lines(rep), rep)
	}
	other := newKey(t, "main")
	if n := archive(t, v.archiver(store, other, "p")); n != 0 {
		t.Errorf("with a new key and nothing else new %d records are written", n)
	}
	addStory(t, store, "pr-other-key", 5)
	archive(t, v.archiver(store, other, "p"))
	rep, err := VerifyArchive(t.Context(), v.bucket("p"), note.VerifierList(key.Verifier, other.Verifier))
	if err != nil || !rep.OK() || rep.Covered != 75 {
		t.Errorf("%s%+v, %v", lines(rep), rep, err)
	}
	if rep := v.verify("p", other); rep.OK() || !strings.Contains(lines(rep), "forged: checkpoint at 10:") {
		t.Errorf("%s", lines(rep))
	}
}

// A bucket that is not there, and names that are none.
func TestNoSuchBucket(t *testing.T) {
	v := newVault(t)
	store, key := stock(t, 1)
	b, err := NewBucket(v.cfg, "s3://no-such-bucket-here/x")
	if err != nil {
		t.Fatal(err)
	}
	s := sealer(store, key)
	if err := s.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := NewArchiver(s, b).Archive(t.Context()); parry.KindOf(err) != parry.Fault || !strings.Contains(parry.HintOf(err), "s3:ListBucket") {
		t.Errorf("%v", err)
	}
	for _, at := range []string{"s3://", "s3:///x"} {
		if _, err := NewBucket(v.cfg, at); parry.KindOf(err) != parry.Invalid {
			t.Errorf("%s: %v", at, err)
		}
	}
	for _, name := range []string{"records/v1/000000000010-000000000009.jsonl", "records/v1/10-19.jsonl", "records/v1/000000000000-000000000009.txt", "records/v1/-00000000001-000000000009.jsonl"} {
		if _, _, ok := partOf(name); ok {
			t.Errorf("%s is taken for a part", name)
		}
	}
	if _, err := readBounded("x", io.LimitReader(endless{}, archivedBytes+10)); parry.KindOf(err) != parry.Invalid {
		t.Error(err)
	}
	if body, err := readBounded("x", bytes.NewReader([]byte("y"))); err != nil || string(body) != "y" {
		t.Error(err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
