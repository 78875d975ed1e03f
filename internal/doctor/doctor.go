package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"parry"
	"parry/internal/deploy"
)

// Doctor is what to look at, and with what.
type Doctor struct {
	Config aws.Config
	// Wish is what should be: the playbooks that the rules use, and what an org.yaml says. It is asked for when the partition is known.
	Wish   func(*deploy.Org) *deploy.Wish
	Org    *deploy.Org // nil where there is no org.yaml: then the account of the credentials is looked at
	Role   string      // without org.yaml, the names of playbooks' roles, such as parry-{playbook}; empty looks at none
	Table  string      // without org.yaml, the store's table; empty looks at none
	Reader string      // the role to read with in every account; empty reads the account of the credentials only
	Assume bool        // try to take every playbook's role

	Regions []string // to look at, of those of org.yaml; empty for all, or for the one of the configuration
	Only    []string // ids of checks; empty for all
	Now     func() time.Time
}

// atOnce is how many accounts and Regions are looked at side by side. What is throttled all the same is tried again by the SDK, which slows down.
const atOnce = 8

// place is where a check looks: an account and a Region, with credentials for it.
type place struct {
	*run
	account, region string
	cfg             aws.Config
	who             *member
}

// member is what the checks of one account share.
type member struct {
	once sync.Once
	iam  *identities
	err  error
}

// run is one look at everything.
type run struct {
	Doctor
	self, partition string // the account of the credentials
	want            *wanted

	watched []string // accounts; set before any of them is looked at

	mu    sync.Mutex
	found []Finding
}

// Run looks, and says what it found, the worst first. An error is what keeps it from looking at all; an account that cannot be read is a finding.
func (d Doctor) Run(ctx context.Context) ([]Finding, error) {
	r := &run{Doctor: d}
	if err := r.chosen(); err != nil {
		return nil, err
	}
	r.Config = d.Config.Copy()
	r.Config.APIOptions = append(slices.Clone(r.Config.APIOptions), onlyReads)
	r.Config.Retryer = func() aws.Retryer {
		return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
			o.StandardOptions = append(o.StandardOptions, func(s *retry.StandardOptions) { s.MaxAttempts = 5 })
		})
	}
	if r.Org != nil {
		r.Config.Region = r.Org.Hub.Region
	}
	out, err := sts.NewFromConfig(r.Config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, parry.Errorf(parry.Invalid, "AWS does not know these credentials: %w", err).WithHint("'aws sts get-caller-identity' says the same; log in, or set AWS_PROFILE")
	}
	r.self, r.partition = aws.ToString(out.Account), "aws"
	if a, err := arn.Parse(aws.ToString(out.Arn)); err == nil {
		r.partition = a.Partition
	}
	if r.want, err = r.wants(); err != nil {
		return nil, err
	}
	r.look(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return ordered(r.found), nil
}

// chosen holds what was asked for against what there is.
func (r *run) chosen() error {
	var ids []string
	for _, c := range checks() {
		ids = append(ids, c.id)
	}
	for _, id := range r.Only {
		if !slices.Contains(ids, id) {
			return parry.Errorf(parry.Invalid, "there is no check %q", id).WithHint("there are: %s", strings.Join(ids, ", "))
		}
	}
	for _, region := range r.Regions {
		if r.Org != nil && !slices.Contains(r.Org.Regions, region) {
			return parry.Errorf(parry.Invalid, "%s is no Region that org.yaml watches", region).WithHint("it watches %s", strings.Join(r.Org.Regions, ", "))
		}
	}
	switch {
	case len(r.Regions) > 0:
	case r.Org != nil:
		r.Regions = r.Org.Regions
	default:
		r.Regions = []string{r.Config.Region}
	}
	return nil
}

