package deploy

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"parry"
)

// Limits of AWS Config. Source: "Service Limits for AWS Config", AWS Config Developer Guide, and PutConformancePack, AWS Config API Reference.
const (
	packRules = 130
	packBytes = 51_200 // of a template that is given with the request
)

//go:embed conformance.tsv
var conformanceTable string

// managedRule is a rule of AWS Config's own, with the controls of Security Hub that it looks at.
type managedRule struct {
	name, identifier string
	controls         []string
	parameters       [][2]string // names and values, in the table's order
	regions          []string    // where it is: * everywhere, -REGION not there, else only there
}

// managedRules reads the table, less the controls for which there is no managed rule.
func managedRules() ([]managedRule, error) {
	var all []managedRule
	for i, line := range strings.Split(strings.TrimSuffix(conformanceTable, "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 5 {
			return nil, parry.Errorf(parry.Fault, "conformance.tsv, line %d: %d fields, want 5", i+1, len(f))
		}
		if f[1] == "-" {
			continue
		}
		r := managedRule{name: f[0], identifier: f[1], controls: strings.Split(f[2], ","), regions: strings.Split(f[4], ",")}
		for _, p := range strings.Split(f[3], ";") {
			if name, value, found := strings.Cut(p, "="); found {
				r.parameters = append(r.parameters, [2]string{name, value})
			}
		}
		all = append(all, r)
	}
	return all, nil
}

// in tells whether AWS Config has the rule in a Region: a pack with one that it has not is refused as a whole.
func (r managedRule) in(region string) bool {
	if slices.Contains(r.regions, "*") || slices.Contains(r.regions, region) {
		return true
	}
	return strings.HasPrefix(r.regions[0], "-") && !slices.Contains(r.regions, "-"+region)
}

// conformance is the template of the conformance pack: AWS Config's own rules for what the playbooks put right, so that every account has a
// score and a history of it. It has no remediation: putting right is Parry's work, which asks and can take back.
//
// The pack is one of each account and not one of the organization: an organization's goes to all its accounts but those that are named, and
// can't be told the units that are watched. (PutOrganizationConformancePack, AWS Config API Reference.) Regions that have the same rules share a text.
func (w *Wish) conformance() ([]File, error) {
	o := w.Org
	if !o.Guard.ConformancePck {
		return nil, nil
	}
	rules, err := w.packed()
	if err != nil {
		return nil, err
	}
	t := newTemplate("Conformance pack of what " + o.Name + " can put right. It needs AWS Config to record in the account and Region.")
	var texts []string
	where := m{}
	for _, region := range o.Regions {
		var there []managedRule
		for _, r := range rules {
			if r.in(region) {
				there = append(there, r)
			}
		}
		text, err := o.pack(there)
		if err != nil {
			return nil, err
		}
		if len(there) == 0 || len(there) > packRules || len(text) > packBytes {
			return nil, parry.Errorf(parry.Invalid, "the conformance pack for %s would have %d rules in %d bytes, and AWS Config takes 1 to %d in %d", region, len(there), len(text), packRules, packBytes).
				WithHint("leave guardrails.conformance_pack out, or use rules that name playbooks for other controls")
		}
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
		where[region] = m{"Pack": fmt.Sprint(slices.Index(texts, text) + 1)}
	}
	t.Mappings["Regions"] = where
	// One resource, whatever its text: were there one for each text, a Region whose text changes would get a second pack of the same name.
	var text any = texts[0]
	for i, other := range texts[1:] {
		id := fmt.Sprintf("Pack%d", i+2)
		t.Conditions[id] = m{"Fn::Equals": []any{m{"Fn::FindInMap": []any{"Regions", ref("AWS::Region"), "Pack"}}, fmt.Sprint(i + 2)}}
		text = m{"Fn::If": []any{id, other, text}}
	}
	if len(texts) == 1 {
		t.Mappings = nil
	}
	t.add("Pack", "AWS::Config::ConformancePack", m{"ConformancePackName": o.Name, "TemplateBody": text})
	body, err := t.json()
	return []File{{"conformance.json", body, fmt.Sprintf("a conformance pack of up to %d rules, a StackSet for all watched accounts in every watched Region", len(rules)), Everywhere}}, err
}

// packed are the managed rules for controls that the playbooks put right.
func (w *Wish) packed() ([]managedRule, error) {
	all, err := managedRules()
	return slices.DeleteFunc(all, func(r managedRule) bool {
		return !slices.ContainsFunc(w.Playbooks, func(p Playbook) bool {
			return slices.ContainsFunc(p.Controls, func(c string) bool { return slices.Contains(r.controls, c) })
		})
	}), err
}

// pack is the text of a pack. AWS Config takes YAML, of which JSON's scalars and objects are a part.
func (o *Org) pack(rules []managedRule) (string, error) {
	var b strings.Builder
	b.WriteString("Resources:\n")
	for _, r := range rules {
		fmt.Fprintf(&b, "  %s:\n    Type: AWS::Config::ConfigRule\n    Properties:\n      ConfigRuleName: %s\n      Description: \"Looks at what Security Hub's %s looks at.\"\n", logical(r.name), r.name, strings.Join(r.controls, ", "))
		fmt.Fprintf(&b, "      Source: {Owner: AWS, SourceIdentifier: %s}\n", r.identifier)
		if len(r.parameters) > 0 {
			b.WriteString("      InputParameters:\n")
		}
		for _, p := range r.parameters {
			value, err := json.Marshal(strings.ReplaceAll(p[1], "${partition}", o.Partition))
			if err != nil {
				return "", parry.Errorf(parry.Fault, "%w", err)
			}
			fmt.Fprintf(&b, "        %s: %s\n", p[0], value)
		}
	}
	return b.String(), nil
}
