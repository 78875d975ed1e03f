package deploy

import (
	"regexp"
	"slices"
	"strings"

	"parry"
	"parry/internal/notify"
	"parry/internal/strictyaml"
)

// Org is what org.yaml says: where Parry runs, what it watches over, and who may do what with it.
type Org struct {
	Name         string   // begins the name of everything that is made; "parry" where it is not given
	Organization string   // its id: no role is taken from outside
	Partition    string   // aws, aws-us-gov or aws-cn, as the hub's Region says
	Hub          Place    // where Parry runs: an account that security owns, never the management account
	Management   string   // the management account, or who may administer policies for it; guardrails are attached there
	Regions      []string // that are watched; the hub's own is the first

	Accounts []string // that are watched, by number; or
	OUs      []string // by organizational unit, or the root
	Except   []string // that are not, though their unit is

	Rules     string   // a folder of rules; empty for the embedded packs
	Playbooks string   // a folder of the user's own playbooks; empty for the catalogue alone
	Policy    string   // the policy file; empty for what holds without one
	Act       []string // names of rules, with *, that may act; every other one observes
	Highest   parry.Tier

	Approvers []string // principals that may call the door for approvals: ARNs
	Deployers []string // principals that may change what is deployed: ARNs, * allowed

	Channels Channels
	Notify   string       // a file of channels that people are told through; empty for none
	Tells    notify.Needs // of that file, which whoever reads org.yaml reads as well
	Console  string       // where people reach the console, for links; empty for none
	Audit    Audit
	Guard    Guardrails
	Rollout  Rollout

	Aggregate bool // gather Security Hub's findings of all Regions in the hub, which is Security Hub's delegated administrator
}

// Place is an account and a Region.
type Place struct{ Account, Region string }

// Channels are where people are told.
type Channels struct {
	Emails []string // of alarms and of what waits for approval; each has to be confirmed once
	Topics []string // ARNs of SNS topics of one's own
}

// Audit is how the record is kept.
type Audit struct {
	Days  int    // that nobody can delete what is stored; CloudWatch's retention too
	Mode  string // GOVERNANCE or COMPLIANCE: whether somebody with a special permission can
	Trail string // a trail that is there already, by its ARN; empty makes one
	Lake  Lake   // a custom source of Security Lake that responses are written to
}

// Guardrails are the policies that guard the ground.
type Guardrails struct {
	Attach         []string // units, accounts or the root that the policies are attached to; none renders and attaches nothing
	BreakGlass     []string // principals that no policy binds: ARNs, * allowed
	ConformancePck bool     // a conformance pack of what the catalogue can put right
	ResourcePolicy bool     // resource control policies beside service control policies
}

// Rollout is how fast the accounts are changed, and when it stops.
type Rollout struct {
	AtOnce int // the share of the accounts of a StackSet that are changed side by side in a Region, in percent
	Fail   int // the share of them that may fail before the rest is left as it is, in percent
}

// The forms of what the file names. Sources: Organizations API reference (Organization, OrganizationalUnit, Root), IAM User Guide, "IAM identifiers".
const (
	accountForm = `^\d{12}$`
	orgForm     = `^o-[a-z0-9]{10,32}$`
	unitForm    = `^(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|r-[0-9a-z]{4,32})$`
	regionForm  = `^[a-z]{2}(-[a-z]+)+-\d$`
	nameForm    = `^[a-z][a-z0-9-]{0,19}$`
	arnForm     = `^arn:aws[a-z-]*:(iam|sts)::(\d{12}|\*):(role|user|assumed-role|root)`
	exactForm   = `^arn:aws[a-z-]*:iam::\d{12}:(role|user)/[A-Za-z0-9_+=,.@/-]+$`
	topicForm   = `^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$`
	trailForm   = `^arn:aws[a-z-]*:cloudtrail:[a-z0-9-]+:\d{12}:trail/.+$`
	mailForm    = `^[^@\s]+@[^@\s]+\.[^@\s]+$`
)

