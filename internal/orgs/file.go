package orgs

import (
	"context"
	"slices"

	"parry"
)

// File is accounts with their ancestors, as a file has them.
type File map[string][]string

var _ parry.Org = File(nil)

// Path implements parry.Org.
func (f File) Path(_ context.Context, account string) ([]string, error) {
	path, ok := f[account]
	if !ok {
		return nil, parry.Errorf(parry.NotFound, "account %s is not in the file of the organization", account).WithHint("add it with all its ancestors")
	}
	return slices.Clone(path), nil
}
