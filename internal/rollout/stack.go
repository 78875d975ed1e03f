package rollout

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"parry"
	"parry/internal/deploy"
)

// managedBy is the tag by which a stack is known as a deployment's own; package deploy gives it to all that it makes.
const managedBy = "managed-by"

func (a *reach) tags() []types.Tag {
	return []types.Tag{{Key: aws.String(managedBy), Value: aws.String(a.Org.Name)}}
}

func (a *reach) ours(tags []types.Tag) bool {
	return slices.ContainsFunc(tags, func(t types.Tag) bool {
		return aws.ToString(t.Key) == managedBy && aws.ToString(t.Value) == a.Org.Name
	})
}

// stack looks a stack up; nil is none. One that was only looked at, and never made, is none either.
func stack(ctx context.Context, c *cloudformation.Client, name string) (*types.Stack, error) {
	out, err := c.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	switch {
	case code(err) == "ValidationError" && strings.Contains(err.Error(), "does not exist"):
		return nil, nil
	case err != nil:
		return nil, parry.Errorf(parry.Fault, "the stack %s cannot be looked up: %w", name, err)
	case len(out.Stacks) == 0:
		return nil, nil
	}
	return &out.Stacks[0], nil
}

// stackStep says what there is to do with a stack.
func (a *reach) stackStep(ctx context.Context, f deploy.File) (Step, error) {
	s := a.step(f)
	c, there := a.at(s.Account)
	if !there {
		return a.elsewhere(s), nil
	}
	is, err := parse(f.Body)
	if err != nil {
		return s, err
	}
	now, err := stack(ctx, c, s.Name)
	if err != nil {
		return s, err
	}
	if now == nil || now.StackStatus == types.StackStatusReviewInProgress {
		s.Do, s.Resources = Create, differences(nil, is)
		if f.Where == deploy.HubStack {
			if len(a.Zip) == 0 {
				s.Do, s.Why = Blocked, "there is nothing for its functions to run: name the binary with --binary"
			}
			s.Params = a.params(nil)
		}
		return s, nil
	}
	s.State = string(now.StackStatus)
	if s.Why = a.inTheWay(now); s.Why != "" {
		s.Do = Blocked
		return s, nil
	}
	switch now.StackStatus {
	case types.StackStatusRollbackComplete, types.StackStatusRollbackFailed, types.StackStatusCreateFailed, types.StackStatusDeleteFailed:
		s.Do, s.Resources, s.Why = Again, differences(nil, is), "its making failed: "+or(aws.ToString(now.StackStatusReason), "CloudFormation does not say why")
		if f.Where == deploy.HubStack {
			if s.Params = a.params(nil); len(a.Zip) == 0 {
				s.Do, s.Why = Blocked, "there is nothing for its functions to run: name the binary with --binary"
			}
		}
		return s, nil
	}
	out, err := c.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: &s.Name, TemplateStage: types.TemplateStageOriginal})
	if err != nil {
		return s, parry.Errorf(parry.Fault, "the template of the stack %s cannot be read: %w", s.Name, err)
	}
	was, err := parse([]byte(aws.ToString(out.TemplateBody)))
	if err != nil {
		return s, err
	}
	if f.Where == deploy.HubStack {
		s.Params = a.params(now)
	}
	s.Differs, s.Resources = !same(was, is), differences(was, is)
	if s.Do = Nothing; s.Differs || len(s.Params) > 0 {
		s.Do = Update
	}
	return s, nil
}

// step is the beginning of a step for a file.
func (a *reach) step(f deploy.File) Step {
	s := Step{Part: f.Name, Name: a.Org.Name + "-" + part(f), Account: a.Org.Hub.Account, Region: a.Org.Hub.Region, where: f.Where, body: f.Body, Template: fmt.Sprintf("%x", sha256.Sum256(compact(f.Body)))}
	switch f.Where {
	case deploy.Management:
		s.Account = a.Org.Management
	case deploy.OnceEach, deploy.Everywhere:
		s.Set = true
		s.Account, _ = a.sets()
	}
	return s
}

// inTheWay says why a stack can neither be changed nor be deleted now, empty for nothing.
func (a *reach) inTheWay(now *types.Stack) string {
	switch {
	case !a.ours(now.Tags):
		return fmt.Sprintf("there is a stack of this name that is not Parry's, as it has no tag %s=%s: give the deployment another name in org.yaml", managedBy, a.Org.Name)
	case strings.HasSuffix(string(now.StackStatus), "_IN_PROGRESS"):
		return fmt.Sprintf("CloudFormation is at it (%s): wait until it is through", now.StackStatus)
	case now.StackStatus == types.StackStatusUpdateRollbackFailed:
		return "an update failed, and so did going back: 'aws cloudformation continue-update-rollback' goes on, once the reason is put right: " + aws.ToString(now.StackStatusReason)
	}
	return ""
}

// The parameters of the hub's template.
const (
	codeBucket   = "CodeBucket"
	codeKey      = "CodeKey"
	codeVersion  = "CodeVersion"
	architecture = "Architecture"
)

