// Package given makes a state of AWS out of a list of calls, as the given.yaml of a case has it, and backtests on a simulated state:
//
//   - call: iam:CreateUser
//     with: {UserName: mallory}
//   - call: iam:CreateAccessKey
//     with: {UserName: mallory}
//     save: {key: "${output.AccessKey.AccessKeyId}"}
//
// "save" keeps parts of an answer under names, and "set" gives names to values; later calls may use both. "pause: 5s", where a call would
// stand, lets that time go by, for what AWS finishes later.
package given

import (
	"context"
	"maps"
	"time"

	"cel.dev/cel-go/common/types"
	"github.com/aws/aws-sdk-go-v2/aws"

	"parry"
	"parry/internal/awsapi"
	"parry/internal/expr"
	"parry/internal/strictyaml"
)

// session names whoever makes the state, in the simulation's own log.
const session = "given"

// State is a state in the making.
type State struct {
	// Config gives credentials of an account's administrator.
	Config func(account, region string) aws.Config
	// Account and Region are where a call is made that does not say where.
	Account, Region string
	// Sleep lets time go by. It may be nil, where a state cannot pause.
	Sleep func(ctx context.Context, d time.Duration) error
	// Saved are the names that calls may use, and that they add to.
	Saved map[string]any
	// Aliases, where they are given, let calls name accounts, and say by which id something is known outside:
	// {known_as: {AKIAIOSFODNN7EXAMPLE: "${output.AccessKey.AccessKeyId}"}}. They hold the outer id of each inner one.
	Aliases map[string]string

	clouds map[string]*awsapi.Cloud
}

// Make makes the calls of a list, in order.
func (s *State) Make(ctx context.Context, calls *strictyaml.Node) error {
	if !calls.IsList() {
		return calls.Errorf("this is a list of calls")
	}
	known := []string{"call", "with", "region", "save", "set"}
	if s.Aliases != nil {
		known = append(known, "account", "known_as")
	}
	if s.Sleep != nil {
		known = append(known, "pause")
	}
	for _, n := range calls.Items {
		if err := n.Only("a given call", known...); err != nil {
			return err
		}
		if p := n.Get("pause"); p != nil {
			if err := s.pause(ctx, p); err != nil {
				return err
			}
			continue
		}
		if n.Get("call") == nil {
			if err := s.save(n, "set", nil, s.Saved); err != nil {
				return err
			}
			continue
		}
		out, err := s.Do(ctx, n, true)
		if err != nil {
			return n.Errorf("%v", err)
		}
		if err := s.save(n, "save", out, s.Saved); err != nil {
			return err
		}
		if err := s.alias(n, out); err != nil {
			return err
		}
	}
	return nil
}

func (s *State) pause(ctx context.Context, n *strictyaml.Node) error {
	text, err := n.String("pause")
	if err != nil {
		return err
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return n.Errorf("%q is not a time such as 5s", text)
	}
	return s.Sleep(ctx, d)
}

// Env is where expressions on saved values are evaluated.
func Env(saved map[string]any) (*expr.Env, error) {
	t, err := expr.NewTypes()
	if err != nil {
		return nil, err
	}
	vars := map[string]*types.Type{}
	for k := range saved {
		vars[k] = types.DynType
	}
	return expr.NewEnv(t, vars)
}

// save keeps parts of an answer under names.
func (s *State) save(n *strictyaml.Node, field string, output map[string]any, to map[string]any) error {
	list := n.Get(field)
	if list == nil {
		return nil
	}
	vars := maps.Clone(s.Saved)
	vars["output"] = output
	env, err := Env(vars)
	if err != nil {
		return err
	}
	for _, f := range list.Fields {
		t, err := env.Template(f.Node)
		if err != nil {
			return err
		}
		v, err := t.Fill(vars, nil)
		if err != nil {
			return err
		}
		to[f.Key] = v
	}
	return nil
}

// alias notes by which ids what was made is known outside.
func (s *State) alias(n *strictyaml.Node, output map[string]any) error {
	all := map[string]any{}
	if err := s.save(n, "known_as", output, all); err != nil {
		return err
	}
	for outer, v := range all {
		inner, ok := v.(string)
		if !ok || inner == "" || outer == "" {
			return n.Get("known_as").Errorf("%s stands for an id, a text, and this is %v", outer, v)
		}
		s.Aliases[inner] = outer
	}
	return nil
}

// Do makes one call as the account's administrator.
func (s *State) Do(ctx context.Context, n *strictyaml.Node, write bool) (map[string]any, error) {
	call, err := s.call(n)
	if err != nil {
		return nil, err
	}
	cloud := s.cloud(call.Account)
	target := parry.Target{Account: call.Account, Region: call.Region, Partition: "aws"}
	if !write {
		obs, err := cloud.Observe(ctx, session, target, nil)
		if err != nil {
			return nil, err
		}
		reply, err := obs.Read(ctx, call)
		return reply.Output, err
	}
	actor, _, err := cloud.Act(ctx, parry.Session{Response: session, Playbook: session, Target: target, Calls: []parry.Call{call}})
	if err != nil {
		return nil, err
	}
	reply, err := actor.Do(ctx, call)
	return reply.Output, err
}

// call reads one call, checked against the types of the SDK.
func (s *State) call(n *strictyaml.Node) (parry.Call, error) {
	call := parry.Call{Account: s.Account, Region: s.Region, Input: map[string]any{}}
	var err error
	if call.Op, err = n.Text("call"); err != nil {
		return call, err
	}
	for field, to := range map[string]*string{"region": &call.Region, "account": &call.Account} {
		if text, err := n.Text(field); err != nil {
			return call, err
		} else if text != "" {
			*to = text
		}
	}
	if call.Account == "" {
		return call, n.Errorf("in which account is it? Say account: \"111122223333\"")
	}
	w := n.Get("with")
	if w == nil {
		return call, nil
	}
	env, err := Env(s.Saved)
	if err != nil {
		return call, err
	}
	t, err := env.Template(w)
	if err != nil {
		return call, err
	}
	if def, ok := awsapi.Catalog()[call.Op]; ok {
		if err := env.Check(t, def.Input, "with"); err != nil {
			return call, err
		}
	}
	in, err := t.Fill(s.Saved, nil)
	if err != nil {
		return call, err
	}
	var isMap bool
	if call.Input, isMap = in.(map[string]any); !isMap {
		return call, w.Errorf("\"with\" is a mapping of the call's input")
	}
	return call, nil
}

// cloud is the way to one account.
func (s *State) cloud(account string) *awsapi.Cloud {
	c, ok := s.clouds[account]
	if !ok {
		if s.clouds == nil {
			s.clouds = map[string]*awsapi.Cloud{}
		}
		c = awsapi.New(s.Config(account, s.Region), awsapi.Options{})
		s.clouds[account] = c
	}
	return c
}

// Observe opens an observer of the state for one playbook's reads. An account that no call was made in is not there. It has the form
// of playbook.Observe.
func (s *State) Observe(ctx context.Context, playbook string, t parry.Target, ops []string) (parry.Observer, error) {
	c, ok := s.clouds[t.Account]
	if !ok {
		return nil, parry.Errorf(parry.NotFound, "the given state has no account %s", t.Account)
	}
	return c.Observe(ctx, playbook, t, ops)
}