// ReadOrg reads org.yaml. The first thing that is wrong is told, with its place and what it should be.
func ReadOrg(file string, text []byte) (*Org, error) {
	root, err := strictyaml.Parse(file, text)
	if err != nil {
		return nil, err
	}
	if err := root.Only("org.yaml", "name", "organization", "hub", "management", "regions", "accounts", "ous", "except", "rules", "playbooks", "policy", "notify", "console_url",
		"act", "tier", "approvers", "deployers", "channels", "audit", "guardrails", "rollout", "security_hub"); err != nil {
		return nil, err
	}
	r := &reader{}
	o := &Org{
		Name:         r.or("parry", r.text(root, "name", nameForm, "a name of small letters, digits and dashes, at most 20")),
		Organization: r.need(root, "organization", orgForm, "the organization's id, such as o-a1b2c3d4e5"),
		Management:   r.text(root, "management", accountForm, "an account's number"),
		Accounts:     r.texts(root, "accounts", accountForm, "numbers of accounts, in quotes"),
		OUs:          r.texts(root, "ous", unitForm, "ids of units or of the root, such as ou-a1b2-c3d4e5f6 or r-a1b2"),
		Except:       r.texts(root, "except", accountForm, "numbers of accounts, in quotes"),
		Rules:        r.text(root, "rules", "", ""),
		Playbooks:    r.text(root, "playbooks", "", ""),
		Policy:       r.text(root, "policy", "", ""),
		Notify:       r.text(root, "notify", "", ""),
		Console:      r.text(root, "console_url", `^https://[^/]+/?$`, "the console's address, such as https://parry.example.com"),
		Act:          r.texts(root, "act", "", ""),
		Approvers:    r.texts(root, "approvers", exactForm, "exact ARNs of roles or users: the door's permission names each"),
		Deployers:    r.texts(root, "deployers", arnForm, "ARNs of roles or users"),
	}
	o.Highest = r.tier(root)
	if hub := r.group(root, "hub", true, "account", "region"); hub != nil {
		o.Hub = Place{r.need(hub, "account", accountForm, "an account's number, in quotes"), r.need(hub, "region", regionForm, "a Region, such as eu-central-1")}
	}
	o.Regions = r.texts(root, "regions", regionForm, "Regions, such as eu-central-1")
	if c := r.group(root, "channels", false, "email", "sns"); c != nil {
		o.Channels = Channels{r.texts(c, "email", mailForm, "addresses"), r.texts(c, "sns", topicForm, "ARNs of topics")}
	}
	o.Audit = Audit{Days: 365, Mode: "GOVERNANCE"}
	if a := r.group(root, "audit", false, "days", "mode", "trail", "security_lake"); a != nil {
		o.Audit = Audit{
			r.whole(a, "days", 365, 30, 3653), r.or("GOVERNANCE", strings.ToUpper(r.text(a, "mode", `^(?i)(governance|compliance)$`, "governance or compliance"))),
			r.text(a, "trail", trailForm, "the ARN of a trail"), r.lake(a),
		}
	}
	if g := r.group(root, "guardrails", false, "attach", "break_glass", "conformance_pack", "resource_policies"); g != nil {
		o.Guard = Guardrails{
			r.texts(g, "attach", `^(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|r-[0-9a-z]{4,32}|\d{12})$`, "ids of units, of accounts or of the root"),
			r.texts(g, "break_glass", arnForm, "ARNs of roles or users"), r.truth(g, "conformance_pack"), r.truth(g, "resource_policies"),
		}
	}
	if g := r.group(root, "security_hub", false, "aggregate"); g != nil {
		o.Aggregate = r.truth(g, "aggregate")
	}
	o.Rollout = Rollout{25, 10}
	if g := r.group(root, "rollout", false, "at_once", "fail"); g != nil {
		o.Rollout = Rollout{r.whole(g, "at_once", 25, 1, 100), r.whole(g, "fail", 10, 0, 100)}
	}
	if r.err != nil {
		return nil, r.err
	}
	return o, o.check(root)
}

