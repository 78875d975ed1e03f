package cases

import (
	"errors"
	"io/fs"
	"maps"
	"path"

	"parry"
	"parry/internal/strictyaml"
)

// The stages that there are for a case. A case runs on each of them, unless it says why not:
//
//	not_on:
//	  twin: the twin has no KMS
//
// in its own stages.yaml, or in one beside the cases, which is then said of all of the playbook's.
const (
	OnTwin = "twin"
	OnMoto = "moto"
	// OnEnforcing is moto with its own evaluation of IAM policies on. It is no stage that would be enough alone: it shows which actions
	// a playbook needs, not that its cases are right.
	OnEnforcing = "enforcement"
)

// stagesFile is the name of the part of a case, and of the file for all cases of a playbook.
const stagesFile = "stages.yaml"

// Runs tells whether the case runs on a stage, and if not, why.
func (c Case) Runs(stage string) (why string, ok bool) {
	if why, ok := c.notOn[stage]; ok {
		return why, false
	}
	if why, ok := c.notOn[OnMoto]; ok && stage == OnEnforcing {
		return why, false
	}
	return "", true
}

// readStages reads where a case does not run.
func readStages(file string, data []byte) (map[string]string, error) {
	n, err := strictyaml.Parse(file, data)
	if err != nil {
		return nil, err
	}
	if err := n.Only("stages.yaml", "not_on"); err != nil {
		return nil, err
	}
	list := n.Get("not_on")
	if list == nil {
		return nil, n.Errorf("it says nothing: write \"not_on\", with a stage and the reason why the case does not run there, or leave the file out")
	}
	if err := list.Only("not_on", OnTwin, OnMoto, OnEnforcing); err != nil {
		return nil, err
	}
	not := map[string]string{}
	for _, f := range list.Fields {
		why, err := f.Node.String(f.Key)
		if err != nil {
			return nil, err
		}
		if why == "" {
			return nil, f.Place.Errorf("why does it not run on %s? The reason stands where this is empty", f.Key)
		}
		not[f.Key] = why
	}
	return not, nil
}

// stagesOf reads the file for all cases of a playbook, if there is one.
func stagesOf(fsys fs.FS, dir, shown string) (map[string]string, error) {
	file := path.Join(dir, stagesFile)
	data, err := fs.ReadFile(fsys, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "cases: %w", err)
	}
	return readStages(path.Join(shown, file), data)
}

// alsoNotOn adds what is said of all cases of the playbook. The case's own reason goes first.
func (c *Case) alsoNotOn(all map[string]string) error {
	not := map[string]string{}
	maps.Copy(not, all)
	maps.Copy(not, c.notOn)
	c.notOn = not
	if not[OnTwin] != "" && not[OnMoto] != "" {
		return parry.Errorf(parry.Invalid, "%s: by its own stages.yaml and the one beside it the case would run nowhere: one of %s and %s has to remain", c.File, OnTwin, OnMoto)
	}
	return nil
}
