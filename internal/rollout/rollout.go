package rollout

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"parry"
	"parry/internal/deploy"
)

// Rollout is a deployment that is carried out.
type Rollout struct {
	Config aws.Config
	Org    *deploy.Org
	Files  []deploy.File
	// Zip is what the functions run, as deploy.Bundle writes it, and Architecture what it is built for. Without it a hub that stands goes on with
	// what it has.
	Zip          []byte
	Architecture string
	Role         string        // a role to take where the account is not that of the credentials; empty leaves other accounts alone
	Only         []string      // parts, by their file's name without .json; empty for all
	Every        time.Duration // how often CloudFormation is asked whether it is through; it sends no event to who runs a command
	Say          func(string)  // is told of every step as it is taken; may be nil
}

// reach is what one run knows of where it is.
type reach struct {
	*Rollout
	self, arn string
	configs   map[string]aws.Config // by account, those that can be reached
	watched   []string              // accounts that should have stacks
	root      string                // of the organization; known once it was asked for
}

func (r *Rollout) open(ctx context.Context) (*reach, error) {
	out, err := sts.NewFromConfig(r.Config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "nobody knows whose credentials these are: %w", err).WithHint("set AWS_PROFILE, or other credentials of the AWS SDK")
	}
	a := &reach{Rollout: r, self: aws.ToString(out.Account), arn: principal(aws.ToString(out.Arn)), configs: map[string]aws.Config{}}
	for _, account := range []string{r.Org.Hub.Account, r.Org.Management} {
		switch {
		case account == "":
		case account == a.self:
			a.configs[account] = r.Config
		case r.Role != "":
			cfg := r.Config.Copy()
			role := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(r.Config), fmt.Sprintf("arn:%s:iam::%s:role/%s", r.Org.Partition, account, r.Role), func(o *stscreds.AssumeRoleOptions) {
				o.RoleSessionName = "parry-deploy"
			})
			cfg.Credentials = aws.NewCredentialsCache(role)
			if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
				return nil, parry.Errorf(parry.Invalid, "the role %s of account %s cannot be taken: %w", r.Role, account, err).
					WithHint("it has to be there, and to trust %s", a.arn)
			}
			a.configs[account] = cfg
		}
	}
	if len(a.configs) == 0 {
		return nil, parry.Errorf(parry.Invalid, "these credentials are of account %s, which is neither the hub %s nor the management account %s", a.self, r.Org.Hub.Account, r.Org.Management).
			WithHint("use credentials of one of them, or name a role there with --role")
	}
	if known := r.parts(); len(r.Only) > 0 {
		for _, name := range r.Only {
			if !slices.Contains(known, name) {
				return nil, parry.Errorf(parry.Invalid, "there is no part %q", name).WithHint("there are: %s", strings.Join(known, ", "))
			}
		}
	}
	return a, nil
}

// parts are the names of all that CloudFormation makes.
func (r *Rollout) parts() []string {
	var all []string
	for _, f := range r.Files {
		if f.Where != deploy.Nowhere {
			all = append(all, part(f))
		}
	}
	return all
}

func part(f deploy.File) string { return strings.TrimSuffix(f.Name, ".json") }

// wanted are the files that this run is about, in the order in which they are made. Without a management account there is nobody to make the guardrails.
func (r *Rollout) wanted() []deploy.File {
	var all []deploy.File
	for _, f := range r.Files {
		if f.Where == deploy.Management && r.Org.Management == "" {
			continue
		}
		if f.Where != deploy.Nowhere && (len(r.Only) == 0 || slices.Contains(r.Only, part(f))) {
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b deploy.File) int { return int(a.Where) - int(b.Where) })
	return all
}

// sets is the account that stack sets are administered from, and as whom: the management account, or the hub as its delegate.
func (a *reach) sets() (account string, as string) {
	if _, there := a.configs[a.Org.Management]; there && a.Org.Management != "" {
		return a.Org.Management, "SELF"
	}
	return a.Org.Hub.Account, "DELEGATED_ADMIN"
}

// at gives a client for an account in the hub's Region, which everything but the stacks of the sets is made in.
func (a *reach) at(account string) (*cloudformation.Client, bool) {
	cfg, there := a.configs[account]
	if !there {
		return nil, false
	}
	cfg = cfg.Copy()
	cfg.Region = a.Org.Hub.Region
	return cloudformation.NewFromConfig(cfg), true
}

// elsewhere marks a step as one that these credentials cannot take.
func (a *reach) elsewhere(s Step) Step {
	s.Do, s.Why = Elsewhere, fmt.Sprintf("these credentials are of account %s: use such of %s, or name a role there with --role", a.self, s.Account)
	return s
}

func (a *reach) say(format string, args ...any) {
	if a.Say != nil {
		a.Say(fmt.Sprintf(format, args...))
	}
}

// pause waits for the next look at CloudFormation.
func (a *reach) pause(ctx context.Context) error {
	t := time.NewTimer(a.Every)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return parry.Errorf(parry.Fault, "%w", context.Cause(ctx)).WithHint("CloudFormation goes on by itself; 'parry deploy status' shows where it is")
	case <-t.C:
		return nil
	}
}

var session = regexp.MustCompile(`^arn:([a-z-]+):sts::(\d{12}):assumed-role/([^/]+)/.*$`)

// principal is the ARN by which policies know a caller: of a session its role's. A role's path is not in it.
func principal(arn string) string {
	if m := session.FindStringSubmatch(arn); m != nil {
		return fmt.Sprintf("arn:%s:iam::%s:role/%s", m[1], m[2], m[3])
	}
	return arn
}

// excepted tells whether the guardrails let somebody change what they guard.
func (a *reach) excepted() bool {
	return slices.ContainsFunc(append(slices.Clone(a.Org.Deployers), a.Org.Guard.BreakGlass...), func(pattern string) bool {
		form := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		return regexp.MustCompile("^" + form + "$").MatchString(a.arn)
	})
}

// code is AWS's code of an error, empty for none.
func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}
