package rollout

import (
	"context"
	"crypto/rand"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"parry"
	"parry/internal/deploy"
)

// operation is an id for a change set or for an operation on a stack set: with it the SDK's second try of a call starts no second one.
func operation() *string { return aws.String("parry-" + rand.Text()) }

// Plan says what would make the deployment what org.yaml says. It only reads.
func (r *Rollout) Plan(ctx context.Context) (*Plan, error) {
	a, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	return a.plan(ctx)
}

func (a *reach) plan(ctx context.Context) (*Plan, error) {
	p := &Plan{Name: a.Org.Name, By: a.arn}
	for _, f := range a.wanted() {
		look := a.stackStep
		if isSet(f.Where) {
			look = a.setStep
		}
		s, err := look(ctx, f)
		if err != nil {
			return nil, err
		}
		p.Steps = append(p.Steps, s)
	}
	a.warn(p)
	return p, p.seal()
}

// warn adds what a person should know before the yes.
func (a *reach) warn(p *Plan) {
	if a.Org.Management == "" {
		p.Warnings = append(p.Warnings, "org.yaml names no management account: there are no guardrails, and whoever administers an account can change what is deployed there")
	}
	guarded := slices.ContainsFunc(p.Steps, func(s Step) bool { return s.where == deploy.Management && s.Do != Elsewhere })
	if guarded && len(a.Org.Guard.Attach) > 0 && !a.excepted() {
		p.Warnings = append(p.Warnings, a.arn+" is none of the deployers in org.yaml: once the guardrails are attached it cannot change what they guard")
	}
	if a.root != "" && !slices.Contains(a.watched, a.Org.Hub.Account) {
		p.Warnings = append(p.Warnings, "the hub is not among the watched accounts: nothing is answered that happens in it, and what it begins for other accounts through Systems Manager is not there")
	}
	for _, s := range p.Steps {
		for _, r := range s.Resources {
			if r.Do == "remove" && s.Do == Update {
				p.Warnings = append(p.Warnings, s.Name+" would lose "+r.ID+" ("+r.Type+")")
			}
		}
	}
}

// Down says what would take the deployment away. It only reads.
func (r *Rollout) Down(ctx context.Context) (*Plan, error) {
	a, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	return a.down(ctx)
}

func (a *reach) down(ctx context.Context) (*Plan, error) {
	p := &Plan{Name: a.Org.Name, By: a.arn, down: true}
	files := a.wanted()
	slices.Reverse(files)
	for _, f := range files {
		s := a.step(f)
		c, there := a.at(s.Account)
		if !there {
			p.Steps = append(p.Steps, a.elsewhere(s))
			continue
		}
		s.Do = Nothing
		if isSet(f.Where) {
			s.Why = "it is not there"
			if err := a.survey(ctx); err != nil {
				return nil, err
			}
			now, err := a.set(ctx, c, s.Name)
			if err != nil {
				return nil, err
			}
			if now != nil {
				stacks, err := a.stacks(ctx, c, s.Name)
				if err != nil {
					return nil, err
				}
				if s.Do, s.Why, s.Stacks = Delete, "", len(stacks); !a.ours(now.Tags) {
					s.Do, s.Why = Blocked, "there is a stack set of this name that is not Parry's"
				}
			}
		} else {
			now, err := stack(ctx, c, s.Name)
			if err != nil {
				return nil, err
			}
			if s.Why = "it is not there"; now != nil && now.StackStatus != types.StackStatusReviewInProgress {
				is, err := parse(f.Body)
				if err != nil {
					return nil, err
				}
				s.Do, s.State, s.Kept = Delete, string(now.StackStatus), is.kept()
				if s.Why = a.inTheWay(now); s.Why != "" {
					s.Do = Blocked
				}
			}
		}
		p.Steps = append(p.Steps, s)
	}
	return p, p.seal()
}

// Carry does what a plan says. It plans anew first, and does nothing if that is another plan: what was shown is what is done. A step that fails ends
// it; what was done stays, and the next plan goes on from there.
func (r *Rollout) Carry(ctx context.Context, shown *Plan) error {
	a, err := r.open(ctx)
	if err != nil {
		return err
	}
	again := a.plan
	if shown.down {
		again = a.down
	}
	now, err := again(ctx)
	if err != nil {
		return err
	}
	if now.Digest != shown.Digest {
		return parry.Errorf(parry.Conflict, "what there is to do is no longer what was shown (%s, and now %s)", shown.Digest, now.Digest).WithHint("look at the new plan")
	}
	if err := now.blocked(); err != nil {
		return err
	}
	for _, s := range now.Steps {
		var do func(context.Context, Step) error
		switch {
		case s.Do == Delete && s.Set:
			do = a.deleteSet
		case s.Do == Delete:
			do = a.deleteStack
		case s.Do == Nothing || s.Do == Elsewhere:
			continue
		case s.Set:
			do = a.makeSet
		default:
			do = a.makeStack
		}
		a.say("%s %s ...", s.Do, s.Name)
		if err := do(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
