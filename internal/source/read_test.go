package source

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"parry"
)

const anEvent = `{"version":"0","id":"e-1","detail-type":"GuardDuty Finding","source":"aws.guardduty","account":"999988887777",` +
	`"time":"2026-03-01T10:00:00Z","region":"eu-west-1","resources":[],"detail":{"id":"f-1"}}`

// outcomes tells what was read: the events' ids, or their errors after "!".
func outcomes(items []Item) []string {
	var all []string
	for _, i := range items {
		if i.Err != nil {
			all = append(all, "!"+i.Err.Error())
			continue
		}
		all = append(all, i.Event.ID+" at "+i.Event.Place)
	}
	return all
}

func TestRead(t *testing.T) {
	second := strings.Replace(anEvent, "e-1", "e-2", 1)
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"one object", "\n" + anEvent + "\n", []string{"e-1 at f, line 2"}},
		{"byte order mark", "\xef\xbb\xbf" + anEvent, []string{"e-1 at f, line 1"}},
		{"array", "[" + anEvent + ",\n" + second + "]", []string{"e-1 at f, line 1", "e-2 at f, line 2, element 2"}},
		{"JSON lines", anEvent + "\n" + second + "\n", []string{"e-1 at f, line 1", "e-2 at f, line 2, element 2"}},
		{"concatenated", anEvent + second, []string{"e-1 at f, line 1", "e-2 at f, line 1, element 2"}},
		{"array, then an object", "[" + anEvent + "]\n" + second, []string{"e-1 at f, line 1", "e-2 at f, line 2, element 2"}},
		{"empty array and an event", "[] " + anEvent, []string{"e-1 at f, line 1, element 2"}},
		{"an answer of an API", `{"NextToken":"x","Findings":[` + anEvent + "," + second + `],"Meta":{"Findings":[1]}}`,
			[]string{"e-1 at f, line 1", "e-2 at f, line 1, element 2"}},
		{"answers in an array", `[{"Findings":[` + anEvent + `]},{"Findings":[` + second + `]}]`,
			[]string{"e-1 at f, line 1, element 1.1", "e-2 at f, line 1, element 2.1"}},
		{"Findings deeper inside are none", strings.Replace(anEvent, `"id":"f-1"`, `"Findings":[{}]`, 1), []string{"e-1 at f, line 1"}},
		{"SQS", `{"Records":[{"eventSource":"aws:sqs","body":` + strconv.Quote(anEvent) + `}]}`, []string{"e-1 at f, line 1"}},
		{"SNS", `{"Records":[{"EventSource":"aws:sns","Sns":{"Type":"Notification","Message":` + strconv.Quote(anEvent) + `}}]}`,
			[]string{"e-1 at f, line 1"}},
		{"SNS in SQS", `{"Records":[{"body":` + strconv.Quote(`{"Type":"Notification","Message":`+strconv.Quote(anEvent)+`}`) + `}]}`,
			[]string{"e-1 at f, line 1"}},
		{"not objects among events", `[1,"x",null,[2],` + anEvent + `]`, []string{
			"!f, line 1, element 1: not an event: it is a number, not an object",
			"!f, line 1, element 2: not an event: it is a string, not an object",
			"!f, line 1, element 3: not an event: it is null, not an object",
			"!f, line 1, element 4: not an event: it is an array, not an object",
			"e-1 at f, line 1, element 5",
		}},
		{"no JSON", "hello " + anEvent, []string{
			"!f, line 1, column 1, element 1: is not JSON: invalid character 'h' looking for beginning of value",
			"e-1 at f, line 1, element 2",
		}},
		{"a comma at the top", "," + anEvent, []string{
			"!f, line 1, column 1, element 1: is not JSON: invalid character ',' looking for beginning of value",
			"e-1 at f, line 1, element 2",
		}},
		{"bad word inside", "[{\n \"a\": nope},\n" + anEvent + "]", []string{
			"!f, line 2, column 8, element 1: is not JSON: invalid character 'o' in literal null (expecting 'u')",
			"e-1 at f, line 3, element 2",
		}},
		{"commas astray", "[," + anEvent + ",]", []string{
			"!f, line 1, column 2, element 1: there is no element beside this comma",
			"e-1 at f, line 1",
			"!f, line 1, column " + strconv.Itoa(len(anEvent)+4) + ", element 2: there is no element beside this comma",
		}},
		{"comma missing", "[" + anEvent + "\n" + second + "]", []string{
			"e-1 at f, line 1",
			"!f, line 2, column 1, element 2: there is no comma before this element",
			"e-2 at f, line 2, element 2",
		}},
		{"truncated", "{\n  \"source\": {\n    \"a\": 1", []string{
			"!f, line 3, column 10, element 1: ends before it is complete (it begins in line 1)",
		}},
		{"truncated in a string", `{"source":"aws.gu`, []string{"!f, line 1, column 17, element 1: ends inside a string"}},
		{"truncated array", "[" + anEvent + ",\n", []string{
			"e-1 at f, line 1", "!f, line 2, column 1, element 1: the array ends before it is complete"}},
		{"a torn line does not take the next", "{\"a\":1\n" + anEvent + "\n{\"b\":\"x\n" + second + "\n{]\n" + anEvent, []string{
			"!f, line 1, column 7, element 1: ends before it is complete",
			"e-1 at f, line 2, element 2",
			"!f, line 3, column 7, element 3: ends inside a string",
			"e-2 at f, line 4, element 4",
			"!f, line 5, column 2, element 5: closes a bracket that is not open",
			"e-1 at f, line 6, element 6",
		}},
		{"an object in column 1 of an array inside", strings.Replace(anEvent, `[]`, "[\n{}]", 1), []string{
			"!f, line 1, element 1: the event's resources cannot be read: json: cannot unmarshal object into Go value of type string"}},
		{"wrong types", strings.Replace(anEvent, `"e-1"`, `7`, 1), []string{
			"!f, line 1, element 1: the event's id cannot be read: json: cannot unmarshal number into Go value of type string"}},
		{"detail is text", strings.Replace(anEvent, `{"id":"f-1"}`, `"{}"`, 1), []string{
			"!f, line 1, element 1: not an event: its detail is a string, not an object"}},
		{"no event", `{"a":1}`, []string{`!f, line 1, element 1: not an event: it looks like an object with the fields "a"`}},
		{"a part of a CloudTrail record", `{"eventSource":"iam.amazonaws.com","eventName":"CreateUser"}`, []string{
			"!f, line 1, element 1: not an event: it looks like a CloudTrail record without its eventVersion"}},
		{"a CloudTrail record of another type", aRecord("iam:CreateUser", `{"eventType":"AwsVpceEvent"}`), []string{
			`!f, line 1, element 1: not an event: it looks like a CloudTrail record of the type "AwsVpceEvent", which is not read yet`}},
		{"a notification of S3 is no CloudTrail record",
			`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put","eventID":"x"}]}`, []string{
				"!f, line 1, element 1: not an event: it looks like a notification of s3, which is no record of CloudTrail"}},
		{"deep message", `{"body":` + strconv.Quote(strings.Repeat("[", 300)+strings.Repeat("]", 300)) + `}`, []string{
			"!f, line 1, element 1: the message's text is nested deeper than 200 levels"}},
		{"two events in one message", `{"body":` + strconv.Quote(anEvent+anEvent) + `}`, []string{
			"!f, line 1, element 1: not an event: the message's text is more than one JSON value"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			items, err := Read("f", iotest.OneByteReader(strings.NewReader(c.in)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, outcomes(items)); diff != "" {
				t.Error(diff)
			}
			if at1, err := Read("f", strings.NewReader(c.in)); err != nil || !cmp.Equal(outcomes(at1), outcomes(items)) {
				t.Errorf("read at once: %v %v", outcomes(at1), err)
			}
			for _, i := range items {
				if i.Err != nil && parry.KindOf(i.Err) != parry.Invalid {
					t.Errorf("kind of %v is %v", i.Err, parry.KindOf(i.Err))
				}
			}
		})
	}
}

