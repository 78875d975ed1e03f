package deploy

import (
	"encoding/json"
	"fmt"

	"parry"
)

// rulesOnBus is how many rules a bus takes, and how many of them are left to others. Source: "Amazon EventBridge quotas", EventBridge User Guide.
const (
	rulesOnBus = 300
	leftOnBus  = 100
)

// completions are the events by which Systems Manager says that something has ended: what waits for it goes on at once. Source: "Amazon EventBridge
// event examples for Systems Manager", Systems Manager User Guide.
const completions = `{"source":["aws.ssm"],"detail-type":["EC2 Automation Execution Status-change Notification","EC2 Command Status-change Notification"]}`

// region is the template for every watched account in each watched Region: event rules with the patterns of Parry's own rules, which send what
// they match to the hub. AWS::Events::Rule is what CloudWatch Events, its older name, makes too, and is read alike.
func (w *Wish) region() ([]File, error) {
	o := w.Org
	patterns, err := merged(append(w.Rules[:len(w.Rules):len(w.Rules)], Rule{"completions", json.RawMessage(completions)}))
	if err != nil {
		return nil, err
	}
	if len(patterns) > rulesOnBus-leftOnBus {
		return nil, parry.Errorf(parry.Invalid, "the rules make %d event rules, and a bus takes %d, of which others need some", len(patterns), rulesOnBus).WithHint("use fewer or wider rules")
	}
	t := newTemplate("Event rules of " + o.Name + ": what its rules match is sent to the hub.")
	t.add("Aside", "AWS::SQS::Queue", m{"QueueName": o.ForwardAside(), "MessageRetentionPeriod": 1209600, "SqsManagedSseEnabled": true, "Tags": o.tags()})
	t.add("AsidePolicy", "AWS::SQS::QueuePolicy", m{"Queues": []any{ref("Aside")}, "PolicyDocument": policy(allow(m{
		"Principal": m{"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": att("Aside", "Arn"),
		"Condition": m{"ArnLike": m{"aws:SourceArn": sub("arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/" + o.EventRule() + "*")}},
	}))})
	for i, p := range patterns {
		var v any
		if err := json.Unmarshal(p, &v); err != nil {
			return nil, parry.Errorf(parry.Fault, "%w", err)
		}
		t.add(fmt.Sprintf("Rule%02d", i+1), "AWS::Events::Rule", m{
			"Name": fmt.Sprintf("%s%02d", o.EventRule(), i+1), "Description": "What " + o.Name + " answers is sent to its hub.", "State": "ENABLED", "EventPattern": v,
			"Targets": []m{{
				"Id": "hub", "Arn": o.arn("events", "event-bus/"+o.Bus()), "RoleArn": sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/" + o.ForwardRole()),
				"DeadLetterConfig": m{"Arn": att("Aside", "Arn")},
			}},
		})
	}
	t.Outputs["AsideUrl"] = m{"Description": "Events that could not be sent to the hub.", "Value": ref("Aside")}
	body, err := t.json()
	return []File{{"region.json", body, fmt.Sprintf("%d event rules, a StackSet for all watched accounts in each watched Region", len(patterns)), Everywhere}}, err
}
