package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"parry"
	"parry/internal/audit"
	"parry/internal/config"
	"parry/internal/moto"
	"parry/internal/sqlite"
)

// The clock function, put together from its environment as in a deployment, signs what is recorded and brings it into the bucket and the lake; where
// it cannot, the invocation fails, and the next one goes on.
func TestTheClockKeepsTheRecord(t *testing.T) {
	server := moto.Need(t)
	front := httptest.NewServer(server.Front())
	t.Cleanup(front.Close)
	account := moto.Account()
	cfg := server.Config(account, "us-east-1")
	creds, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, kv := range moto.Env(front.URL, "us-east-1", creds) {
		name, value, _ := strings.Cut(kv, "=")
		t.Setenv(name, value)
	}
	dir := t.TempDir()
	private, public, err := audit.NewKey(rand.Reader, keyName)
	if err != nil {
		t.Fatal(err)
	}
	keyFile, db := filepath.Join(dir, "key"), filepath.Join(dir, "parry.db")
	if err := audit.WriteKey(keyFile, private); err != nil {
		t.Fatal(err)
	}
	bucket := "clock-" + account
	vars := map[string]string{
		"PARRY_FUNCTION": "clock", "PARRY_DB": db, "PARRY_ROLE": "parry-{playbook}", "PARRY_MACHINE": "arn:aws:states:us-east-1:" + account + ":stateMachine:parry-response",
		"PARRY_AUDIT_KEY": keyFile, "PARRY_AUDIT_BUCKET": "s3://" + bucket, "PARRY_LAKE_LOCATION": "s3://" + bucket + "/ext/parry/1.0/",
	}
	env := func(name string) string { return vars[name] }
	store, err := sqlite.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	told := func(id string) {
		r := parry.Response{ID: id, Key: "key-" + id, State: parry.Alerted, Stored: parry.Alerted, Times: parry.Times{Received: time.Now()}, Finding: parry.Finding{ClassUID: parry.ClassDetection}}
		rec := parry.Record{Response: id, Seq: 1, At: time.Now().UTC(), Kind: parry.MoveTold, State: parry.Alerted, Text: "the rule only tells"}
		rec.Seal("")
		r.Chain, r.Steps = rec.Hash, 1
		if err := store.Save(t.Context(), r, rec); err != nil {
			t.Fatal(err)
		}
	}
	settings, err := config.Load(config.Input{Env: env})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	a := &app{env: env, stdout: &log, stderr: &log}
	a.take(settings)
	clock, done, err := a.function(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)

	told("pr-1")
	if _, err := clock.Invoke(t.Context(), []byte("{}")); err == nil || !strings.Contains(err.Error(), "s3://"+bucket) {
		t.Errorf("without a bucket: %v", err)
	}
	if _, err := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket), ObjectLockEnabledForBucket: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	keys, err := audit.Verifiers(public)
	if err != nil {
		t.Fatal(err)
	}
	from, err := audit.NewBucket(cfg, "s3://"+bucket)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 3; n++ {
		if _, err := clock.Invoke(t.Context(), []byte("{}")); err != nil {
			t.Errorf("run %d: %v", n, err)
		}
		rep, err := audit.VerifyArchive(t.Context(), from, keys)
		if err != nil || !rep.OK() || rep.Records != n || rep.Covered != int64(n) {
			t.Errorf("run %d: %+v, %v", n, rep, err)
		}
		told(fmt.Sprintf("pr-%d", n+1))
	}
	if text := log.String(); !strings.Contains(text, `"msg":"the lake is written","events":1`) || !strings.Contains(text, `"level":"ERROR","msg":"an invocation failed","function":"clock"`) {
		t.Error(text)
	}
}
