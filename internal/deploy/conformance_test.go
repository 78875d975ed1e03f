package deploy_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"
	"github.com/goccy/go-yaml"

	"parry"
	"parry/internal/assemble"
	"parry/internal/cfnlint"
	"parry/internal/deploy"
	"parry/internal/moto"
)

// packRule is a rule of a pack, as AWS Config reads it.
type packRule struct {
	Type       string `yaml:"Type"`
	Properties struct {
		ConfigRuleName  string            `yaml:"ConfigRuleName"`
		Description     string            `yaml:"Description"`
		Source          map[string]string `yaml:"Source"`
		InputParameters map[string]string `yaml:"InputParameters"`
	} `yaml:"Properties"`
}

// packs are the texts of the conformance pack for each Region that is watched.
func packs(t *testing.T, w *deploy.Wish) map[string]string {
	t.Helper()
	files, err := w.Render()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(files, func(f deploy.File) bool { return f.Name == "conformance.json" })
	if i < 0 {
		t.Fatal("there is no conformance.json")
	}
	template := parse(t, files[i].Body)
	all := map[string]string{}
	for _, region := range w.Org.Regions {
		body := template["Resources"].(tree)["Pack"].(tree)["Properties"].(tree)["TemplateBody"]
		for {
			choice, more := body.(tree)
			if !more {
				break
			}
			branches := choice["Fn::If"].([]any)
			is := template["Conditions"].(tree)[branches[0].(string)].(tree)["Fn::Equals"].([]any)[1]
			body = branches[2]
			if template["Mappings"].(tree)["Regions"].(tree)[region].(tree)["Pack"] == is {
				body = branches[1]
			}
		}
		all[region] = body.(string)
	}
	return all
}

