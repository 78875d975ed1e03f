package hub_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"pgregory.net/rapid"

	"parry"
	"parry/internal/hub"
)

// anyText is what strangers write: nothing, words, far too much, and bytes that are no text.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.Just(""), rapid.Just("  "), rapid.String(), rapid.StringMatching(`[a-z:/.-]{1,20}`),
		rapid.Map(rapid.SampledFrom([]string{"x", "é", "\"", "\x00", "<", "\xff", "\u2028", "👾", "\n"}), func(s string) string { return strings.Repeat(s, 5000) }),
	)
}

// anyFinding is a finding whose account and Region are known, and all else is anything.
func anyFinding() *rapid.Generator[parry.Finding] {
	return rapid.Custom(func(t *rapid.T) parry.Finding {
		text := func(name string) string { return anyText().Draw(t, name) }
		texts := func(name string, n int) []string { return rapid.SliceOfN(anyText(), 0, n).Draw(t, name) }
		when := func(name string) int64 { return rapid.Int64().Draw(t, name) }
		f := parry.Finding{
			ClassUID: rapid.IntRange(0, 7000).Draw(t, "class"), SeverityID: rapid.IntRange(-1, 100).Draw(t, "severity"), Severity: text("severity"),
			Status: text("status"), Time: when("time"), Count: rapid.Int().Draw(t, "count"), Comment: text("comment"), Confidence: rapid.Int().Draw(t, "confidence"),
			Quiet: text("quiet"), Unresolved: texts("unresolved", 3), Unmapped: map[string]string{},
			Metadata: parry.Metadata{UID: text("event"), Product: parry.Product{Name: text("product"), VendorName: text("vendor"), Feature: text("feature")}},
			Info: parry.FindingInfo{UID: text("uid"), Title: text("title"), Desc: text("desc"), Types: texts("types", 60),
				CreatedTime: when("created"), ModifiedTime: when("modified"), FirstSeenTime: when("first"), LastSeenTime: when("last")},
			Cloud: parry.Cloud{Account: parry.CloudAccount{UID: account}, Region: rapid.SampledFrom([]string{"eu-west-1", "us-gov-west-1", "cn-north-1"}).Draw(t, "region")},
		}
		for _, k := range texts("unmapped", 60) {
			f.Unmapped[k] = text("value")
		}
		for range rapid.IntRange(0, 40).Draw(t, "resources") {
			r := parry.Resource{UID: text("id"), Type: rapid.OneOf(anyText(), rapid.Just("AwsIamAccessKey"), rapid.Just("AWS::S3::Bucket")).Draw(t, "type"), Region: text("r")}
			for _, k := range texts("tags", 60) {
				r.Tags = append(r.Tags, parry.Tag{Name: k, Value: text("v")})
			}
			f.Resources = append(f.Resources, r)
			if rapid.Bool().Draw(t, "target") {
				f.Targets = append(f.Targets, parry.Target{Type: r.Type, ID: r.UID, User: text("user"), Region: "eu-west-1", Account: account, Partition: "aws"})
			}
		}
		if rapid.Bool().Draw(t, "control") {
			f.Compliance = &parry.Compliance{Control: text("control"), StatusID: rapid.Int().Draw(t, "verdict"), Standards: texts("standards", 3)}
		}
		if rapid.Bool().Draw(t, "advice") {
			f.Remediation = &parry.Remediation{Desc: text("advice"), References: texts("links", 3)}
		}
		for range rapid.IntRange(0, 40).Draw(t, "vulnerabilities") {
			f.Vulnerabilities = append(f.Vulnerabilities, parry.Vulnerability{CVE: &parry.CVE{UID: text("cve")}, Title: text("title"), References: texts("refs", 3)})
		}
		return f
	})
}

// Any finding is told within AWS's limits. They are written here once more, as AwsSecurityFinding in the Security Hub API
// Reference has them.
func TestAnyFindingFitsIntoASFF(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFinding().Draw(t, "finding")
		out, err := hub.ASFF(f, anyText().Draw(t, "rule"), now())
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			text *string
			max  int
			need bool
		}{
			"Id": {out.Id, 512, true}, "Title": {out.Title, 256, true}, "Description": {out.Description, 1024, true}, "GeneratorId": {out.GeneratorId, 512, true},
			"ProductArn": {out.ProductArn, 2048, true}, "AwsAccountId": {out.AwsAccountId, 12, true}, "Region": {out.Region, 16, true},
			"ProductName": {out.ProductName, 128, false}, "CompanyName": {out.CompanyName, 128, false},
			"Severity.Original": {out.FindingProviderFields.Severity.Original, 64, false},
		} {
			checkText(t, name, c.text, c.max, c.need)
		}
		checkTimes(t, out)
		checkLists(t, out)
		if out.UserDefinedFields != nil || out.Note != nil || out.Workflow != nil || out.Severity != nil || out.Types != nil {
			t.Error("members that are the customer's are given")
		}
		if *out.SchemaVersion != "2018-10-08" || out.RecordState == "" || out.FindingProviderFields.Severity.Label == "" {
			t.Errorf("%+v", out)
		}
		if *out.Id != parry.PublishedPrefix+f.Key() && !strings.HasPrefix(f.Info.UID, parry.PublishedPrefix) {
			t.Errorf("id %q of key %q", *out.Id, f.Key())
		}
		if b, err := hub.JSON(out); err != nil || len(b) > 240_000 {
			t.Errorf("%d bytes, %v", len(b), err)
		}
		if back(t, out).Key() != f.Key() {
			t.Errorf("%s came back as %s", f.Key(), back(t, out).Key())
		}
	})
}

