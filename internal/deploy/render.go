package deploy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"parry"
	"parry/internal/playbook"
)

// Wish is all that a rendering is made from.
type Wish struct {
	Org       *Org
	Playbooks []Playbook // those that the rules use
	Rules     []Rule     // in their order

	Automation *Automation         // what runs in Systems Manager, with roles of its own
	Documents  []playbook.Document // of Systems Manager, in the order of their names

	wrong error // what is told when it is rendered
}

// Playbook is what a deployment must know of one.
type Playbook struct {
	Name        string
	Summary     string
	Controls    []string           // of Security Hub, that it puts right
	Permissions []parry.Permission // in any account and Region that is watched
}

// Rule is what a deployment must know of one of Parry's rules.
type Rule struct {
	Name    string
	Pattern json.RawMessage // as EventBridge takes it
}

// File is one file of a rendering.
type File struct {
	Name  string
	Body  []byte
	Why   string // one sentence: what it is and where it goes
	Where Where  // what CloudFormation makes of it
}

// Where is what CloudFormation makes of a file. They are made in this order, and taken away in the other: the guardrails come last, as they keep
// others from changing what stands already.
type Where int

// The places.
const (
	Nowhere    Where = iota // it is for people
	CodeStack               // a stack in the hub that the others are made from
	HubStack                // a stack in the hub
	OnceEach                // a StackSet: a stack in every watched account, in the hub's Region
	Everywhere              // a StackSet: a stack in every watched account, in each watched Region
	Management              // a stack in the management account
)

// Render writes everything that a deployment is made of, and a README that says in which order it goes where. The same wish gives the same
// bytes.
func (w *Wish) Render() ([]File, error) {
	if w.wrong != nil {
		return nil, w.wrong
	}
	var files []File
	for _, make := range []func() ([]File, error){w.code, w.hub, w.roles, w.documentsFile, w.region, w.guardrails, w.conformance, w.machine} {
		more, err := make()
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	for _, f := range files {
		if len(f.Body) > templateBytes {
			return nil, parry.Errorf(parry.Invalid, "%s has %d bytes, and CloudFormation takes %d", f.Name, len(f.Body), templateBytes).
				WithHint("use fewer playbooks: a role is made for each that a rule names")
		}
	}
	return append(files, w.readme(files)), nil
}

// machine is the state machine's definition by itself, for people and for validators.
func (w *Wish) machine() ([]File, error) {
	body, err := indented(Machine(w.Org.Partition, w.Org.arn("lambda", "function:"+w.Org.FunctionName(Step))))
	return []File{{Name: "machine.asl.json", Body: body, Why: "the state machine's definition, as hub.json holds it"}}, err
}

// readme says what was rendered and in which order it goes where.
func (w *Wish) readme(files []File) File {
	o := w.Org
	var b strings.Builder
	fmt.Fprintf(&b, "# What was rendered for organization %s\n\n", o.Organization)
	fmt.Fprintf(&b, "The hub is account %s in %s; watched are %s in %s. %d rules name %d playbooks; these may act: %s. Every other rule observes.\n\n",
		o.Hub.Account, o.Hub.Region, o.watched(), strings.Join(o.Regions, ", "), len(w.Rules), len(w.Playbooks), orNone(o.Act))
	b.WriteString("| file | what it is, and where it goes |\n|---|---|\n")
	for _, f := range files {
		fmt.Fprintf(&b, "| `%s` | %s |\n", f.Name, f.Why)
	}
	b.WriteString("\n## In this order\n\n'parry deploy up' does this, with a plan shown first. By hand:\n\n")
	for i, step := range w.steps() {
		fmt.Fprintf(&b, "%d. %s\n", i+1, step)
	}
	b.WriteString(o.lakeStep())
	b.WriteString("\nRules observe until they are named under act in org.yaml and say mode: act.\n")
	return File{Name: "README.md", Body: []byte(b.String()), Why: "what is here"}
}

// steps are what is done, in their order.
func (w *Wish) steps() []string {
	o := w.Org
	regions := strings.Join(o.Regions, ", ")
	all := []string{
		fmt.Sprintf("code.json: a stack in account %s, Region %s. It makes the bucket %s.", o.Hub.Account, o.Hub.Region, o.CodeBucket()),
		"'parry deploy package' zips the binary with the rules and the policy; put the zip into that bucket.",
		fmt.Sprintf("hub.json: a stack in account %s, Region %s, with the parameters CodeBucket, CodeKey and Architecture. It needs CAPABILITY_NAMED_IAM.", o.Hub.Account, o.Hub.Region),
		fmt.Sprintf("roles*.json: a StackSet with service-managed permissions for %s, in %s only: IAM is the same in all Regions. It needs CAPABILITY_NAMED_IAM.", o.watched(), o.Hub.Region),
	}
	if len(w.Documents) > 0 {
		all = append(all, "documents.json: a StackSet for the same accounts, in each of "+regions+". A document of the same name that a playbook made before is deleted first.")
	}
	all = append(all, "region.json: a StackSet for the same accounts, in each of "+regions+". Without it no finding comes.")
	if w.Automation != nil && w.Automation.Across && !slices.Contains(o.Accounts, o.Hub.Account) {
		all = append(all, fmt.Sprintf("roles.json in %s, documents.json and region.json in %s: stacks in the hub, too, where none of the StackSets reaches it: what goes to other accounts begins there, and says there when it has ended.", o.Hub.Region, regions))
	}
	all = append(all, fmt.Sprintf("guardrails.json: a stack in the management account%s, when the rest stands: it keeps everybody else from changing it.", inBrackets(o.Management)))
	if o.Guard.ConformancePck {
		all = append(all, "conformance.json: a StackSet for the same accounts, in each of "+regions+". AWS Config has to record there.")
	}
	return all
}

func orNone(all []string) string {
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// watched names the accounts that are watched, for people.
func (o *Org) watched() string {
	if len(o.OUs) == 0 {
		return "accounts " + strings.Join(o.Accounts, ", ")
	}
	text := "all accounts of " + strings.Join(o.OUs, ", ")
	if len(o.Except) > 0 {
		text += " but " + strings.Join(o.Except, ", ")
	}
	return text
}
