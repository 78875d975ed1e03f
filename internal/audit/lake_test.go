package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/parquet-go/parquet-go"

	"parry"
	"parry/internal/ocsfcheck"
	"parry/internal/parquetcheck"
	"parry/internal/tap"
)

// plain is an object as JSON has it, without what is not there.
func plain(t *testing.T, v any) map[string]any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var o map[string]any
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	return without(o)
}

func without(o map[string]any) map[string]any {
	for k, v := range o {
		switch v := v.(type) {
		case nil:
			delete(o, k)
		case map[string]any:
			without(v)
		}
	}
	return o
}

// Every end of a response becomes a row that a reader of others reads as it was, and that judges of others take for a Remediation Activity of the
// version that it says it is.
func TestRowsOfTheLake(t *testing.T) {
	reader := parquetcheck.Need(t)
	checker := ocsfcheck.Need(t)
	responses, records := endings()
	var rows []lakeRow
	var want []map[string]any
	for i, r := range responses {
		for _, rec := range records[i] {
			for _, o := range ocsf(r, rec) {
				text, err := line(o)
				if err != nil {
					t.Fatal(err)
				}
				row, ok, err := lakeRowOf(text)
				if err != nil || ok != (o["class_uid"] == classRemediation) {
					t.Fatalf("%s: %v, %v", text, ok, err)
				}
				if ok {
					event := plain(t, o)
					event["metadata"].(map[string]any)["version"] = lakeOCSF
					rows, want = append(rows, row), append(want, event)
				}
			}
		}
	}
	if len(rows) != 8 {
		t.Fatalf("%d rows", len(rows))
	}
	body, err := lakeFile(rows)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := lakeFile(rows); err != nil || !bytes.Equal(body, again) {
		t.Errorf("the same rows give other bytes: %v", err)
	}
	file, err := reader.Read(t.Context(), body)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range file.Rows {
		got, _ := json.Marshal(plain(t, row))
		expected, _ := json.Marshal(want[i])
		if !bytes.Equal(got, expected) {
			t.Errorf("row %d is\n%s\nwant\n%s", i, got, expected)
		}
	}
	verdicts, err := checker.FaultsIn(t.Context(), lakeOCSF, want)
	if err != nil {
		t.Fatal(err)
	}
	for i, faults := range verdicts {
		if len(faults) > 0 {
			t.Errorf("%s: %s", want[i]["status"], strings.Join(faults, "\n\t"))
		}
	}
	if len(file.Rows) != len(want) || fmt.Sprint(file.Compressions) != "[ZSTD]" || file.Types["time"] != "int64" || file.Types["type_uid"] != "int64" || file.Types["class_uid"] != "int32" {
		t.Errorf("%d rows, %v, %v", len(file.Rows), file.Compressions, file.Types)
	}
	if _, _, err := lakeRowOf([]byte(`{"class_uid": 7001, "something": "new"}`)); parry.KindOf(err) != parry.Fault {
		t.Errorf("an attribute without a column: %v", err)
	}
}

