package rules

import (
	"encoding/json"
	"strings"

	"cel.dev/cel-go/common/types"

	"parry"
	"parry/internal/pattern"
	"parry/internal/strictyaml"
)

// rule reads one rule and checks everything about it that can be checked without an event.
func (b *Book) rule(n *strictyaml.Node, known Playbooks) (r Rule, err error) {
	if err := n.Only("a rule", "name", "summary", "mode", "otherwise", "match", "controls", "formerly", "when", "scope", "limits", "publish", "respond"); err != nil {
		return r, err
	}
	r.place.rule = n
	if r.Name, err = n.Text("name"); err != nil || r.Name == "" {
		return r, n.Errorf("a rule needs a name")
	}
	if r.Summary, err = n.Text("summary"); err != nil {
		return r, err
	}
	mode, err := n.Text("mode")
	if err != nil {
		return r, err
	}
	if mode != "" && mode != "observe" && mode != "act" {
		return r, n.Get("mode").Errorf("mode is observe or act, not %q", mode)
	}
	r.Observe = mode != "act"
	if o := n.Get("otherwise"); o != nil {
		var ok bool
		if r.Otherwise, ok = o.Value.(bool); !ok {
			return r, o.Errorf("otherwise is true or false: with true the rule answers only what no other rule answers")
		}
	}
	if r.Publish, err = n.Text("publish"); err != nil {
		return r, err
	}
	if r.Publish != "" && r.Publish != parry.PublishSecurityHub {
		return r, n.Get("publish").Errorf("publish is %s, not %q", parry.PublishSecurityHub, r.Publish)
	}
	for _, part := range []func(*strictyaml.Node) error{r.readPattern, func(n *strictyaml.Node) error { return r.readWhen(n, b) }, r.readScope, r.readLimits} {
		if err := part(n); err != nil {
			return r, err
		}
	}
	return r, r.readAnswers(n, known)
}

// readPattern reads "match", or the controls in its place.
func (r *Rule) readPattern(n *strictyaml.Node) (err error) {
	m := n.Get("match")
	switch {
	case n.Get("controls") != nil:
		m = n.Get("controls")
		r.Pattern, err = readControls(n)
	case n.Get("formerly") != nil:
		return n.Get("formerly").Errorf("\"formerly\" goes with \"controls\": it is what older standards call them")
	case m == nil:
		return n.Errorf("rule %s needs \"match\", an EventBridge event pattern, or \"controls\": without one it would answer everything", r.Name)
	default:
		if r.Pattern, err = json.Marshal(m.Any()); err != nil {
			return m.Errorf("%v", err)
		}
	}
	if err != nil {
		return err
	}
	if r.match, err = pattern.Compile(r.Pattern); err != nil {
		return m.Errorf("match: %v", err)
	}
	return nil
}

// readWhen reads "when".
func (r *Rule) readWhen(n *strictyaml.Node, b *Book) error {
	w := n.Get("when")
	if w == nil {
		return nil
	}
	s, err := w.String("when")
	if err != nil {
		return err
	}
	text := strings.TrimSpace(s)
	text = strings.TrimSuffix(strings.TrimPrefix(text, "${"), "}")
	if r.when, err = b.env.Compile(w, text); err != nil {
		return err
	}
	if r.when.Type.Kind() != types.BoolKind {
		return w.Errorf("when is true or false, and this is %s", r.when.Type)
	}
	r.When = r.when.Text
	return nil
}

// readAnswers reads "respond".
func (r *Rule) readAnswers(n *strictyaml.Node, known Playbooks) error {
	resp := n.Get("respond")
	if resp == nil || !resp.IsList() || len(resp.Items) == 0 {
		return n.Errorf("rule %s needs \"respond\": a list of playbooks with a tier, or of {tier: alert}", r.Name)
	}
	for _, i := range resp.Items {
		a := parry.Answer{Rule: r.Name, Observe: r.Observe, Scope: r.Scope, Limits: r.Limits, Publish: r.Publish}
		if err := readAnswer(i, &a, known); err != nil {
			return err
		}
		r.Answers, r.place.answers = append(r.Answers, a), append(r.place.answers, i)
	}
	return nil
}

func readAnswer(i *strictyaml.Node, a *parry.Answer, known Playbooks) (err error) {
	if err := i.Only("an answer", "playbook", "tier", "with", "accept", "on", "why", "for"); err != nil {
		return err
	}
	if a.Playbook, err = i.Text("playbook"); err != nil {
		return err
	}
	tier, err := i.Text("tier")
	if err != nil {
		return err
	}
	var ok bool
	if a.Tier, ok = parry.ParseTier(tier); !ok {
		return i.Errorf("an answer needs a tier: auto, approve or alert, not %q", tier)
	}
	accept, err := i.Text("accept")
	if err != nil {
		return err
	}
	if accept != "" && accept != "medium" && accept != "high" {
		return i.Get("accept").Errorf("accept is medium or high, the risk that the rule's owner takes on, not %q", accept)
	}
	a.Accept = parry.Risk(accept)
	if a.Why, err = i.Text("why"); err != nil {
		return err
	}
	on, err := i.Text("on")
	if err != nil {
		return err
	}
	if a.On = parry.On(on); on != "" && a.On != parry.OnResource && a.On != parry.OnActor {
		return i.Get("on").Errorf("on is resource, what was done to, or actor, who did it, not %q", on)
	}
	if a.For, err = lasts(i, "for"); err != nil {
		return err
	}
	if a.For > 0 && a.Tier == parry.TierAlert {
		return i.Get("for").Errorf("an answer that only tells does nothing that could be taken back: leave \"for\" out")
	}
	if w := i.Get("with"); w != nil {
		if !w.IsMap() {
			return w.Errorf("\"with\" is a mapping of the playbook's parameters")
		}
		a.Params = w.Any().(map[string]any)
	}
	if a.Playbook == "" && a.Tier != parry.TierAlert {
		return i.Errorf("an answer without a playbook can only tell: tier alert")
	}
	if a.Playbook != "" {
		if err := known.Check(a.Playbook, a.Params); err != nil {
			return i.Errorf("%v", err)
		}
	}
	return nil
}
