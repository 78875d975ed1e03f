package console

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"parry"
	"parry/internal/desk"
)

type safetyView struct {
	Everything string // why it is stopped; empty where it is not
	Stopped    []stoppedPlaybook
	Playbooks  []string
	Guard      parry.GuardPolicy
	Frozen     []string // freezes that hold now
	History    []parry.Record
	SignIns    []parry.Record
	Error      string
	Next       string
}

type stoppedPlaybook struct{ Name, Why string }

// wordsAtOnce is how many words are asked of the store side by side: in DynamoDB each is a call.
const wordsAtOnce = 16

// stopped are the playbooks that are stopped by themselves, in the order of the names.
func (c *Console) stopped(ctx context.Context, names []string) (all []stoppedPlaybook, err error) {
	whys, errs := make([]string, len(names)), make([]error, len(names))
	room := make(chan struct{}, wordsAtOnce)
	var asked sync.WaitGroup
	for i, name := range names {
		room <- struct{}{}
		asked.Go(func() {
			defer func() { <-room }()
			whys[i], errs[i] = c.o.Store.Get(ctx, parry.StopWord(name))
		})
	}
	asked.Wait()
	for i, name := range names {
		if errs[i] != nil {
			return nil, errs[i]
		}
		if whys[i] != "" {
			all = append(all, stoppedPlaybook{name, whys[i]})
		}
	}
	return all, nil
}

// historyAtMost is how many of the newest records of a history are shown.
const historyAtMost = 100

func (c *Console) safetyOf(r *http.Request) (v safetyView, err error) {
	ctx := r.Context()
	v.Guard = c.o.Guard
	if v.Everything, err = c.o.Desk.Engine.Stopped(ctx, ""); err != nil {
		return v, err
	}
	for _, p := range c.o.Library.Playbooks.All() {
		v.Playbooks = append(v.Playbooks, p.Name)
	}
	if v.Stopped, err = c.stopped(ctx, v.Playbooks); err != nil {
		return v, err
	}
	for _, f := range c.o.Guard.Freeze {
		if f.Holds(c.o.Now()) {
			v.Frozen = append(v.Frozen, f.String())
		}
	}
	if v.History, err = c.lately(r, parry.SwitchLog); err != nil {
		return v, err
	}
	v.SignIns, err = c.lately(r, parry.SignInLog)
	return v, err
}

// lately are the newest records of a history, the newest first.
func (c *Console) lately(r *http.Request, id string) ([]parry.Record, error) {
	records, err := c.o.Store.Records(r.Context(), id)
	if err != nil && parry.KindOf(err) != parry.NotFound {
		return nil, err
	}
	records = slices.Clone(records[max(0, len(records)-historyAtMost):])
	slices.Reverse(records)
	return records, nil
}

// safety shows what keeps Parry from doing harm: the switch, the freezes, what is protected, the budgets.
func (c *Console) safety(w http.ResponseWriter, r *http.Request) error {
	v, err := c.safetyOf(r)
	if err != nil {
		return err
	}
	c.show(w, r, "safety", http.StatusOK, "Safety", v)
	return nil
}

// switched answers a form of this page.
func (c *Console) switched(w http.ResponseWriter, r *http.Request, err error, word string) error {
	if err == nil {
		http.Redirect(w, r, "/safety?"+url.Values{"said": {word}}.Encode(), http.StatusSeeOther)
		return nil
	}
	v, verr := c.safetyOf(r)
	if verr != nil || desk.Status(err) == http.StatusInternalServerError {
		return cmp.Or(err, verr)
	}
	v.Error, v.Next = err.Error(), parry.HintOf(err)
	c.show(w, r, "safety", desk.Status(err), "Safety", v)
	return nil
}

// known refuses a playbook that there is none of: a stop of a misspelt name would stop nothing.
func (c *Console) known(name string) error {
	if name == "" {
		return nil
	}
	_, err := c.o.Library.Playbooks.Get(name)
	return err
}

func (c *Console) stop(w http.ResponseWriter, r *http.Request) error {
	name := field(r, "playbook")
	err := c.known(name)
	if err == nil {
		err = c.o.Desk.Stop(r.Context(), name, field(r, "why"))
	}
	return c.switched(w, r, err, "stopped")
}

func (c *Console) start(w http.ResponseWriter, r *http.Request) error {
	name := field(r, "playbook")
	err := c.known(name)
	if err == nil {
		err = c.o.Desk.Start(r.Context(), name)
	}
	return c.switched(w, r, err, "started")
}
