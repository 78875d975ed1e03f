package source

import (
	"strings"

	"parry"
)

// resource makes a target of the resource that resourceType names, and of no other: findings often describe more
// resources, and GuardDuty's samples describe all kinds at once. Source: Resource in the GuardDuty API Reference.
func (g *gather) resource(in scope, findingType string, r node, role string) {
	typ := r.get("resourceType").text()
	switch strings.ToLower(typ) {
	case "accesskey":
		g.accessKey(in, findingType, r, role)
	case "instance":
		g.instance(in, r.get("instanceDetails", "instanceId"), role)
	case "s3bucket", "s3object":
		g.buckets(in, r.get("s3BucketDetails"), role)
	case "":
		g.unclear("%s is missing", r.get("resourceType").path)
	default:
		form, ok := guardDutyForm(strings.ToLower(typ))
		if !ok {
			g.unclear("resource type %q: not one that can be acted on yet", cut(typ))
			return
		}
		g.named(in, form, r.get(form.field), role)
		if task := r.get(form.field, "taskDetails"); task.get("arn").text() != "" {
			g.task(in, task, role)
		}
	}
}

// task makes a target of the task in which a container of ECS did it. Its ARN tells its cluster, which its id alone does not: a task
// with an ARN of the old form, without the cluster, is none. Source: EcsTaskDetails in the GuardDuty API Reference; "Amazon Resource
// Names (ARNs) and IDs" in Account settings, Amazon ECS Developer Guide.
func (g *gather) task(in scope, details node, role string) {
	own := details.get("arn").text()
	a, ok := parseARN(own)
	if id, is := strings.CutPrefix(a.resource, "task/"); ok && is && a.service == "ecs" && strings.Count(id, "/") == 1 {
		g.named(in, resourceForm{cfn: "AWS::ECS::Task", arn: "arn"}, details, role)
		return
	}
	g.unclear("%s is %q, which does not name a task and its cluster", details.get("arn").path, cut(own))
}

// resourceForm says where a resource that has an ARN of its own names itself.
type resourceForm struct {
	cfn   string
	field string // in detail.resource
	arn   string
	name  string // where the id is its own field; else it is the end of the ARN
}

// guardDutyForm is how a type of resource names itself.
func guardDutyForm(typ string) (resourceForm, bool) {
	form, ok := map[string]resourceForm{
		"ekscluster":        {"AWS::EKS::Cluster", "eksClusterDetails", "arn", "name"},
		"kubernetescluster": {"AWS::EKS::Cluster", "eksClusterDetails", "arn", "name"},
		"lambda":            {"AWS::Lambda::Function", "lambdaDetails", "functionArn", "functionName"},
		"rdsdbinstance":     {"AWS::RDS::DBInstance", "rdsDbInstanceDetails", "dbInstanceArn", "dbInstanceIdentifier"},
		"rdslimitlessdb":    {"AWS::RDS::DBShardGroup", "rdsLimitlessDbDetails", "dbShardGroupArn", "dbShardGroupIdentifier"},
		"ecscluster":        {"AWS::ECS::Cluster", "ecsClusterDetails", "arn", "name"},
		"ebssnapshot":       {"AWS::EC2::Snapshot", "ebsSnapshotDetails", "snapshotArn", ""},
		"ec2image":          {"AWS::EC2::Image", "ec2ImageDetails", "imageArn", ""},
	}[typ]
	return form, ok
}

// named makes a target of a resource that has an ARN of its own.
func (g *gather) named(in scope, form resourceForm, details node, role string) {
	own := details.get(form.arn).text()
	id := details.get(form.name).text()
	if own != "" {
		a, ok := parseARN(own)
		switch {
		case !ok:
			g.unclear("%s is %q, which is no ARN", details.get(form.arn).path, cut(own))
			return
		case a.account != "" && a.account != in.account || a.region != "" && a.region != in.region || a.partition != in.partition:
			g.unclear("%s is in another account, Region or partition than the finding: %q", details.get(form.arn).path, cut(own))
			return
		}
		id = oneOf(id, a.resource[strings.LastIndexAny(a.resource, "/:")+1:])
		if form.cfn == "AWS::ECS::Task" {
			id = strings.TrimPrefix(a.resource, "task/")
		}
	}
	if id == "" {
		g.unclear("%s names no %s", details.path, form.cfn)
		return
	}
	g.add(in, parry.Target{Type: form.cfn, ID: id, ARN: own, Role: role})
}

