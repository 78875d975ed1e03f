// Package awsapi is the hand that touches AWS: the table of operations, the caller that makes them, and the
// credentials that it makes them with.
//
// The caller refuses what is not in the table, a write outside the apply step, a call that the plan does not hold, and
// a call that is meant for another account than its credentials belong to.
package awsapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"parry"
)

// sessionPolicyLimit is how long an inline session policy may be, in characters. Source: STS API reference, AssumeRole, Policy.
const sessionPolicyLimit = 2048

// Options say how the cloud is reached.
type Options struct {
	// Role is the name of the role that is taken in every account, "parry-{playbook}" for instance. Where it is empty the
	// configuration's own credentials are used, for their own account only.
	Role string
	// Partition is aws unless it is said otherwise.
	Partition string
}

// Cloud opens sessions: for planning, which can only read and are kept, and for applying, fresh each time and as narrow as the plan.
type Cloud struct {
	cfg   aws.Config
	opts  Options
	table map[string]entry

	mu      sync.Mutex
	self    *identity
	readers map[string]*hand
}

type identity struct{ account, arn string }

// New makes a cloud from the configuration that the environment gives.
func New(cfg aws.Config, opts Options) *Cloud {
	cfg = cfg.Copy()
	// The SDK's adaptive mode slows down on throttling instead of pressing on.
	cfg.Retryer = func() aws.Retryer {
		return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
			o.StandardOptions = append(o.StandardOptions, func(s *retry.StandardOptions) { s.MaxAttempts = 5 })
		})
	}
	if opts.Partition == "" {
		opts.Partition = "aws"
	}
	table := map[string]entry{}
	for _, e := range entries() {
		table[e.Name] = e
	}
	return &Cloud{cfg: cfg, opts: opts, table: table, readers: map[string]*hand{}}
}

// Who is the account and the ARN of the credentials that Parry itself runs with.
func (c *Cloud) Who(ctx context.Context) (account, arn string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.who(ctx)
}

func (c *Cloud) who(ctx context.Context) (account, arn string, err error) {
	if c.self == nil {
		out, err := sts.NewFromConfig(c.cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			return "", "", parry.Errorf(parry.Invalid, "AWS does not know these credentials: %w", err).
				WithHint("set AWS_PROFILE or the AWS_ACCESS_KEY_ID family, and a Region")
		}
		c.self = &identity{aws.ToString(out.Account), aws.ToString(out.Arn)}
	}
	return c.self.account, c.self.arn, nil
}

// Observe gives an observer of an account for one playbook's reads. Its session is kept and taken again.
func (c *Cloud) Observe(ctx context.Context, playbook string, t parry.Target, ops []string) (parry.Observer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := t.Account + "/" + playbook
	if h, ok := c.readers[key]; ok {
		return h, nil
	}
	// The role holds the playbook's reads and writes with their resources; this leaves the reads.
	var actions []string
	for _, name := range ops {
		e, ok := c.table[name]
		if !ok || e.Write {
			return nil, parry.Errorf(parry.Refused, "%s is not an operation that reads", name)
		}
		for _, p := range e.Permissions {
			actions = append(actions, p.Action)
		}
	}
	slices.Sort(actions)
	policy := parry.NewPolicy([]parry.Permission{})
	policy.Statement = []parry.Statement{{Effect: "Allow", Action: slices.Compact(actions), Resource: []string{"*"}}}
	h, err := c.open(ctx, playbook, t, "parry-plan", policy.Compact())
	if err != nil {
		return nil, err
	}
	c.readers[key] = h
	return h, nil
}

// Act opens a fresh session for as many of the calls as fit in one. It implements parry.Actors.
func (c *Cloud) Act(ctx context.Context, s parry.Session) (parry.Actor, int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for n := len(s.Calls); n > 0; n-- {
		policy := c.SessionPolicy(s.Calls[:n], s.Target.Partition)
		if len(policy) > sessionPolicyLimit {
			continue
		}
		h, err := c.open(ctx, s.Playbook, s.Target, s.Response, policy)
		if tooPacked(err) && n > 1 {
			continue // STS packs policy and tags together, to a limit that it does not publish
		}
		if err != nil {
			return nil, 0, err
		}
		h.plan = s.Calls[:n]
		return h, n, nil
	}
	return nil, 0, parry.Errorf(parry.Refused, "the permissions of %s alone do not fit in a session policy of %d characters", s.Calls[0].Op, sessionPolicyLimit)
}

// SessionPolicy is the narrowest policy under which the calls can be made.
func (c *Cloud) SessionPolicy(calls []parry.Call, partition string) string {
	var perms []parry.Permission
	for _, call := range calls {
		perms = append(perms, c.table[call.Op].PermissionsOf(call, partition)...)
	}
	return parry.NewPolicy(perms).Compact()
}

func tooPacked(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "PackedPolicyTooLarge"
}

// open takes the playbook's role in the target's account, narrowed by the policy; or, where no role is set, the credentials at hand,
// if they belong to that account.
func (c *Cloud) open(ctx context.Context, playbook string, t parry.Target, name, policy string) (*hand, error) {
	self, arn, err := c.who(ctx)
	if err != nil {
		return nil, err
	}
	h := &hand{table: c.table, cfg: c.cfg, account: t.Account, principal: arn}
	if c.opts.Role == "" {
		if self != t.Account {
			return nil, parry.Errorf(parry.Refused, "%s is in account %s, and the credentials are for account %s", t, t.Account, self).
				WithHint("name the role to take in that account: --role parry-{playbook}")
		}
		return h, nil
	}
	role := fmt.Sprintf("arn:%s:iam::%s:role/%s", orDefault(t.Partition, c.opts.Partition), t.Account, strings.ReplaceAll(c.opts.Role, "{playbook}", playbook))
	client := sts.NewFromConfig(c.cfg)
	take := func(ctx context.Context) (*sts.AssumeRoleOutput, error) {
		out, err := client.AssumeRole(ctx, &sts.AssumeRoleInput{
			RoleArn: &role, RoleSessionName: &name, SourceIdentity: &name, Policy: &policy, DurationSeconds: aws.Int32(900),
		})
		if err != nil {
			return nil, parry.Errorf(parry.Fault, "cannot take role %s: %w", role, err).
				WithHint("the role must exist in that account, trust %s, and allow sts:SetSourceIdentity", arn)
		}
		return out, nil
	}
	first, err := take(ctx)
	if err != nil {
		return nil, err
	}
	h.principal = aws.ToString(first.AssumedRoleUser.Arn)
	h.cfg = c.cfg.Copy()
	h.cfg.Credentials = aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		out := first
		if first = nil; out == nil {
			if out, err = take(ctx); err != nil {
				return aws.Credentials{}, err
			}
		}
		k := out.Credentials
		return aws.Credentials{
			AccessKeyID: aws.ToString(k.AccessKeyId), SecretAccessKey: aws.ToString(k.SecretAccessKey), SessionToken: aws.ToString(k.SessionToken),
			CanExpire: true, Expires: aws.ToTime(k.Expiration), Source: "parry",
		}, nil
	}), func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = time.Minute })
	return h, nil
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
