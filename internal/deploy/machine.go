package deploy

import (
	"parry"
	"parry/internal/lambda"
)

// The state machine is drawn from the engine's own table of transitions: where a response stands decides which state is next, and what moves it
// is the engine, in the function named step. The machine adds what a function cannot do: to wait. So there is no second account of what may
// follow what, and TestTheMachineIsTheTable holds the two against each other.
//
// Source of the language: Amazon States Language specification; "Wait for a Callback with Task Token", Step Functions Developer Guide.

// The states of the machine that a response's state leads to.
const (
	stateLook     = "Look"     // where does it stand?
	stateApproval = "Approval" // people are asked: a task token, a heartbeat for what is due meanwhile, an expiry
	stateAskOn    = "Ask on"   // reminds, asks more people, or lets the question expire
	stateApply    = "Apply"    // makes one change, and what must follow it at once
	stateWait     = "Wait"     // AWS is at it: until it says that it has ended, or for a while
	stateVerify   = "Verify"   // plans again: is anything missing?
	stateStay     = "Stay"     // done, for a time
	stateUndo     = "Undo"     // takes it back
	stateClose    = "Close"    // tells what became of it
	stateNext     = "What next"
)

// after is where the machine goes for each state that a response can be in.
func after(s parry.State) string {
	switch s {
	case parry.Waiting:
		return stateApproval
	case parry.Approved, parry.Applying:
		return stateApply
	case parry.Verifying:
		return stateVerify
	case parry.Undoing:
		return stateUndo
	}
	return stateClose
}

// Machine is the state machine's definition in a partition of AWS. function is the ARN of the function named step, or what stands for it.
func Machine(partition, function string) map[string]any {
	at := place{partition, function}
	states := m{
		stateLook:     task(at, lambda.DoLook, stateNext),
		stateAskOn:    task(at, lambda.DoAdvance, stateNext),
		stateApply:    task(at, lambda.DoAdvance, stateNext),
		stateVerify:   task(at, lambda.DoAdvance, stateNext),
		stateUndo:     task(at, lambda.DoAdvance, stateNext),
		stateClose:    task(at, lambda.DoClose, "How it ended"),
		stateApproval: token(at, lambda.DoAsk, m{"TimeoutSecondsPath": "$.expires", "HeartbeatSecondsPath": "$.next"}, stateAskOn),
		stateWait:     token(at, lambda.DoPause, m{"TimeoutSecondsPath": "$.pause"}, stateLook),
		stateStay:     m{"Type": "Wait", "SecondsPath": "$.next", "Next": stateUndo},
		stateNext:     m{"Type": "Choice", "Choices": choices(), "Default": stateClose},
		"How it ended": m{"Type": "Choice", "Choices": []m{
			{"Variable": "$.state", "StringEquals": string(parry.Failed), "Next": "Failed"},
		}, "Default": "Closed"},
		"Rest":   m{"Type": "Wait", "Seconds": 60, "Next": stateLook},
		"Closed": m{"Type": "Succeed"},
		"Failed": m{"Type": "Fail", "Error": "Parry.Failed", "CausePath": "$.response"},
	}
	return m{"Comment": "A response of Parry's: plan, approval, one change after the other, waits, verification, end or undo.", "StartAt": stateLook, "States": states}
}

// choices leads from a response's state to the machine's.
func choices() []m {
	all := []m{
		{"And": []m{{"Variable": "$.pause", "NumericGreaterThan": 0}, {"Or": begun()}}, "Next": stateWait},
		{"And": []m{is(parry.Done), {"Variable": "$.next", "NumericGreaterThan": 0}}, "Next": stateStay},
	}
	for _, s := range parry.States() {
		if to := after(s); to != stateClose {
			c := is(s)
			c["Next"] = to
			all = append(all, c)
		}
	}
	return all
}

func is(s parry.State) m { return m{"Variable": "$.state", "StringEquals": string(s)} }

// begun are the states that AWS can be waited for in.
func begun() (all []m) {
	for _, s := range parry.States() {
		if s.Begun() || s == parry.Undoing {
			all = append(all, is(s))
		}
	}
	return all
}

// place is whose function the machine calls.
type place struct{ partition, function string }

// task is a call of the function. What Lambda itself fails at is tried again, and so is what somebody else is at work on; whatever fails all the
// same rests for a minute and is looked at anew, for as long as the execution lives: a response is never lost by the machine.
func task(at place, do, next string) m {
	return m{
		"Type": "Task", "Resource": "arn:" + at.partition + ":states:::lambda:invoke",
		"Parameters":     m{"FunctionName": at.function, "Payload": m{"do": do, "response.$": "$.response"}},
		"ResultSelector": m{"response.$": "$.Payload.response", "state.$": "$.Payload.state", "pause.$": "$.Payload.pause", "next.$": "$.Payload.next", "expires.$": "$.Payload.expires"},
		"TimeoutSeconds": StepSeconds + 60, // a function that is lost is not waited for
		"Retry":          retries(),
		"Catch":          []m{{"ErrorEquals": []string{"States.ALL"}, "ResultPath": "$.error", "Next": "Rest"}},
		"Next":           next,
	}
}

// token is a call of the function that is over when somebody says so with the task's token, or its time is. What it was called with stays the
// state's output: where the response stands is asked anew.
func token(at place, do string, times m, timeout string) m {
	t := m{
		"Type": "Task", "Resource": "arn:" + at.partition + ":states:::lambda:invoke.waitForTaskToken",
		"Parameters": m{"FunctionName": at.function, "Payload": m{"do": do, "response.$": "$.response", "token.$": "$$.Task.Token"}},
		"ResultPath": nil,
		"Retry":      retries(),
		"Catch": []m{
			{"ErrorEquals": []string{"States.Timeout", "States.HeartbeatTimeout"}, "ResultPath": "$.error", "Next": timeout},
			{"ErrorEquals": []string{"States.ALL"}, "ResultPath": "$.error", "Next": "Rest"},
		},
		"Next": stateLook,
	}
	for k, v := range times {
		t[k] = v
	}
	return t
}

// retries are for errors of the function by their names. Source: "Handling transient Lambda service exceptions", Step Functions Developer Guide.
func retries() []m {
	return []m{
		{"ErrorEquals": []string{"Busy"}, "IntervalSeconds": 5, "MaxAttempts": 6, "BackoffRate": 2.0, "MaxDelaySeconds": 60, "JitterStrategy": "FULL"},
		{"ErrorEquals": []string{"Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException", "Lambda.ClientExecutionTimeoutException", "Lambda.Unknown",
			"Sandbox.Timedout", "Runtime.ExitError", "Failed"},
			"IntervalSeconds": 2, "MaxAttempts": 5, "BackoffRate": 2.0, "MaxDelaySeconds": 60, "JitterStrategy": "FULL"},
	}
}
