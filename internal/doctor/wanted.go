package doctor

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"parry"
	"parry/internal/deploy"
)

// wanted is what should be, as the rendered templates say it. Where they leave something to CloudFormation, see filled.
type wanted struct {
	roles    []wantedRole
	boundary any // the document; nil where there is none
	rules    []wantedRule
	guards   []wantedGuard
}

type wantedRole struct {
	name          string
	policies      []any // documents
	trust         any   // nil where nothing is known of it
	bounded       bool
	ofPlaybook    bool
	filledAlready bool // it holds no functions of CloudFormation's
}

type wantedRule struct {
	name    string
	pattern any
	targets []string
}

type wantedGuard struct {
	name, kind string
	content    any
}

type object = map[string]any

// wants gathers what should be.
func (r *run) wants() (*wanted, error) {
	if r.Org == nil {
		return r.wantsRoles()
	}
	files, err := r.Wish(r.Org).Render()
	if err != nil {
		return nil, err
	}
	w := &wanted{}
	for _, f := range files {
		if !strings.HasSuffix(f.Name, ".json") {
			continue
		}
		var t struct {
			Resources map[string]struct {
				Type       string
				Properties object
			}
		}
		if err := json.Unmarshal(f.Body, &t); err != nil {
			return nil, parry.Errorf(parry.Fault, "%s: %w", f.Name, err)
		}
		for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
			switch p := t.Resources[id].Properties; {
			case t.Resources[id].Type == "AWS::IAM::Role" && strings.HasPrefix(f.Name, "roles"):
				name, _ := p["RoleName"].(string)
				role := wantedRole{name: name, trust: p["AssumeRolePolicyDocument"], bounded: p["PermissionsBoundary"] != nil, ofPlaybook: name != r.Org.ForwardRole()}
				for _, one := range list(p["Policies"]) {
					role.policies = append(role.policies, one.(object)["PolicyDocument"])
				}
				w.roles = append(w.roles, role)
			case t.Resources[id].Type == "AWS::IAM::ManagedPolicy" && p["ManagedPolicyName"] == r.Org.Boundary():
				w.boundary = p["PolicyDocument"]
			case t.Resources[id].Type == "AWS::Events::Rule" && f.Name == "region.json":
				rule := wantedRule{name: fmt.Sprint(p["Name"]), pattern: p["EventPattern"]}
				for _, target := range list(p["Targets"]) {
					rule.targets = append(rule.targets, fmt.Sprint(target.(object)["Arn"]))
				}
				w.rules = append(w.rules, rule)
			case t.Resources[id].Type == "AWS::Organizations::Policy":
				w.guards = append(w.guards, wantedGuard{fmt.Sprint(p["Name"]), fmt.Sprint(p["Type"]), p["Content"]})
			}
		}
	}
	slices.SortFunc(w.roles, func(a, b wantedRole) int { return strings.Compare(a.name, b.name) })
	return w, nil
}

// wantsRoles gathers the roles that --role names: one for each playbook, or one for several.
func (r *run) wantsRoles() (*wanted, error) {
	w := &wanted{}
	if r.Role == "" {
		return w, nil
	}
	of := map[string][]parry.Permission{}
	for _, p := range r.Wish(&deploy.Org{Partition: r.partition}).Playbooks {
		name := strings.ReplaceAll(r.Role, "{playbook}", p.Name)
		of[name] = append(of[name], p.Permissions...)
	}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		var document any
		text := strings.ReplaceAll(parry.NewPolicy(of[name]).Compact(), "${AWS::AccountId}", r.self)
		if err := json.Unmarshal([]byte(text), &document); err != nil {
			return nil, parry.Errorf(parry.Fault, "%w", err)
		}
		w.roles = append(w.roles, wantedRole{name: name, policies: []any{document}, ofPlaybook: true, filledAlready: true})
	}
	return w, nil
}

// filled is a piece of a template as CloudFormation makes it in an account: the functions that package deploy uses there.
func (r *run) filled(v any, account string) any {
	switch v := v.(type) {
	case object:
		if len(v) == 1 {
			if text, is := v["Fn::Sub"].(string); is {
				return strings.ReplaceAll(strings.NewReplacer("${AWS::AccountId}", account, "${AWS::Partition}", r.partition).Replace(text), "${!", "${")
			}
			switch v["Ref"] {
			case "AWS::AccountId":
				return account
			case "AWS::Partition":
				return r.partition
			}
		}
		out := object{}
		for k, e := range v {
			out[k] = r.filled(e, account)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = r.filled(e, account)
		}
		return out
	}
	return v
}

// list is a value that may be one thing or several, as IAM's documents have it.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}
