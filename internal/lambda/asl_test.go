package lambda_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// execution carries out a definition in the Amazon States Language as far as ours goes: Task with lambda:invoke and with a task token, Choice,
// Wait, Succeed, Fail, Retry, Catch. Time is given to it. What it does not know it refuses, so that no part of a definition is passed over.
// It was written from the Amazon States Language specification; the same definition also runs on an emulator that was not written here.
type execution struct {
	t      *testing.T
	name   string
	states map[string]any
	now    func() time.Time
	invoke func(payload []byte) ([]byte, string)

	at     string
	data   map[string]any
	way    []string // the states that it came through
	tries  map[string]int
	until  time.Time // of a Wait, or of a retry's pause
	token  string    // that a task waits with
	beat   time.Time // when its heartbeat is over
	expiry time.Time // when its time is over
	answer string    // what it was answered; empty while it waits
	ended  string    // Succeed or Fail
}

func (x *execution) state() map[string]any { return x.states[x.at].(map[string]any) }

func (x *execution) fail(format string, args ...any) {
	x.t.Helper()
	x.t.Fatalf("execution %s at %q: %s", x.name, x.at, fmt.Sprintf(format, args...))
}

// run goes on until it ends or has to wait.
func (x *execution) run() {
	for x.ended == "" && x.step() {
	}
}

