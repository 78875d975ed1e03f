package rollout

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"parry"
	"parry/internal/orgs"
)

// survey finds the root of the organization, and the accounts that should have stacks: those that org.yaml names, or all active ones of its units.
// StackSets make nothing in the management account. Source: "StackSets concepts", CloudFormation User Guide.
func (a *reach) survey(ctx context.Context) error {
	if a.root != "" {
		return nil
	}
	account, _ := a.sets()
	c := organizations.NewFromConfig(a.configs[account])
	roots, err := c.ListRoots(ctx, &organizations.ListRootsInput{})
	if err != nil || len(roots.Roots) == 0 {
		return parry.Errorf(parry.Invalid, "the organization cannot be read from account %s: %w", account, err).
			WithHint("use credentials of the management account, or make the hub a delegated administrator for StackSets (member.org.stacksets.cloudformation.amazonaws.com)")
	}
	a.root = aws.ToString(roots.Roots[0].Id)
	a.watched = slices.Clone(a.Org.Accounts)
	for _, unit := range a.Org.OUs {
		below, err := orgs.Accounts(ctx, c, unit)
		if err != nil {
			return parry.Errorf(parry.Invalid, "the accounts of %s cannot be listed: %w", unit, err).WithHint("is it a unit of this organization?")
		}
		a.watched = append(a.watched, below...)
	}
	a.watched = slices.DeleteFunc(a.watched, func(n string) bool { return slices.Contains(a.Org.Except, n) || n == a.Org.Management })
	slices.Sort(a.watched)
	a.watched = slices.Compact(a.watched)
	return nil
}
