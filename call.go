package parry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Call is one thing asked of AWS, as data. From this value come the plan that a person reads, the digest that binds an
// approval, the permission it needs, the record of it, and its undo.
type Call struct {
	Account string         `json:"account"`
	Region  string         `json:"region"`
	Op      string         `json:"op"`              // "iam:UpdateAccessKey": the SDK's service package and operation
	Input   map[string]any `json:"input,omitempty"` // the SDK's input type as JSON
	// Needs are resources that AWS checks beyond those that the input names, such as a rotation function's ARN,
	// by IAM action.
	Needs map[string][]string `json:"needs,omitempty"`
}

// String is the call in one line, its input as canonical JSON.
func (c Call) String() string { return c.Op + " " + string(canonical(c.Input)) }

// Same tells whether two calls ask for the same.
func (c Call) Same(d Call) bool { return bytes.Equal(canonical(c), canonical(d)) }

// Reply is what came of a call.
type Reply struct {
	Output    map[string]any // the SDK's output type as JSON, without nulls
	RequestID string         // AWS's, to be found in CloudTrail
	Principal string         // the ARN that the credentials belong to; empty where they are the environment's own
	Attempts  int            // how often it was sent, retries included
	Took      time.Duration
}

// Operation is one line of the table of what Parry can ask of AWS.
type Operation struct {
	Name   string       // "iam:UpdateAccessKey"
	Write  bool         // it changes something: refused outside the apply step
	Input  reflect.Type // the SDK's input struct
	Output reflect.Type // the SDK's output struct
	// Permissions are what IAM asks of the caller. Source: Service Authorization Reference.
	Permissions []Permission
	// Sensitive are output fields, by dotted path, that never leave the caller.
	Sensitive []string
	// Secret are input fields, by dotted path, that hold secrets: a plan is stored and shown, so it holds none of them.
	Secret []string
	// Completes names the operation that reads what the call leaves out, in its course; empty where the call says everything.
	Completes string
}

// Permission is one IAM action and the resources it is needed on.
type Permission struct {
	Action string `json:"action"` // "s3:PutEncryptionConfiguration": not always the operation's name
	// Resources are ARNs. In the table they are templates: {partition} {region} {account}, and fields of the input
	// such as {UserName}; one whose field is absent is left out where Optional, else it becomes a wildcard.
	Resources []string `json:"resources"`
	// Conditions are IAM's: operator, key, values.
	Conditions map[string]map[string]string `json:"conditions,omitempty"`
	// With names an input field without which the permission is not needed.
	With string `json:"-"`
	// Dependent permissions take their resources from the call's Needs, and are not asked for where it has none.
	Dependent bool `json:"-"`
}

// Catalog is the table of operations, by name.
type Catalog map[string]Operation

// Observer asks AWS questions. It refuses an operation that writes, whoever asks.
type Observer interface {
	Read(ctx context.Context, c Call) (Reply, error)
}

// Actor makes the calls of one plan and no others.
type Actor interface {
	Do(ctx context.Context, c Call) (Reply, error)
}

// placeholder finds {Field} and {Field[].Sub} in an ARN template.
var placeholder = regexp.MustCompile(`\{[A-Za-z0-9_.\[\]]+\}`)

// PermissionsOf derives what IAM asks for a call, with the resources that its input names.
func (o Operation) PermissionsOf(c Call, partition string) []Permission {
	var all []Permission
	for _, p := range o.Permissions {
		if p.With != "" && len(values(c.Input, p.With)) == 0 {
			continue
		}
		got := Permission{Action: p.Action, Conditions: conditions(p.Conditions, c, partition)}
		if p.Dependent {
			if got.Resources = c.Needs[p.Action]; len(got.Resources) == 0 {
				continue
			}
		} else if override := c.Needs[p.Action]; len(override) > 0 {
			got.Resources = override
		} else {
			for _, t := range p.Resources {
				got.Resources = append(got.Resources, expand(t, c, partition)...)
			}
		}
		if len(got.Resources) == 0 {
			continue
		}
		slices.Sort(got.Resources)
		got.Resources = slices.Compact(got.Resources)
		all = append(all, got)
	}
	return all
}

