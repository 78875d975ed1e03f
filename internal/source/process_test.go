package source

import (
	"strings"
	"testing"
)

// The process of a finding is kept in one form by every road: of GuardDuty itself (ProcessDetails of its API Reference), through Security Hub
// as OCSF (process_activity's object "process") and as ASFF (GuardDuty's product fields).
func TestTheProcessOfAFinding(t *testing.T) {
	sum := strings.Repeat("Ab", 32)
	evidence := func(n string) string {
		return `{"process":{"pid":` + n + `,"file":{"path":"/tmp/xmrig","hashes":[{"algorithm_id":1,"value":"0"},{"algorithm_id":3,"value":"` + sum + `"}]}}}`
	}
	instance := `[` + part("AWS::EC2::Instance", "arn:aws:ec2:eu-west-1:"+member+":instance/i-0abc1234") + `]`
	asff := func(fields string) string {
		return `{"version":"0","id":"e","source":"aws.securityhub","detail-type":"Security Hub Findings - Imported","account":"999999999999","region":"eu-west-1","time":"2026-03-01T10:00:00Z","detail":{"findings":[{
		"SchemaVersion":"2018-10-08","Id":"f","ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/guardduty","GeneratorId":"g","AwsAccountId":"` + member + `","Region":"eu-west-1","CreatedAt":"2026-03-01T09:00:00Z",
		"UpdatedAt":"2026-03-01T10:00:00Z","Types":["TTPs/Execution/Execution:Runtime-NewBinaryExecuted"],"Severity":{"Label":"HIGH"},"Title":"t","Description":"d","RecordState":"ACTIVE","Workflow":{"Status":"NEW"},
		"Resources":[{"Type":"AwsEc2Instance","Id":"arn:aws:ec2:eu-west-1:` + member + `:instance/i-0abc1234"}],"ProductFields":{` + fields + `}}]}}`
	}
	const field = `"aws/guardduty/service/runtimeDetails/process/`
	for name, c := range map[string]struct{ event, path, sum, pid string }{
		"GuardDuty":            {duty(anInstance, `{"runtimeDetails":{"process":{"name":"xmrig","executablePath":"/tmp/xmrig","executableSha256":"`+sum+`","pid":4242,"namespacePid":7}}}`), "/tmp/xmrig", strings.ToLower(sum), "4242"},
		"no process":           {duty(anInstance, `{}`), "", "", ""},
		"no hash, no number":   {duty(anInstance, `{"runtimeDetails":{"process":{"executableSha256":"; rm -rf /","pid":"1; reboot"}}}`), "", "", ""},
		"OCSF":                 {importedV2(ocsf(instance, `{"evidences":[`+evidence("4242")+`]}`)), "/tmp/xmrig", strings.ToLower(sum), "4242"},
		"OCSF, which is meant": {importedV2(ocsf(instance, `{"evidences":[`+evidence("4242")+`,`+evidence("4243")+`]}`)), "", "", ""},
		"ASFF":                 {asff(field + `executablePath":"/tmp/xmrig",` + field + `executableSha256":"` + sum + `",` + field + `pid":"4242"`), "/tmp/xmrig", strings.ToLower(sum), "4242"},
	} {
		f := decoded(t, c.event)
		if f.Unmapped["process_path"] != c.path || f.Unmapped["process_sha256"] != c.sum || f.Unmapped["process_pid"] != c.pid {
			t.Errorf("%s: %v", name, f.Unmapped)
		}
	}
}
