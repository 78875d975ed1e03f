package rollout

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"parry"
	"parry/internal/deploy"
)

// set looks a stack set up; nil is none.
func (a *reach) set(ctx context.Context, c *cloudformation.Client, name string) (*types.StackSet, error) {
	_, as := a.sets()
	out, err := c.DescribeStackSet(ctx, &cloudformation.DescribeStackSetInput{StackSetName: &name, CallAs: types.CallAs(as)})
	switch {
	case code(err) == "StackSetNotFoundException":
		return nil, nil
	case err != nil:
		return nil, parry.Errorf(parry.Fault, "the stack set %s cannot be looked up: %w", name, err).
			WithHint("is trusted access for StackSets on, and is account %s the management account or a delegated administrator?", a.self)
	case out.StackSet.Status == types.StackSetStatusDeleted:
		return nil, nil
	}
	return out.StackSet, nil
}

// stacks are those of a set.
func (a *reach) stacks(ctx context.Context, c *cloudformation.Client, name string) ([]types.StackInstanceSummary, error) {
	_, as := a.sets()
	var all []types.StackInstanceSummary
	pages := cloudformation.NewListStackInstancesPaginator(c, &cloudformation.ListStackInstancesInput{StackSetName: &name, CallAs: types.CallAs(as)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, parry.Errorf(parry.Fault, "the stacks of the set %s cannot be listed: %w", name, err)
		}
		all = append(all, page.Summaries...)
	}
	return all, nil
}

// regions are those that a file's stacks are made in.
func (a *reach) regions(w deploy.Where) []string {
	if w == deploy.OnceEach {
		return []string{a.Org.Hub.Region}
	}
	return a.Org.Regions
}

// setStep says what there is to do with a stack set.
func (a *reach) setStep(ctx context.Context, f deploy.File) (Step, error) {
	s := a.step(f)
	c, there := a.at(s.Account)
	if !there {
		return a.elsewhere(s), nil
	}
	if err := a.survey(ctx); err != nil {
		return s, err
	}
	is, err := parse(f.Body)
	if err != nil {
		return s, err
	}
	now, err := a.set(ctx, c, s.Name)
	if err != nil {
		return s, err
	}
	have := map[deployedAt]bool{}
	var was template
	if s.Do = Create; now != nil {
		if !a.ours(now.Tags) {
			s.Do, s.Why = Blocked, fmt.Sprintf("there is a stack set of this name that is not Parry's, as it has no tag %s=%s: give the deployment another name in org.yaml", managedBy, a.Org.Name)
			return s, nil
		}
		if was, err = parse([]byte(aws.ToString(now.TemplateBody))); err != nil {
			return s, err
		}
		stacks, err := a.stacks(ctx, c, s.Name)
		if err != nil {
			return s, err
		}
		s.Stacks = len(stacks)
		s.look(stacks, have, a.watched, a.regions(f.Where))
		s.Differs = !same(was, is)
		if s.Do = Nothing; s.Differs || len(s.Again) > 0 {
			s.Do = Update
		}
	}
	s.Resources = differences(was, is)
	for _, account := range a.watched {
		for _, region := range a.regions(f.Where) {
			if at := (deployedAt{account, region}); !have[at] {
				s.Add = append(s.Add, at)
			}
		}
	}
	if s.Do == Nothing && len(s.Add)+len(s.Remove) > 0 {
		s.Do = Update
	}
	return s, nil
}

// look sorts the stacks of a set: those that are as they should be, those that are not, and those that should not be.
func (s *Step) look(stacks []types.StackInstanceSummary, have map[deployedAt]bool, accounts, regions []string) {
	count := map[string]int{}
	for _, i := range stacks {
		at := deployedAt{aws.ToString(i.Account), aws.ToString(i.Region)}
		count[strings.ToLower(string(i.Status))]++
		switch {
		case !slices.Contains(accounts, at.Account) || !slices.Contains(regions, at.Region):
			s.Remove = append(s.Remove, at)
			continue
		case i.Status != types.StackInstanceStatusCurrent:
			s.Again = append(s.Again, at)
			s.Failed = append(s.Failed, failure{at.Account, at.Region, or(aws.ToString(i.StatusReason), string(i.Status))})
		}
		have[at] = true
	}
	var words []string
	for _, status := range slices.Sorted(maps.Keys(count)) {
		words = append(words, fmt.Sprintf("%d %s", count[status], status))
	}
	s.State = strings.Join(words, ", ")
}

