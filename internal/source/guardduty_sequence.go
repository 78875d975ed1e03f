package source

import (
	"strings"

	"parry"
)

// sequence makes targets of the actors and resources of an attack sequence, each in its own account and Region: a
// sequence can run through several, though never through two partitions. Source: Sequence, Actor and ResourceV2 in the GuardDuty API Reference; the finding's
// resource is only {"resourceType": "AttackSequence"}.
func (g *gather) sequence(partition string, s node) {
	actors, resources := s.get("actors").items(), s.get("resources").items()
	if len(actors)+len(resources) == 0 {
		g.unclear("%s names no actors and no resources", s.path)
	}
	for _, a := range actors {
		g.actor(partition, a)
	}
	for _, r := range resources {
		g.sequenceResource(partition, r)
	}
}

// actor makes targets of who acts in a sequence.
func (g *gather) actor(partition string, a node) {
	user := a.get("user")
	if !user.there() {
		g.unclear("%s: actor %q is no principal of IAM", a.path, cut(a.get("id").text()))
		return
	}
	account := user.get("account", "uid").text()
	issuer := a.get("session", "issuer").text()
	if account == "" {
		g.unclear("%s is missing", user.get("account", "uid").path)
		return
	}
	p := principal{
		key: user.get("credentialUid").text(), id: user.get("uid").text(), name: user.get("name").text(),
		kind: user.get("type").text(), role: "ACTOR",
	}
	if strings.HasPrefix(issuer, "arn:") {
		p.arn = issuer
	}
	g.principal(scope{account: account, partition: partition}, p)
}

// sequenceResource makes a target of a resource in a sequence.
func (g *gather) sequenceResource(partition string, r node) {
	uid, name := r.get("uid").text(), r.get("name").text()
	typ := r.get("resourceType").text()
	own, isARN := parseARN(uid)
	in := scope{
		account:   oneOf(r.get("accountId").text(), own.account),
		region:    oneOf(r.get("region").text(), own.region),
		partition: partition,
	}
	switch {
	case in.account == "":
		g.unclear("%s is missing", r.get("accountId").path)
		return
	case isARN && (own.account != "" && own.account != in.account || own.partition != partition):
		g.unclear("%s: its ARN %q is not in account %s of %s", r.path, cut(uid), cut(in.account), partition)
		return
	}
	switch strings.ToLower(strings.ReplaceAll(typ, "_", "")) {
	case "accesskey":
		data := r.get("data", "accessKey")
		g.principal(in, principal{
			key: oneOf(uid, name), id: data.get("principalId").text(), name: data.get("userName").text(), kind: data.get("userType").text(),
		})
	case "s3object": // what can be acted on is the bucket
		if bucket, _, ok := strings.Cut(own.resource, "/"); ok && own.service == "s3" {
			g.add(in, parry.Target{Type: "AWS::S3::Bucket", ID: bucket, ARN: "arn:" + own.partition + ":s3:::" + bucket})
			return
		}
		g.unclear("%s: the object %q does not name its bucket", r.path, cut(uid))
	default:
		g.inventory(in, r.path, typ, uid, name)
	}
}

// inventory makes a target of a resource that is known by its ARN or its plain id.
func (g *gather) inventory(in scope, path, typ, uid, name string) {
	kind, ok := sequenceKind(typ)
	if !ok {
		g.unclear("%s: resource type %q of %q is not one that can be acted on yet", path, cut(typ), cut(oneOf(uid, name)))
		return
	}
	id, own, ok := kind.identify(oneOf(uid, name))
	if !ok {
		g.unclear("%s: %q is no id of a resource of type %s", path, cut(oneOf(uid, name)), kind.cfn)
		return
	}
	if own == "" && kind.cfn == "AWS::EC2::Instance" {
		own = in.arn("ec2", "instance/"+id)
	}
	if own == "" && kind.cfn == "AWS::S3::Bucket" {
		own = "arn:" + in.partition + ":s3:::" + id
	}
	g.add(in, parry.Target{Type: kind.cfn, ID: id, ARN: own})
}

// sequenceKind maps the types of a sequence's resources to ours. Source: FindingResourceType in the GuardDuty API
// Reference.
func sequenceKind(typ string) (kind, bool) {
	asff, ok := map[string]string{
		"EC2_INSTANCE":                   "AwsEc2Instance",
		"EC2_NETWORK_INTERFACE":          "AwsEc2NetworkInterface",
		"EC2_LAUNCH_TEMPLATE":            "AwsEc2LaunchTemplate",
		"EC2_VPC":                        "AwsEc2Vpc",
		"S3_BUCKET":                      "AwsS3Bucket",
		"EKS_CLUSTER":                    "AwsEksCluster",
		"ECS_CLUSTER":                    "AwsEcsCluster",
		"AUTOSCALING_AUTO_SCALING_GROUP": "AwsAutoScalingAutoScalingGroup",
		"IAM_INSTANCE_PROFILE":           "AwsIamInstanceProfile",
		"CLOUDFORMATION_STACK":           "AwsCloudFormationStack",
	}[strings.ToUpper(typ)]
	if !ok {
		return kind{}, false
	}
	return kindOfResource(asff)
}
