package deploy

import (
	"encoding/json"
	"fmt"
)

// watching is who looks after Parry itself: alarms for what must not stand, and a dashboard.
func (w *Wish) watching(t *template) {
	o := w.Org
	var subscribers []m
	for _, mail := range o.Channels.Emails {
		subscribers = append(subscribers, m{"Protocol": "email", "Endpoint": mail})
	}
	topic := m{"TopicName": o.Topic(), "Tags": o.tags()}
	if len(subscribers) > 0 {
		topic["Subscription"] = subscribers
	}
	t.add("Alarms", "AWS::SNS::Topic", topic)
	t.add("AlarmsPolicy", "AWS::SNS::TopicPolicy", m{"Topics": []any{ref("Alarms")}, "PolicyDocument": policy(allow(m{
		"Principal": m{"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish", "Resource": ref("Alarms"), "Condition": m{"StringEquals": m{"aws:SourceAccount": ref("AWS::AccountId")}},
	}))})
	queue := func(name string) []m { return []m{{"Name": "QueueName", "Value": name}} }
	function := func(name string) []m { return []m{{"Name": "FunctionName", "Value": o.FunctionName(name)}} }
	for _, a := range []struct {
		id, what, space, metric, statistic string
		dimensions                         []m
		over                               float64
		missing                            string
	}{
		{"DeadLetters", "An event could not be answered and waits for a person; the queue of dead letters has it, with the reason.", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", queue(o.DeadLetters()), 0, "notBreaching"},
		{"Late", "Events wait for a quarter of an hour: the worker is stopped, throttled or failing.", "AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", queue(o.Queue()), 900, "notBreaching"},
		{"WorkerErrors", "The worker fails.", "AWS/Lambda", "Errors", "Sum", function(Worker), 0, "notBreaching"},
		{"StepErrors", "The tasks of the state machine fail.", "AWS/Lambda", "Errors", "Sum", function(Step), 4, "notBreaching"},
		{"ClockErrors", "The clock fails: Security Hub is not told, or the record is not signed or not brought into its bucket. Its log says which.", "AWS/Lambda", "Errors", "Sum", function(Clock), 0, "notBreaching"},
		{"Throttled", "The worker is throttled: the account's concurrency is used up.", "AWS/Lambda", "Throttles", "Sum", function(Worker), 0, "notBreaching"},
		{"MachineFailed", "A response failed half-way.", "AWS/States", "ExecutionsFailed", "Sum", []m{{"Name": "StateMachineArn", "Value": ref("Machine")}}, 0, "notBreaching"},
	} {
		t.add("Alarm"+a.id, "AWS::CloudWatch::Alarm", m{
			"AlarmName": o.Name + "-" + a.metric + "-" + a.id, "AlarmDescription": a.what, "Namespace": a.space, "MetricName": a.metric, "Statistic": a.statistic, "Dimensions": a.dimensions,
			"Period": 300, "EvaluationPeriods": 1, "Threshold": a.over, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": a.missing, "AlarmActions": alarmed(o), "Tags": o.tags(),
		})
	}
	// The clock that does not run at all has no errors.
	t.add("AlarmClockStopped", "AWS::CloudWatch::Alarm", m{
		"AlarmName": o.Name + "-clock-stopped", "AlarmDescription": "The clock does not run.", "Namespace": "AWS/Lambda", "MetricName": "Invocations", "Statistic": "Sum", "Dimensions": function(Clock),
		"Period": 900, "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "LessThanThreshold", "TreatMissingData": "breaching", "AlarmActions": alarmed(o), "Tags": o.tags(),
	})
	t.add("Dashboard", "AWS::CloudWatch::Dashboard", m{"DashboardName": o.Name, "DashboardBody": dashboard(o)})
}

// alarmed is who hears an alarm.
func alarmed(o *Org) []any {
	all := []any{ref("Alarms")}
	for _, t := range o.Channels.Topics {
		all = append(all, t)
	}
	return all
}

// dashboard is the body of the dashboard: what comes in, what waits, what fails. Source: "Dashboard body structure and syntax", CloudWatch API Reference.
func dashboard(o *Org) string {
	widget := func(n int, title string, metrics ...[]any) m {
		return m{"type": "metric", "x": 12 * (n % 2), "y": 6 * (n / 2), "width": 12, "height": 6,
			"properties": m{"title": title, "region": o.Hub.Region, "view": "timeSeries", "stat": "Sum", "period": 300, "metrics": metrics}}
	}
	of := func(metric string) (all [][]any) {
		for _, f := range Functions() {
			all = append(all, []any{"AWS/Lambda", metric, "FunctionName", o.FunctionName(f)})
		}
		return all
	}
	machine := o.arn("states", "stateMachine:"+o.Machine())
	body := m{"widgets": []m{
		widget(0, "What comes in", []any{"AWS/SQS", "NumberOfMessagesSent", "QueueName", o.Queue()}, []any{"AWS/SQS", "NumberOfMessagesDeleted", "QueueName", o.Queue()}),
		widget(1, "What waits, in seconds", []any{"AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", o.Queue(), m{"stat": "Maximum"}}),
		widget(2, "What could not be answered", []any{"AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", o.DeadLetters(), m{"stat": "Maximum"}}),
		widget(3, "Responses in the state machine", []any{"AWS/States", "ExecutionsStarted", "StateMachineArn", machine}, []any{"AWS/States", "ExecutionsSucceeded", "StateMachineArn", machine},
			[]any{"AWS/States", "ExecutionsFailed", "StateMachineArn", machine}, []any{"AWS/States", "ExecutionsTimedOut", "StateMachineArn", machine}),
		widget(4, "Invocations", of("Invocations")...), widget(5, "Errors", of("Errors")...), widget(6, "Duration", of("Duration")...),
		widget(7, "The store", []any{"AWS/DynamoDB", "ThrottledRequests", "TableName", o.Table()}, []any{"AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", o.Table()}),
	}}
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Sprint(err) // plain values always encode
	}
	return string(text)
}