func TestReadLimits(t *testing.T) {
	deep := func(n int) string {
		return strings.Replace(anEvent, `"f-1"`, strings.Repeat("[", n)+strings.Repeat("]", n), 1)
	}
	long := strings.Replace(anEvent, "f-1", strings.Repeat("x", maxElement), 1)
	full := strings.Replace(anEvent, "f-1", strings.Repeat("x", maxElement-len(anEvent)+len("f-1")), 1)
	for _, c := range []struct{ name, in, want string }{
		{"200 levels", deep(198), ""},
		{"201 levels", deep(199), "nested deeper than 200 levels"},
		{"a million levels", deep(1_000_000), "nested deeper than 200 levels"},
		{"1 MiB", full, ""},
		{"over 1 MiB", long, "larger than 1 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			items, err := Read("f", strings.NewReader("["+c.in+",\n"+anEvent+"]"))
			if err != nil || len(items) != 2 {
				t.Fatalf("%d items, %v", len(items), err)
			}
			if (items[0].Err != nil) != (c.want != "") || c.want != "" && !strings.Contains(items[0].Err.Error(), c.want) {
				t.Errorf("got %v, want %q", items[0].Err, c.want)
			}
			if items[1].Err != nil {
				t.Errorf("the element behind it: %v", items[1].Err)
			}
		})
	}
	t.Run("a long answer of short findings", func(t *testing.T) {
		in := `{"Findings":[` + strings.Repeat(anEvent+",", 2*maxElement/len(anEvent)) + anEvent + `]}`
		items, err := Read("f", strings.NewReader(in))
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			if i.Err != nil {
				t.Fatal(i.Err)
			}
		}
	})
}

