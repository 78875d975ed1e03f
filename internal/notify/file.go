package notify

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"parry"
	"parry/internal/strictyaml"
)

// File is a file of channels: which there are, and which news goes to which.
type File struct {
	Channels []Entry
	Routes   []Route
	Default  []string // the channels of what no route fits; where nothing is routed at all, every channel
	Group    Group
}

// Entry is one channel of the file.
type Entry struct {
	Name, Type string
	at         *strictyaml.Node
	values     values
}

// Route sends some news to some channels. All that it names must fit; what it does not name fits.
type Route struct {
	Rules, Accounts, Playbooks []string // names with *
	Tiers                      []parry.Tier
	Severities                 []string
	Kinds                      []Kind
	Channels                   []string
	Also                       bool // the routes after it are looked at, too
}

// Group says when many pieces of news become one message.
type Group struct {
	After  int           // so many are told one by one
	Within time.Duration // in so long
}

// The grouping where nothing is said of it.
const (
	groupAfter  = 5
	groupWithin = 10 * time.Minute
)

// kinds are the kinds of news as the file names them.
func kinds() []Kind { return []Kind{Asked, Reminded, Escalated, Told, Begun, Ended} }

// severities are OCSF's as the file names them, by severity_id. Source: ocsf-schema 1.8, severity_id.
func severities() []string {
	return []string{"unknown", "informational", "low", "medium", "high", "critical", "fatal"}
}

