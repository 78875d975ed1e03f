package source

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"strings"
	"testing"

	"parry/internal/ocsfcheck"
)

// fixtures are an event of every source in each of its forms.
func fixtures() map[string]string {
	all := map[string]string{
		"GuardDuty":             duty(anInstance, live),
		"GuardDuty, a key":      duty(key("AKIAEXAMPLE1", "AIDAEXAMPLE", "alice", "IAMUser"), live),
		"GuardDuty, archived":   duty(anInstance, `{"archived":true,"resourceRole":"ACTOR","action":{"actionType":"AWS_API_CALL"}}`),
		"GuardDuty, PascalCase": strings.NewReplacer(`"accountId"`, `"AccountId"`, `"resource":`, `"Resource":`).Replace(duty(anInstance, live)),
		"GuardDuty, a sequence": duty(`{"resourceType":"AttackSequence"}`, live),
		"ASFF, a control":       imported(asff(aGroup)),
		"ASFF, by hand":         ordered(asff(aGroup)),
		"ASFF, no verdict":      imported(asff(aGroup, `{"Compliance":{"Status":"NOT_AVAILABLE"}}`)),
		"ASFF, a detection":     imported(asff(aGroup, `{"Compliance":null}`)),
		"ASFF, vulnerabilities": imported(asff(aGroup, `{"Confidence":90,"Remediation":{"Recommendation":{"Text":"t","Url":"u"}},
			"Vulnerabilities":[{"Id":"CVE-2026-1"},{"Id":"ALAS-1"},{}]}`)),
		"Config":                      changed("AWS::S3::Bucket", "logs"),
		"Config, compliant":           enveloped(awsConfig, configChange, change("AWS::S3::Bucket", "logs", "COMPLIANT")),
		"external access":             external("AWS::S3::Bucket", "arn:aws:s3:::logs"),
		"internal access":             enveloped(accessAnalyzer, analyzerInternal, shared("AWS::S3::Bucket", "arn:aws:s3:::logs", `{"findingType":"InternalAccess","region":null}`)),
		"unused access":               enveloped(accessAnalyzer, analyzerUnused, unused("AWS::IAM::Role", "arn:aws:iam::"+member+":role/ci", "UnusedIAMRole")),
		"CloudTrail, a call":          call("iam:CreateAccessKey", `{"userName":"alice"}`, `{"accessKey":{"userName":"alice","accessKeyId":"AKIAEXAMPLE2"}}`),
		"CloudTrail, a failed call":   call("iam:CreateUser", `{"userName":"alice"}`, `null`, `{"errorCode":"AccessDenied","errorMessage":"no"}`),
		"CloudTrail, a sign-in":       enveloped("aws.signin", trailSignin, aRecord("signin:ConsoleLogin", `{"eventType":"AwsConsoleSignIn","responseElements":{"ConsoleLogin":"Success"}}`)),
		"CloudTrail, an insight":      aTrailInsight("Start", "i-1"),
		"an insight":                  insightEvent(anInsight),
		"Inspector":                   scan(aScannedInstance),
		"Inspector, an open path":     scan(aScannedInstance, networkPath([2]string{"sg-0abc", "AWS::EC2::SecurityGroup"})),
		"Inspector, code":             scan(aScannedInstance, `{"packageVulnerabilityDetails":null,"codeVulnerabilityDetails":{"cwes":["CWE-79","CWE-80"]}}`),
		"Inspector, another cloud":    scan(`[{"type":"AWS_EC2_INSTANCE","id":"x","provider":"AZURE"}]`, `{"status":"CLOSED"}`),
		"Macie":                       privacy(),
		"Macie, a policy":             privacy(aPolicy),
		"V2, an access key":           importedV2(ocsf("[" + part("AWS::IAM::AccessKey", "AKIAEXAMPLE1", `"data":{"user_name":"alice","user_type":"IAMUser"}`) + "]")),
		"OCSF of another cloud":       custom(ocsf(anOCSFInstance, `{"cloud":{"provider":"azure","account":{"uid":"0f"},"region":"global"}}`)),
		"OCSF of no cloud":            custom(ocsf(anOCSFInstance, `{"cloud":null,"resources":[{"type":"KubernetesAPIServer","uid":"x","region":"y"}]}`)),
		"OCSF, fatal":                 custom(ocsf(anOCSFInstance, `{"severity_id":6,"severity":"Fatal"}`)),
		"OCSF, others":                custom(ocsf(anOCSFInstance, `{"severity_id":99,"severity":"Odd","status_id":99,"status":"Odd","activity_id":99}`)),
		"OCSF, nothing that it needs": custom(`{"class_uid":2004,"finding_info":{"uid":"f"}}`),
	}
	for class := classSecurity; class <= 2008; class++ {
		all[fmt.Sprintf("OCSF, class %d", class)] = importedV2(ocsf(anOCSFInstance, fmt.Sprintf(`{"class_uid":%d,"finding":{"uid":"s-1"},"state_id":2,
			"compliance":{"control":"EC2.19","status":"Fail","status_id":3,"standards":["cis"]},"vulnerabilities":[{"cve":{"uid":"CVE-2026-1"}}],
			"remediation":{"desc":"look"},"comment":"seen","confidence_score":80}`, class)))
		all[fmt.Sprintf("OCSF, class %d with little", class)] = custom(fmt.Sprintf(`{"class_uid":%d,"finding":{"uid":"f"},"finding_info":{"uid":"f"}}`, class))
	}
	return all
}