func checkText(t *rapid.T, name string, s *string, limit int, need bool) {
	t.Helper()
	switch {
	case s == nil && need:
		t.Errorf("%s is missing", name)
	case s != nil && (utf8.RuneCountInString(*s) > limit || !utf8.ValidString(*s) || strings.TrimSpace(*s) == ""):
		t.Errorf("%s: %d characters: %.40q", name, utf8.RuneCountInString(*s), *s)
	}
}

func checkTimes(t *rapid.T, out types.AwsSecurityFinding) {
	t.Helper()
	for name, s := range map[string]*string{"CreatedAt": out.CreatedAt, "UpdatedAt": out.UpdatedAt, "FirstObservedAt": out.FirstObservedAt, "LastObservedAt": out.LastObservedAt} {
		if s == nil && strings.HasSuffix(name, "ObservedAt") {
			continue
		}
		if _, err := time.Parse(time.RFC3339, *s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if *out.UpdatedAt < *out.CreatedAt {
		t.Errorf("updated %s before it was created %s", *out.UpdatedAt, *out.CreatedAt)
	}
}

func checkLists(t *rapid.T, out types.AwsSecurityFinding) {
	t.Helper()
	if n := len(out.Resources); n < 1 || n > 32 {
		t.Errorf("%d resources", n)
	}
	for _, r := range out.Resources {
		checkText(t, "Resource.Id", r.Id, 2048, true)
		checkText(t, "Resource.Type", r.Type, 256, true)
		checkText(t, "Resource.Region", r.Region, 16, false)
		if len(r.Tags) > 50 {
			t.Errorf("%d tags", len(r.Tags))
		}
		for k, v := range r.Tags {
			checkText(t, "tag", &k, 128, true)
			if utf8.RuneCountInString(v) > 256 {
				t.Errorf("tag of %d characters", utf8.RuneCountInString(v))
			}
		}
	}
	if len(out.ProductFields) > 50 {
		t.Errorf("%d fields", len(out.ProductFields))
	}
	for k, v := range out.ProductFields {
		checkText(t, "field", &k, 128, true)
		checkText(t, "field "+k, &v, 2048, true)
	}
	namespaces := []string{"Software and Configuration Checks", "TTPs", "Effects", "Unusual Behaviors", "Sensitive Data Identifications"}
	if n := len(out.FindingProviderFields.Types); n < 1 || n > 50 {
		t.Errorf("%d types", n)
	}
	for _, typ := range out.FindingProviderFields.Types {
		first, _, _ := strings.Cut(typ, "/")
		if checkText(t, "type", &typ, 512, true); !slices.Contains(namespaces, first) {
			t.Errorf("type %q", typ)
		}
	}
	for _, v := range out.Vulnerabilities {
		checkText(t, "Vulnerability.Id", v.Id, 512, true)
	}
}

// validator is what another SDK of AWS thinks of findings: botocore checks them against its own model of the service.
const validator = `
import json, sys, botocore.session, botocore.validate
call = botocore.session.get_session().get_service_model("securityhub").operation_model("BatchImportFindings")
for n, line in enumerate(sys.stdin):
    report = botocore.validate.ParamValidator().validate({"Findings": [json.loads(line)]}, call.input_shape)
    if report.has_errors():
        print("bad:", n, report.generate_report().splitlines()[0])
print("V2 imports:", [o for o in call.service_model.operation_names if "ImportFindings" in o and o.endswith("V2")])
`

// What is made is valid for a model that was not read when this was written. It is also where the package's word on V2 is held.
func TestBotocoreTakesIt(t *testing.T) {
	tools := os.Getenv("PARRY_TOOLS")
	if tools == "" {
		t.Skip("PARRY_TOOLS is not set; run make test")
	}
	in := bytes.NewBufferString(`{"Title":7}` + "\n") // what it must object to
	for i := range 200 {
		f := anyFinding().Example(i)
		if i == 0 {
			f = finding(nil)
		}
		out, err := hub.ASFF(f, "", now())
		if err != nil {
			t.Fatal(err)
		}
		b, err := hub.JSON(out)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(b, '\n'))
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(tools, "moto", "bin", "python"), "-c", validator)
	cmd.Stdin = in
	said, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	if err != nil || len(lines) != 2 || !strings.HasPrefix(lines[0], "bad: 0 ") || lines[1] != "V2 imports: []" {
		t.Errorf("%v: %.2000s", err, said)
	}
}

// JSON has the members that the SDK sends, and no others: empty values in maps are values.
func TestJSONKeepsWhatIsGiven(t *testing.T) {
	b, err := hub.JSON(types.AwsSecurityFinding{Id: aws.String("a<b"), Resources: []types.Resource{{Type: aws.String("Other"), Tags: map[string]string{"k": ""}}}})
	want := `{"Id":"a<b","Resources":[{"Tags":{"k":""},"Type":"Other"}]}`
	if err != nil || string(b) != want || !json.Valid(b) {
		t.Errorf("%s %v", b, err)
	}
}
