package policydoc_test

import (
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"parry/internal/moto"
	"parry/internal/policydoc"
)

// wrongOnMoto are the verdicts of AWS's that moto's GetBucketPolicyStatus does not know: it takes every condition for one
// that restricts, and looks at Principal "*" only (moto/s3/utils.py, bucket_policy_is_public, says so itself).
var wrongOnMoto = map[string]string{
	"web identity without condition":      "moto looks at AWS principals only",
	"NotPrincipal":                        "moto does not look at it",
	"VPC by pattern":                      "a condition",
	"half of all addresses":               "a condition",
	"/7":                                  "a condition",
	"/31 of IPv6":                         "a condition",
	"policy variable":                     "a condition",
	"function URL without authentication": "a condition",
}

// TestMotosBucketPolicyStatus compares with S3's own answer, as far as the emulator gives it. What is left without the public
// part must be taken by S3 as it is, and be private there.
func TestMotosBucketPolicyStatus(t *testing.T) {
	server := moto.Need(t)
	client := s3.NewFromConfig(server.Config(moto.Account(), "us-east-1"), func(o *s3.Options) { o.UsePathStyle = true })
	bucket := aws.String("policydoc-status")
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: bucket}); err != nil {
		t.Fatal(err)
	}
	put := func(t *testing.T, text string) bool {
		t.Helper()
		if _, err := client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: bucket, Policy: &text}); err != nil {
			t.Fatal(err)
		}
		got, err := client.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: bucket})
		if err != nil || *got.Policy != text {
			t.Fatalf("it comes back as %v, %v", got, err)
		}
		status, err := client.GetBucketPolicyStatus(t.Context(), &s3.GetBucketPolicyStatusInput{Bucket: bucket})
		if err != nil {
			t.Fatal(err)
		}
		return *status.PolicyStatus.IsPublic
	}
	text, err := os.ReadFile("testdata/aws.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Name   string
		Public bool
		Policy json.RawMessage
	}
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	v, err := policydoc.NewViewer("111122223333", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		t.Run(r.Name, func(t *testing.T) {
			why, wrong := wrongOnMoto[r.Name]
			if got := put(t, string(r.Policy)); got != (r.Public && !wrong) {
				t.Errorf("moto says public %v, AWS %v (wrong on moto: %q)", got, r.Public, why)
			}
			d, err := policydoc.Parse(string(r.Policy))
			if err != nil {
				t.Fatal(err)
			}
			if left := d.WithoutPublic(v); left != "" && put(t, left) {
				t.Errorf("still public: %s", left)
			}
		})
	}
}

// TestIAMTakesWhatIsLeft puts edited documents where IAM checks them: moto has IAM's checks of policies and of trust.
func TestIAMTakesWhatIsLeft(t *testing.T) {
	server := moto.Need(t)
	account := moto.Account()
	client := iam.NewFromConfig(server.Config(account, "us-east-1"))
	v, err := policydoc.NewViewer(account, nil)
	if err != nil {
		t.Fatal(err)
	}
	trust := `{"Version": "2012-10-17", "Statement": [
  {"Sid": "Own", "Effect": "Allow", "Principal": {"AWS": ["` + account + `", "arn:aws:iam::999999999999:root"]}, "Action": "sts:AssumeRole"},
  {"Sid": "All", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}`
	if _, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: &trust}); err != nil {
		t.Fatal(err)
	}
	read := func() *policydoc.Document {
		t.Helper()
		role, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("r")})
		if err != nil {
			t.Fatal(err)
		}
		text, err := url.QueryUnescape(*role.Role.AssumeRolePolicyDocument)
		if err != nil {
			t.Fatal(err)
		}
		d, err := policydoc.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, remove := range []func(*policydoc.Document, policydoc.Viewer) string{(*policydoc.Document).WithoutPublic, (*policydoc.Document).WithoutForeign} {
		left := remove(read(), v)
		if _, err := client.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("r"), PolicyDocument: &left}); err != nil {
			t.Fatalf("%v\n%s", err, left)
		}
	}
	after := read()
	if got := after.Judge(v); len(got) != 1 || got[0].Verdict != policydoc.Own || got[0].Sid != "Own" {
		t.Errorf("%+v\n%s", got, after)
	}

	admin, err := policydoc.Parse(`{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":["*","s3:ListBucket"],"Resource":"*"},{"Sid":"B","Effect":"Allow","NotAction":"s3:*","Resource":"*"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	narrow, err := admin.NarrowAdmin([]string{"ec2:Describe*"})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"without": admin.WithoutAdmin(), "narrow": narrow, "mfa": policydoc.RequireMFA("RequireMFA", false), "mfa-keys": policydoc.RequireMFA("RequireMFA", true),
	} {
		if _, err := client.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &text}); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	// What the reading refuses, or never leaves, IAM refuses too.
	for name, text := range map[string]string{
		"no-statement": `{"Version":"2012-10-17"}`, "both": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}]}`,
		"effect": `{"Version":"2012-10-17","Statement":[{"Effect":"allow","Action":"*","Resource":"*"}]}`, "element": `{"Version":"2012-10-17","Comment":"x","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
	} {
		_, err := client.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &text})
		if err == nil || !strings.Contains(err.Error(), "MalformedPolicyDocument") {
			t.Errorf("%s: IAM says %v", name, err)
		}
		if _, err := policydoc.Parse(text); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}
