package source

import (
	"strings"

	"parry"
)

// principal is who used a credential, as GuardDuty, Security Hub and CloudTrail describe it.
type principal struct {
	key    string // the access key's id
	id     string // the principal's unique id: AIDA... for a user, AROA...:session for a role
	name   string // of the user; for a role the role's name
	kind   string // IAMUser, AssumedRole, Root, ...
	arn    string // of the role or the user, where the source gives it
	role   string // ACTOR or TARGET
	signIn bool   // with a password: there is no access key to name
}

// isTemporary says whether a key id is one of the Security Token Service. Source: "IAM identifiers", IAM User Guide,
// unique identifiers.
func isTemporary(key string) bool { return strings.HasPrefix(strings.ToUpper(key), "ASIA") }

// principal makes targets of a principal: of an IAM user and the key, or of a role. Nobody else ever becomes a user: a
// role and a user can have the same name, and a temporary credential belongs to no key that could be turned off.
func (g *gather) principal(in scope, p principal) {
	switch strings.ToLower(p.kind) {
	case "iamuser", "user":
		g.user(in, p)
	case "assumedrole", "role":
		g.session(in, p)
	case "root":
		g.unclear("root user: cannot be disabled through IAM")
	case "federateduser":
		g.unclear("federated user %q: has no key or user in IAM, only the temporary credential %q", cut(p.name), cut(p.key))
	case "":
		// An AKIA key is a long-term one. Whose it is, if the finding does not say, AWS can be asked.
		if strings.HasPrefix(p.key, "AKIA") && !isPlaceholder(p.key) && isPlaceholder(p.name) {
			g.add(in, parry.Target{Type: "AWS::IAM::AccessKey", ID: p.key, Role: p.role})
			return
		}
		g.unclear("access key %q: the finding does not say what kind of principal it belongs to", cut(p.key))
	default:
		g.unclear("access key %q: its principal %q is of type %q, which is no IAM user", cut(p.key), cut(p.name), cut(p.kind))
	}
}

// user makes targets of an IAM user and its key.
func (g *gather) user(in scope, p principal) {
	if strings.HasPrefix(p.id, "AROA") || strings.HasPrefix(p.id, "ASIA") {
		g.unclear("access key %q: the finding calls its principal an IAM user, but %q is none's id", cut(p.key), cut(p.id))
		return
	}
	switch {
	case isPlaceholder(p.name):
		g.unclear("access key %q: the finding does not name its user", cut(p.key))
		return
	case p.signIn && p.key == "":
	case isTemporary(p.key):
		g.unclear("access key %s: a temporary credential of the user %q, which cannot be deactivated", cut(p.key), cut(p.name))
	case isPlaceholder(p.key):
		g.unclear("the finding names no access key of the user %q", cut(p.name))
	default:
		g.add(in, parry.Target{Type: "AWS::IAM::AccessKey", ID: p.key, User: p.name, Role: p.role})
	}
	g.add(in, parry.Target{Type: "AWS::IAM::User", ID: p.name, User: p.name, ARN: p.userARN(in), Role: p.role})
}

// userARN is the user's ARN: the one that the source gives, with the user's path, if it is that user's.
func (p principal) userARN(in scope) string {
	a, ok := parseARN(p.arn)
	name, isUser := strings.CutPrefix(a.resource, "user/")
	if ok && isUser && a.service == "iam" && a.account == in.account && a.partition == in.partition && name[strings.LastIndexByte(name, '/')+1:] == p.name {
		return p.arn
	}
	return in.global("iam", "user/"+p.name)
}

// session makes a target of the role that a temporary credential was made from. The credential is none.
func (g *gather) session(in scope, p principal) {
	if p.key != "" && !isTemporary(p.key) && !isPlaceholder(p.key) {
		g.unclear("access key %q: not temporary, though the finding says that the role %q used it", cut(p.key), cut(p.name))
		return
	}
	if !isPlaceholder(p.key) {
		g.unclear("access key %s: a temporary credential of the role %q, which belongs to no user", cut(p.key), cut(p.name))
	}
	name, ok := p.roleName(in)
	switch {
	case !ok:
		g.unclear("role %q: the finding gives the ARN %q for it", cut(p.name), cut(p.arn))
	case isPlaceholder(name):
		g.unclear("the finding does not name the role")
	case isRoleOfAWS(name):
		g.unclear("role %q: belongs to AWS, its policies cannot be changed through IAM", cut(name))
	default:
		g.add(in, parry.Target{Type: "AWS::IAM::Role", ID: name, ARN: oneOf(p.arn, in.global("iam", "role/"+name)), Role: p.role})
		if id, session, named := strings.Cut(p.id, ":"); named && strings.HasPrefix(id, "AROA") && !isPlaceholder(session) {
			g.add(in, parry.Target{Type: parry.SessionType, ID: p.id, ARN: in.global("sts", "assumed-role/"+name+"/"+session), Role: p.role})
		}
	}
}

// roleName is the role's name, from its ARN where there is one; false where that is no role of this account.
func (p principal) roleName(in scope) (string, bool) {
	if p.arn == "" {
		return p.name, true
	}
	a, ok := parseARN(p.arn)
	path, isRole := strings.CutPrefix(a.resource, "role/")
	if !ok || !isRole || a.service != "iam" || a.account != in.account || a.partition != in.partition {
		return "", false
	}
	return path[strings.LastIndexByte(path, '/')+1:], true
}
