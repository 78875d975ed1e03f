package console

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/cases"
	"parry/internal/demo"
	"parry/internal/rules"
	"parry/internal/sqlite"
)

// tryTime is how long a try may take.
const tryTime = 20 * time.Second

type tryView struct {
	Case      string // whose world is tried in; empty for that of the demo
	About     string
	Event     string
	Playbooks []string
	Cases     []caseName
	Playbook  string
	Demo      []caseName
	Tried     *triedView
	Error     string
	Next      string
}

// triedView is what came of a try.
type triedView struct {
	Finding   parry.Finding
	Unsure    []string
	Matched   []rules.Verdict
	Near      []rules.Verdict
	ByCase    bool // no rule answers, and the case's own playbook was taken
	Responses []triedResponse
}

type triedResponse struct {
	parry.Response
	Changes []changeView
}

// nearAtMost is how many rules that do not match are shown, with why: the closest ones.
const nearAtMost = 5

// try shows the form for trying an event.
func (c *Console) try(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	v, err := c.tryOf(r.Context(), q.Get("case"), q.Get("playbook"))
	if err != nil {
		return err
	}
	c.show(w, r, "try", http.StatusOK, "Try an event", v)
	return nil
}

// tryOf is the form with an event in it: that of a case, or of the demo.
func (c *Console) tryOf(ctx context.Context, id, name string) (tryView, error) {
	v := tryView{Case: id, Playbook: name}
	for _, p := range c.o.Library.Playbooks.All() {
		v.Playbooks = append(v.Playbooks, p.Name)
	}
	scene, err := demo.New(ctx)
	if err != nil {
		return v, err
	}
	for i, e := range scene.Events {
		v.Demo = append(v.Demo, caseName{fmt.Sprintf("demo/%d", i+1), e.Name, e.Story})
		if id == v.Demo[i].ID {
			v.Event, v.About = e.JSON, e.Story
		}
	}
	if x, ok, err := caseNamed(id); err != nil {
		return v, err
	} else if ok {
		v.Event, v.About, v.Playbook = x.Event, x.Text, x.Playbook
	} else if id != "" && v.Event == "" {
		return v, parry.Errorf(parry.NotFound, "there is no case %s", id).WithHint("pick one from the list")
	}
	v.Cases, err = casesOf(v.Playbook)
	return v, err
}

// caseNamed finds an embedded case.
func caseNamed(id string) (x cases.Case, ok bool, err error) {
	all, err := embedded()
	i := slices.IndexFunc(all, func(x cases.Case) bool { return x.Playbook+"/"+x.Name == id })
	if i < 0 || err != nil {
		return x, false, err
	}
	return all[i], true, nil
}

// tried plans on a simulated AWS what would be done about an event. Nothing real is read or changed.
func (c *Console) tried(w http.ResponseWriter, r *http.Request) error {
	select {
	case c.stage <- struct{}{}:
		defer func() { <-c.stage }()
	default:
		return parry.Errorf(parry.Conflict, "others try events at this moment").WithHint("try again in a few seconds")
	}
	ctx, cancel := context.WithTimeout(r.Context(), tryTime)
	defer cancel()
	v, err := c.tryOf(ctx, field(r, "case"), "")
	if err != nil {
		return err
	}
	v.Event = field(r, "event")
	v.Tried, err = c.plan(ctx, v.Case, v.Event)
	status := http.StatusOK
	if err != nil {
		if parry.KindOf(err) == parry.Fault && ctx.Err() != nil {
			err = parry.Errorf(parry.Invalid, "planning took longer than %s", tryTime)
		}
		// Whatever is wrong, it is with the event or the world that was picked.
		v.Error, v.Next, status = err.Error(), parry.HintOf(err), http.StatusUnprocessableEntity
	}
	c.show(w, r, "try", status, "Try an event", v)
	return nil
}

// plan plans an event in the world of a case, or of the demo.
func (c *Console) plan(ctx context.Context, id, event string) (*triedView, error) {
	if strings.TrimSpace(event) == "" {
		return nil, parry.Errorf(parry.Invalid, "there is no event").WithHint("paste one, or pick a case")
	}
	x, ok, err := caseNamed(id)
	if err != nil {
		return nil, err
	}
	var stage cases.Stage = cases.NewTwin()
	if !ok {
		scene, err := demo.New(ctx)
		if err != nil {
			return nil, err
		}
		stage = demoStage{scene}
	}
	x.File, x.Event, x.Plan, x.After, x.Undone = "the event", event, "", nil, nil
	store, err := sqlite.Open(ctx, ":memory:")
	if err != nil {
		return nil, err
	}
	defer store.Close()
	t := &triedView{}
	_, err = cases.Run(ctx, x, stage, c.o.Library, store, cases.Probe{
		Responder: func(r *parry.Responder, _ *awsapi.Cloud) {
			r.Guard = c.o.Guard
			r.Matcher = trying{book: c.o.Library.Rules, own: r.Matcher, hasOwn: ok, into: t}
		},
		Step: func(stage string, r parry.Response) {
			if stage == "planned" {
				t.Responses = append(t.Responses, triedResponse{r, changesOf(r.Plan)})
			}
		},
		Skip: func(string) bool { return true },
	})
	return t, err
}

// trying answers as the rules do, and keeps what they said. Where none of them answers, a case's own playbook does.
type trying struct {
	book   *rules.Book
	own    parry.Matcher
	hasOwn bool
	into   *triedView
}

// Match implements parry.Matcher.
func (m trying) Match(ctx context.Context, e parry.Event, f parry.Finding) ([]parry.Answer, []parry.Miss, error) {
	verdicts, err := m.book.Verdicts(e, f)
	if err != nil {
		return nil, nil, err
	}
	m.into.Finding, m.into.Unsure = f, f.Unresolved
	for _, v := range verdicts {
		switch {
		case v.Matched:
			m.into.Matched = append(m.into.Matched, v)
		case len(m.into.Near) < nearAtMost:
			m.into.Near = append(m.into.Near, v)
		}
	}
	answers, misses, err := m.book.Match(ctx, e, f)
	if err != nil || len(answers) > 0 && slices.ContainsFunc(answers, func(a parry.Answer) bool { return a.Playbook != "" }) || !m.hasOwn {
		return answers, misses, err
	}
	m.into.ByCase = true
	return m.own.Match(ctx, e, f)
}

// demoStage is the demo's organization as a stage.
type demoStage struct{ scene *demo.Scene }

func (s demoStage) Config(account, region string) aws.Config {
	return s.scene.Org.Config(account, region)
}
func (s demoStage) Account() string                                  { return demo.Hub }
func (s demoStage) Now() time.Time                                   { return time.Now() }
func (s demoStage) Sleep(ctx context.Context, d time.Duration) error { return ctx.Err() }