// params are the parameters of the hub that change. The version of the object is known only once it lies there, and changes with the key.
func (a *reach) params(now *types.Stack) []Param {
	if len(a.Zip) == 0 {
		return nil
	}
	var all []Param
	for _, p := range []Param{{Name: architecture, Is: a.Architecture}, {Name: codeBucket, Is: a.Org.CodeBucket()}, {Name: codeKey, Is: a.zipKey()}} {
		if now != nil {
			p.Was = value(now, p.Name)
		}
		if p.Was != p.Is {
			all = append(all, p)
		}
	}
	return all
}

func value(s *types.Stack, name string) string {
	for _, p := range s.Parameters {
		if aws.ToString(p.ParameterKey) == name {
			return aws.ToString(p.ParameterValue)
		}
	}
	return ""
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// makeStack makes or changes a stack through a change set, which is held against the step before it is carried out.
func (a *reach) makeStack(ctx context.Context, s Step) error {
	c, _ := a.at(s.Account)
	if s.Do == Again {
		if err := a.deleteStack(ctx, s); err != nil {
			return err
		}
	}
	now, err := stack(ctx, c, s.Name)
	if err != nil {
		return err
	}
	in := &cloudformation.CreateChangeSetInput{
		StackName: &s.Name, ChangeSetName: operation(), ChangeSetType: types.ChangeSetTypeUpdate, Tags: a.tags(),
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam}, Description: aws.String("parry deploy up"),
	}
	if now == nil || now.StackStatus == types.StackStatusReviewInProgress {
		// What an earlier stack left standing is taken up again, where it has a name of its own. Source: "Import AWS resources into a CloudFormation
		// stack automatically", CloudFormation User Guide.
		in.ChangeSetType, in.ImportExistingResources = types.ChangeSetTypeCreate, aws.Bool(true)
	}
	if s.where == deploy.HubStack {
		if in.Parameters, err = a.parameters(ctx, now); err != nil {
			return err
		}
	}
	if in.TemplateBody, in.TemplateURL, err = a.template(ctx, s); err != nil {
		return err
	}
	made, err := c.CreateChangeSet(ctx, in)
	if err != nil {
		return parry.Errorf(parry.Fault, "CloudFormation makes no change set for %s: %w", s.Name, err)
	}
	set, nothing, err := a.changeSet(ctx, c, s, aws.ToString(made.Id))
	if err != nil || nothing {
		return err
	}
	if err := a.asShown(ctx, c, s, set); err != nil {
		_, derr := c.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{StackName: &s.Name, ChangeSetName: made.Id})
		if derr == nil && in.ChangeSetType == types.ChangeSetTypeCreate { // a stack with nothing in it is what it leaves
			_, derr = c.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: made.StackId})
		}
		if derr != nil {
			return parry.Errorf(parry.KindOf(err), "%w; and its change set could not be deleted: %v", err, derr).WithHint("%s", parry.HintOf(err))
		}
		return err
	}
	if _, err := c.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{StackName: &s.Name, ChangeSetName: made.Id}); err != nil {
		return parry.Errorf(parry.Fault, "the change set of %s cannot be carried out: %w", s.Name, err)
	}
	return a.await(ctx, c, s.Name, aws.ToString(made.StackId))
}

// parameters are those of the hub. What this run does not set stays.
func (a *reach) parameters(ctx context.Context, now *types.Stack) ([]types.Parameter, error) {
	if len(a.Zip) == 0 {
		var all []types.Parameter
		for _, p := range now.Parameters {
			all = append(all, types.Parameter{ParameterKey: p.ParameterKey, UsePreviousValue: aws.Bool(true)})
		}
		return all, nil
	}
	version, err := a.upload(ctx, a.zipKey(), a.Zip)
	if err != nil {
		return nil, err
	}
	var all []types.Parameter
	for _, p := range [][2]string{{architecture, a.Architecture}, {codeBucket, a.Org.CodeBucket()}, {codeKey, a.zipKey()}, {codeVersion, version}} {
		all = append(all, types.Parameter{ParameterKey: aws.String(p[0]), ParameterValue: aws.String(p[1])})
	}
	return all, nil
}

// changeSet waits until a change set is worked out. nothing tells that there is nothing to change.
func (a *reach) changeSet(ctx context.Context, c *cloudformation.Client, s Step, id string) (set *cloudformation.DescribeChangeSetOutput, nothing bool, err error) {
	for {
		set, err := c.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{StackName: &s.Name, ChangeSetName: &id})
		if err != nil {
			return nil, false, parry.Errorf(parry.Fault, "the change set of %s cannot be read: %w", s.Name, err)
		}
		switch set.Status {
		case types.ChangeSetStatusCreateComplete:
			for token := set.NextToken; token != nil; {
				more, err := c.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{StackName: &s.Name, ChangeSetName: &id, NextToken: token})
				if err != nil {
					return nil, false, parry.Errorf(parry.Fault, "the change set of %s cannot be read: %w", s.Name, err)
				}
				set.Changes, token = append(set.Changes, more.Changes...), more.NextToken
			}
			return set, false, nil
		case types.ChangeSetStatusFailed:
			reason := aws.ToString(set.StatusReason)
			_, _ = c.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{StackName: &s.Name, ChangeSetName: &id})
			// The words of CloudFormation for it: "The submitted information didn't contain changes." and "No updates are to be performed."
			if strings.Contains(reason, "didn't contain changes") || strings.Contains(reason, "No updates are to be performed") {
				return set, true, nil
			}
			return nil, false, parry.Errorf(parry.Fault, "CloudFormation makes no change set for %s: %s", s.Name, reason)
		}
		if err := a.pause(ctx); err != nil {
			return nil, false, err
		}
	}
}

