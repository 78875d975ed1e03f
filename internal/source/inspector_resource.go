package source

import (
	"strings"

	"parry"
)

// inspectorResources reads the resources of a finding, and makes targets of those that it names well.
func inspectorResources(f *parry.Finding, d node) {
	home := scope{f.Cloud.Account.UID, f.Cloud.Region, f.Cloud.Partition}
	var g gather
	resources := d.get("resources")
	if len(resources.items()) == 0 {
		g.unclear("%s names no resource", resources.path)
	}
	var path []parry.Resource
	for _, r := range resources.items() {
		in, name := g.inspectorResource(home, r)
		f.Resources = append(f.Resources, parry.Resource{
			UID: r.get("id").text(), Type: r.get("type").text(), Name: name, Region: r.get("region").text(), Tags: tagMap(r.get("tags")),
		})
		if in.account != "" {
			path = g.path(in, d.get("networkReachabilityDetails", "networkPath", "steps"))
		}
	}
	f.Resources = append(f.Resources, path...)
	f.Targets, f.Unresolved = g.targets, g.unresolved
}

// inspectorResource makes a target of one resource, and gives its name where it has one, and where it is. The scope is
// empty for what is not in AWS: Inspector scans other clouds too, whose accounts are none of ours.
func (g *gather) inspectorResource(home scope, r node) (scope, string) {
	typ, id := r.get("type").text(), r.get("id").text()
	if provider := r.get("provider").text(); provider != "" && !isAWS(provider) {
		g.unclear("%s: %q belongs to %q (account %q), and Parry acts on AWS only", r.path, cut(id), cut(provider), cut(r.get("providerAccountId").text()))
		return scope{}, ""
	}
	in := g.where(home, r.path, id, scope{region: r.get("region").text(), partition: r.get("partition").text()})
	kind, ok := kindOfResource(inspectorKind(typ))
	if !ok {
		g.unclear("%s: resource type %q of %q is not one that can be acted on yet", r.path, cut(typ), cut(id))
		return in, ""
	}
	name, own, ok := kind.identify(id)
	if !ok {
		g.unclear("%s: %q is no id of a resource of type %s", r.path, cut(id), cut(typ))
		return in, ""
	}
	g.add(in, parry.Target{Type: kind.cfn, ID: name, ARN: oneOf(own, kind.arn(in, name))})
	return in, name
}

// inspectorKind is ASFF's name of a type of resource. Source: ResourceType in the Inspector API Reference. An image in a
// repository is none: the repository holds others.
func inspectorKind(typ string) string {
	return map[string]string{
		"AWS_EC2_INSTANCE":    "AwsEc2Instance",
		"AWS_ECR_REPOSITORY":  "AwsEcrRepository",
		"AWS_LAMBDA_FUNCTION": "AwsLambdaFunction",
	}[typ]
}

// path makes targets of the security groups that let the traffic of an open path through, and gives them in OCSF's form.
// They are where the resource at its end is. Source: Step in the Inspector API Reference.
func (g *gather) path(in scope, steps node) []parry.Resource {
	var all []parry.Resource
	for _, s := range steps.items() {
		id := s.get("componentId").text()
		if typ := s.get("componentType").text(); typ != "AWS::EC2::SecurityGroup" && (typ != "" || !strings.HasPrefix(id, "sg-")) {
			continue
		}
		kind, _ := kindOfResource("AwsEc2SecurityGroup")
		name, own, ok := kind.identify(oneOf(s.get("componentArn").text(), id))
		if !ok || !strings.HasPrefix(name, "sg-") {
			g.unclear("%s: %q is no security group", s.path, cut(id))
			continue
		}
		at := g.where(in, s.path, own, scope{})
		t := parry.Target{Type: kind.cfn, ID: name, ARN: oneOf(own, kind.arn(at, name))}
		g.add(at, t)
		all = append(all, parry.Resource{UID: t.ARN, Type: t.Type, Name: name, Region: at.region})
	}
	return all
}
