package source

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"parry"
)

// ocsfCloud reads where the trouble is. A finding about another cloud, or about none, keeps the words that it came with:
// it is told, and has no targets.
func ocsfCloud(f *parry.Finding, n node) error {
	cloud := n.get("cloud")
	f.Cloud = parry.Cloud{
		Provider: cloud.get("provider").text(), Region: cloud.get("region").text(), Partition: cloud.get("cloud_partition").text(),
		Account: parry.CloudAccount{UID: cloud.get("account", "uid").text()},
	}
	if !aboutAWS(n) {
		return nil
	}
	f.Cloud.Provider = "AWS"
	field := cloud.get("account", "uid")
	if only := soleAccount(n); !field.there() && only != "" {
		field.v = only
	}
	account, err := field.need()
	if err != nil {
		return err
	}
	if !parry.IsAccount(account) && ocsfSampleQuiet(*f) == "" {
		return badAccount(field.path, account)
	}
	product, _ := parseARN(f.Metadata.Product.UID)
	f.Cloud.Account.UID = account
	f.Cloud.Partition = oneOf(f.Cloud.Partition, parry.PartitionOf(f.Cloud.Region), product.partition)
	return nil
}

// aboutAWS says whether a finding is about AWS. Where it names no cloud, its account's type or an ARN says so: twelve
// digits alone do not, since projects of other clouds have them too.
func aboutAWS(n node) bool {
	if provider := n.get("cloud", "provider").text(); provider != "" {
		return isAWS(provider)
	}
	const awsAccount = 10 // OCSF: account.type_id
	return n.get("cloud", "account", "type_id").count() == awsAccount || parry.IsPartition(n.get("cloud", "cloud_partition").text()) ||
		slices.ContainsFunc(resourcesOf(n), func(r node) bool { _, ok := parseARN(ocsfID(r)); return ok })
}

func isAWS(provider string) bool {
	switch strings.ToLower(provider) {
	case "aws", "amazon", "amazon web services":
		return true
	}
	return false
}

// soleAccount is the account of the resources where all of them are in one.
func soleAccount(n node) string {
	only := ""
	for _, r := range resourcesOf(n) {
		a, _ := parseARN(ocsfID(r))
		account := r.get("owner", "account", "uid").text()
		if parry.IsAccount(a.account) {
			account = a.account
		}
		if only != "" && account != "" && account != only {
			return ""
		}
		only = oneOf(only, account)
	}
	return only
}

// resourcesOf are the resources of a finding. Until OCSF 1.1 some classes had only one, in resource.
func resourcesOf(n node) []node {
	if list := n.get("resources").items(); len(list) > 0 {
		return list
	}
	return n.get("resource").items()
}

// ocsfID is a resource's id: its ARN where it gives one. Source: "AWS extension" in the Security Hub User Guide, where
// uid_alt is the ARN; real events have it in uid, or neither.
func ocsfID(r node) string {
	alt, uid := r.get("uid_alt").text(), r.get("uid").text()
	switch {
	case strings.HasPrefix(alt, "arn:"):
		return alt
	case strings.HasPrefix(uid, "https://"):
		return queueARN(uid)
	case uid == "", isUniqueID(uid) && r.get("name").there():
		return oneOf(r.get("name").text(), uid)
	}
	return uid
}

// isUniqueID knows IAM's ids of users, groups and roles, which are no names. Source: "IAM identifiers", IAM User Guide.
func isUniqueID(s string) bool {
	if len(s) < 16 || !only(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") {
		return false
	}
	return slices.Contains([]string{"AIDA", "AGPA", "AROA"}, s[:4])
}

// queueARN makes the ARN of the queue whose URL is given; what is no such URL stays as it is. Source: "Amazon SQS queue
// and message identifiers", Amazon SQS Developer Guide.
func queueARN(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return s
	}
	host, path := strings.Split(u.Host, "."), strings.Split(u.Path, "/")
	if len(host) < 4 || host[0] != "sqs" || host[2] != "amazonaws" || len(path) != 3 || !parry.IsAccount(path[1]) || path[2] == "" {
		return s
	}
	return scope{path[1], host[1], parry.PartitionOf(host[1])}.arn("sqs", path[2])
}

// ocsfResources reads the resources of a finding, and makes targets of those that it names well.
func ocsfResources(f *parry.Finding, n node) {
	home := scope{f.Cloud.Account.UID, f.Cloud.Region, f.Cloud.Partition}
	var g gather
	resources := resourcesOf(n)
	switch {
	case f.Cloud.Provider == "":
		g.unclear("the finding is about no cloud, and what Parry can act on is in AWS")
	case f.Cloud.Provider != "AWS":
		g.unclear("the finding is about %q, and Parry acts on AWS only", cut(f.Cloud.Provider))
	case len(resources) == 0:
		g.unclear("%s names no resource", n.get("resources").path)
	}
	for _, r := range resources {
		res := parry.Resource{
			UID: ocsfID(r), Type: r.get("type").text(), Name: r.get("name").text(), Region: r.get("region").text(), Role: ocsfRole(r),
			Tags: tagList(r.get("tags")),
		}
		if f.Cloud.Provider == "AWS" {
			res.Name = oneOf(g.ocsfResource(home, f.Info.Types, r), res.Name)
		}
		f.Resources = append(f.Resources, res)
	}
	if f.Cloud.Provider == "AWS" && f.Metadata.Product.Name == "GuardDuty" {
		g.unblocked(home, f.Info.Types)
	}
	f.Targets, f.Unresolved = g.targets, g.unresolved
}

