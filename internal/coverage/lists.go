// Package coverage says what of the things that can happen has a response: finding types of GuardDuty, controls of Security Hub,
// techniques of ATT&CK. It does not read the rules to find out; it makes an event of each and lets the rules answer it, so that what
// it counts is what would happen, with the user's own rules and playbooks too.
package coverage

import (
	_ "embed"
	"fmt"
	"strings"

	"parry/rules"
)

// FindingType is a finding type of GuardDuty.
type FindingType struct {
	Name     string
	Severity string // Low, Medium, High, Critical; with or as a * where it depends on the case
	Kinds    []Kind // what its findings can be about
}

// Control is a control of Security Hub.
type Control struct {
	ID       string
	Resource string // CloudFormation's name of what it is about
}

// Technique is a technique of ATT&CK.
type Technique struct{ ID, Name, Tactic string }

// FindingTypes is the list of GuardDuty's finding types.
func FindingTypes() ([]FindingType, error) {
	var all []FindingType
	err := rows("guardduty_types.tsv", 3, func(f []string) {
		t := FindingType{Name: f[0], Severity: f[1]}
		for k := range strings.SplitSeq(f[2], ",") {
			t.Kinds = append(t.Kinds, Kind(k))
		}
		all = append(all, t)
	})
	return all, err
}

// Controls is the list of Security Hub's controls that a machine can put right.
func Controls() ([]Control, error) {
	var all []Control
	err := rows("controls.tsv", 2, func(f []string) { all = append(all, Control{f[0], f[1]}) })
	return all, err
}

// Techniques is the list of ATT&CK's techniques that are about a cloud's infrastructure.
func Techniques() ([]Technique, error) {
	var all []Technique
	err := rows("attack.tsv", 3, func(f []string) { all = append(all, Technique{f[0], f[1], f[2]}) })
	return all, err
}

// rows reads a list that comes with the packs.
func rows(name string, columns int, add func(fields []string)) error {
	text, err := rules.Data.ReadFile("data/" + name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return table(name, string(text), columns, add)
}

// table reads lines of fields with a tab between; a line that begins with # is a comment.
func table(name, text string, columns int, add func(fields []string)) error {
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != columns {
			return fmt.Errorf("%s, line %d: %d fields, want %d", name, i+1, len(f), columns)
		}
		add(f)
	}
	return nil
}