// spaces is a stream of white space.
type spaces struct{ left int64 }

func (s *spaces) Read(p []byte) (int, error) {
	if s.left <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), s.left)
	for i := range p[:n] {
		p[i] = ' '
	}
	s.left -= n
	return int(n), nil
}

func TestReadRefusesTheWhole(t *testing.T) {
	torn := errors.New("cable cut")
	for _, c := range []struct {
		name  string
		in    io.Reader
		want  string
		kind  parry.Kind
		items int
	}{
		{"empty", strings.NewReader(""), "f holds no event", parry.Invalid, 0},
		{"white space", strings.NewReader(" \n"), "f holds no event", parry.Invalid, 0},
		{"empty array", strings.NewReader("[]"), "f holds no event", parry.Invalid, 0},
		{"UTF-16", strings.NewReader("\xff\xfe{\x00"), "f is UTF-16 text", parry.Invalid, 0},
		{"torn gzip", strings.NewReader("\x1f\x8b\x08\x00"), "f is broken gzip", parry.Invalid, 0},
		{"longer than 256 MiB", io.MultiReader(strings.NewReader(anEvent), &spaces{maxFile}), "f is longer than 256 MiB", parry.Invalid, 1},
		{"too many faults", strings.NewReader(strings.Repeat("1 ", 5000)), "f: 1000 broken elements", parry.Invalid, 1000},
		{"read error", io.MultiReader(strings.NewReader(anEvent), iotest.ErrReader(torn)), "read f: cable cut", parry.Fault, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			items, err := Read("f", c.in)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) || parry.KindOf(err) != c.kind {
				t.Errorf("got %v (%v), want %q", err, parry.KindOf(err), c.want)
			}
			if len(items) != c.items {
				t.Errorf("%d items, want %d", len(items), c.items)
			}
		})
	}
}

// one reads a text that is one event.
func one(t *testing.T, in string) parry.Event {
	t.Helper()
	items, err := Read("f", strings.NewReader(in))
	if err != nil || len(items) != 1 || items[0].Err != nil {
		t.Fatalf("%v, %v", outcomes(items), err)
	}
	return items[0].Event
}

func TestReadKeepsTheBytesOfAnEvent(t *testing.T) {
	odd := strings.Replace(anEvent, `"f-1"`, "\"f\\u002d1\" , \n \"big\": 12345678901234567890.10, \"html\": \"<&>\"", 1)
	if e := one(t, odd); string(e.Raw) != odd {
		t.Errorf("got %s", e.Raw)
	}
}

