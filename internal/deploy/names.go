package deploy

import "fmt"

// How long the functions may take, in seconds. A findings queue hides a message six times as long as the worker may take, as Lambda advises.
// Source: "Using Lambda with Amazon SQS", AWS Lambda Developer Guide.
const (
	WorkerSeconds = 300
	StepSeconds   = 900 // the longest that there is
	ClockSeconds  = 300
	DoorSeconds   = 60
)

// The functions that Parry is on AWS. Each has a role of its own.
const (
	Worker = "worker" // takes findings from the queue, plans, and does what is fast
	Step   = "step"   // the tasks of the state machine: asks, applies, waits, verifies, takes back
	Clock  = "clock"  // what is due without an event: words for Security Hub, the seal of the log, what was missed
	Door   = "door"   // people's words: approve, reject, show; behind IAM's own authentication
)

// Functions are all of them.
func Functions() []string { return []string{Worker, Step, Clock, Door} }

// acting are the functions that take playbooks' roles.
func acting() []string { return []string{Worker, Step, Clock, Door} }

// PlaybookRole is the name of a playbook's role in every account.
func (o *Org) PlaybookRole(playbook string) string { return o.Name + "-" + playbook }

// HubRole is the name of a role that only the hub has.
func (o *Org) HubRole(of string) string { return o.Name + "-hub-" + of }

// Boundary is the name of the managed policy that bounds what any of Parry's roles in an account can do.
func (o *Org) Boundary() string { return o.Name + "-boundary" }

// Table is the store's table; Queue where findings wait; DeadLetters what could not be answered; Bus what members send findings to.
func (o *Org) Table() string { return o.Name }

// Queue is where findings wait.
func (o *Org) Queue() string { return o.Name + "-findings" }

// DeadLetters is where findings are put aside that could not be answered.
func (o *Org) DeadLetters() string { return o.Name + "-findings-aside" }

// Bus is the event bus in the hub that members send findings to.
func (o *Org) Bus() string { return o.Name }

// Machine is the state machine's name.
func (o *Org) Machine() string { return o.Name + "-response" }

// Trail is the trail's name, where one is made.
func (o *Org) Trail() string { return o.Name + "-trail" }

// AuditBucket is the name of the bucket that keeps the record.
func (o *Org) AuditBucket() string {
	return fmt.Sprintf("%s-audit-%s-%s", o.Name, o.Hub.Account, o.Hub.Region)
}

// CodeBucket is the name of the bucket that the hub is made from.
func (o *Org) CodeBucket() string {
	return fmt.Sprintf("%s-code-%s-%s", o.Name, o.Hub.Account, o.Hub.Region)
}

// ForwardRole is the role with which events of a member are sent to the hub's bus.
func (o *Org) ForwardRole() string { return o.Name + "-forward" }

// EventRule begins the name of every event rule.
func (o *Org) EventRule() string { return o.Name + "-" }

// arn makes an ARN in the hub.
func (o *Org) arn(service, rest string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", o.Partition, service, o.Hub.Region, o.Hub.Account, rest)
}

// roleARN is the ARN of a role.
func (o *Org) roleARN(account, name string) string {
	return fmt.Sprintf("arn:%s:iam::%s:role/%s", o.Partition, account, name)
}

// FunctionName is the name of one of the functions.
func (o *Org) FunctionName(of string) string { return o.Name + "-" + of }

// ForwardAside is where events go, in each Region, that could not be sent to the hub.
func (o *Org) ForwardAside() string { return o.Name + "-forward-aside" }

// Topic is the topic of alarms.
func (o *Org) Topic() string { return o.Name + "-alarms" }
