// Package orgs knows where accounts stand in an organization: from AWS Organizations, with a memory that fades, or from a file for
// those who may not ask. Both implement parry.Org.
package orgs

import (
	"os"
	"regexp"

	"parry"
	"parry/internal/strictyaml"
)

// Forms of ids. Source: Account, ParentId and RootId in the AWS Organizations API Reference.
var (
	account = regexp.MustCompile(`^\d{12}$`)
	unit    = regexp.MustCompile(`^ou-[0-9a-z]+(-[0-9a-z]+)?$`)
	root    = regexp.MustCompile(`^r-[0-9a-z]+$`)
)

// hintFile is the next step where a file is not as it should be.
const hintFile = `a line is an account and all its ancestors up to the root: "111122223333": [ou-ab12-22222222, ou-ab12-11111111, r-ab12]`

// Open reads a file of accounts, YAML or JSON.
func Open(path string) (File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "the organization: %w", err).WithHint(hintFile)
	}
	return Read(path, text)
}

// Read reads a file's text. A list that does not end at a root would say of an account that it is not below a unit that it is
// below, so it is refused.
func Read(file string, text []byte) (File, error) {
	n, err := strictyaml.Parse(file, text)
	if err != nil {
		return nil, invalid(err)
	}
	if !n.IsMap() {
		return nil, invalid(n.Errorf("the organization is a mapping of accounts, not %s", n.Describe()))
	}
	f := File{}
	for _, field := range n.Fields {
		if !account.MatchString(field.Key) {
			return nil, invalid(field.Place.Errorf("%q is not the twelve digits of an account", field.Key))
		}
		path, err := n.Texts(field.Key)
		if err != nil {
			return nil, invalid(err)
		}
		if err := check(path); err != "" {
			return nil, invalid(field.Node.Errorf("account %s: %s", field.Key, err))
		}
		f[field.Key] = path
	}
	return f, nil
}

func invalid(err error) error { return parry.Errorf(parry.Invalid, "%w", err).WithHint(hintFile) }

// check says what is wrong with a list of ancestors; empty where nothing is.
func check(path []string) string {
	if len(path) == 0 {
		return "its ancestors are missing"
	}
	for i, id := range path {
		last := i == len(path)-1
		switch {
		case last && !root.MatchString(id):
			return "its ancestors end with " + id + ", and not with the organization's root, r-..."
		case !last && !unit.MatchString(id):
			return id + " is no id of an organizational unit, ou-..."
		}
	}
	return ""
}