// instanceCredentials begins the types of findings about a credential that was made for an instance and used elsewhere.
const instanceCredentials = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration"

// accessKey makes targets of the principal whose credential was used. A credential that was taken from an instance
// leads to the instance, too: its role's session has the instance's id for a name.
func (g *gather) accessKey(in scope, findingType string, r node, role string) {
	key := r.get("accessKeyDetails")
	if !key.there() {
		g.unclear("%s is missing", key.path)
		return
	}
	p := principal{
		key: key.get("accessKeyId").text(), id: key.get("principalId").text(),
		name: key.get("userName").text(), kind: key.get("userType").text(), role: role,
	}
	g.principal(in, p)
	if !strings.HasPrefix(findingType, instanceCredentials) {
		return
	}
	instance := r.get("instanceDetails", "instanceId")
	_, session, _ := strings.Cut(p.id, ":")
	if strings.HasPrefix(session, "i-") && instance.there() && instance.text() != session {
		g.unclear("%s is %q, but the credential is that of %q", instance.path, cut(instance.text()), cut(session))
		return
	}
	if strings.HasPrefix(session, "i-") {
		instance.v = session
	}
	if instance.there() {
		g.instance(in, instance, role)
	}
}

// instance makes a target of an EC2 instance.
func (g *gather) instance(in scope, id node, role string) {
	if id.text() == "" {
		g.unclear("%s is missing", id.path)
		return
	}
	g.add(in, parry.Target{Type: "AWS::EC2::Instance", ID: id.text(), ARN: in.arn("ec2", "instance/"+id.text()), Role: role})
}

// buckets makes a target of every bucket. A bucket's owner is told as a canonical user id, which says nothing about
// the account; only where it is an account's id it can be compared.
func (g *gather) buckets(in scope, details node, role string) {
	if len(details.items()) == 0 {
		g.unclear("%s names no bucket", details.path)
	}
	for _, b := range details.items() {
		name, own := b.get("name").text(), b.get("arn").text()
		start := "arn:" + in.partition + ":s3:::"
		if name == "" {
			name = strings.TrimPrefix(own, start)
		}
		owner := b.get("owner", "id").text()
		switch {
		case own != "" && own != start+name:
			g.unclear("bucket %q: its ARN %q is another's", cut(name), cut(own))
		case parry.IsAccount(owner) && owner != in.account:
			g.unclear("bucket %q: belongs to account %s, which the finding is not about", cut(name), owner)
		default:
			g.add(in, parry.Target{Type: "AWS::S3::Bucket", ID: name, ARN: start + name, Role: role})
		}
	}
}

// guardDutyResources tells the resources in OCSF's form, with the tags that GuardDuty gives.
func guardDutyResources(targets []parry.Target, d node) []parry.Resource {
	var all []parry.Resource
	for _, t := range targets {
		r := parry.Resource{UID: oneOf(t.ARN, t.ID), Type: t.Type, Name: t.ID, Region: t.Region, Role: t.Role}
		r.Tags = tagList(tagsOf(t, d.get("resource")))
		all = append(all, r)
	}
	return all
}

// tagsOf finds the tags of a target in detail.resource.
func tagsOf(t parry.Target, r node) node {
	switch t.Type {
	case "AWS::EC2::Instance":
		return r.get("instanceDetails", "tags")
	case "AWS::S3::Bucket":
		for _, b := range r.get("s3BucketDetails").items() {
			if b.get("name").text() == t.ID {
				return b.get("tags")
			}
		}
	case "AWS::EKS::Cluster":
		return r.get("eksClusterDetails", "tags")
	case "AWS::Lambda::Function":
		return r.get("lambdaDetails", "tags")
	case "AWS::RDS::DBInstance":
		return r.get("rdsDbInstanceDetails", "tags")
	case "AWS::ECS::Cluster":
		return r.get("ecsClusterDetails", "tags")
	}
	return node{}
}
