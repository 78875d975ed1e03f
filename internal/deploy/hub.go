package deploy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"parry"
	"parry/internal/lambda"
)

// hub is the template for the account that Parry runs in.
func (w *Wish) hub() ([]File, error) {
	t := newTemplate("The hub of " + w.Org.Name + ": intake, functions, state machine, store, record and alarms.")
	t.Parameters["CodeBucket"] = m{"Type": "String", "Description": "The bucket that holds the zipped binary, in this Region."}
	t.Parameters["CodeKey"] = m{"Type": "String", "Description": "The key of the zipped binary."}
	t.Parameters["CodeVersion"] = m{"Type": "String", "Default": "", "Description": "The version of that object; nothing else is run, whatever is put under the key later."}
	t.Conditions["Versioned"] = m{"Fn::Not": []any{m{"Fn::Equals": []any{ref("CodeVersion"), ""}}}}
	t.Parameters["Architecture"] = m{"Type": "String", "Default": "arm64", "AllowedValues": []string{"arm64", "x86_64"}, "Description": "What the binary is built for."}
	w.intake(t)
	w.store(t)
	w.functions(t)
	if err := w.states(t); err != nil {
		return nil, err
	}
	w.aggregate(t)
	w.audit(t)
	w.watching(t)
	body, err := t.json()
	return []File{{"hub.json", body, "everything that runs in the hub, a stack there in " + w.Org.Hub.Region, HubStack}}, err
}