func TestReadWrapsBareFindings(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"GuardDuty, camelCase", `{"schemaVersion":"2.0","accountId":"111122223333","region":"eu-west-1","id":"f","type":"T",` +
			`"updatedAt":"2026-03-01T10:00:00.5Z","title":"a<b"}`,
			`{"account":"111122223333","detail":{"accountId":"111122223333","id":"f","region":"eu-west-1","schemaVersion":"2.0","title":"a<b","type":"T",` +
				`"updatedAt":"2026-03-01T10:00:00.5Z"},"detail-type":"GuardDuty Finding","id":"ID","region":"eu-west-1","resources":[],` +
				`"source":"aws.guardduty","time":"2026-03-01T10:00:00.5Z","version":"0"}`},
		{"GuardDuty, PascalCase", `{"SchemaVersion":"2.0","AccountId":"111122223333","Region":"eu-west-1","Id":"f","Type":"T"}`,
			`{"account":"111122223333","detail":{"accountId":"111122223333","id":"f","region":"eu-west-1","schemaVersion":"2.0","type":"T"},` +
				`"detail-type":"GuardDuty Finding","id":"ID","region":"eu-west-1","resources":[],"source":"aws.guardduty","version":"0"}`},
		{"ASFF", `{"SchemaVersion":"2018-10-08","AwsAccountId":"111122223333","Region":"eu-west-1","Id":"arn:f","CreatedAt":"2026-03-01T10:00:00Z"}`,
			`{"account":"111122223333","detail":{"findings":[{"AwsAccountId":"111122223333","CreatedAt":"2026-03-01T10:00:00Z","Id":"arn:f",` +
				`"Region":"eu-west-1","SchemaVersion":"2018-10-08"}]},"detail-type":"Security Hub Findings - Imported","id":"ID","region":"eu-west-1",` +
				`"resources":["arn:f"],"source":"aws.securityhub","time":"2026-03-01T10:00:00Z","version":"0"}`},
		{"Config, from a topic", `{"messageType":"ComplianceChangeNotification","awsAccountId":"111122223333","awsRegion":"eu-west-1","notificationCreationTime":"2026-03-01T10:00:00Z"}`,
			`{"account":"111122223333","detail":{"awsAccountId":"111122223333","awsRegion":"eu-west-1","messageType":"ComplianceChangeNotification",` +
				`"notificationCreationTime":"2026-03-01T10:00:00Z"},"detail-type":"Config Rules Compliance Change","id":"ID","region":"eu-west-1",` +
				`"resources":[],"source":"aws.config","time":"2026-03-01T10:00:00Z","version":"0"}`},
		{"Access Analyzer, unused access",
			`{"id":"f","status":"ACTIVE","resource":"arn:aws:dynamodb:eu-west-1:111122223333:table/t","resourceType":"AWS::DynamoDB::Table",` +
				`"resourceOwnerAccount":"111122223333","findingType":"InternalAccess","updatedAt":"2026-03-01T10:00:00Z"}`,
			`{"account":"111122223333","detail":{"findingType":"InternalAccess","id":"f","resource":"arn:aws:dynamodb:eu-west-1:111122223333:table/t",` +
				`"resourceOwnerAccount":"111122223333","resourceType":"AWS::DynamoDB::Table","status":"ACTIVE","updatedAt":"2026-03-01T10:00:00Z"},` +
				`"detail-type":"Internal Access Finding","id":"ID","region":"eu-west-1","resources":[],"source":"aws.access-analyzer",` +
				`"time":"2026-03-01T10:00:00Z","version":"0"}`},
		{"CloudTrail, a call of another account",
			`{"eventVersion":"1.11","eventID":"x","eventSource":"s3.amazonaws.com","eventName":"PutBucketAcl","awsRegion":"eu-west-1",` +
				`"eventTime":"2026-03-01T10:00:00Z","recipientAccountId":"111122223333","userIdentity":{"accountId":"999988887777"}}`,
			`{"version":"0","id":"ID","detail-type":"AWS API Call via CloudTrail","source":"aws.s3","account":"111122223333","time":"2026-03-01T10:00:00Z",` +
				`"region":"eu-west-1","resources":[],"detail":{"eventVersion":"1.11","eventID":"x","eventSource":"s3.amazonaws.com","eventName":"PutBucketAcl",` +
				`"awsRegion":"eu-west-1","eventTime":"2026-03-01T10:00:00Z","recipientAccountId":"111122223333","userIdentity":{"accountId":"999988887777"}}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := one(t, c.in)
			got := strings.Replace(string(e.Raw), e.ID, "ID", 1)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if again := one(t, "["+c.in+"]"); again.ID != e.ID {
				t.Errorf("read again it is another event: %s, %s", e.ID, again.ID)
			}
			if len(e.ID) != 36 {
				t.Errorf("id %q is not formed like EventBridge's", e.ID)
			}
		})
	}
}

func TestReadTurnsPascalCase(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{"Id":"x","Resource":{"InstanceDetails":{"IamInstanceProfile":{"Arn":"a"},"NetworkInterfaces":[{"Ipv6Addresses":[]}]}}}`,
			`{"id":"x","resource":{"instanceDetails":{"iamInstanceProfile":{"arn":"a"},"networkInterfaces":[{"ipv6Addresses":[]}]}}}`},
		{`{"S3Object":{"ETag":"e"},"KMSKeyArn":"k","ARN":"a","VPCId":"v","KmsMasterKeyArn":"m"}`,
			`{"arn":"a","kmsKeyArn":"k","kmsMasterKeyArn":"m","s3Object":{"eTag":"e"},"vpcId":"v"}`},
		{`{"ProductCodes":[{"Code":"c","ProductType":"t"}],"SourceIps":["1.2.3.4"],"GeoLocation":{"Lat":1.50,"Lon":2}}`,
			`{"geoLocation":{"lat":1.50,"lon":2},"productCodes":[{"productCodeId":"c","productCodeType":"t"}],"sourceIPs":["1.2.3.4"]}`},
		{`{"AffectedResources":{"AWS::S3::Bucket":"b"},"Anomaly":{"Profiles":{"Account":{"API":[{"ProfileType":"FREQUENCY"}]}}}}`,
			`{"affectedResources":{"AWS::S3::Bucket":"b"},"anomaly":{"profiles":{"Account":{"API":[{"profileType":"FREQUENCY"}]}}}}`},
		{`{"User":{"Account":{"Uid":"1","Name":"n"},"Name":"u"}}`, `{"user":{"account":{"account":"n","uid":"1"},"name":"u"}}`},
	} {
		e := one(t, strings.Replace(anEvent, `{"id":"f-1"}`, c.in, 1))
		if diff := cmp.Diff(c.want, string(e.Detail)); diff != "" {
			t.Error(diff)
		}
		if !bytes.Contains(e.Raw, []byte(c.want)) {
			t.Errorf("rules would match %s", e.Raw)
		}
	}
	t.Run("a name in two spellings is refused", func(t *testing.T) {
		items, _ := Read("f", strings.NewReader(strings.Replace(anEvent, `{"id":"f-1"}`, `{"Id":"x","id":"y"}`, 1)))
		if got := outcomes(items); len(got) != 1 || !strings.Contains(got[0], "detail.id is given twice") {
			t.Errorf("got %v", got)
		}
	})
}

