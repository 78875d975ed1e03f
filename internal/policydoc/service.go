package policydoc

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Use is what an AWS service would do in its own name to what a document is about.
type Use struct {
	Service  string            // its principal, such as cloudtrail.amazonaws.com
	Action   string            // such as s3:PutObject
	Resource string            // the ARN, in which "*" stands for all that the service would touch; "" in a role's trust
	Context  map[string]string // the condition keys of such a request, as far as they are known
}

// WhyNot says why the document does not let a service do so, "" where it does for certain. It knows less than AWS: a condition on what is
// not known of the request is taken for one that may fail where it allows, and that may hold where it denies.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func (d *Document) WhyNot(u Use) string {
	request := u.request()
	why := fmt.Sprintf("no statement lets %s do %s", u.Service, u.Action)
	allowed := false
	for _, s := range d.Statements {
		if !s.about(u) {
			continue
		}
		held, failed := s.hold(request)
		switch {
		case !s.Allow && held != no:
			return fmt.Sprintf("%s denies %s to %s", s.called(), u.Action, u.Service)
		case s.Allow && held == yes:
			allowed = true
		case s.Allow:
			why = fmt.Sprintf("%s lets %s do %s only where %s %s is %s", s.called(), u.Service, u.Action, failed.Operator, failed.Key, strings.Join(failed.Values, ", "))
		}
	}
	if allowed {
		return ""
	}
	return why
}

// request are the condition keys of the request, in lower case, with what is so of every request that a service makes in its own name.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (u Use) request() map[string]string {
	all := map[string]string{"aws:principalisawsservice": "true", "aws:principalservicename": u.Service, "aws:securetransport": "true"}
	for _, k := range slices.Sorted(maps.Keys(u.Context)) {
		all[strings.ToLower(k)] = u.Context[k]
	}
	return all
}

// lacks tells of a key that a request of a service in its own name does not have: the service is in no account, and in no VPC.
func lacks(key string) bool {
	switch key {
	case "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:sourcevpc", "aws:sourcevpce", "aws:userid", "aws:username":
		return true
	}
	return strings.HasPrefix(key, "aws:principaltag/")
}

// about tells whether a statement, conditions aside, is about the use: one that allows, about all of it, and one that denies, about some.
func (s Statement) about(u Use) bool {
	who := slices.ContainsFunc(s.Principals.List, func(p Principal) bool {
		return anyone(p) || p.Type == "Service" && strings.EqualFold(p.Value, u.Service)
	})
	if s.Principals.Not {
		who = !s.Allow && !who // what an Allow with NotPrincipal gives to whom, nobody should have to rely on
	}
	if !who || !s.Actions.covers(u.Action, true) {
		return false
	}
	if s.Allow || s.Resources.Not || len(s.Resources.Values) == 0 {
		return u.Resource == "" || s.Resources.covers(u.Resource, false)
	}
	return slices.ContainsFunc(s.Resources.Values, func(r string) bool { return overlap(r, u.Resource) })
}

// called is how a statement is called in a reason.
func (s Statement) called() string {
	if s.Sid != "" {
		return "statement " + s.Sid
	}
	return fmt.Sprintf("statement %d", s.Index+1)
}

// answer is what is known of a condition.
type answer int

const (
	no answer = iota
	unknown
	yes
)

// hold tells whether all conditions of a statement hold for a request, and which does not.
func (s Statement) hold(request map[string]string) (answer, Condition) {
	worst, which := yes, Condition{}
	for _, c := range s.Conditions {
		if a := c.holds(request); a < worst {
			worst, which = a, c
		}
	}
	return worst, which
}

// holds tells whether a condition holds for a request.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
func (c Condition) holds(request map[string]string) answer {
	op, key := readOperator(c.Operator), strings.ToLower(c.Key)
	value, known := request[key]
	switch {
	case op.family == unknownFamily, !known && !lacks(key):
		return unknown
	case op.family == nullFamily:
		return sure(len(c.Values) == 1 && strings.EqualFold(c.Values[0], "true") != known)
	case !known:
		return sure(op.negative || op.absent)
	}
	found := no
	for _, v := range c.Values {
		found = max(found, op.matches(strings.ToLower(c.Operator), v, value))
	}
	if op.negative {
		return yes - found
	}
	return found
}

func sure(b bool) answer {
	if b {
		return yes
	}
	return no
}

// matches compares one value of a condition with that of the request.
func (o operator) matches(name, want, have string) answer {
	if strings.Contains(want, "${") {
		return unknown
	}
	switch o.family {
	case boolFamily:
		return sure(strings.EqualFold(want, have))
	case arnFamily:
		a, b := strings.SplitN(want, ":", 6), strings.SplitN(have, ":", 6)
		return sure(len(a) == len(b) && eachCovers(a, b))
	case stringFamily:
		if strings.Contains(name, "like") {
			return sure(covers(want, have))
		}
		return sure(want == have || strings.Contains(name, "ignorecase") && strings.EqualFold(want, have))
	}
	return unknown
}

// eachCovers compares ARNs part by part: an asterisk in one does not reach into the next.
func eachCovers(want, have []string) bool {
	for i := range want {
		if !covers(want[i], have[i]) {
			return false
		}
	}
	return true
}