// Every finding of every source is valid OCSF of its class, for judges that others made. With PARRY_CORPUS so is every
// finding in the public events.
func TestFindingsAreValidOCSF(t *testing.T) {
	checker := ocsfcheck.Need(t)
	var names []string
	var objects []map[string]any
	add := func(item Item) {
		if item.Err != nil {
			return
		}
		found, _ := Decode(item.Event) // what is refused is for other tests
		for _, f := range found {
			names = append(names, fmt.Sprintf("%s (%s)", item.Event.Place, nameOfSource(item.Event)))
			objects = append(objects, f.OCSF())
		}
	}
	for name, in := range fixtures() {
		items, err := Read(name, strings.NewReader(in))
		if err != nil || len(items) != 1 || items[0].Err != nil {
			t.Fatalf("%s: %v, %v", name, outcomes(items), err)
		}
		before := len(objects)
		if add(items[0]); len(objects) == before {
			t.Errorf("%s holds no finding", name)
		}
	}
	if corpus := os.Getenv("PARRY_CORPUS"); corpus != "" {
		if err := eachSample(t, corpus, add); err != nil {
			t.Fatal(err)
		}
	}
	verdicts, err := checker.Faults(t.Context(), objects)
	if err != nil {
		t.Fatal(err)
	}
	for i, faults := range verdicts {
		if len(faults) > 0 {
			t.Errorf("%s: %s", names[i], strings.Join(faults, "\n\t"))
		}
	}
	t.Logf("%d findings were judged", len(objects))
}

// eachSample reads the public events.
func eachSample(t *testing.T, corpus string, do func(Item)) error {
	return filepath.WalkDir(filepath.Join(corpus, "events"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		items, _ := Read(filepath.Base(path), answer(t, file)) // a file that is refused is for TestCorpus
		for _, i := range items {
			do(i)
		}
		return nil
	})
}

// Whatever carries an event to us, a queue or a topic or a topic's message in a queue, it is the same event.
func TestEverySourceComesThroughQueuesAndTopics(t *testing.T) {
	for name, in := range fixtures() {
		want := one(t, in)
		topic := `{"Type":"Notification","MessageId":"m","TopicArn":"arn:aws:sns:eu-west-1:` + hub + `:t","Message":` + quoted(in) + `}`
		for road, wrapped := range map[string]string{
			"SQS":        `{"Records":[{"eventSource":"aws:sqs","body":` + quoted(in) + `}]}`,
			"SNS":        `{"Records":[{"EventSource":"aws:sns","Sns":` + topic + `}]}`,
			"SNS to SQS": `{"Records":[{"eventSource":"aws:sqs","body":` + quoted(topic) + `}]}`,
			"a message":  topic,
		} {
			got := one(t, wrapped)
			if got.ID != want.ID || got.Source != want.Source || got.DetailType != want.DetailType || string(got.Detail) == "" {
				t.Errorf("%s by %s: %s %s %s", name, road, got.ID, got.Source, got.DetailType)
			}
			direct, _ := Decode(want)
			carried, err := Decode(got)
			if err != nil || len(direct) != len(carried) || direct[0].Key() != carried[0].Key() || len(direct[0].Targets) != len(carried[0].Targets) {
				t.Errorf("%s by %s: %+v, %v", name, road, carried, err)
			}
		}
	}
}

// quoted is a text as a JSON string.
func quoted(s string) string { return string(must(json.Marshal(s))) }
