package dynamo

import (
	"cmp"
	"encoding/json"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parry"
)

// where is what the lists say of a response. It stands beside the response, so that the next save knows what it left in them.
type where struct {
	ID       string `json:"id"`
	Key      string `json:"key"`
	Received string `json:"received"`
	State    string `json:"state"`
	Rule     string `json:"rule"`
	Account  string `json:"account"`
	Playbook string `json:"playbook"`
	Resource string `json:"resource"`
	Applied  string `json:"applied,omitempty"`
	Wake     string `json:"wake,omitempty"`
	Untold   string `json:"untold,omitempty"`
}

func whereOf(r parry.Response) where {
	return where{
		ID: r.ID, Key: r.Key, Received: stamp(r.Times.Received), State: string(r.State), Rule: r.Answer.Rule,
		Account:  cmp.Or(r.Target.Account, r.Finding.Cloud.Account.UID),
		Playbook: r.Answer.Playbook, Resource: r.Resource(), Applied: maybe(r.Times.Applied), Wake: maybe(r.Wake),
		Untold: maybe(r.Untold.Due()),
	}
}

// The lists' partitions.
func keyList(key string) string             { return "K" + name(key) }
func idList(id string) string               { return shard("I"+name(begin(id)), id) }
func stateList(state, id string) string     { return shard("S"+name(state), id) }
func appliedBy(dimension, of string) string { return "A#" + dimension + name(of) }

// spread tells whether the list of what was applied by a dimension is spread over shards. A storm is of one rule and one playbook, and so of one list of
// each. An account's own API rates end its storm before its list does, and a resource has one response at a time.
func spread(dimension string) bool { return dimension == "rule" || dimension == "playbook" }

const (
	everyList   = "L"
	wakeList    = "W"
	untoldList  = "T"
	appliedList = "A"
	failedList  = "F" // of those that are failed: of all, and with a playbook's name of its own
	openList    = "U" // of records that are not in the log
)

// entries are the items of a response in the lists, by their keys.
func (w where) entries() map[string]item {
	all := map[string]item{}
	add := func(list, sort string, attributes ...string) {
		i := item{pk: text(list), sk: text(sort), "id": text(w.ID)}
		for n := 0; n < len(attributes); n += 2 {
			i[attributes[n]] = text(attributes[n+1])
		}
		all[id(i)] = i
	}
	at := place(w.Received, w.ID)
	add(idList(w.ID), w.ID)
	add(keyList(w.Key), at)
	add(shard(everyList, w.ID), at, "rule", w.Rule, "account", w.Account)
	add(stateList(w.State, w.ID), at, "rule", w.Rule, "account", w.Account)
	if w.Wake != "" {
		add(shard(wakeList, w.ID), place(w.Wake, w.ID))
	}
	if w.Untold != "" {
		add(shard(untoldList, w.ID), place(w.Untold, w.ID))
	}
	if w.Applied != "" {
		facts := []string{"rule", w.Rule, "account", w.Account, "playbook", w.Playbook, "resource", w.Resource}
		at := place(w.Applied, w.ID)
		for n := 0; n < len(facts); n += 2 {
			if list := appliedBy(facts[n], facts[n+1]); facts[n+1] != "" && spread(facts[n]) {
				add(shard(list, w.ID), at, facts...)
			} else if facts[n+1] != "" {
				add(list, at, facts...)
			}
		}
		// Only here the state stands beside them, so that a step writes one entry anew and not one in each list.
		facts = append(facts, "state", w.State)
		add(shard(appliedList, w.ID), at, facts...)
		if w.State == string(parry.Failed) {
			add(failedList, at, facts...)
			if w.Playbook != "" {
				add(failedList+name(w.Playbook), at, facts...)
			}
		}
	}
	return all
}

// moved are the writes that take a response from one place in the lists to another; old is nil for a new one.
func moved(table string, old *where, now where) []types.TransactWriteItem {
	var writes []types.TransactWriteItem
	before := map[string]item{}
	if old != nil {
		before = old.entries()
	}
	after := now.entries()
	for key, i := range after {
		if was, ok := before[key]; !ok || !maps.EqualFunc(was, i, sameText) {
			writes = append(writes, set(table, i))
		}
		delete(before, key)
	}
	for _, i := range before {
		writes = append(writes, remove(table, item{pk: i[pk], sk: i[sk]}))
	}
	return writes
}

func sameText(a, b types.AttributeValue) bool {
	x, ok := a.(*types.AttributeValueMemberS)
	y, also := b.(*types.AttributeValueMemberS)
	return ok && also && x.Value == y.Value
}

func (w where) marshal() (string, error) {
	b, err := json.Marshal(w)
	return string(b), err
}