// rulesOf reads a pack's text, which holds rules of AWS Config's own and nothing else: no remediation.
func rulesOf(t *testing.T, text string) map[string]packRule {
	t.Helper()
	var pack struct {
		Resources map[string]packRule `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(text), &pack); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	names := map[string]packRule{}
	for id, r := range pack.Resources {
		p := r.Properties
		if r.Type != "AWS::Config::ConfigRule" || p.Source["Owner"] != "AWS" || names[p.ConfigRuleName].Type != "" {
			t.Errorf("%s is no rule of AWS Config's own, or the second of its name: %+v", id, r)
		}
		names[p.ConfigRuleName] = r
	}
	return names
}

// A pack stays within AWS Config's limits, and is a template that AWS's schemas find nothing wrong with.
func TestThePackIsSound(t *testing.T) {
	l := cfnlint.Need(t)
	for region, text := range packs(t, wish(t)) {
		rules := rulesOf(t, text)
		t.Logf("%s: %d rules, %d bytes", region, len(rules), len(text))
		if len(rules) > 130 || len(text) > 51_200 || len(rules) < 70 {
			t.Errorf("%s: %d rules in %d bytes", region, len(rules), len(text))
		}
		path := filepath.Join(t.TempDir(), region+".yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		faults, err := l.Faults(t.Context(), []string{region}, path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range faults {
			t.Errorf("%s: %s", region, f)
		}
	}
}

// Each rule is one that AWS Config has, with parameters that it takes: the emulator holds them against AWS's own list, which it keeps.
func TestEveryRuleOfThePackIsReal(t *testing.T) {
	s := moto.Need(t)
	account := moto.Account()
	client := configservice.NewFromConfig(s.Config(account, "us-east-1"))
	put := func(r packRule) error {
		parameters, err := json.Marshal(r.Properties.InputParameters)
		if err != nil {
			t.Fatal(err)
		}
		rule := &types.ConfigRule{ConfigRuleName: aws.String(r.Properties.ConfigRuleName), Source: &types.Source{Owner: types.OwnerAws, SourceIdentifier: aws.String(r.Properties.Source["SourceIdentifier"])}}
		if len(r.Properties.InputParameters) > 0 {
			rule.InputParameters = aws.String(string(parameters))
		}
		_, err = client.PutConfigRule(t.Context(), &configservice.PutConfigRuleInput{ConfigRule: rule})
		return err
	}
	rules := rulesOf(t, packs(t, wish(t))["us-east-1"])
	for name, r := range rules {
		if err := put(r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Were the list not looked at, nothing were proven.
	wrong := rules["restricted-ssh"]
	wrong.Properties.ConfigRuleName, wrong.Properties.Source = "wrong", map[string]string{"Owner": "AWS", "SourceIdentifier": "RESTRICTED_SSH"}
	if err := put(wrong); err == nil {
		t.Error("a rule that AWS does not have is taken")
	}
	wrong = rules["access-keys-rotated"]
	wrong.Properties.ConfigRuleName, wrong.Properties.InputParameters = "wrong", map[string]string{"maxKeyAge": "90"}
	if err := put(wrong); err == nil {
		t.Error("a parameter that the rule does not have is taken")
	}
}

// A rule that AWS Config does not have in a Region is not in that Region's pack: the whole pack would be refused.
func TestThePackOfARegion(t *testing.T) {
	w := wish(t)
	w.Org.Regions = append(w.Org.Regions, "ap-southeast-6", "eu-west-1")
	all := packs(t, w)
	if all["eu-west-1"] != all["eu-central-1"] {
		t.Error("two Regions with the same rules have two texts")
	}
	for _, c := range []struct {
		region, rule string
		has          bool
	}{
		{"us-east-1", "cloudfront-default-root-object-configured", true},
		{"eu-central-1", "cloudfront-default-root-object-configured", false},
		{"eu-central-1", "restricted-ssh", true},
		{"ap-southeast-6", "api-gw-execution-logging-enabled", false},
		{"ap-southeast-6", "s3-bucket-public-read-prohibited", true},
	} {
		if _, has := rulesOf(t, all[c.region])[c.rule]; has != c.has {
			t.Errorf("%s in %s: %v", c.rule, c.region, has)
		}
	}
}

// Every control that a playbook of the catalogue puts right is in the table: with a rule, or as one that there is none for. And no other is.
func TestEveryControlIsInTheTable(t *testing.T) {
	text, err := os.ReadFile("conformance.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var listed, declared []string
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if !strings.HasPrefix(line, "#") {
			listed = append(listed, strings.Split(strings.Split(line, "\t")[2], ",")...)
		}
	}
	lib, err := assemble.NewLibrary("", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range lib.Playbooks.All() {
		declared = append(declared, p.Controls...)
	}
	slices.Sort(listed)
	slices.Sort(declared)
	if declared = slices.Compact(declared); !slices.Equal(listed, declared) {
		t.Errorf("the table has\n%v\nand the catalogue\n%v", listed, declared)
	}
}

// What the pack finds is answered where there is a rule for AWS Config's findings: each of them knows a rule of the pack by its name.
func TestThePackIsAnswered(t *testing.T) {
	w := wish(t)
	inPack := rulesOf(t, packs(t, w)["us-east-1"])
	answering := 0
	for _, r := range w.Rules {
		var pattern struct {
			Detail struct{ ConfigRuleName []map[string]any }
		}
		if err := json.Unmarshal(r.Pattern, &pattern); err != nil || len(pattern.Detail.ConfigRuleName) == 0 {
			continue // another source's
		}
		answering++
		known := slices.ContainsFunc(pattern.Detail.ConfigRuleName, func(want map[string]any) bool {
			glob, _ := want["wildcard"].(string)
			for name := range inPack {
				// AWS Config adds to a name which pack it is of.
				if parry.Glob(glob, name+"-conformance-pack-1a2b3c4d") {
					return true
				}
			}
			return false
		})
		if !known {
			t.Errorf("%s answers no rule of the pack", r.Name)
		}
	}
	if answering < 5 {
		t.Errorf("%d rules answer AWS Config", answering)
	}
}

// A pack has what the rules' playbooks put right, and nothing else.
func TestThePackIsOfWhatIsPutRight(t *testing.T) {
	w := wish(t)
	w.Playbooks = slices.DeleteFunc(w.Playbooks, func(p deploy.Playbook) bool { return p.Name != "rds-no-public-access" })
	for region, text := range packs(t, w) {
		if rules := rulesOf(t, text); len(rules) != 1 || rules["rds-instance-public-access-check"].Type == "" {
			t.Errorf("%s: %v", region, rules)
		}
	}
	w.Playbooks = nil
	if _, err := w.Render(); err == nil || !strings.Contains(err.Error(), "0 rules") {
		t.Errorf("a pack without rules: %v", err)
	}
	w.Org.Guard.ConformancePck = false
	files, err := w.Render()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name == "conformance.json" || strings.Contains(string(f.Body), "conformance.json") {
			t.Errorf("%s speaks of a pack that nobody asked for", f.Name)
		}
	}
}
