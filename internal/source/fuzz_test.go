package source

import (
	"bytes"
	"encoding/json"
	"testing"
	"testing/iotest"

	"parry"
)

// FuzzRead: whatever the bytes, every item is an event with an envelope or an error of the kind Invalid.
func FuzzRead(f *testing.F) {
	f.Add([]byte(anEvent))
	f.Add([]byte("[" + anEvent + "," + duty(anInstance, live) + "]"))
	f.Add([]byte("\xef\xbb\xbf" + imported(asff(aGroup)) + "\n{\"Findings\":[" + asff(aGroup) + "]}"))
	f.Add([]byte(`{"Records":[{"body":"{}"}]} [,{"a":"\` + "\n{]}\x00"))
	f.Add([]byte(ocsf(anOCSFInstance) + ocsf(anOCSFInstance, `{"metadata":{"product":{"name":"P"}}}`)))
	f.Add(append([]byte(`{"findings":[`), append(detailOf(scan(aScannedInstance)), append([]byte(","), append(detailOf(privacy()), "]}"...)...)...)...))
	f.Add([]byte(`{"SchemaVersion":"2.0","AccountId":"111122223333","Type":"x","Id":"y","Resource":{"ARN":{"A":1,"a":2}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		items, err := Read("f", bytes.NewReader(data))
		if err != nil && parry.KindOf(err) != parry.Invalid {
			t.Errorf("kind of %v", err)
		}
		for _, i := range items {
			checkItem(t, i)
		}
	})
}

func checkItem(t *testing.T, i Item) {
	if i.Err != nil {
		if parry.KindOf(i.Err) != parry.Invalid {
			t.Errorf("kind of %v", i.Err)
		}
		return
	}
	if !json.Valid(i.Event.Raw) || len(i.Event.Detail) == 0 || i.Event.Detail[0] != '{' || i.Event.Place == "" {
		t.Errorf("not an event: %+v", i.Event)
	}
	found, err := Decode(i.Event)
	if err != nil && parry.KindOf(err) != parry.Invalid {
		t.Errorf("kind of %v", err)
	}
	for _, f := range found {
		checkFinding(t, f, spelt(i.Event.Raw))
	}
}

// spelt is JSON with its strings written out, so that what is escaped in the input can be looked for.
func spelt(raw []byte) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return ""
	}
	return string(must(json.Marshal(v)))
}

// fuzzDetail decodes a detail in an envelope of its source. Every target is whole, and its account is the input's.
func fuzzDetail(f *testing.F, source, detailType string) {
	f.Fuzz(func(t *testing.T, detail []byte) {
		found, err := Decode(parry.Event{Source: source, DetailType: detailType, Detail: detail, Account: hub})
		if err != nil && parry.KindOf(err) != parry.Invalid {
			t.Errorf("kind of %v", err)
		}
		if !json.Valid(detail) {
			return // Read lets only valid JSON become a detail; here it must not panic
		}
		for _, finding := range found {
			checkFinding(t, finding, spelt(detail))
		}
	})
}

// detailOf is the detail of an event.
func detailOf(event string) []byte {
	var e parry.Event
	if err := json.Unmarshal([]byte(event), &e); err != nil {
		panic(err)
	}
	return e.Detail
}

func FuzzGuardDuty(f *testing.F) {
	for _, in := range []string{
		duty(anInstance, live),
		duty(key("AKIAEXAMPLE", "AIDAEXAMPLE", "alice", "IAMUser"), live),
		duty(key("ASIAEXAMPLE", "AROAEXAMPLE:i-0abc1234", "web", "AssumedRole"), live, `{"type":"UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration"}`),
		duty(`{"resourceType":"S3Bucket","s3BucketDetails":[{"name":"logs","owner":{"id":"444455556666"}}]}`, live),
		duty(`{"resourceType":"Lambda","lambdaDetails":{"functionArn":"arn:aws:lambda:eu-west-1:`+member+`:function:f"}}`, live),
		duty(`{"resourceType":"AttackSequence"}`, `{"detection":{"sequence":{"actors":[{"user":{"name":"alice","type":"IAMUser","credentialUid":"AKIAEXAMPLE",
			"account":{"uid":"444455556666"}},"session":{"issuer":"arn:aws:iam::444455556666:role/x"}}],"resources":[{"uid":"arn:aws:s3:::logs/key",
			"resourceType":"S3_OBJECT","accountId":"777788889999","region":"eu-north-1"}]}}}`),
	} {
		f.Add(detailOf(in))
	}
	fuzzDetail(f, guardDuty, guardDutyFinding)
}

func FuzzSecurityHub(f *testing.F) {
	for _, in := range []string{
		imported(asff(aGroup)),
		imported(asff(resource("AwsIamUser", "arn:aws:iam::444455556666:user/path/alice", `"Region":"global"`), `{"Sample":true}`)),
		imported(asff(resource("AwsIamAccessKey", "AWS::IAM::AccessKey:AKIAEXAMPLE", `"Details":{"AwsIamAccessKey":{"PrincipalName":"alice","PrincipalType":"IAMUser"}}`))),
		imported(asff(resource("AwsAccount", "AWS::::Account:"+member), `{"GeneratorId":"cis-aws-foundations-benchmark/v/1.4.0/1.4","Compliance":{"Status":"PASSED"}}`)),
		imported(asff(resource("AwsLambdaFunction", "arn:aws:lambda:eu-west-1:"+member+":function:f:7"),
			`{"ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/access-analyzer","ProductFields":{"ResourceOwnerAccount":"444455556666"}}`)),
	} {
		f.Add(detailOf(in))
	}
	fuzzDetail(f, securityHub, hubImported)
}

// FuzzNear: what is cut out of the buffer at once is what is cut byte by byte.
func FuzzNear(f *testing.F) {
	for _, in := range []string{
		anEvent, `{"a":"\"\\","b":[{}]}`, "{\"a\":\n{},\r\n \"b\"\n:\n{}}x", "{\"a\"\n{}}", `{"Records":[1]}`, `{"a":["Records":[]}`, `{"a":"b` + "\n" + `"}`, `{"a":"\` + "\n" + `"}`, "{]", "{\n[\n\"x\"]\n}\n",
	} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, lists := range []bool{true, false} {
			fast, slow := newTextCutter(data), newCutter(iotest.OneByteReader(bytes.NewReader(data)))
			got, ok := fast.near(lists)
			if !ok {
				if fast.next != (place{1, 1}) {
					t.Fatal("it has read something all the same")
				}
				continue
			}
			slow.peek()
			want, how := slow.cut(lists)
			if how != whole || want.fault != "" || !bytes.Equal(want.bytes, got.bytes) || want.at != got.at || fast.next != slow.next || fast.last != slow.last {
				t.Errorf("got %q at %v up to %v, want %q (%v, %s) at %v up to %v", got.bytes, got.at, fast.next, want.bytes, how, want.fault, want.at, slow.next)
			}
		}
	})
}

func FuzzOCSF(f *testing.F) {
	for _, in := range []string{
		importedV2(ocsf(anOCSFInstance)),
		importedV2(ocsf("["+part("AWS::IAM::AccessKey", "ASIAEXAMPLE", `"data":{"principal_id":"AROAEXAMPLE:i-0abc1234","user_name":"web","user_type":"AssumedRole"}`)+"]",
			`{"finding_info":{"uid":"f","types":["UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"]}}`)),
		importedV2(ocsf("["+part("AWS::SQS::Queue", "https://sqs.eu-west-1.amazonaws.com/444455556666/q")+"]", `{"class_uid":2003,"compliance":{"status":"Fail"}}`)),
		custom(`{"findings":[` + ocsf(`[{"type":"AWS::IAM::User","uid_alt":"arn:aws:iam::444455556666:user/path/alice","role":"Related"}]`, `{"class_uid":2005,"finding_info_list":[{"uid":"a"}]}`) + `]}`),
		custom(ocsf(`[{"type":"KubernetesAPIServer","uid":"x"}]`, `{"cloud":null,"class_uid":2001,"finding":{"uid":"a"},"state_id":3}`)),
		custom(ocsf(`[{"type":"x","uid":"y","provider":"gcp"}]`, `{"cloud":{"provider":"azure","account":{"uid":"0f"}},"class_uid":2002,"vulnerabilities":[{"cve":{"uid":"CVE-1"}}]}`)),
	} {
		f.Add(detailOf(in))
	}
	fuzzDetail(f, securityHub, hubV2Imported)
}

func FuzzInsight(f *testing.F) {
	f.Add([]byte(anInsight))
	f.Add([]byte(`{"insightArn":"arn:aws:securityhub:us-east-1:111122223333:insight/x","insightResults":{"a":{}}}`))
	fuzzDetail(f, securityHub, hubInsight)
}

func FuzzInspector(f *testing.F) {
	for _, in := range []string{
		scan(aScannedInstance), scan(aScannedInstance, networkPath([2]string{"sg-0abc", "AWS::EC2::SecurityGroup"}, [2]string{"acl-0abc", ""})),
		scan(`[{"type":"AWS_LAMBDA_FUNCTION","id":"arn:aws:lambda:eu-north-1:444455556666:function:f:$LATEST","provider":"AWS"}]`, `{"codeVulnerabilityDetails":{"cwes":["CWE-79"]}}`),
		scan(`[{"type":"AWS_EC2_INSTANCE","id":"i-0abc","provider":"AZURE","providerAccountId":"x"}]`, `{"status":"CLOSED"}`),
	} {
		f.Add(detailOf(in))
	}
	fuzzDetail(f, inspector, inspectorFinding)
}

func FuzzMacie(f *testing.F) {
	for _, in := range []string{privacy(), privacy(aPolicy), privacy(`{"sample":true,"accountId":"x","resourcesAffected":{"s3Bucket":[{"name":"a"},{"arn":"arn:aws:s3:::b"}]}}`)} {
		f.Add(detailOf(in))
	}
	fuzzDetail(f, macie, macieFinding)
}