// Records come in a trail's log files, one after the other, and in the answers of LookupEvents, as text within JSON.
func TestReadCloudTrailRecords(t *testing.T) {
	for _, c := range []struct{ name, in, source, detailType string }{
		{"a log file", `{"Records":[` + aRecord("iam:CreateUser") + `]}`, "aws.iam", trailCall},
		{"an answer of LookupEvents", `{"Events":[{"EventId":"x","EventName":"CreateUser","CloudTrailEvent":` + strconv.Quote(aRecord("iam:CreateUser")) + `}]}`,
			"aws.iam", trailCall},
		{"an old record, without a type", aRecord("iam:CreateUser", `{"eventType":null}`), "aws.iam", trailCall},
		{"a sign-in", aRecord("signin:ConsoleLogin", `{"eventType":"AwsConsoleSignIn"}`), "aws.signin", trailSignIn},
		{"a sign-in, as it was spelt", aRecord("signin:ConsoleLogin", `{"eventType":"AwsConsoleSignin"}`), "aws.signin", trailSignIn},
		{"an event of a service", aRecord("kms:RotateKey", `{"eventType":"AwsServiceEvent"}`), "aws.kms", trailServiceEvent},
		{"an insight", `{"eventVersion":"1.09","eventID":"x","eventType":"AwsCloudTrailInsight","awsRegion":"eu-west-1","recipientAccountId":"` + member +
			`","insightDetails":{"state":"Start"},"eventCategory":"Insight"}`, "aws.cloudtrail", trailInsight},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := one(t, c.in)
			if e.Source != c.source || e.DetailType != c.detailType || e.Account != member || e.Region != "eu-west-1" {
				t.Errorf("got %s, %s, %s, %s", e.Source, e.DetailType, e.Account, e.Region)
			}
		})
	}
}

// A rule sees the fields of an envelope spelt exactly; so must the decoder, or one could be shown to each.
func TestReadTakesEnvelopeNamesExactly(t *testing.T) {
	e := one(t, strings.Replace(anEvent, `"version"`, `"SOURCE":"aws.evil","Detail":{"id":"other"},"version"`, 1))
	if e.Source != "aws.guardduty" || string(e.Detail) != `{"id":"f-1"}` {
		t.Errorf("got source %s, detail %s", e.Source, e.Detail)
	}
}
