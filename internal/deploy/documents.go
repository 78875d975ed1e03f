package deploy

import (
	"fmt"
	"slices"
	"strings"

	"parry"
	"parry/internal/playbook"
)

// documents are the documents of Systems Manager that the playbooks in use make, and those of others that they name: where they stand in every account and Region beforehand, no
// response has to make one, and a response that goes to other accounts finds there what it runs. A playbook that finds its document as it would make it makes none.
func documents(used []*playbook.Playbook, set *playbook.Set) ([]playbook.Document, error) {
	made := map[string]playbook.Document{}
	for _, p := range set.All() {
		for _, d := range p.Documents() {
			made[d.Name] = d
		}
	}
	wanted := map[string]playbook.Document{}
	for _, p := range used {
		for _, d := range p.Documents() {
			wanted[d.Name] = d
		}
		for _, name := range p.Mentions() {
			d, ok := made[name]
			if !ok {
				return nil, parry.Errorf(parry.Invalid, "playbook %s runs the document %s, and no playbook makes one of that name", p.Name, name).
					WithHint("a document's name ends in the hash of its text: name the one that is meant now")
			}
			wanted[name] = d
		}
	}
	var all []playbook.Document
	for _, d := range wanted {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b playbook.Document) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// documentsFile is the template with them, for every watched account in each watched Region. The text is given word for word, as a playbook compares it with its own. Another text is another
// name, and so another resource: no document is ever changed. What an earlier deployment made is kept, as an undo may still have to run it.
func (w *Wish) documentsFile() ([]File, error) {
	if len(w.Documents) == 0 {
		return nil, nil
	}
	t := newTemplate("Documents of " + w.Org.Name + " for Systems Manager: what runs on hosts, and across accounts.")
	for _, d := range w.Documents {
		properties := m{"Name": d.Name, "Content": d.Content, "DocumentType": d.Type, "DocumentFormat": "JSON", "UpdateMethod": "NewVersion", "Tags": w.Org.tags()}
		if d.Target != "" {
			properties["TargetType"] = d.Target
		}
		t.add(logical("document", d.Name), "AWS::SSM::Document", properties, kept()...)
	}
	body, err := t.json()
	return []File{{"documents.json", body, fmt.Sprintf("%d documents of Systems Manager, a StackSet for all watched accounts in each watched Region", len(w.Documents)), Everywhere}}, err
}