// nameForm is how a channel's name is formed: it stands in names of the store, on the command line and in records.
func nameForm() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`) }

// Read reads a file of channels. The first thing that is wrong is told, with its place. No secret is looked at.
func Read(file string, text []byte) (*File, error) {
	f, err := read(file, text)
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "%w", err).WithHint("docs/channels.md has the fields; 'parry notify check FILE' looks at them")
	}
	return f, nil
}

func read(file string, text []byte) (*File, error) {
	root, err := strictyaml.Parse(file, text)
	if err != nil {
		return nil, err
	}
	if err := root.Only("a file of channels", "channels", "routes", "default", "group"); err != nil {
		return nil, err
	}
	f := &File{Group: Group{groupAfter, groupWithin}}
	if err := f.readChannels(root); err != nil {
		return nil, err
	}
	if routes := root.Get("routes"); routes != nil {
		if !routes.IsList() {
			return nil, routes.Errorf("routes is a list, not %s", routes.Describe())
		}
		for _, n := range routes.Items {
			r, err := f.readRoute(n)
			if err != nil {
				return nil, err
			}
			f.Routes = append(f.Routes, r)
		}
	}
	if f.Default, err = f.names(root, "default"); err != nil {
		return nil, err
	}
	if len(f.Routes) == 0 && root.Get("default") == nil {
		for _, e := range f.Channels {
			f.Default = append(f.Default, e.Name)
		}
	}
	return f, f.readGroup(root.Get("group"))
}

func (f *File) readChannels(root *strictyaml.Node) error {
	list := root.Get("channels")
	if list == nil || !list.IsList() || len(list.Items) == 0 {
		return root.Errorf("a file of channels has channels, a list of at least one")
	}
	var known []string
	for _, t := range types() {
		known = append(known, t.name)
	}
	for _, n := range list.Items {
		if !n.IsMap() {
			return n.Errorf("a channel is a mapping with name, type and the type's fields")
		}
		e := Entry{at: n}
		var err error
		if e.Name, err = n.Text("name"); err != nil {
			return err
		}
		if !nameForm().MatchString(e.Name) {
			return n.Errorf("a channel has a name of lower-case letters, digits and hyphens, such as security, at most 40, not %q", e.Name)
		}
		if _, twice := f.entry(e.Name); twice {
			return n.Get("name").Errorf("there are two channels %q", e.Name)
		}
		if e.Type, err = n.Text("type"); err != nil {
			return err
		}
		typ, ok := typeOf(e.Type)
		if !ok {
			at := n
			if t := n.Get("type"); t != nil {
				at = t
			}
			return at.Errorf("a channel's type is one of %s, not %q%s", strings.Join(known, ", "), e.Type, strictyaml.DidYouMean(e.Type, known))
		}
		if e.values, err = readFields(n, typ); err != nil {
			return err
		}
		f.Channels = append(f.Channels, e)
	}
	return nil
}

func (f *File) entry(name string) (Entry, bool) {
	i := slices.IndexFunc(f.Channels, func(e Entry) bool { return e.Name == name })
	if i < 0 {
		return Entry{}, false
	}
	return f.Channels[i], true
}

// names reads names of channels that there are.
func (f *File) names(n *strictyaml.Node, key string) ([]string, error) {
	names, err := n.Texts(key)
	if err != nil {
		return nil, err
	}
	var known []string
	for _, e := range f.Channels {
		known = append(known, e.Name)
	}
	for i, name := range names {
		at := n.Get(key)
		if at.IsList() {
			at = at.Items[i]
		}
		if !slices.Contains(known, name) {
			return nil, at.Errorf("there is no channel %q%s", name, strictyaml.DidYouMean(name, known))
		}
	}
	return names, nil
}

func (f *File) readRoute(n *strictyaml.Node) (r Route, err error) {
	if err := n.Only("a route", "rules", "accounts", "playbooks", "tiers", "severities", "kinds", "channels", "also"); err != nil {
		return r, err
	}
	for key, to := range map[string]*[]string{"rules": &r.Rules, "accounts": &r.Accounts, "playbooks": &r.Playbooks} {
		if *to, err = listOf(n, key, nil); err != nil {
			return r, err
		}
	}
	tiers, err := listOf(n, "tiers", []string{"auto", "approve", "alert"})
	if err != nil {
		return r, err
	}
	for _, t := range tiers {
		tier, _ := parry.ParseTier(t)
		r.Tiers = append(r.Tiers, tier)
	}
	if r.Severities, err = listOf(n, "severities", severities()); err != nil {
		return r, err
	}
	var known []string
	for _, k := range kinds() {
		known = append(known, string(k))
	}
	named, err := listOf(n, "kinds", known)
	if err != nil {
		return r, err
	}
	for _, k := range named {
		r.Kinds = append(r.Kinds, Kind(k))
	}
	if n.Get("channels") == nil {
		return r, n.Errorf("a route says where to: channels, a list of names; an empty list keeps what it fits from being told")
	}
	if r.Channels, err = f.names(n, "channels"); err != nil {
		return r, err
	}
	if also := n.Get("also"); also != nil {
		b, ok := also.Value.(bool)
		if !ok {
			return r, also.Errorf("also is true or false, not %s", also.Describe())
		}
		r.Also = b
	}
	return r, nil
}

// listOf reads a list of texts, of some words where there are some.
func listOf(n *strictyaml.Node, key string, words []string) ([]string, error) {
	all, err := n.Texts(key)
	if err != nil || n.Get(key) == nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, n.Get(key).Errorf("%s is a list of at least one; leave it out where all fit", key)
	}
	for i, s := range all {
		at := n.Get(key)
		if at.IsList() {
			at = at.Items[i]
		}
		if s == "" || words != nil && !slices.Contains(words, s) {
			return nil, at.Errorf("%s are of %s, not %q%s", key, orWords(words), s, strictyaml.DidYouMean(s, words))
		}
	}
	return all, nil
}

func orWords(words []string) string {
	if words == nil {
		return "names, with * for any characters"
	}
	return strings.Join(words, ", ")
}

func (f *File) readGroup(n *strictyaml.Node) error {
	if n == nil {
		return nil
	}
	if err := n.Only("group", "after", "within"); err != nil {
		return err
	}
	if at := n.Get("after"); at != nil {
		v, ok := at.Value.(int64)
		if !ok || v < 1 || v > 1000 {
			return at.Errorf("after is a number from 1 to 1000, not %s", at.Describe())
		}
		f.Group.After = int(v)
	}
	if at := n.Get("within"); at != nil {
		text, _ := at.Value.(string)
		d, err := time.ParseDuration(text)
		if err != nil || d < time.Minute || d > 24*time.Hour {
			return at.Errorf("within is a span from 1m to 24h, such as 10m, not %s", at.Describe())
		}
		f.Group.Within = d
	}
	return nil
}

// place names where a channel stands, for errors that come of its values.
func (e Entry) place() string {
	return fmt.Sprintf("%s:%d:%d: channel %s", e.at.File, e.at.Line, e.at.Col, e.Name)
}
