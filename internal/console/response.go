package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"parry"
	"parry/internal/desk"
)

type responseView struct {
	R       parry.Response
	Row     row
	Records []recordView
	Hold    string // why the finding is on hold; empty where it is not
	Asked   *askedView
	Changes []changeView
	Policy  string // the permissions that the plan takes, as a policy
	Undo    bool   // there is something to take back
	Error   string // what went wrong with what was just asked for
	Next    string // the next step then
	Old     string // the page's form was for this plan, which it is not any more
	Target  string
	Live    bool // more is to come by itself
}

// askedView is the question that a response puts.
type askedView struct {
	parry.Asking
	Who      string
	Yes      []parry.Vote // that count as given
	MayNot   string       // why who looks cannot answer; empty where they can
	MayNext  string
	Decision []string
}

type changeView struct {
	parry.Change
	Inputs []input
	Undoes []undoView
}

type undoView struct {
	Op     string
	Inputs []input
}

type input struct {
	Name, Value string
	Long        bool // it is folded up
}

// longValue is how long a value may be to be shown without being asked for, in bytes.
const longValue = 1500

type recordView struct {
	parry.Record
	ID   string // of AWS's request
	Good bool
}

// response shows one response: the question where there is one, the plan, the history.
func (c *Console) response(w http.ResponseWriter, r *http.Request) error {
	v, err := c.viewOf(r, r.PathValue("id"))
	if err != nil {
		return err
	}
	c.show(w, r, "response", http.StatusOK, v.Row.Title, v)
	return nil
}

// again shows a response's page with what went wrong with what was asked for.
func (c *Console) again(w http.ResponseWriter, r *http.Request, err error) error {
	v, verr := c.viewOf(r, r.PathValue("id"))
	if verr != nil || desk.Status(err) == http.StatusInternalServerError {
		return err
	}
	v.Error, v.Next = err.Error(), parry.HintOf(err)
	if digest := field(r, "digest"); digest != "" && digest != v.R.Plan.Digest {
		v.Old = digest
	}
	c.show(w, r, "response", desk.Status(err), v.Row.Title, v)
	return nil
}

func (c *Console) viewOf(r *http.Request, id string) (responseView, error) {
	ctx := r.Context()
	if parry.OwnLog(id) {
		return responseView{}, parry.Errorf(parry.NotFound, "there is no response %s", id)
	}
	resp, err := c.o.Store.Response(ctx, id)
	if err != nil {
		return responseView{}, err
	}
	records, err := c.o.Store.Records(ctx, id)
	if err != nil {
		return responseView{}, err
	}
	c.o.Board.take([]parry.Response{resp}) // lists may not have it as it is now
	v := responseView{R: resp, Row: rowOf(resp), Changes: changesOf(resp.Plan), Live: resp.State.Open(), Target: resp.Target.String()}
	if v.Hold, err = c.o.Store.Held(ctx, resp.Key); err != nil {
		return v, err
	}
	for _, rec := range records {
		x := recordView{Record: rec, Good: true}
		if rec.Call != nil {
			x.ID, x.Good = rec.Call.RequestID, rec.Call.State != parry.CallFail
		}
		v.Records = append(v.Records, x)
	}
	if resp.State == parry.Waiting && resp.Asked != nil {
		v.Asked = c.askedOf(r, resp)
	}
	if len(resp.Plan.Permissions) > 0 {
		v.Policy = parry.NewPolicy(resp.Plan.Permissions).Indent()
	}
	v.Undo = (resp.State == parry.Done || resp.State == parry.Failed) && slices.ContainsFunc(resp.Plan.Changes, parry.Change.Reversible) && len(resp.Results) > 0
	return v, nil
}

func (c *Console) askedOf(r *http.Request, resp parry.Response) *askedView {
	q := &askedView{Asking: *resp.Asked, Who: whoOf(*resp.Asked), Decision: resp.Decided.Reasons}
	for _, v := range resp.Votes {
		if v.Yes && v.Digest == resp.Plan.Digest {
			q.Yes = append(q.Yes, v)
		}
	}
	if err := deciding(r); err != nil {
		q.MayNot, q.MayNext = err.Error(), parry.HintOf(err)
	} else if err := c.o.Desk.Engine.MayVote(resp, personOf(r).ID); err != nil {
		q.MayNot, q.MayNext = err.Error(), parry.HintOf(err)
	}
	return q
}

// whoOf says who may answer a question.
func whoOf(q parry.Asking) string {
	who := "anyone who is an approver here"
	if len(q.Groups) > 0 {
		who = strings.Join(q.Groups, ", ")
	}
	if q.Persons > 1 {
		return fmt.Sprintf("%d different people of %s", q.Persons, who)
	}
	return who
}

func changesOf(p parry.Plan) (all []changeView) {
	for _, c := range p.Changes {
		v := changeView{Change: c, Inputs: inputs(c.Call)}
		for _, u := range c.Undo {
			v.Undoes = append(v.Undoes, undoView{u.Op, inputs(u)})
		}
		all = append(all, v)
	}
	return all
}

// inputs are a call's fields in the order of their names.
func inputs(c parry.Call) (all []input) {
	for name, val := range c.Input {
		text := brief(val)
		if len(text) > briefAtMost {
			text = pretty(val)
		}
		all = append(all, input{name, text, len(text) > longValue})
	}
	slices.SortFunc(all, func(a, b input) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}

type undoPlanView struct {
	R     parry.Response
	V     parry.Reversal
	Error string
	Next  string
	Only  []string
}

// undoPlan shows what taking a response back would do. It only reads.
func (c *Console) undoPlan(w http.ResponseWriter, r *http.Request) error {
	id, only := r.PathValue("id"), r.URL.Query()["change"]
	rev, err := c.o.Desk.PlanUndo(r.Context(), id, only...)
	if err != nil {
		return c.again(w, r, err)
	}
	c.show(w, r, "undo", http.StatusOK, "Undo", undoPlanView{R: rev.Response, V: rev, Only: only})
	return nil
}

// export gives a response with its records as JSON, as 'parry show --json' does.
func (c *Console) export(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	v, err := c.viewOf(r, id)
	if err != nil {
		return err
	}
	records := make([]parry.Record, len(v.Records))
	for i, x := range v.Records {
		records[i] = x.Record
	}
	return c.download(w, "parry-"+v.R.ID+".json", struct {
		parry.Response
		Records []parry.Record `json:"records"`
	}{v.R, records})
}

// download gives JSON as a file.
func (c *Console) download(w http.ResponseWriter, name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return parry.Errorf(parry.Fault, "%w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", "attachment; filename="+url.PathEscape(name))
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(text) // who asked may be gone
	return nil
}
