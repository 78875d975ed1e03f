package orgs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

// Accounts are the active accounts of a unit or a root, and of the units below it. Its calls need organizations:ListAccountsForParent and
// organizations:ListOrganizationalUnitsForParent; the error is AWS's own.
func Accounts(ctx context.Context, c *organizations.Client, unit string) ([]string, error) {
	var all []string
	accounts := organizations.NewListAccountsForParentPaginator(c, &organizations.ListAccountsForParentInput{ParentId: &unit})
	for accounts.HasMorePages() {
		page, err := accounts.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, a := range page.Accounts {
			// Only State says it since September 2026; an emulator may know only Status.
			if a.State == types.AccountStateActive || a.State == "" && a.Status == types.AccountStatusActive {
				all = append(all, aws.ToString(a.Id))
			}
		}
	}
	units := organizations.NewListOrganizationalUnitsForParentPaginator(c, &organizations.ListOrganizationalUnitsForParentInput{ParentId: &unit})
	for units.HasMorePages() {
		page, err := units.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, u := range page.OrganizationalUnits {
			below, err := Accounts(ctx, c, aws.ToString(u.Id))
			if err != nil {
				return nil, err
			}
			all = append(all, below...)
		}
	}
	return all, nil
}
