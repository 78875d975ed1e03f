package orgs

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"parry"
)

// fresh is how long an answer is good for. Accounts move seldom, and a rule that is turned off for a unit should soon be off.
const fresh = 15 * time.Minute

// deepest is more than an organization can have: five levels of units below the root. Source: "Quotas for AWS Organizations".
const deepest = 10

// AWS asks AWS Organizations. Its calls need organizations:ListParents, in the management account or one that the organization's
// administration was delegated to. It is safe for concurrent use.
type AWS struct {
	client *organizations.Client
	now    func() time.Time

	mu      sync.Mutex
	parents map[string]parent // by the child's id: units are shared by their accounts
}

// parent is what was answered, and when.
type parent struct {
	id   string
	root bool
	at   time.Time
}

var _ parry.Org = (*AWS)(nil)

// New asks with a configuration's credentials.
func New(cfg aws.Config, now func() time.Time) *AWS {
	return &AWS{client: organizations.NewFromConfig(cfg), now: now, parents: map[string]parent{}}
}

// Path implements parry.Org.
func (a *AWS) Path(ctx context.Context, account string) ([]string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var path []string
	for child := account; len(path) < deepest; {
		p, err := a.parent(ctx, child)
		if err != nil {
			return nil, err
		}
		if path = append(path, p.id); p.root {
			return path, nil
		}
		if child = p.id; slices.Index(path, child) != len(path)-1 {
			break
		}
	}
	return nil, parry.Errorf(parry.Fault, "AWS Organizations shows no root above account %s: %v", account, path)
}

// parent is the unit or root right above a child. Errors are not remembered: the next event asks again.
func (a *AWS) parent(ctx context.Context, child string) (parent, error) {
	if p, ok := a.parents[child]; ok && a.now().Sub(p.at) < fresh {
		return p, nil
	}
	out, err := a.client.ListParents(ctx, &organizations.ListParentsInput{ChildId: &child})
	if err != nil {
		return parent{}, parry.Errorf(parry.Fault, "AWS Organizations does not say where %s is: %w", child, err).
			WithHint("organizations:ListParents is answered in the management account and to delegated administrators; --org FILE does without")
	}
	if len(out.Parents) != 1 { // an account or a unit has exactly one
		return parent{}, parry.Errorf(parry.Fault, "AWS Organizations shows %d parents of %s", len(out.Parents), child)
	}
	p := parent{aws.ToString(out.Parents[0].Id), out.Parents[0].Type == types.ParentTypeRoot, a.now()}
	a.parents[child] = p
	return p, nil
}