// makeSet makes a stack set with its stacks, or changes both.
func (a *reach) makeSet(ctx context.Context, s Step) error {
	c, _ := a.at(s.Account)
	_, as := a.sets()
	body, url, err := a.template(ctx, s)
	if err != nil {
		return err
	}
	capable := []types.Capability{types.CapabilityCapabilityNamedIam}
	// New accounts of a unit get their stacks by themselves. Where accounts are named, nobody but org.yaml adds one.
	auto := &types.AutoDeployment{Enabled: aws.Bool(len(a.Org.OUs) > 0)}
	if len(a.Org.OUs) > 0 {
		auto.RetainStacksOnAccountRemoval = aws.Bool(false)
	}
	about := aws.String("Made by 'parry deploy up' for " + a.Org.Name)
	switch {
	case s.Do == Create:
		if _, err := c.CreateStackSet(ctx, &cloudformation.CreateStackSetInput{
			StackSetName: &s.Name, TemplateBody: body, TemplateURL: url, PermissionModel: types.PermissionModelsServiceManaged, AutoDeployment: auto, CallAs: types.CallAs(as),
			Capabilities: capable, Tags: a.tags(), Description: about,
		}); err != nil {
			return parry.Errorf(parry.Fault, "the stack set %s cannot be made: %w", s.Name, err)
		}
		now, err := a.set(ctx, c, s.Name)
		if err != nil {
			return err
		}
		if now == nil {
			return parry.Errorf(parry.Fault, "the stack set %s was made, and is not there", s.Name)
		}
		if err := a.isOurs(s, aws.ToString(now.TemplateBody)); err != nil {
			_, _ = c.DeleteStackSet(ctx, &cloudformation.DeleteStackSetInput{StackSetName: &s.Name, CallAs: types.CallAs(as)})
			return err
		}
	case s.Differs || len(s.Again) > 0:
		out, err := c.UpdateStackSet(ctx, &cloudformation.UpdateStackSetInput{
			StackSetName: &s.Name, TemplateBody: body, TemplateURL: url, PermissionModel: types.PermissionModelsServiceManaged, AutoDeployment: auto, CallAs: types.CallAs(as),
			Capabilities: capable, Tags: a.tags(), Description: about, OperationPreferences: a.preferences(), OperationId: operation(),
		})
		if err != nil {
			return a.busy(s, err)
		}
		if err := a.operate(ctx, c, s, aws.ToString(out.OperationId)); err != nil {
			return err
		}
	}
	if len(s.Remove) > 0 {
		if err := a.takeAway(ctx, c, s, s.Remove); err != nil {
			return err
		}
	}
	if len(s.Add) == 0 {
		return nil
	}
	targets := &types.DeploymentTargets{OrganizationalUnitIds: a.Org.OUs}
	switch {
	case len(a.Org.OUs) == 0: // accounts by their numbers are named as a part of the whole organization
		targets = &types.DeploymentTargets{OrganizationalUnitIds: []string{a.root}, Accounts: a.Org.Accounts, AccountFilterType: types.AccountFilterTypeIntersection}
	case len(a.Org.Except) > 0:
		targets.Accounts, targets.AccountFilterType = a.Org.Except, types.AccountFilterTypeDifference
	}
	out, err := c.CreateStackInstances(ctx, &cloudformation.CreateStackInstancesInput{
		StackSetName: &s.Name, DeploymentTargets: targets, Regions: regionsOf(s.Add), CallAs: types.CallAs(as), OperationPreferences: a.preferences(), OperationId: operation(),
	})
	if err != nil {
		return a.busy(s, err)
	}
	return a.operate(ctx, c, s, aws.ToString(out.OperationId))
}

// takeAway deletes stacks of a set, Region by Region, as not every account need have one in each.
func (a *reach) takeAway(ctx context.Context, c *cloudformation.Client, s Step, all []deployedAt) error {
	_, as := a.sets()
	for _, region := range regionsOf(all) {
		var accounts []string
		for _, at := range all {
			if at.Region == region {
				accounts = append(accounts, at.Account)
			}
		}
		out, err := c.DeleteStackInstances(ctx, &cloudformation.DeleteStackInstancesInput{
			StackSetName: &s.Name, Regions: []string{region}, RetainStacks: aws.Bool(false), CallAs: types.CallAs(as), OperationPreferences: a.preferences(), OperationId: operation(),
			DeploymentTargets: &types.DeploymentTargets{OrganizationalUnitIds: []string{a.root}, Accounts: accounts, AccountFilterType: types.AccountFilterTypeIntersection},
		})
		if err != nil {
			return a.busy(s, err)
		}
		if err := a.operate(ctx, c, s, aws.ToString(out.OperationId)); err != nil {
			return err
		}
	}
	return nil
}