// look runs all checks everywhere, so many places at once. One that fails stops no other.
func (r *run) look(ctx context.Context) {
	var wait sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	start := func(p *place, s scope) {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			r.at(ctx, p, s)
		})
	}
	own := &place{run: r, cfg: r.Config, who: &member{}}
	start(own, once)
	var accounts []string
	if r.Org == nil {
		accounts = []string{r.self}
	} else {
		management := &place{run: r, cfg: r.forOrganization(ctx), who: &member{}}
		start(management, organization)
		accounts = r.accounts(ctx, management)
	}
	for _, account := range accounts {
		wait.Go(func() {
			cfg, ok := r.enter(ctx, account, slots)
			if !ok {
				return
			}
			who := &member{}
			if r.Org == nil || account == r.Org.Hub.Account {
				start(&place{r, account, cfg.Region, cfg, who}, inHub)
			}
			if !r.watches(account) {
				return
			}
			start(&place{r, account, "", cfg, who}, perAccount)
			for _, region := range r.Regions {
				there := cfg.Copy()
				there.Region = region
				start(&place{r, account, region, there, who}, perRegion)
			}
		})
	}
	wait.Wait()
}

// at runs the checks of one place, one after the other.
func (r *run) at(ctx context.Context, p *place, s scope) {
	for _, c := range checks() {
		if c.scope != s || c.look == nil || !r.looks(c) || ctx.Err() != nil {
			continue
		}
		found, err := c.look(ctx, p)
		if err != nil {
			found = append(found, unread(err, c.actions))
		}
		r.add(c.id, p.account, p.region, found...)
	}
}

// looks tells whether a check was asked for, and all is known that it needs.
func (r *run) looks(c check) bool {
	if len(r.Only) > 0 && !slices.Contains(r.Only, c.id) {
		return false
	}
	switch c.needs {
	case orgFile:
		return r.Org != nil
	case aRole:
		return r.Org != nil || r.Role != ""
	case aTable:
		return r.Org != nil || r.Table != ""
	case taking:
		return r.Assume && (r.Org != nil || r.Role != "")
	}
	return true
}

func (r *run) add(id, account, region string, found ...Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range found {
		f.ID, f.Account, f.Region = id, account, region
		r.found = append(r.found, f)
	}
}

// enter gives a configuration for an account. One that cannot be read is a finding.
func (r *run) enter(ctx context.Context, account string, slots chan struct{}) (aws.Config, bool) {
	slots <- struct{}{}
	defer func() { <-slots }()
	cfg, err := r.in(ctx, account)
	switch {
	case err == nil:
		r.add("account-readable", account, "", ok("its credentials can be had"))
		return cfg, true
	case r.Reader == "":
		r.add("account-readable", account, "", Finding{Status: Unknown, What: err.Error(), Fix: "name a role to read with that is in every account: --reader ROLE"})
	default:
		r.add("account-readable", account, "", Finding{Status: Unknown, What: fmt.Sprintf("the role %s cannot be taken: %v", r.Reader, err),
			Fix: fmt.Sprintf("let these credentials do sts:AssumeRole on %s, make the role, and let its trust policy name who runs this", r.readerARN(account))})
	}
	return cfg, false
}

// in gives a configuration for an account, with the account's own credentials.
func (r *run) in(ctx context.Context, account string) (aws.Config, error) {
	cfg := r.Config.Copy()
	if account == r.self {
		return cfg, nil
	}
	if r.Reader == "" {
		return cfg, fmt.Errorf("the credentials are those of account %s", r.self)
	}
	cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(r.Config), r.readerARN(account), func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = "parry-doctor"
	}))
	_, err := cfg.Credentials.Retrieve(ctx)
	return cfg, err
}

func (r *run) readerARN(account string) string {
	return fmt.Sprintf("arn:%s:iam::%s:role/%s", r.partition, account, r.Reader)
}

// forOrganization gives the credentials that know most of the organization: the management account's where they can be had, else one's own, which a
// delegated administrator can ask with, too.
func (r *run) forOrganization(ctx context.Context) aws.Config {
	if r.Org.Management != "" {
		if cfg, err := r.in(ctx, r.Org.Management); err == nil {
			return cfg
		}
	}
	return r.Config
}
