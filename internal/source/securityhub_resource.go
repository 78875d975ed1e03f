package source

import (
	"strconv"
	"strings"

	"parry"
)

// hubResources reads the resources of a finding, and makes targets of those that it names well.
func hubResources(f *parry.Finding, n node) {
	home := scope{f.Cloud.Account.UID, f.Cloud.Region, f.Cloud.Partition}
	if isAnalyzer(n) && !resourceOwner(n).there() {
		home.account = "" // the finding's may be the administrator's: only what an ARN says can be trusted
	}
	role := ""
	if isProduct(n, "guardduty") {
		role = attackRole(hubProduct(n).get("aws/guardduty/service/resourceRole").text())
	}
	var g gather
	resources := n.get("Resources")
	if len(resources.items()) == 0 {
		g.unclear("%s names no resource", resources.path)
	}
	for _, r := range resources.items() {
		own := oneOf(attackRole(r.get("ResourceRole").text()), role)
		res := parry.Resource{
			UID: r.get("Id").text(), Type: r.get("Type").text(), Region: r.get("Region").text(), Role: own, Tags: tagMap(r.get("Tags")),
		}
		res.Name = g.hubResource(home, r, own)
		f.Resources = append(f.Resources, res)
	}
	if isProduct(n, "guardduty") {
		g.unblocked(home, f.Info.Types)
		g.stoppedTrail(home, f.Info.Types, hubTrail(hubProduct(n)))
	}
	f.Targets, f.Unresolved = g.targets, g.unresolved
}

// hubResource makes a target of one resource, and gives its name where it has one.
func (g *gather) hubResource(home scope, r node, role string) string {
	typ, id := r.get("Type").text(), r.get("Id").text()
	in := g.hubScope(home, r)
	switch typ {
	case "AwsIamAccessKey":
		g.hubKey(in, r, role)
		return ""
	case "AwsAccount":
		account := strings.TrimPrefix(id, "AWS::::Account:")
		if account != in.account {
			g.unclear("account %q: the finding is about %q", cut(account), cut(in.account))
			return ""
		}
		g.add(in, parry.Target{Type: "AWS::::Account", ID: account, Role: role})
		return account
	}
	kind, ok := kindOfResource(typ)
	if !ok {
		g.unclear("%s: resource type %q of %q is not one that can be acted on yet", r.path, cut(typ), cut(id))
		return ""
	}
	name, own, ok := kind.identify(id)
	if !ok {
		g.unclear("%s: %q is no id of a resource of type %s", r.path, cut(id), cut(typ))
		return ""
	}
	if reason := contradiction(kind, r, name, own); reason != "" {
		g.unclear("%s: %s", r.path, reason)
		return ""
	}
	t := parry.Target{Type: kind.cfn, ID: name, ARN: own, Role: role}
	if kind.cfn == "AWS::IAM::User" {
		t.User = name
	}
	g.add(in, t)
	return name
}

// contradiction says what in a resource speaks against its id.
func contradiction(k kind, r node, name, own string) string {
	if k.cfn == "AWS::IAM::User" {
		if said := r.get("Details", "AwsIamUser", "UserName").text(); said != "" && said != name {
			return "its ARN is that of the user " + strconv.Quote(cut(name)) + ", its details that of " + strconv.Quote(cut(said))
		}
	}
	if a, ok := parseARN(own); ok && a.account == "aws" {
		return strconv.Quote(cut(own)) + " belongs to AWS and cannot be changed"
	}
	return ""
}

// hubScope is where a resource lives.
func (g *gather) hubScope(home scope, r node) scope {
	return g.where(home, r.path, r.get("Id").text(), scope{region: r.get("Region").text(), partition: r.get("Partition").text()})
}

// hubKey makes targets of an access key. The user is taken only where the finding says that the principal is one: what
// ASFF calls UserName can be a role. Source: AwsIamAccessKeyDetails, Security Hub API Reference.
func (g *gather) hubKey(in scope, r node, role string) {
	d := r.get("Details", "AwsIamAccessKey")
	key, ok := oneKey(d.get("AccessKeyId").text(), strings.TrimPrefix(r.get("Id").text(), "AWS::IAM::AccessKey:"))
	if !ok {
		g.unclear("%s: its id and its details name two access keys", r.path)
		return
	}
	name, ok := agreed(d.get("PrincipalName").text(), d.get("UserName").text())
	if !ok {
		g.unclear("access key %q: the finding gives it two users", cut(key))
		return
	}
	if account := d.get("AccountId").text(); account != "" && account != in.account {
		g.unclear("access key %q: of account %q, though the finding is about %q", cut(key), cut(account), cut(in.account))
		return
	}
	p := principal{key: key, id: d.get("PrincipalId").text(), name: name, kind: d.get("PrincipalType").text(), role: role}
	if isTemporary(key) && (strings.EqualFold(p.kind, "IAMUser") || strings.EqualFold(p.kind, "User")) {
		g.unclear("access key %s: a temporary credential of the user %q, which cannot be deactivated", cut(key), cut(name))
		return
	}
	if issuer := d.get("SessionContext", "SessionIssuer"); issuer.get("Type").text() == "Role" {
		p.arn = issuer.get("Arn").text()
	}
	g.principal(in, p)
}

// oneKey chooses between the two places of an access key's id; false where they differ.
func oneKey(a, b string) (string, bool) {
	if isPlaceholder(a) {
		a = ""
	}
	if isPlaceholder(b) {
		b = ""
	}
	return agreed(a, b)
}

// agreed is what two fields say that should say the same; false where they do not.
func agreed(a, b string) (string, bool) {
	return oneOf(a, b), a == "" || b == "" || a == b
}
