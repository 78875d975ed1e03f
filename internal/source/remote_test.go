package source

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parry"
)

// others are the other side of a finding, as texts, and the networks that it was said to be in.
func others(f parry.Finding) (all []string) {
	for _, t := range f.Remote {
		all = append(all, t.Type+" "+t.ID+" "+t.Account+" "+t.Region)
	}
	return all
}

func TestTheOtherSide(t *testing.T) {
	here := " " + member + " eu-west-1"
	for action, want := range map[string][]string{
		`{"actionType":"NETWORK_CONNECTION","networkConnectionAction":{"remoteIpDetails":{"ipAddressV4":"185.220.101.7","organization":{"asn":"60729"}}}}`: {"IP Address 185.220.101.7" + here},
		`{"actionType":"NETWORK_CONNECTION","networkConnectionAction":{"remoteIpDetails":{"ipAddressV4":"","ipAddressV6":"2A0B:F4C2:0::7"}}}`:              {"IP Address 2a0b:f4c2::7" + here},
		`{"actionType":"PORT_PROBE","portProbeAction":{"portProbeDetails":[{"remoteIpDetails":{"ipAddressV4":"185.220.101.7"}},{"remoteIpDetails":{"ipAddressV4":"185.220.101.8"}},` +
			`{"remoteIpDetails":{"ipAddressV4":"185.220.101.7"}}]}}`: {"IP Address 185.220.101.7" + here, "IP Address 185.220.101.8" + here},
		`{"actionType":"DNS_REQUEST","dnsRequestAction":{"domain":"Evil.BIZ."}}`:               {"Hostname evil.biz" + here},
		`{"actionType":"DNS_REQUEST","dnsRequestAction":{"domain":"evil.biz; drop table"}}`:    nil,
		`{"actionType":"DNS_REQUEST","dnsRequestAction":{"domain":"185.220.101.7"}}`:           nil,
		`{"actionType":"AWS_API_CALL","awsApiCallAction":{"domainDetails":{"domain":"x"}}}`:    nil,
		`{"networkConnectionAction":{"remoteIpDetails":{"ipAddressV4":"185.220.101.7,10.1"}}}`: nil,
	} {
		f := decoded(t, duty(anInstance, `{"action":`+action+`}`))
		if got := others(f); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", action, got, want)
		}
		if asn := f.Unmapped["asn 185.220.101.7"]; strings.Contains(action, "asn") && asn != "60729" {
			t.Errorf("the network is %q", asn)
		}
		for _, r := range f.Resources {
			if parry.IsObservable(r.Type) {
				t.Errorf("%s became a resource", r.UID)
			}
		}
	}
}

// What GuardDuty says of the other side is the same by the way of Security Hub. The keys are those that GuardDuty writes: see the events of
// Security Hub in the corpus.
func TestTheOtherSideThroughSecurityHub(t *testing.T) {
	event := `{"version":"0","id":"e","source":"aws.securityhub","detail-type":"Security Hub Findings - Imported","account":"999999999999","region":"eu-west-1","time":"2026-03-01T10:00:00Z","detail":{"findings":[{
		"SchemaVersion":"2018-10-08","Id":"f","ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/guardduty","GeneratorId":"g","AwsAccountId":"` + member + `","Region":"eu-west-1","CreatedAt":"2026-03-01T09:00:00Z",
		"UpdatedAt":"2026-03-01T10:00:00Z","Types":["TTPs/Command and Control/Backdoor:EC2-C&CActivity.B"],"Severity":{"Label":"HIGH"},"Title":"t","Description":"d","RecordState":"ACTIVE","Workflow":{"Status":"NEW"},
		"Resources":[{"Type":"AwsEc2Instance","Id":"arn:aws:ec2:eu-west-1:` + member + `:instance/i-0abc1234"}],"ProductFields":{
		"aws/guardduty/service/action/actionType":"NETWORK_CONNECTION","aws/guardduty/service/action/networkConnectionAction/remoteIpDetails/ipAddressV4":"185.220.101.7",
		"aws/guardduty/service/action/networkConnectionAction/remoteIpDetails/organization/asn":"60729","aws/guardduty/service/action/dnsRequestAction/domain":"evil.biz"}}]}}`
	f := decoded(t, event)
	here := " " + member + " eu-west-1"
	if got, want := others(f), []string{"IP Address 185.220.101.7" + here, "Hostname evil.biz" + here}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if f.Unmapped["asn 185.220.101.7"] != "60729" {
		t.Errorf("the network is %q", f.Unmapped["asn 185.220.101.7"])
	}
}

// The public samples name their other side.
func TestTheOtherSideOfPublicSamples(t *testing.T) {
	corpus := os.Getenv("PARRY_CORPUS")
	if corpus == "" {
		t.Skip("PARRY_CORPUS is not set: it names the folder of public sample events")
	}
	for file, want := range map[string]string{
		"cloud-custodian/tests_data_cwe_ec2-duty-event.json":                         "Hostname example.com",
		"amazon-guardduty-automated-response-sample/events_guardduty_ec2_event.json": "IP Address ",
	} {
		in, err := os.Open(filepath.Join(corpus, "events", filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		items, err := Read(file, in)
		_ = in.Close()
		if err != nil || len(items) == 0 || items[0].Err != nil {
			t.Fatalf("%s: %v, %+v", file, err, items)
		}
		found, err := Decode(items[0].Event)
		if err != nil {
			t.Fatal(err)
		}
		if got := others(found[0]); len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%s: %v, want %s...", file, got, want)
		}
	}
}
