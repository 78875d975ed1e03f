package playbook

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"parry"
	"parry/internal/strictyaml"
)

// Set is the playbooks that can be used, by name.
type Set struct {
	byName  map[string]*Playbook
	catalog parry.Catalog
}

// NewSet makes an empty set that checks playbooks against a table of operations.
func NewSet(catalog parry.Catalog) *Set {
	return &Set{byName: map[string]*Playbook{}, catalog: catalog}
}

// AddFolder loads every playbook of a folder: <name>/playbook.yaml each. All that is wrong is told, not only the first.
func (s *Set) AddFolder(fsys fs.FS, dir, shown string) error {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return parry.Errorf(parry.Invalid, "playbooks: %w", err)
	}
	var wrong []error
	for _, e := range entries {
		file := path.Join(dir, e.Name(), "playbook.yaml")
		if !e.IsDir() {
			continue
		}
		text, err := fs.ReadFile(fsys, file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return parry.Errorf(parry.Invalid, "playbooks: %w", err)
		}
		wrong = append(wrong, s.Add(path.Join(shown, e.Name(), "playbook.yaml"), e.Name(), text))
	}
	return errors.Join(wrong...)
}

// Add loads one playbook. The folder must have its name, so that what is read is where it is looked for. A user's playbook takes the place of
// an embedded one of the same name.
func (s *Set) Add(file, folder string, text []byte) error {
	p, err := Load(file, text, s.catalog)
	if err != nil {
		return err
	}
	if p.Name != folder {
		return &strictyaml.Error{File: file, Line: 1, Col: 1, Msg: "the playbook is called " + p.Name + " and its folder " + folder + ": they must be the same"}
	}
	s.byName[p.Name] = p
	return nil
}

// Get gives a playbook by name.
func (s *Set) Get(name string) (*Playbook, error) {
	if p, ok := s.byName[name]; ok {
		return p, nil
	}
	return nil, parry.Errorf(parry.NotFound, "there is no playbook %q%s", name, strictyaml.DidYouMean(name, s.names())).WithHint("'parry playbook list' shows them")
}

// TargetOf is the resource type that a playbook works on.
func (s *Set) TargetOf(name string) (string, error) {
	p, err := s.Get(name)
	if err != nil {
		return "", err
	}
	return p.Target, nil
}

// All are the playbooks in the order of their names.
func (s *Set) All() []*Playbook {
	var all []*Playbook
	for _, n := range s.names() {
		all = append(all, s.byName[n])
	}
	return all
}

func (s *Set) names() []string {
	var all []string
	for n := range s.byName {
		all = append(all, n)
	}
	slices.SortFunc(all, strings.Compare)
	return all
}

// Check tells whether a playbook exists and takes the parameters.
func (s *Set) Check(name string, params map[string]any) error {
	p, err := s.Get(name)
	if err != nil {
		return err
	}
	_, err = p.Accept(params)
	return err
}