// conditions fills the templates of a permission's conditions. One whose value is not known yet, as for a role before there is a finding,
// is left out: the session policy of each plan has it.
func conditions(templates map[string]map[string]string, c Call, partition string) map[string]map[string]string {
	if len(templates) == 0 {
		return nil
	}
	all := map[string]map[string]string{}
	for op, keys := range templates {
		for k, t := range keys {
			v := expand(t, c, partition)
			if len(v) != 1 || v[0] == "*" {
				continue
			}
			if all[op] == nil {
				all[op] = map[string]string{}
			}
			all[op][k] = v[0]
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// expand fills an ARN template from a call: once for each value of a list; with a wildcard where the call does not say.
// A template that ends in "?" is dropped where its field is absent.
func expand(template string, c Call, partition string) []string {
	template, optional := strings.CutSuffix(template, "?")
	arns := []string{template}
	for _, ph := range placeholder.FindAllString(template, -1) {
		var with []string
		switch name := ph[1 : len(ph)-1]; name {
		case "partition":
			with = []string{or(partition, "aws")}
		case "region":
			with = []string{or(c.Region, "*")}
		case "account":
			with = []string{or(c.Account, "*")}
		default:
			with = values(c.Input, name)
			if len(with) == 0 {
				if optional {
					return nil
				}
				with = []string{"*"}
			}
		}
		var next []string
		for _, a := range arns {
			for _, w := range with {
				if strings.HasPrefix(w, "arn:") {
					next = append(next, w) // an id that may be given as an ARN is the resource itself
					continue
				}
				next = append(next, strings.Replace(a, ph, w, 1))
			}
		}
		arns = next
	}
	return arns
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// values are the scalars that a dotted path leads to; a step that ends in [] goes through a list. A list met without [] is
// gone through all the same.
func values(v any, path string) []string {
	if path == "" {
		switch v := v.(type) {
		case nil:
			return nil
		case string:
			return []string{v}
		case []any:
			var all []string
			for _, e := range v {
				all = append(all, values(e, "")...)
			}
			return all
		case map[string]any:
			if _, unknown := AfterOf(v); unknown {
				return []string{"*"}
			}
			return []string{"{}"}
		default:
			return []string{fmt.Sprint(v)}
		}
	}
	step, rest, _ := strings.Cut(path, ".")
	step = strings.TrimSuffix(step, "[]")
	switch v := v.(type) {
	case map[string]any:
		return values(v[step], rest)
	case []any:
		var all []string
		for _, e := range v {
			all = append(all, values(e, path)...)
		}
		return all
	}
	return nil
}

// After marks, inside a call's input, a value that only an earlier change of the same plan will give.
func After(change, path string) map[string]any {
	return map[string]any{"$after": change + "." + path}
}

// AfterOf reads such a mark: "isolation.GroupId".
func AfterOf(v any) (ref string, ok bool) {
	m, isMap := v.(map[string]any)
	if !isMap || len(m) != 1 {
		return "", false
	}
	ref, ok = m["$after"].(string)
	return ref, ok
}

// Resolve fills the marks of a call from the outputs of the changes made so far, by change name. It returns the marks that
// are still open.
func (c Call) Resolve(outputs map[string]map[string]any) (Call, []string) {
	var open []string
	fill := func(v any) any {
		ref, ok := AfterOf(v)
		if !ok {
			return v
		}
		change, path := splitRef(ref)
		if got := at(outputs[change], path); got != nil {
			return got
		}
		open = append(open, ref)
		return v
	}
	if in, ok := rewrite(c.Input, fill).(map[string]any); ok {
		c.Input = in
	}
	if len(c.Needs) > 0 {
		needs := map[string][]string{}
		for action, arns := range c.Needs {
			for _, a := range arns {
				needs[action] = append(needs[action], afterInText.ReplaceAllStringFunc(a, func(m string) string {
					if s, ok := fill(map[string]any{"$after": m[len("${after:") : len(m)-1]}).(string); ok {
						return s
					}
					return m
				}))
			}
		}
		c.Needs = needs
	}
	return c, open
}

var afterInText = regexp.MustCompile(`\$\{after:[^}]+\}`)

// splitRef parts "isolate[eni-1].GroupId" into the change's name and the path in its output.
func splitRef(ref string) (change, path string) {
	depth := 0
	for i, r := range ref {
		switch r {
		case '[':
			depth++
		case ']':
			depth--
		case '.':
			if depth == 0 {
				return ref[:i], ref[i+1:]
			}
		}
	}
	return ref, ""
}

// at is the value at a dotted path with list indexes as numbers; nil where there is none.
func at(v any, path string) any {
	for step := range strings.SplitSeq(path, ".") {
		switch w := v.(type) {
		case map[string]any:
			v = w[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(w) {
				return nil
			}
			v = w[i]
		default:
			return nil
		}
	}
	return v
}

// rewrite copies JSON, putting f's answer in the place of each value, outermost first.
func rewrite(v any, f func(any) any) any {
	v = f(v)
	switch v := v.(type) {
	case map[string]any:
		if _, mark := AfterOf(v); mark {
			return v
		}
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = rewrite(e, f)
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i, e := range v {
			l[i] = rewrite(e, f)
		}
		return l
	default:
		return v
	}
}

// canonical is JSON with its keys in order and nothing escaped for HTML: the form that digests are made of.
func canonical(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("parry: a %T is not JSON: %v", v, err)) // plans hold JSON values only
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
