package source

import (
	"fmt"
	"strings"

	"parry"
)

// changed makes targets of what a call changed. Where the resource stands in a record differs from service to service and
// from call to call, down to the casing: a table says it, and what is not in the table is taken from the list of
// resources that some services put into their records.
func (g *gather) changed(in scope, d node) {
	call := callName(d.get("eventSource").text(), d.get("eventName").text())
	switch call {
	case "iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey":
		g.calledKey(in, d)
		return
	case "lambda:AddLayerVersionPermission", "lambda:RemoveLayerVersionPermission":
		g.calledLayer(in, d)
		return
	case "s3:CreateBucket": // may be called anywhere; the bucket is where the request says
		in.region = oneOf(d.get("requestParameters", "CreateBucketConfiguration", "LocationConstraint").text(), in.region)
	}
	spots, known := spotsOf(call)
	for _, s := range spots {
		g.spot(in, d, s, call)
	}
	if !known {
		g.listed(in, d, call)
	}
}

// spot makes targets of the ids that stand at a spot's first place that holds any. A record names an account only in
// passing: the whole account is meant.
func (g *gather) spot(in scope, d node, s spot, call string) {
	if s.cfn == "AWS::::Account" {
		g.add(in, parry.Target{Type: s.cfn, ID: in.account})
		return
	}
	reason := ""
	for _, path := range s.at {
		some := false
		for _, n := range within(d, strings.Split(path, ".")) {
			id := wholeID(in, d, s.cfn, n.text())
			if id == "" {
				continue
			}
			r := owned(d, find(in, s.cfn, id))
			if reason = r.reason; reason == "" {
				g.take(r, "")
				some = true
			}
		}
		if some {
			return
		}
	}
	for _, r := range d.get("resources").items() {
		if r.get("type").text() == s.cfn {
			g.take(owned(d, find(in, s.cfn, r.get("ARN").text())), "")
			return
		}
	}
	g.unclear("%s names no %s%s", cut(call), s.cfn, because(reason))
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// within follows field names, and a star through the elements of an array.
func within(n node, path []string) []node {
	if len(path) == 0 {
		return []node{n}
	}
	if path[0] != "*" {
		return within(n.get(path[0]), path[1:])
	}
	var all []node
	for _, i := range n.items() {
		all = append(all, within(i, path[1:])...)
	}
	return all
}

// wholeID is the id in the form that find knows: a function may be called by its name with a version, or by a part of its
// ARN; a rule of EventBridge may stand on a bus of its own. Sources: FunctionName in the AWS Lambda API Reference;
// EventBusName in the Amazon EventBridge API Reference.
func wholeID(in scope, d node, typ, id string) string {
	if _, isARN := parseARN(id); isARN || id == "" {
		return id
	}
	switch p := strings.Split(id, ":"); {
	case typ == "AWS::Lambda::Function" && len(p) >= 3 && p[0] == in.account && p[1] == "function":
		return p[2]
	case typ == "AWS::Lambda::Function" && len(p) == 2 && !parry.IsAccount(p[0]):
		return p[0]
	case typ == "AWS::Events::Rule":
		bus := d.get("requestParameters", "eventBusName").text()
		if a, isARN := parseARN(bus); isARN {
			in.account, in.region = a.account, a.region
			bus = strings.TrimPrefix(a.resource, "event-bus/")
		}
		if bus != "" && bus != "default" {
			return in.arn("events", "rule/"+bus+"/"+id)
		}
	}
	return id
}

// owned puts a resource into the account that owns it: the record's, unless its list of resources gives this very one to
// another. A call on another account's resource is recorded in the caller's account, too.
func owned(d node, f found) found {
	for _, r := range d.get("resources").items() {
		account := r.get("accountId").text()
		if f.target.ARN != "" && r.get("ARN").text() == f.target.ARN && parry.IsAccount(account) {
			f.in.account = account
		}
	}
	return f
}

// listed makes targets of the resources that a record lists, where the call is not in the table.
func (g *gather) listed(in scope, d node, call string) {
	list := d.get("resources").items()
	for _, r := range list {
		own := r.get("ARN").text()
		if typ := r.get("type").text(); typ != "" {
			g.take(owned(d, find(in, typ, own)), "")
			continue
		}
		g.unclear("%s: the record does not say what type of resource %q is", cut(call), cut(own))
	}
	if reads := d.get("readOnly").flag(); len(list) == 0 && !reads {
		g.unclear("%s: what it changes is not known here", cut(call))
	}
}

// calledKey makes targets of the access key that a call is about, and of its user. Where the call names no user, it is
// the caller's own. Source: UserName of CreateAccessKey and UpdateAccessKey in the IAM API Reference.
func (g *gather) calledKey(in scope, d node) {
	made := d.get("responseElements", "accessKey")
	p := principal{
		key:  oneOf(made.get("accessKeyId").text(), d.get("requestParameters", "accessKeyId").text()),
		name: oneOf(made.get("userName").text(), d.get("requestParameters", "userName").text()),
		kind: "IAMUser",
	}
	if p.name == "" {
		u := d.get("userIdentity")
		p.name, p.kind, p.arn = u.get("userName").text(), u.get("type").text(), u.get("arn").text()
		if !strings.EqualFold(p.kind, "IAMUser") && !strings.EqualFold(p.kind, "Root") {
			g.unclear("access key %q: the record does not name its user", cut(p.key))
			return
		}
		if account := u.get("accountId").text(); account != in.account {
			g.unclear("access key %q: of the caller in account %q, though the record is of %s", cut(p.key), cut(account), in.account)
			return
		}
	}
	g.principal(in, p)
}

// calledLayer makes a target of a version of a layer, which only its ARN names.
func (g *gather) calledLayer(in scope, d node) {
	name, version := d.get("requestParameters", "layerName").text(), d.get("requestParameters", "versionNumber").plain()
	if _, isARN := parseARN(name); !isARN {
		name = in.arn("lambda", "layer:"+name)
	}
	if isPlaceholder(d.get("requestParameters", "layerName").text()) || !only(version, "0123456789") {
		g.unclear("%s names no version of a layer", cut(d.get("eventName").text()))
		return
	}
	g.take(find(in, "AWS::Lambda::LayerVersion", fmt.Sprintf("%s:%s", name, version)), "")
}