// check holds what the file says together, and fills in what follows from it.
func (o *Org) check(root *strictyaml.Node) error {
	at := func(key string) *strictyaml.Node {
		if n := root.Get(key); n != nil {
			return n
		}
		return root
	}
	switch {
	case len(o.Accounts) == 0 && len(o.OUs) == 0:
		return root.Errorf("nothing says which accounts are watched: accounts, or ous")
	case len(o.Accounts) > 0 && len(o.OUs) > 0:
		return at("ous").Errorf("accounts and ous are both given: a StackSet takes one or the other")
	case len(o.Except) > 0 && len(o.OUs) == 0:
		return at("except").Errorf("except is for accounts of ous, and there are none")
	case o.Management != "" && o.Management == o.Hub.Account:
		return at("hub").Errorf("the hub is the management account: no service control policy binds that one, so nothing would guard the hub; take an account of its own")
	case len(o.Deployers) == 0:
		return root.Errorf("nobody is named who may change what is deployed: deployers, a list of ARNs")
	case len(o.Guard.Attach) > 0 && o.Management == "":
		return at("guardrails").Errorf("guardrails are attached from the management account: name it with management")
	}
	o.Partition = partitionOf(o.Hub.Region)
	o.Regions = append([]string{o.Hub.Region}, slices.DeleteFunc(o.Regions, func(r string) bool { return r == o.Hub.Region })...)
	if o.Aggregate && len(o.Regions) == 1 {
		return at("security_hub").Errorf("aggregate gathers findings of other Regions, and regions names none")
	}
	for i, r := range o.Regions {
		if partitionOf(r) != o.Partition {
			return at("regions").Errorf("%s is in another partition of AWS than the hub: an organization is in one", r)
		}
		if slices.Contains(o.Regions[:i], r) {
			return at("regions").Errorf("%s is there twice", r)
		}
	}
	return nil
}

// partitionOf is the partition of a Region. Source: AWS General Reference, "AWS service endpoints".
func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	}
	return "aws"
}

// reader reads fields and keeps the first error.
type reader struct{ err error }

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *reader) or(otherwise, s string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func (r *reader) text(n *strictyaml.Node, key, form, what string) string {
	s, err := n.Text(key)
	if err != nil {
		r.fail(err)
		return ""
	}
	if s != "" && form != "" && !regexp.MustCompile(form).MatchString(s) {
		r.fail(n.Get(key).Errorf("%s is %s, not %q", key, what, s))
	}
	return s
}

func (r *reader) need(n *strictyaml.Node, key, form, what string) string {
	s := r.text(n, key, form, what)
	if s == "" {
		r.fail(n.Errorf("%s is missing: %s", key, what))
	}
	return s
}

func (r *reader) texts(n *strictyaml.Node, key, form, what string) []string {
	all, err := n.Texts(key)
	if err != nil {
		r.fail(err)
		return nil
	}
	for _, s := range all {
		if form != "" && !regexp.MustCompile(form).MatchString(s) {
			r.fail(n.Get(key).Errorf("%s are %s, not %q", key, what, s))
		}
	}
	return all
}

func (r *reader) group(n *strictyaml.Node, key string, need bool, known ...string) *strictyaml.Node {
	g := n.Get(key)
	if g == nil {
		if need {
			r.fail(n.Errorf("%s is missing: %s", key, strings.Join(known, " and ")))
		}
		return nil
	}
	if err := g.Only(key, known...); err != nil {
		r.fail(err)
		return nil
	}
	return g
}

func (r *reader) whole(n *strictyaml.Node, key string, otherwise, least, most int) int {
	f := n.Get(key)
	if f == nil {
		return otherwise
	}
	var got int
	switch v := f.Value.(type) {
	case int64:
		got = int(v)
	case uint64:
		got = int(v)
	default:
		r.fail(f.Errorf("%s is a whole number, not %s", key, f.Describe()))
		return otherwise
	}
	if got < least || got > most {
		r.fail(f.Errorf("%s is from %d to %d, not %d", key, least, most, got))
	}
	return got
}

func (r *reader) truth(n *strictyaml.Node, key string) bool {
	f := n.Get(key)
	if f == nil {
		return false
	}
	b, ok := f.Value.(bool)
	if !ok {
		r.fail(f.Errorf("%s is true or false, not %s", key, f.Describe()))
	}
	return b
}

// tier is the highest tier that any rule has; without a word it is what the rules say.
func (r *reader) tier(n *strictyaml.Node) parry.Tier {
	switch s := r.text(n, "tier", `^(auto|approve|alert)$`, "auto, approve or alert: the highest tier of any rule"); s {
	case "alert":
		return parry.TierAlert
	case "approve":
		return parry.TierApprove
	}
	return parry.TierAuto
}