// preferences are how many accounts are changed side by side. Regions go in parallel; without SOFT_FAILURE_TOLERANCE a set whose stacks may not fail
// is changed one account after the other. Source: OperationPreferences, CloudFormation API Reference.
func (a *reach) preferences() *types.StackSetOperationPreferences {
	return &types.StackSetOperationPreferences{
		RegionConcurrencyType: types.RegionConcurrencyTypeParallel, ConcurrencyMode: types.ConcurrencyModeSoftFailureTolerance,
		MaxConcurrentPercentage: aws.Int32(int32(a.Org.Rollout.AtOnce)), FailureTolerancePercentage: aws.Int32(int32(a.Org.Rollout.Fail)),
	}
}

// busy is what keeps an operation from beginning.
func (a *reach) busy(s Step, err error) error {
	e := parry.Errorf(parry.Fault, "the stack set %s cannot be changed: %w", s.Name, err)
	if code(err) == "OperationInProgressException" {
		return e.WithHint("another operation runs on it, such as the stacks of a new account: run the same command again when it is through")
	}
	return e
}

// operate waits until an operation on a set is through, and says which stacks failed.
func (a *reach) operate(ctx context.Context, c *cloudformation.Client, s Step, id string) error {
	_, as := a.sets()
	for {
		out, err := c.DescribeStackSetOperation(ctx, &cloudformation.DescribeStackSetOperationInput{StackSetName: &s.Name, OperationId: &id, CallAs: types.CallAs(as)})
		if err != nil {
			return parry.Errorf(parry.Fault, "the operation %s on %s cannot be read: %w", id, s.Name, err)
		}
		switch status := out.StackSetOperation.Status; status {
		case types.StackSetOperationStatusSucceeded:
			return nil
		case types.StackSetOperationStatusFailed, types.StackSetOperationStatusStopped:
			return parry.Errorf(parry.Fault, "the stack set %s: the operation %s %s%s", s.Name, id, strings.ToLower(string(status)), a.results(ctx, c, s.Name, id)).
				WithHint("put right what failed, and run the same command again")
		}
		if err := a.pause(ctx); err != nil {
			return err
		}
	}
}

// results say which accounts failed, and why.
func (a *reach) results(ctx context.Context, c *cloudformation.Client, name, id string) string {
	_, as := a.sets()
	var all []string
	pages := cloudformation.NewListStackSetOperationResultsPaginator(c, &cloudformation.ListStackSetOperationResultsInput{StackSetName: &name, OperationId: &id, CallAs: types.CallAs(as)})
	for pages.HasMorePages() && len(all) < 3 {
		page, err := pages.NextPage(ctx)
		if err != nil {
			break
		}
		for _, r := range page.Summaries {
			if r.Status == types.StackSetOperationResultStatusFailed && len(all) < 3 {
				all = append(all, fmt.Sprintf("%s in %s: %s", aws.ToString(r.Account), aws.ToString(r.Region), aws.ToString(r.StatusReason)))
			}
		}
	}
	if len(all) == 0 {
		return ""
	}
	return ": " + strings.Join(all, "; ")
}

// deleteSet deletes all stacks of a set, and then the set.
func (a *reach) deleteSet(ctx context.Context, s Step) error {
	c, _ := a.at(s.Account)
	_, as := a.sets()
	stacks, err := a.stacks(ctx, c, s.Name)
	if err != nil {
		return err
	}
	var all []deployedAt
	for _, i := range stacks {
		all = append(all, deployedAt{aws.ToString(i.Account), aws.ToString(i.Region)})
	}
	if err := a.takeAway(ctx, c, s, all); err != nil {
		return err
	}
	if _, err := c.DeleteStackSet(ctx, &cloudformation.DeleteStackSetInput{StackSetName: &s.Name, CallAs: types.CallAs(as)}); err != nil {
		return a.busy(s, err)
	}
	return nil
}

func regionsOf(all []deployedAt) []string {
	var regions []string
	for _, at := range all {
		regions = append(regions, at.Region)
	}
	slices.Sort(regions)
	return slices.Compact(regions)
}