// How large a file gets: what Security Lake advises is a group of rows of 256 MB at the most.
func TestALakeFileIsSmall(t *testing.T) {
	r, steps := story("pr-1", noon, 5)
	text, err := line(ocsf(r, steps[4])[0])
	if err != nil {
		t.Fatal(err)
	}
	row, ok, err := lakeRowOf(text)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	body, err := lakeFile(slices.Repeat([]lakeRow{row}, lakeLeaves))
	if err != nil || len(body) > 1<<20 {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}

// lakeOf is a custom source in the vault, with ten records of the log at once.
func (v *vault) lakeOf(store parry.Store, s *Sealer, prefix, holder string, now func() time.Time) *Lake {
	v.t.Helper()
	l, err := NewLake(v.cfg, s, LakePlace{Location: OnS3 + *v.name + "/" + prefix, Region: "us-east-1"}, holder, now)
	if err != nil {
		v.t.Fatal(err)
	}
	l.leaves = 10
	return l
}

// files are what a prefix has, by name.
func (v *vault) files(prefix string) map[string]string {
	v.t.Helper()
	all := map[string]string{}
	out, err := v.client.ListObjectsV2(v.t.Context(), &s3.ListObjectsV2Input{Bucket: v.name, Prefix: aws.String(prefix + "/")})
	if err != nil {
		v.t.Fatal(err)
	}
	for _, o := range out.Contents {
		got, err := v.client.GetObject(v.t.Context(), &s3.GetObjectInput{Bucket: v.name, Key: o.Key})
		if err != nil {
			v.t.Fatal(err)
		}
		body, err := io.ReadAll(got.Body)
		if err != nil {
			v.t.Fatal(err)
		}
		all[strings.TrimPrefix(*o.Key, prefix+"/")] = string(body)
	}
	return all
}

// endsIn stores a response that was done in an account at a time.
func endsIn(t *testing.T, store parry.Store, id, account string, at time.Time) {
	t.Helper()
	r, steps := story(id, at, 5)
	r.Target.Account = account
	if err := store.Save(t.Context(), r, steps...); err != nil {
		t.Fatal(err)
	}
}

func lakeStore(t *testing.T) (parry.Store, *Sealer) {
	t.Helper()
	store, _ := open(t)
	endsIn(t, store, "pr-1", "111111111111", noon.Add(time.Minute))
	endsIn(t, store, "pr-2", "222222222222", noon)
	endsIn(t, store, "pr-3", "111111111111", noon.Add(12*time.Hour))
	endsIn(t, store, "pr-4", "111111111111", noon)
	endsIn(t, store, "pr-5", "", noon)
	s := sealer(store, newKey(t, "main"))
	if err := s.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store, s
}

// Events lie where Security Lake looks for them, in the order of time, each once, whoever writes and wherever he dies.
func TestTheLakeIsWritten(t *testing.T) {
	v := newVault(t)
	reader := parquetcheck.Need(t)
	store, s := lakeStore(t)
	now := noon
	l := v.lakeOf(store, s, "ext/parry/1.0", "a", func() time.Time { return now })
	if n, err := l.Write(t.Context()); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	files := v.files("ext/parry/1.0")
	seen := map[string][]string{}
	for name, body := range files {
		f, err := reader.Read(t.Context(), []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		last := 0.0
		for _, row := range f.Rows {
			if row["time"].(float64) < last {
				t.Errorf("%s is not in the order of time", name)
			}
			last = row["time"].(float64)
			seen[name[:strings.LastIndexByte(name, '/')]] = append(seen[name[:strings.LastIndexByte(name, '/')]], row["command_uid"].(string))
		}
	}
	for _, ids := range seen {
		slices.Sort(ids)
	}
	want := map[string][]string{
		"region=us-east-1/accountId=111111111111/eventDay=20260314": {"pr-1", "pr-4"}, "region=us-east-1/accountId=222222222222/eventDay=20260314": {"pr-2"},
		"region=us-east-1/accountId=111111111111/eventDay=20260315": {"pr-3"}, "region=us-east-1/accountId=external/eventDay=20260314": {"pr-5"},
	}
	if fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("%v\nwant %v", seen, want)
	}
	// What is new comes after five minutes, by whomever.
	endsIn(t, store, "pr-6", "111111111111", noon)
	if err := s.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := l.Write(t.Context()); n != 0 || err != nil {
		t.Errorf("at once: %d, %v", n, err)
	}
	now = now.Add(5 * time.Minute)
	if n, err := l.Write(t.Context()); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := v.lakeOf(store, s, "ext/parry/1.0", "b", func() time.Time { return now }).Write(t.Context()); n != 0 || err != nil {
		t.Errorf("another: %d, %v", n, err)
	}
	if n := len(v.files("ext/parry/1.0")); n != len(files)+1 {
		t.Errorf("%d files", n)
	}
}

// Whoever goes on after a dead writer writes the same objects, and each event is there once.
func TestALakeWriterThatDiesIsGoneOnWith(t *testing.T) {
	v := newVault(t)
	store, s := lakeStore(t)
	clock := func() time.Time { return noon }
	if _, err := v.lakeOf(store, s, "whole", "a", clock).Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := v.files("whole")
	for n := range len(want) {
		for _, after := range []bool{false, true} {
			prefix := fmt.Sprintf("died-%d-%v", n, after)
			store, s := lakeStore(t)
			v.tap.Inject(tap.Fault{Service: "S3", Operation: "PutObject", Err: refusal("AccessDenied"), Skip: n, Times: 1, After: after})
			if _, err := v.lakeOf(store, s, prefix, "a", clock).Write(t.Context()); parry.KindOf(err) != parry.Fault {
				t.Errorf("%s: %v", prefix, err)
			}
			// By then there is more in the log.
			endsIn(t, store, "pr-7", "333333333333", noon)
			if err := s.Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := v.lakeOf(store, s, prefix, "b", clock).Write(t.Context()); err != nil {
				t.Fatal(err)
			}
			var events []string
			for name, body := range v.files(prefix) {
				if place := name[strings.LastIndexByte(name, '/')+1:]; place < "000000000020" && want[name] != body {
					t.Errorf("%s: %s is another", prefix, name)
				}
				rows, err := parquet.Read[lakeRow](strings.NewReader(body), int64(len(body)))
				if err != nil {
					t.Fatal(err)
				}
				for _, row := range rows {
					events = append(events, row.CommandUID)
				}
			}
			if slices.Sort(events); strings.Join(events, " ") != "pr-1 pr-2 pr-3 pr-4 pr-5 pr-7" {
				t.Errorf("%s: %s", prefix, events)
			}
		}
	}
}

// One writes at a time; time that is over is no failure once something was written; and a word that cannot be read is told.
func TestOneWritesTheLake(t *testing.T) {
	v := newVault(t)
	store, s := lakeStore(t)
	l := v.lakeOf(store, s, "p", "a", func() time.Time { return noon })
	place := "security lake " + l.bucket.url("")
	if err := store.Claim(t.Context(), place, "somebody else", noon, time.Hour); err != nil {
		t.Fatal(err)
	}
	if n, err := l.Write(t.Context()); n != 0 || err != nil || len(v.files("p")) > 0 {
		t.Errorf("%d, %v", n, err)
	}
	if err := store.Release(t.Context(), place, "somebody else"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	slow := &stopping{Store: store, left: 3, stop: stop}
	l.store = slow
	if n, err := l.Write(ctx); n == 0 || n == 5 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	l.store, l.last = store, time.Time{}
	if _, err := l.Write(t.Context()); err != nil {
		t.Error(err)
	}
	for _, word := range []string{"x", "5 3", "-1 2", "7"} {
		if err := store.Set(t.Context(), place, word); err != nil {
			t.Fatal(err)
		}
		l.last = time.Time{}
		if _, err := l.Write(t.Context()); parry.KindOf(err) != parry.Invalid {
			t.Errorf("%s: %v", word, err)
		}
	}
}

// The role that AWS made is taken, with its external id.
func TestTheLakesRoleIsTaken(t *testing.T) {
	v := newVault(t)
	store, s := lakeStore(t)
	at := LakePlace{OnS3 + *v.name + "/ext/parry/", "arn:aws:iam::555555555555:role/AmazonSecurityLake-Provider-parry-us-east-1", "an-external-id", "us-east-1"}
	l, err := NewLake(v.cfg, s, at, "a", func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	_, _ = l.Write(t.Context()) // the bucket is another account's in moto, and lets everybody in or not: what counts is who comes
	var took, wrote bool
	for _, e := range v.tap.Log() {
		text, _ := json.Marshal(e.Input)
		took = took || e.Operation == "AssumeRole" && strings.Contains(string(text), `"ExternalId":"an-external-id"`) && strings.Contains(string(text), at.Role)
		wrote = wrote || e.Operation == "PutObject" && strings.HasPrefix(e.Caller.ARN, "arn:aws:sts::555555555555:assumed-role/AmazonSecurityLake-Provider-parry-us-east-1/parry-lake")
	}
	if !took || !wrote {
		t.Errorf("the role was taken: %v, and used: %v", took, wrote)
	}
	if _, err := NewLake(v.cfg, s, LakePlace{Location: "s3://"}, "a", time.Now); parry.KindOf(err) != parry.Invalid {
		t.Error(err)
	}
	_ = store
}