// due is when something happens without a word of anybody; zero where nothing does.
func (x *execution) due() time.Time {
	first := x.until
	for _, t := range []time.Time{x.beat, x.expiry} {
		if !t.IsZero() && x.token != "" && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// step does one state, or a part of it; false where it has to wait.
func (x *execution) step() bool {
	if !x.until.IsZero() {
		if x.now().Before(x.until) {
			return false
		}
		if x.until = (time.Time{}); x.state()["Type"] == "Wait" {
			x.to(x.state()["Next"].(string))
			return true
		}
	}
	if x.token != "" {
		return x.waited()
	}
	s := x.state()
	known := map[string][]string{
		"Task": {"Type", "Resource", "Parameters", "ResultSelector", "ResultPath", "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSecondsPath", "Retry", "Catch", "Next"},
		"Wait": {"Type", "Seconds", "SecondsPath", "Next"}, "Choice": {"Type", "Choices", "Default"}, "Succeed": {"Type"}, "Fail": {"Type", "Error", "CausePath"},
	}[s["Type"].(string)]
	for k := range s {
		if !slices.Contains(known, k) {
			x.fail("%s of a %v is not known here", k, s["Type"])
		}
	}
	switch s["Type"] {
	case "Succeed", "Fail":
		x.way, x.ended = append(x.way, x.at), s["Type"].(string)
	case "Wait":
		seconds, ok := s["Seconds"].(float64)
		if !ok {
			seconds = x.path(s["SecondsPath"]).(float64)
		}
		x.until = x.now().Add(time.Duration(seconds) * time.Second)
	case "Choice":
		x.to(x.choose(s))
	case "Task":
		x.task(s)
	}
	return x.ended == ""
}

func (x *execution) to(next string) {
	x.way = append(x.way, x.at)
	if x.at, x.tries = next, map[string]int{}; x.states[next] == nil {
		x.fail("there is no such state")
	}
}

func (x *execution) path(p any) any {
	key, ok := strings.CutPrefix(p.(string), "$.")
	if v, has := x.data[key]; ok && has {
		return v
	}
	x.fail("%v leads to nothing in %v", p, x.data)
	return nil
}

func (x *execution) choose(s map[string]any) string {
	for _, c := range s["Choices"].([]any) {
		if c := c.(map[string]any); x.holds(c) {
			return c["Next"].(string)
		}
	}
	return s["Default"].(string)
}

func (x *execution) holds(c map[string]any) bool {
	each := func(list any, want bool) bool {
		return slices.ContainsFunc(list.([]any), func(o any) bool { return x.holds(o.(map[string]any)) == want })
	}
	switch {
	case c["And"] != nil:
		return !each(c["And"], false)
	case c["Or"] != nil:
		return each(c["Or"], true)
	case c["StringEquals"] != nil:
		return x.path(c["Variable"]) == c["StringEquals"]
	case c["NumericGreaterThan"] != nil:
		return x.path(c["Variable"]).(float64) > c["NumericGreaterThan"].(float64)
	}
	x.fail("the comparison %v is not known here", c)
	return false
}

func (x *execution) task(s map[string]any) {
	waits := strings.HasSuffix(s["Resource"].(string), "lambda:invoke.waitForTaskToken")
	if !waits && !strings.HasSuffix(s["Resource"].(string), ":states:::lambda:invoke") {
		x.fail("%v is not known here", s["Resource"])
	}
	payload := map[string]any{}
	for k, v := range s["Parameters"].(map[string]any)["Payload"].(map[string]any) {
		switch name, dynamic := strings.CutSuffix(k, ".$"); {
		case !dynamic:
			payload[k] = v
		case v == "$$.Task.Token":
			x.token = fmt.Sprintf("%s/%d", x.name, len(x.way))
			payload[name] = x.token
		default:
			payload[name] = x.path(v)
		}
	}
	if waits {
		x.answer, x.beat, x.expiry = "", time.Time{}, time.Time{}
		if p := s["TimeoutSecondsPath"]; p != nil {
			x.expiry = x.now().Add(time.Duration(x.path(p).(float64)) * time.Second)
		}
		if p := s["HeartbeatSecondsPath"]; p != nil {
			x.beat = x.now().Add(time.Duration(x.path(p).(float64)) * time.Second)
		}
	}
	text, err := json.Marshal(payload)
	if err != nil {
		x.fail("%v", err)
	}
	out, failed := x.invoke(text)
	switch {
	case failed != "":
		x.token = ""
		x.failed(s, failed)
	case !waits:
		x.result(s, out)
		x.to(s["Next"].(string))
	}
}

// waited looks whether a task that waits with a token is answered, or its time is over.
func (x *execution) waited() bool {
	s := x.state()
	switch {
	case x.answer != "":
		x.token = ""
		x.to(s["Next"].(string)) // with "ResultPath": null the input stays
		if r, ok := s["ResultPath"]; !ok || r != nil {
			x.fail("what a token is answered with is not known here")
		}
	case !x.expiry.IsZero() && !x.now().Before(x.expiry):
		x.token = ""
		x.failed(s, "States.Timeout")
	case !x.beat.IsZero() && !x.now().Before(x.beat):
		x.token = ""
		x.failed(s, "States.HeartbeatTimeout")
	default:
		return false
	}
	return true
}

func (x *execution) result(s map[string]any, out []byte) {
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		x.fail("the function answered %q: %v", out, err)
	}
	next := map[string]any{}
	for k, v := range s["ResultSelector"].(map[string]any) {
		key := strings.TrimPrefix(v.(string), "$.Payload.")
		val, ok := got[key]
		if !ok {
			x.fail("the function's answer has no %s: %s", key, out)
		}
		next[strings.TrimSuffix(k, ".$")] = val
	}
	x.data = next
}

func (x *execution) failed(s map[string]any, name string) {
	is := func(list any) bool {
		return slices.ContainsFunc(list.([]any), func(e any) bool {
			return e == name || e == "States.ALL" || e == "States.Timeout" && name == "States.HeartbeatTimeout"
		})
	}
	for n, r := range s["Retry"].([]any) {
		r := r.(map[string]any)
		key := fmt.Sprint(n)
		if is(r["ErrorEquals"]) && x.tries[key] < int(r["MaxAttempts"].(float64)) {
			x.tries[key]++
			x.until = x.now().Add(time.Duration(r["IntervalSeconds"].(float64)) * time.Second)
			return
		}
	}
	for _, c := range s["Catch"].([]any) {
		if c := c.(map[string]any); is(c["ErrorEquals"]) {
			x.data["error"] = map[string]any{"Error": name}
			x.to(c["Next"].(string))
			return
		}
	}
	x.fail("%s is caught by nothing", name)
}