// asShown holds a change set against the step that a person said yes to: its template is the one that was shown, it takes nothing away that was
// not shown, and it makes nothing anew that keeps the record or the state.
func (a *reach) asShown(ctx context.Context, c *cloudformation.Client, s Step, set *cloudformation.DescribeChangeSetOutput) error {
	out, err := c.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: &s.Name, ChangeSetName: set.ChangeSetId, TemplateStage: types.TemplateStageOriginal})
	if err != nil {
		return parry.Errorf(parry.Fault, "the template of the change set of %s cannot be read: %w", s.Name, err)
	}
	if err := a.isOurs(s, aws.ToString(out.TemplateBody)); err != nil {
		return err
	}
	is, err := parse(s.body)
	if err != nil {
		return err
	}
	for _, change := range set.Changes {
		r := change.ResourceChange
		if r == nil {
			continue
		}
		id := aws.ToString(r.LogicalResourceId)
		shown := slices.ContainsFunc(s.Resources, func(x Resource) bool { return x.ID == id && x.Do == "remove" })
		keeps, _ := is.resources()[id].(map[string]any)
		switch {
		case r.Action == types.ChangeActionRemove && !shown:
			return parry.Errorf(parry.Refused, "CloudFormation would take %s away from %s, which the plan did not show", id, s.Name).WithHint("plan again")
		case r.Replacement == types.ReplacementTrue && keeps["DeletionPolicy"] == "Retain":
			return parry.Errorf(parry.Refused, "CloudFormation would make %s of %s anew, and what is in it would stay behind with the old one", id, s.Name).
				WithHint("leave as it was in org.yaml what %s has its name from", id)
		}
	}
	return nil
}

// isOurs holds a template that CloudFormation has against the one that was shown: what lies in a bucket can be changed on the way.
func (a *reach) isOurs(s Step, text string) error {
	got, err := parse([]byte(text))
	if err != nil {
		return err
	}
	if want, err := parse(s.body); err != nil || !same(want, got) {
		return parry.Errorf(parry.Refused, "the template that CloudFormation has for %s is not the one that was shown", s.Name).
			WithHint("find out who writes to the bucket %s: CloudTrail has it", a.Org.CodeBucket())
	}
	return nil
}

// await waits until a stack is through, and says what failed.
func (a *reach) await(ctx context.Context, c *cloudformation.Client, name, id string) error {
	for {
		now, err := stack(ctx, c, id)
		switch {
		case err != nil:
			return err
		case now == nil || now.StackStatus == types.StackStatusDeleteComplete:
			return nil
		case strings.HasSuffix(string(now.StackStatus), "_IN_PROGRESS"):
			if err := a.pause(ctx); err != nil {
				return err
			}
		case slices.Contains([]types.StackStatus{types.StackStatusCreateComplete, types.StackStatusUpdateComplete, types.StackStatusImportComplete}, now.StackStatus):
			return nil
		default:
			return parry.Errorf(parry.Fault, "the stack %s is %s%s", name, now.StackStatus, a.failures(ctx, c, id)).
				WithHint("put right what failed, and run the same command again")
		}
	}
}

// failures are the first events of a stack that say what failed; what was only cancelled for it is left out.
func (a *reach) failures(ctx context.Context, c *cloudformation.Client, id string) string {
	out, err := c.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: &id})
	if err != nil {
		return ""
	}
	var all []string
	for _, e := range out.StackEvents { // the newest come first
		reason := aws.ToString(e.ResourceStatusReason)
		if strings.HasSuffix(string(e.ResourceStatus), "_FAILED") && reason != "" && !strings.Contains(reason, "cancelled") {
			all = append([]string{aws.ToString(e.LogicalResourceId) + ": " + reason}, all...)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return ": " + strings.Join(all[:min(3, len(all))], "; ")
}

// deleteStack deletes a stack and waits for it.
func (a *reach) deleteStack(ctx context.Context, s Step) error {
	c, _ := a.at(s.Account)
	now, err := stack(ctx, c, s.Name)
	if err != nil || now == nil {
		return err
	}
	if _, err := c.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: now.StackId}); err != nil {
		return parry.Errorf(parry.Fault, "the stack %s cannot be deleted: %w", s.Name, err)
	}
	return a.await(ctx, c, s.Name, aws.ToString(now.StackId))
}