// intake is the way of events: members send them to the bus, which gives them to the queue, which the worker takes them from. What the worker
// cannot answer goes to the queue of dead letters.
func (w *Wish) intake(t *template) {
	o := w.Org
	t.add("Bus", "AWS::Events::EventBus", m{"Name": o.Bus(), "Tags": o.tags()})
	t.add("BusPolicy", "AWS::Events::EventBusPolicy", m{"EventBusName": ref("Bus"), "StatementId": "Members", "Statement": allow(m{
		"Principal": "*", "Action": "events:PutEvents", "Resource": att("Bus", "Arn"),
		"Condition": m{"StringEquals": m{"aws:PrincipalOrgID": o.Organization}, "ArnLike": m{"aws:PrincipalArn": "arn:" + o.Partition + ":iam::*:role/" + o.ForwardRole()}},
	})})
	t.add("Aside", "AWS::SQS::Queue", m{"QueueName": o.DeadLetters(), "MessageRetentionPeriod": 1209600, "SqsManagedSseEnabled": true, "Tags": o.tags(),
		"RedriveAllowPolicy": m{"redrivePermission": "byQueue", "sourceQueueArns": []string{o.arn("sqs", o.Queue())}}})
	t.add("Queue", "AWS::SQS::Queue", m{"QueueName": o.Queue(), "MessageRetentionPeriod": 1209600, "SqsManagedSseEnabled": true, "Tags": o.tags(),
		"VisibilityTimeout": 6 * WorkerSeconds, "RedrivePolicy": m{"deadLetterTargetArn": att("Aside", "Arn"), "maxReceiveCount": 5}})
	t.add("QueuePolicy", "AWS::SQS::QueuePolicy", m{"Queues": []any{ref("Queue")}, "PolicyDocument": policy(
		allow(m{"Principal": m{"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": att("Queue", "Arn"), "Condition": m{"ArnEquals": m{"aws:SourceArn": att("Arrival", "Arn")}}}),
		deny(m{"Principal": "*", "Action": "sqs:*", "Resource": att("Queue", "Arn"), "Condition": m{"Bool": m{"aws:SecureTransport": "false"}}}),
	)})
	t.add("Arrival", "AWS::Events::Rule", m{
		"Name": o.EventRule() + "arrival", "EventBusName": ref("Bus"), "State": "ENABLED", "Description": "All that members send is answered.",
		"EventPattern": m{"source": []m{{"prefix": ""}}}, "Targets": []m{{"Id": "queue", "Arn": att("Queue", "Arn"), "DeadLetterConfig": m{"Arn": att("Aside", "Arn")}}},
	})
	t.add("AsidePolicy", "AWS::SQS::QueuePolicy", m{"Queues": []any{ref("Aside")}, "PolicyDocument": policy(
		allow(m{"Principal": m{"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": att("Aside", "Arn"), "Condition": m{"ArnEquals": m{"aws:SourceArn": att("Arrival", "Arn")}}}),
	)})
}

// aggregate gathers Security Hub's findings of all watched Regions in the hub. What comes in twice, from a member's own Region and by way of it, has
// the same id, and is answered once. Source: "Understanding cross-Region aggregation in Security Hub", AWS Security Hub User Guide.
func (w *Wish) aggregate(t *template) {
	if w.Org.Aggregate {
		t.add("Aggregator", "AWS::SecurityHub::FindingAggregator", m{"RegionLinkingMode": "SPECIFIED_REGIONS", "Regions": w.Org.Regions[1:]})
	}
}

// store is the table of responses. It is as 'parry store create' makes one.
func (w *Wish) store(t *template) {
	t.add("Table", "AWS::DynamoDB::Table", m{
		"TableName": w.Org.Table(), "BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": true, "Tags": w.Org.tags(),
		"PointInTimeRecoverySpecification": m{"PointInTimeRecoveryEnabled": true},
		"KeySchema":                        []m{{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}},
		"AttributeDefinitions":             []m{{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}},
	}, kept()...)
}

// functions are the binary four times, each with a role that can do its own work only.
func (w *Wish) functions(t *template) {
	o := w.Org
	machine := o.arn("states", "stateMachine:"+o.Machine())
	start := allow(m{"Action": "states:StartExecution", "Resource": machine})
	// These know no resource: a task is named by its token, which only the store and the machine have. Source: "Actions, resources, and condition
	// keys for AWS Step Functions", Service Authorization Reference.
	answer := allow(m{"Action": []string{"states:SendTaskSuccess", "states:SendTaskHeartbeat"}, "Resource": "*"})
	for _, f := range []struct {
		name    string
		seconds int
		more    []m
	}{
		{Worker, WorkerSeconds, []m{
			allow(m{"Action": []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"}, "Resource": o.arn("sqs", o.Queue())}),
			allow(m{"Action": "sqs:SendMessage", "Resource": o.arn("sqs", o.DeadLetters())}), start, answer,
		}},
		{Step, StepSeconds, []m{answer}},
		{Clock, ClockSeconds, append([]m{allow(m{"Action": []string{"kms:Sign", "kms:GetPublicKey"}, "Resource": att("SigningKey", "Arn")})}, slices.Concat(o.archiving(), o.laking(), o.telling())...)},
		{Door, DoorSeconds, []m{start, answer}},
	} {
		w.function(t, f.name, f.seconds, f.more)
	}
	t.add("WorkerSource", "AWS::Lambda::EventSourceMapping", m{
		"EventSourceArn": att("Queue", "Arn"), "FunctionName": ref("WorkerFunction"), "BatchSize": 10, "FunctionResponseTypes": []string{"ReportBatchItemFailures"},
		"ScalingConfig": m{"MaximumConcurrency": 50},
	}, "DependsOn", []string{"WorkerRole"})
	t.add("ClockSchedule", "AWS::Scheduler::Schedule", m{
		"Name": o.Name + "-clock", "Description": "What is due without an event.", "ScheduleExpression": o.clock(), "State": "ENABLED", "FlexibleTimeWindow": m{"Mode": "OFF"},
		"Target": m{"Arn": att("ClockFunction", "Arn"), "RoleArn": att("ScheduleRole", "Arn"), "RetryPolicy": m{"MaximumRetryAttempts": 0}},
	})
	t.add("ScheduleRole", "AWS::IAM::Role", m{
		"RoleName": o.HubRole("schedule"), "Tags": o.tags(), "AssumeRolePolicyDocument": service("scheduler.amazonaws.com"),
		"Policies": []m{{"PolicyName": "invoke", "PolicyDocument": policy(allow(m{"Action": "lambda:InvokeFunction", "Resource": o.arn("lambda", "function:"+o.FunctionName(Clock))}))}},
	})
	t.add("DoorUrl", "AWS::Lambda::Url", m{"AuthType": "AWS_IAM", "TargetFunctionArn": ref("DoorFunction")})
	for i, who := range o.Approvers {
		t.add(fmt.Sprintf("DoorFor%02d", i+1), "AWS::Lambda::Permission", m{"Action": "lambda:InvokeFunctionUrl", "FunctionName": ref("DoorFunction"), "FunctionUrlAuthType": "AWS_IAM", "Principal": who})
		t.add(fmt.Sprintf("DoorCallFor%02d", i+1), "AWS::Lambda::Permission", m{"Action": "lambda:InvokeFunction", "FunctionName": ref("DoorFunction"), "InvokedViaFunctionUrl": true, "Principal": who})
	}
	t.Outputs["DoorUrl"] = m{"Description": "Where approvers say yes or no; requests are signed with their own credentials.", "Value": att("DoorUrl", "FunctionUrl")}
}

// function is one function with its role and its log.
func (w *Wish) function(t *template, name string, seconds int, more []m) {
	o := w.Org
	id := logical(name)
	group := "/aws/lambda/" + o.FunctionName(name)
	t.add(id+"Log", "AWS::Logs::LogGroup", m{"LogGroupName": group, "RetentionInDays": retention(o.Audit.Days), "Tags": o.tags()}, kept()...)
	statements := append([]m{
		allow(m{"Sid": "Store", "Action": storeActions(), "Resource": att("Table", "Arn")}),
		allow(m{"Sid": "Roles", "Action": []string{"sts:AssumeRole", "sts:SetSourceIdentity"}, "Resource": "arn:" + o.Partition + ":iam::*:role/" + o.Name + "-*", "Condition": m{"StringEquals": m{"aws:ResourceOrgID": o.Organization}}}),
		allow(m{"Sid": "Log", "Action": []string{"logs:CreateLogStream", "logs:PutLogEvents"}, "Resource": o.arn("logs", "log-group:"+group+":log-stream:*")}),
	}, more...)
	t.add(id+"Role", "AWS::IAM::Role", m{
		"RoleName": o.HubRole(name), "Description": "What the function " + name + " may do.", "Tags": o.tags(), "AssumeRolePolicyDocument": service("lambda.amazonaws.com"),
		"Policies": []m{{"PolicyName": name, "PolicyDocument": policy(statements...)}},
	})
	variables := m{
		"PARRY_FUNCTION": name, "PARRY_DB": "dynamodb:" + o.Table(), "PARRY_ROLE": o.Name + "-{playbook}", "PARRY_MACHINE": o.arn("states", "stateMachine:"+o.Machine()), "PARRY_LEASE": "6m",
		"PARRY_WRITEBACK": "own",
	}
	if name == Worker {
		variables["PARRY_DEAD_LETTERS"] = ref("Aside")
	}
	if name == Clock {
		variables["PARRY_AUDIT_KEY"] = m{"Fn::Sub": []any{"kms:${Key}", m{"Key": att("SigningKey", "Arn")}}}
		variables["PARRY_AUDIT_BUCKET"] = "s3://" + o.AuditBucket()
		o.lakeVariables(variables)
	}
	if len(o.Act) > 0 {
		variables["PARRY_ACT"] = strings.Join(o.Act, ",")
	}
	if o.Highest < parry.TierAuto {
		variables["PARRY_TIER"] = o.Highest.String()
	}
	for _, f := range []struct{ variable, of, is string }{
		{"PARRY_RULES", o.Rules, "rules"}, {"PARRY_PLAYBOOKS", o.Playbooks, "playbooks"}, {"PARRY_POLICY", o.Policy, "policy.yaml"}, {"PARRY_CHANNELS", o.Notify, "channels.yaml"},
	} {
		if f.of != "" {
			variables[f.variable] = "/var/task/config/" + f.is
		}
	}
	if o.Console != "" {
		variables["PARRY_CONSOLE_URL"] = o.Console
	}
	t.add(id+"Function", "AWS::Lambda::Function", m{
		"FunctionName": o.FunctionName(name), "Description": "Parry's " + name, "Runtime": "provided.al2023", "Handler": "bootstrap", "Architectures": []any{ref("Architecture")},
		"Code": m{"S3Bucket": ref("CodeBucket"), "S3Key": ref("CodeKey"), "S3ObjectVersion": m{"Fn::If": []any{"Versioned", ref("CodeVersion"), ref("AWS::NoValue")}}}, "MemorySize": 1024, "Timeout": seconds, "Role": att(id+"Role", "Arn"), "Tags": o.tags(),
		"Environment": m{"Variables": variables}, "LoggingConfig": m{"LogGroup": ref(id + "Log"), "LogFormat": "Text"},
	})
}

// storeActions are what a store on DynamoDB needs. Source: docs/store.md, which a test of package dynamo holds to what is called.
func storeActions() []string {
	return []string{"dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"}
}

// service is the trust policy of a role that a service of AWS takes for this account.
func service(name string) m {
	return policy(allow(m{"Principal": m{"Service": name}, "Action": "sts:AssumeRole"}))
}

// states is the state machine that responses wait in.
func (w *Wish) states(t *template) error {
	o := w.Org
	definition, err := json.Marshal(Machine(o.Partition, "${Function}"))
	if err != nil {
		return parry.Errorf(parry.Fault, "%w", err)
	}
	t.add("MachineLog", "AWS::Logs::LogGroup", m{"LogGroupName": "/aws/vendedlogs/states/" + o.Machine(), "RetentionInDays": retention(o.Audit.Days), "Tags": o.tags()}, kept()...)
	t.add("MachineRole", "AWS::IAM::Role", m{
		"RoleName": o.HubRole("states"), "Tags": o.tags(), "AssumeRolePolicyDocument": service("states.amazonaws.com"),
		"Policies": []m{{"PolicyName": "states", "PolicyDocument": policy(
			allow(m{"Action": "lambda:InvokeFunction", "Resource": o.arn("lambda", "function:"+o.FunctionName(lambda.Step))}),
			// Log delivery is set up by these, which know no resources. Source: "Logging using CloudWatch Logs", Step Functions Developer Guide.
			allow(m{"Action": []string{"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"}, "Resource": "*"}),
		)}},
	})
	t.add("Machine", "AWS::StepFunctions::StateMachine", m{
		"StateMachineName": o.Machine(), "StateMachineType": "STANDARD", "RoleArn": att("MachineRole", "Arn"), "DefinitionString": string(definition),
		"DefinitionSubstitutions": m{"Function": att("StepFunction", "Arn")}, "Tags": o.tags(),
		"LoggingConfiguration": m{"Level": "ERROR", "IncludeExecutionData": false, "Destinations": []m{{"CloudWatchLogsLogGroup": m{"LogGroupArn": att("MachineLog", "Arn")}}}},
	})
	return nil
}
