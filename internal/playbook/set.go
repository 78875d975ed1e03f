package playbook

import (
	"errors"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

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
	var wg sync.WaitGroup
	room := make(chan struct{}, runtime.GOMAXPROCS(0)) // to check the expressions of a playbook takes milliseconds
	loaded, wrong := make([]*Playbook, len(entries)), make([]error, len(entries))
	for i, e := range entries {
		file := path.Join(dir, e.Name(), "playbook.yaml")
		if !e.IsDir() {
			continue
		}
		text, err := fs.ReadFile(fsys, file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			wg.Wait()
			return parry.Errorf(parry.Invalid, "playbooks: %w", err)
		}
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			loaded[i], wrong[i] = s.load(path.Join(shown, e.Name(), "playbook.yaml"), e.Name(), text)
		})
	}
	wg.Wait()
	for _, p := range loaded {
		if p != nil {
			s.byName[p.Name] = p
		}
	}
	return errors.Join(wrong...)
}

// Add loads one playbook. A user's playbook takes the place of an embedded one of the same name.
func (s *Set) Add(file, folder string, text []byte) error {
	p, err := s.load(file, folder, text)
	if err != nil {
		return err
	}
	s.byName[p.Name] = p
	return nil
}

// load reads one playbook. The folder must have its name, so that what is read is where it is looked for.
func (s *Set) load(file, folder string, text []byte) (*Playbook, error) {
	p, err := Load(file, text, s.catalog)
	if err != nil {
		return nil, err
	}
	if p.Name != folder {
		return nil, &strictyaml.Error{File: file, Line: 1, Col: 1, Msg: "the playbook is called " + p.Name + " and its folder " + folder + ": they must be the same"}
	}
	return p, nil
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
