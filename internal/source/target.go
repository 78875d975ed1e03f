package source

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"parry"
)

// scope is where a resource lives.
type scope struct{ account, region, partition string }

// arn builds the ARN of a resource in this scope.
func (s scope) arn(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", s.partition, service, s.region, s.account, resource)
}

// global builds the ARN of a resource of a service without Regions.
func (s scope) global(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s::%s:%s", s.partition, service, s.account, resource)
}

// where is where a resource lives: as its ARN says, else as is said of it, else as the finding. What is odd about it is
// told. The resource's id need not be an ARN.
func (g *gather) where(home scope, path, id string, said scope) scope {
	in := home
	a, ok := parseARN(id)
	if ok {
		in.partition = a.partition
		if parry.IsAccount(a.account) {
			in.account = a.account
		}
		if in.account != home.account && home.account != "" {
			g.unclear("%s: in account %s by its ARN, though the finding is about %s", path, a.account, cut(home.account))
		}
	} else {
		in.partition = oneOf(said.partition, home.partition)
	}
	switch {
	case a.region != "" && said.region != "" && said.region != a.region:
		g.unclear("%s: in Region %s by its ARN, though the resource says %s", path, cut(a.region), cut(said.region))
		in.region = a.region
	case a.region != "":
		in.region = a.region
	case said.region != "" && said.region != "global":
		in.region = said.region
	}
	return in
}

// gather collects the targets of one finding, and the reasons for what is none.
type gather struct {
	targets    []parry.Target
	unresolved []string
}

// unclear says why something is no target.
func (g *gather) unclear(format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	if !slices.Contains(g.unresolved, reason) {
		g.unresolved = append(g.unresolved, reason)
	}
}

// add makes a target, if its id can be one and its place is known; else it says why not.
func (g *gather) add(in scope, t parry.Target) {
	t.Account, t.Region, t.Partition = in.account, in.region, in.partition
	if isGlobal(t.Type) || t.Type == "AWS::::Account" && t.Region == "global" {
		t.Region = parry.HomeRegion(t.Partition)
	}
	if reason := unfit(t); reason != "" {
		g.unclear("%s %q: %s", t.Type, cut(t.ID), reason)
		return
	}
	for _, has := range g.targets {
		if has.Type == t.Type && has.ID == t.ID && has.Account == t.Account && has.Region == t.Region {
			return
		}
	}
	g.targets = append(g.targets, t)
}

// unfit says why something cannot be a target; empty where it can.
func unfit(t parry.Target) string {
	for _, s := range []string{t.ID, t.ARN, t.User} {
		if len(s) > 2048 {
			return "is longer than any id in AWS"
		}
		if strings.ContainsFunc(s, unprintable) {
			return "holds characters that no id in AWS has"
		}
	}
	switch {
	case isPlaceholder(t.ID):
		return "names nothing: the id is empty or a placeholder"
	case !parry.IsAccount(t.Account):
		return fmt.Sprintf("its account is %q, which is not 12 digits", cut(t.Account))
	case !parry.IsPartition(t.Partition):
		return fmt.Sprintf("its partition %q is not known", cut(t.Partition))
	case !parry.IsRegion(t.Region):
		return fmt.Sprintf("its Region is %q, which is none", cut(t.Region))
	case parry.PartitionOf(t.Region) != t.Partition:
		return fmt.Sprintf("its Region %s is not in the partition %s", t.Region, t.Partition)
	case !formed(t):
		return "is not formed like an id of this type"
	}
	return ""
}

// unprintable are the characters that can change what a person or a program sees: controls, line and direction marks,
// and what is no text at all. White space other than the blank is among them.
func unprintable(r rune) bool { return r == unicode.ReplacementChar || r != ' ' && !unicode.IsPrint(r) }

// isPlaceholder says whether an id stands for "not known". "GeneratedFinding..." are the ids in GuardDuty's samples;
// "HIDDEN_DUE_TO_..." is CloudTrail's word for what it does not tell, such as the name that a failed sign-in used.
func isPlaceholder(id string) bool {
	switch strings.ToLower(strings.TrimSpace(id)) {
	case "", "-", "null", "none", "nil", "n/a", "unknown", "undefined":
		return true
	}
	return strings.HasPrefix(id, "GeneratedFinding") || strings.HasPrefix(id, "HIDDEN_DUE_TO_") || strings.ContainsAny(id, "<>{}")
}

// formed checks an id against the form that AWS gives to ids of its type, where a wrong one could do harm further on.
// Sources: the patterns of AccessKeyId, userName and roleName in the IAM API Reference, and of RoleSessionName in the STS
// API Reference; "Bucket naming rules", Amazon
// S3 User Guide, the older rules of us-east-1 included.
func formed(t parry.Target) bool {
	const word = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
	switch t.Type {
	case "AWS::IAM::AccessKey":
		return only(t.ID, word) && len(t.ID) <= 128 && (t.User == "" || only(t.User, word+"+=,.@-") && len(t.User) <= 64)
	case "AWS::IAM::User", "AWS::IAM::Role":
		return only(t.ID, word+"+=,.@-") && len(t.ID) <= 64
	case parry.SessionType:
		id, session, ok := strings.Cut(t.ID, ":")
		return ok && only(id, word) && len(id) <= 128 && only(session, word+"+=,.@-") && len(session) <= 64
	case "AWS::S3::Bucket":
		return only(t.ID, word+".-") && len(t.ID) <= 255
	case "AWS::EC2::Instance":
		return strings.HasPrefix(t.ID, "i-") && only(t.ID[2:], "0123456789abcdef")
	}
	return true
}

// only says whether a text is made of the given characters, and of at least one.
func only(s, set string) bool {
	return s != "" && strings.Trim(s, set) == ""
}
