// Package assemble puts the parts together: the one place, beside the binary, that knows them all.
package assemble

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/playbook"
	"parry/internal/rules"
	"parry/playbooks"
	packs "parry/rules"
)

// Library is what Parry knows before it meets a cloud: playbooks and rules.
type Library struct {
	Playbooks *playbook.Set
	Rules     *rules.Book
}

// NewLibrary loads the embedded catalogue and packs, and then the user's own folders, where they are given. A user's playbook takes the place of an
// embedded one of the same name; a user's rules take the place of all embedded ones.
func NewLibrary(playbookDir, ruleDir string) (*Library, error) {
	set := playbook.NewSet(awsapi.Catalog())
	if err := set.AddFolder(playbooks.FS, ".", "playbooks"); err != nil {
		return nil, err
	}
	if playbookDir != "" {
		if err := set.AddFolder(os.DirFS(playbookDir), ".", playbookDir); err != nil {
			return nil, err
		}
	}
	book, err := rules.NewBook()
	if err != nil {
		return nil, err
	}
	if ruleDir != "" {
		return &Library{set, book}, book.AddFolder(os.DirFS(ruleDir), ".", ruleDir, set)
	}
	return &Library{set, book}, book.AddFolder(packs.FS, ".", "rules", set)
}

// Options say how a responder works.
type Options struct {
	Role     string    // the role to take in every account; empty for the configuration's own credentials
	Org      parry.Org // where accounts stand, for rules that say so; nil where nobody can be asked
	Patience time.Duration
	Now      func() time.Time
	Sleep    func(ctx context.Context, d time.Duration) error
	Watch    func(parry.Response, parry.Record)
	Guard    *parry.GuardPolicy // what holds for every rule; nil for what holds where nothing is said
}

// Responder puts a responder together on a cloud and a store.
func (l *Library) Responder(cfg aws.Config, store parry.Store, o Options) (*parry.Responder, *awsapi.Cloud) {
	cloud := awsapi.New(cfg, awsapi.Options{Role: o.Role})
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Patience == 0 {
		o.Patience = 2 * time.Minute
	}
	if o.Guard == nil {
		guard := parry.DefaultGuardPolicy()
		o.Guard = &guard
	}
	return &parry.Responder{
		Matcher:   l.Rules,
		Targets:   l.Playbooks.TargetOf,
		Planner:   &playbook.Planner{Set: l.Playbooks, Observe: cloud.Observe, Sources: store},
		Actors:    cloud,
		Store:     store,
		Org:       o.Org,
		Publisher: Publisher(cloud, o.Now),
		Guard:     *o.Guard,
		Own:       l.own(o.Role),
		Acts:      l.acts(o.Role),
		Worker:    NewID(o.Now()),
		Now:       o.Now,
		NewID:     func() string { return NewID(o.Now()) },
		Sleep:     o.Sleep,
		Patience:  o.Patience,
		Watch:     o.Watch,
	}, cloud
}

// own knows Parry's own roles by their names: those that the template of roles makes, whatever the playbook, and where none is given
// those of the name that the documentation gives them. A template that would fit every role stands for the playbooks there are.
func (l *Library) own(template string) func(role string) bool {
	if template == "" {
		template = "parry-{playbook}"
	}
	template = template[strings.LastIndexByte(template, '/')+1:] // the path of a role is no part of its name
	pattern := strings.ReplaceAll(template, "{playbook}", "*")
	if strings.Trim(pattern, "*") != "" {
		return func(role string) bool { return parry.Glob(pattern, role) }
	}
	return func(role string) bool {
		return slices.ContainsFunc(l.Playbooks.All(), func(p *playbook.Playbook) bool { return p.Name == role })
	}
}

// acts knows the roles that Parry takes: that of each playbook, and the one to publish with.
func (l *Library) acts(template string) func(role string) bool {
	if template == "" {
		template = "parry-{playbook}"
	}
	template = template[strings.LastIndexByte(template, '/')+1:]
	return func(role string) bool {
		return role == strings.ReplaceAll(template, "{playbook}", "publish") ||
			slices.ContainsFunc(l.Playbooks.All(), func(p *playbook.Playbook) bool { return role == strings.ReplaceAll(template, "{playbook}", p.Name) })
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// NewID names a response: sortable by time, unique, and fit for a role session name at AWS.
func NewID(now time.Time) string {
	var b [15]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	_, _ = rand.Read(b[6:]) // never fails: crypto/rand.Read ends the program instead
	return "pr-" + strings.ToLower(base32.HexEncoding.EncodeToString(b[:]))
}
