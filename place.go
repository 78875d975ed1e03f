package parry

import (
	"context"
	"slices"
	"time"
)

// Org knows where accounts stand in the organization.
type Org interface {
	// Path gives every ancestor of an account, from the organizational unit that it is in up to the root, by their ids.
	Path(ctx context.Context, account string) ([]string, error)
}

// Standing judges how a target of a finding stands to an answer's scope. The organization is asked only where the scope speaks of it.
func (r *Responder) Standing(ctx context.Context, a Answer, f Finding, t Target) Standing {
	now := r.Now()
	return a.Scope.Standing(r.place(ctx, a.Scope, f, t, now), now)
}

// place gathers what is known of a target: its account and Region are its own, not the finding's.
func (r *Responder) place(ctx context.Context, s Scope, f Finding, t Target, now time.Time) Place {
	p := Place{Account: t.Account, Region: t.Region, Names: distinct(t.ID, t.ARN, t.User, userARN(t)), Principals: f.principals(t)}
	for _, res := range f.Resources {
		if res.is(t) {
			p.Names, p.Tags = distinct(append(p.Names, res.UID, res.Name)...), append(p.Tags, res.Tags...)
		}
	}
	if !s.NeedsOUs(now) {
		return p
	}
	if r.Org == nil {
		p.NoOUs = "no organization is given: --org names one"
		return p
	}
	var err error
	if p.OUs, err = r.Org.Path(ctx, t.Account); err != nil {
		p.OUs, p.NoOUs, p.Failed = nil, err.Error(), true
	}
	return p
}

// is tells whether the source's resource is the target. An id or a name is unique for its type and in its Region only: a user and a
// role can both be called deploy.
func (r Resource) is(t Target) bool {
	switch {
	case t.ARN != "" && r.UID == t.ARN:
		return true
	case r.Type != "" && plainName(r.Type) != plainName(t.Type): // AwsS3Bucket is AWS::S3::Bucket
		return false
	case r.Region != "" && r.Region != "global" && r.Region != t.Region:
		return false
	}
	return r.UID == t.ID || r.Name == t.ID
}

// principals are the names of who did what the finding is about, and of the target where that is a principal itself.
func (f Finding) principals(t Target) []string {
	var names []string
	if a := f.Actor; a != nil {
		if a.User != nil {
			names = append(names, a.User.UIDAlt, a.User.Name, a.User.UID)
		}
		if a.Session != nil {
			_, role, _ := cutRole(a.Session.Issuer)
			names = append(names, a.Session.Issuer, role)
		}
	}
	switch t.Type {
	case "AWS::IAM::User", "AWS::IAM::Role", "AWS::IAM::AccessKey":
		names = append(names, t.ID, t.ARN, t.User, userARN(t))
	case SessionType:
		names = append(names, t.ID, t.ARN, t.roleName(), "arn:"+t.Partition+":iam::"+t.Account+":role/"+t.roleName())
	}
	return distinct(names...)
}

// userARN is the ARN of the user of a key, as it is without a path.
func userARN(t Target) string {
	if t.User == "" {
		return ""
	}
	return "arn:" + t.Partition + ":iam::" + t.Account + ":user/" + t.User
}

// distinct leaves out what is empty or stands there already.
func distinct(all ...string) []string {
	var out []string
	for _, s := range all {
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