// ocsfRole reads a resource's part in the attack. OCSF: resource_details.role_id.
func ocsfRole(r node) string {
	switch r.get("role_id").count() {
	case 1:
		return "TARGET"
	case 2:
		return "ACTOR"
	}
	return attackRole(r.get("role").text())
}

// ocsfResource makes a target of one resource, and gives its name where it has one.
func (g *gather) ocsfResource(home scope, types []string, r node) string {
	const related = 4 // OCSF: resource_details.role_id
	typ, id := r.get("type").text(), ocsfID(r)
	home.account = oneOf(r.get("owner", "account", "uid").text(), home.account)
	home.partition = oneOf(home.partition, parry.PartitionOf(r.get("region").text()))
	in := g.where(home, r.path, id, scope{region: r.get("region").text(), partition: r.get("cloud_partition").text()})
	switch provider := r.get("provider").text(); {
	case provider != "" && !isAWS(provider):
		g.unclear("%s: %q belongs to %q, and Parry acts on AWS only", r.path, cut(id), cut(provider))
		return ""
	case r.get("role_id").count() == related || strings.EqualFold(r.get("role").text(), "Related"):
		g.unclear("%s: %q is only related to the finding", r.path, cut(id))
		return ""
	case typ == "AWS::IAM::AccessKey" || typ == "AwsIamAccessKey":
		g.ocsfKey(in, home, types, r)
		return ""
	case typ == "AWS::::Account" || typ == "AwsAccount":
		return g.ocsfAccount(in, id, ocsfRole(r))
	}
	kind, ok := kindOfType(typ)
	if !ok {
		g.unclear("%s: resource type %q of %q is not one that can be acted on yet", r.path, cut(typ), cut(id))
		return ""
	}
	return g.ocsfKind(in, kind, r, id)
}

// ocsfKind makes a target of a resource whose type is known.
func (g *gather) ocsfKind(in scope, k kind, r node, id string) string {
	name, own, ok := k.identify(id)
	if !ok || strings.HasPrefix(k.cfn, "AWS::IAM::") && isUniqueID(name) {
		g.unclear("%s: %q is no id of a resource of type %s", r.path, cut(id), k.cfn)
		return ""
	}
	if reason := ocsfContradiction(k, r, name, own); reason != "" {
		g.unclear("%s: %s", r.path, reason)
		return ""
	}
	t := parry.Target{Type: k.cfn, ID: name, ARN: oneOf(own, k.arn(in, name)), Role: ocsfRole(r)}
	if k.cfn == "AWS::IAM::User" {
		t.User = name
	}
	g.add(in, t)
	return name
}

// ocsfContradiction says what in a resource speaks against its id.
func ocsfContradiction(k kind, r node, name, own string) string {
	if k.cfn == "AWS::IAM::User" {
		if said := r.get("name").text(); said != "" && said != name && !strings.HasPrefix(said, "arn:") {
			return "its id is that of the user " + strconv.Quote(cut(name)) + ", its name " + strconv.Quote(cut(said))
		}
	}
	if a, ok := parseARN(own); ok && a.account == "aws" {
		return strconv.Quote(cut(own)) + " belongs to AWS and cannot be changed"
	}
	return ""
}

// ocsfAccount makes a target of the account itself, known by its number or by the ARN of its root.
func (g *gather) ocsfAccount(in scope, id, role string) string {
	account := strings.TrimPrefix(id, "AWS::::Account:")
	if a, ok := parseARN(id); ok && a.service == "iam" && a.resource == "root" {
		account = a.account
	}
	if account != in.account {
		g.unclear("account %q: the finding is about %q", cut(account), cut(in.account))
		return ""
	}
	if in.region == "" {
		in.region = "global"
	}
	g.add(in, parry.Target{Type: "AWS::::Account", ID: account, Role: role, Region: in.region})
	return account
}

// ocsfKey makes targets of the principal whose credential was used. A role's credential that was taken from an instance
// leads to the instance, too, as in GuardDuty's own events.
func (g *gather) ocsfKey(in, home scope, types []string, r node) {
	d := r.get("data")
	key, ok := oneKey(d.get("access_key_id").text(), strings.TrimPrefix(ocsfID(r), "AWS::IAM::AccessKey:"))
	if !ok {
		g.unclear("%s: its id and its data name two access keys", r.path)
		return
	}
	p := principal{
		key: key, id: d.get("principal_id").text(), name: d.get("user_name").text(), kind: d.get("user_type").text(), role: ocsfRole(r),
	}
	g.principal(in, p)
	_, session, _ := strings.Cut(p.id, ":")
	if len(types) > 0 && strings.HasPrefix(types[0], instanceCredentials) && strings.HasPrefix(session, "i-") {
		g.instance(home, node{session, d.get("principal_id").path}, p.role)
	}
}
