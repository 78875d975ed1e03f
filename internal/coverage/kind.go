package coverage

import "encoding/json"

// Kind is what a finding is about, as far as it changes the answer: a user's key can be turned off, a role's session cannot; an instance
// that attacks is isolated, one that is attacked is not; a container on a cluster is no instance.
type Kind string

// The kinds that guardduty_types.tsv uses.
const (
	User              Kind = "user"               // an IAM user's access key
	Session           Kind = "session"            // a role's temporary credentials
	InstanceSession   Kind = "instance-session"   // those of an instance's role
	Root              Kind = "root"               // the root user
	Instance          Kind = "instance"           // an EC2 instance
	InstanceProbed    Kind = "instance-probed"    // its ports are knocked at
	InstanceAttacked  Kind = "instance-attacked"  // somebody tries to get in
	InstanceAttacking Kind = "instance-attacking" // it does that to others
	EKS               Kind = "eks"                // a cluster of EKS, or a pod on it
	ECS               Kind = "ecs"                // a cluster of ECS, or a task on it
	Container         Kind = "container"          // a container on an instance
	Function          Kind = "function"           // a Lambda function
	Database          Kind = "database"           // an RDS database
	Bucket            Kind = "bucket"             // a bucket
	Object            Kind = "object"             // an object in one
	Image             Kind = "image"              // a machine image
	Snapshot          Kind = "snapshot"           // a snapshot of a volume
	RecoveryPoint     Kind = "recovery-point"     // of AWS Backup
	SequenceUser      Kind = "sequence-user"      // an attack sequence with a user's key
	SequenceBucket    Kind = "sequence-bucket"    // with a user's key and a bucket
	SequenceInstance  Kind = "sequence-instance"  // on instances
	SequenceEKS       Kind = "sequence-eks"       // on a cluster of EKS
	SequenceECS       Kind = "sequence-ecs"       // on a cluster of ECS
)

// The made-up world that the events are about.
const (
	account  = "111122223333"
	region   = "us-east-1"
	keyID    = "AKIA2E0A8F3B4C5D6E7F"
	session  = "ASIA2E0A8F3B4C5D6E7F"
	user     = "mallory"
	role     = "app"
	instance = "i-0a1b2c3d4e5f60718"
	bucket   = "payroll-exports"
	cluster  = "prod"
	when     = "2026-03-01T10:00:00.000Z"
	earlier  = "2026-03-01T09:00:00.000Z"
)

type object = map[string]any

type list = []any

func arn(service, resource string) string {
	return "arn:aws:" + service + ":" + region + ":" + account + ":" + resource
}

// form is how a kind looks by each road.
type form struct {
	duty    object // detail.resource of GuardDuty
	service object // what is added to detail.service
	asff    list   // Resources of ASFF
	ocsf    list   // resources of OCSF
}

// form gives what a kind looks like by each road. Sources: Resource in the GuardDuty API Reference; "ASFF syntax", Security Hub User Guide; for OCSF
// the events that Security Hub puts on the bus.
func (k Kind) form() (f form, known bool) {
	switch k {
	case User:
		return principal(keyID, "AIDA2E0A8F3B4C5D6E7F", user, "IAMUser"), true
	case Session:
		return principal(session, "AROA2E0A8F3B4C5D6E7F:deploy", role, "AssumedRole"), true
	case InstanceSession:
		f = principal(session, "AROA2E0A8F3B4C5D6E7F:"+instance, role, "AssumedRole")
		f.duty["instanceDetails"] = object{"instanceId": instance}
		f.asff = append(f.asff, machine().asff...)
		f.ocsf = append(f.ocsf, machine().ocsf...)
		return f, true
	case Root:
		return principal(keyID, account, "Root", "Root"), true
	case Instance, InstanceProbed, InstanceAttacked, InstanceAttacking:
		f = machine()
		f.service = k.connection()
		return f, true
	case EKS:
		return resource("EKSCluster", "eksClusterDetails", object{"name": cluster, "arn": arn("eks", "cluster/"+cluster)},
			"AwsEksCluster", "AWS::EKS::Cluster", arn("eks", "cluster/"+cluster)), true
	case ECS:
		return resource("ECSCluster", "ecsClusterDetails", object{"name": cluster, "arn": arn("ecs", "cluster/"+cluster), "taskDetails": object{"arn": arn("ecs", "task/"+cluster+"/0f1e2d3c")}},
			"AwsEcsCluster", "AWS::ECS::Cluster", arn("ecs", "cluster/"+cluster)), true
	case Container:
		f = resource("Container", "containerDetails", object{"id": "0f1e2d3c", "name": "app", "image": "app:1"}, "Container", "AWS::Container::Container", "0f1e2d3c")
		f.duty["instanceDetails"] = object{"instanceId": instance}
		f.asff = append(f.asff, machine().asff...) // the node stands beside it
		f.ocsf = append(f.ocsf, machine().ocsf...)
		return f, true
	case Function:
		return resource("Lambda", "lambdaDetails", object{"functionName": "orders", "functionArn": arn("lambda", "function:orders")},
			"AwsLambdaFunction", "AWS::Lambda::Function", arn("lambda", "function:orders")), true
	case Database:
		return resource("RDSDBInstance", "rdsDbInstanceDetails", object{"dbInstanceIdentifier": "orders", "dbInstanceArn": arn("rds", "db:orders")},
			"AwsRdsDbInstance", "AWS::RDS::DBInstance", arn("rds", "db:orders")), true
	case Image:
		return resource("EC2Image", "ec2ImageDetails", object{"imageArn": "arn:aws:ec2:us-east-1::image/ami-0a1b2c3d"}, "AwsEc2Image", "AWS::EC2::Image", "ami-0a1b2c3d"), true
	case Snapshot:
		return resource("EBSSnapshot", "ebsSnapshotDetails", object{"snapshotArn": "arn:aws:ec2:us-east-1::snapshot/snap-0a1b2c3d"},
			"AwsEc2Snapshot", "AWS::EC2::Snapshot", "snap-0a1b2c3d"), true
	case RecoveryPoint:
		own := arn("backup", "recovery-point:0f1e2d3c")
		return resource("RecoveryPoint", "recoveryPointDetails", object{"recoveryPointArn": own}, "AwsBackupRecoveryPoint", "AWS::Backup::RecoveryPoint", own), true
	}
	return k.more()
}

// more is form for buckets and attack sequences.
func (k Kind) more() (form, bool) {
	store := object{"name": bucket, "arn": "arn:aws:s3:::" + bucket, "type": "Destination"}
	f := resource("S3Bucket", "s3BucketDetails", nil, "AwsS3Bucket", "AWS::S3::Bucket", "arn:aws:s3:::"+bucket)
	f.duty["s3BucketDetails"] = list{store}
	// Who used the bucket stands beside it, though the resource is the bucket.
	f.duty["accessKeyDetails"] = principal(keyID, "AIDA2E0A8F3B4C5D6E7F", user, "IAMUser").duty["accessKeyDetails"]
	switch k {
	case Bucket:
		return f, true
	case Object:
		delete(f.duty, "accessKeyDetails")
		f.duty["resourceType"] = "S3Object"
		store["s3ObjectDetails"] = list{object{"key": "in/invoice.exe", "objectArn": "arn:aws:s3:::" + bucket + "/in/invoice.exe"}}
		return f, true
	}
	who, machines := principal(keyID, "AIDA2E0A8F3B4C5D6E7F", user, "IAMUser"), machine()
	thing := func(typ, uid string) list {
		return list{object{"uid": uid, "resourceType": typ, "accountId": account, "region": region}}
	}
	actor := list{object{"id": "a1", "user": object{"name": user, "uid": "AIDA2E0A8F3B4C5D6E7F", "type": "IAMUser", "credentialUid": keyID, "account": object{"uid": account}}}}
	switch k {
	case SequenceUser:
		return sequence(actor, nil, who.asff, who.ocsf), true
	case SequenceBucket:
		return sequence(actor, thing("S3_BUCKET", "arn:aws:s3:::"+bucket), append(who.asff, f.asff...), append(who.ocsf, f.ocsf...)), true
	case SequenceInstance:
		return sequence(nil, thing("EC2_INSTANCE", arn("ec2", "instance/"+instance)), machines.asff, machines.ocsf), true
	case SequenceEKS:
		f, _ := EKS.form()
		return sequence(nil, thing("EKS_CLUSTER", arn("eks", "cluster/"+cluster)), f.asff, f.ocsf), true
	case SequenceECS:
		f, _ := ECS.form()
		return sequence(nil, thing("ECS_CLUSTER", arn("ecs", "cluster/"+cluster)), f.asff, f.ocsf), true
	}
	return form{}, false
}

// principal is a finding about a credential.
func principal(key, id, name, kind string) form {
	return form{
		duty:    object{"resourceType": "AccessKey", "accessKeyDetails": object{"accessKeyId": key, "principalId": id, "userName": name, "userType": kind}},
		service: object{"resourceRole": "TARGET", "action": object{"actionType": "AWS_API_CALL"}},
		asff: list{object{"Type": "AwsIamAccessKey", "Id": "AWS::IAM::AccessKey:" + key, "Partition": "aws", "Region": region,
			"Details": object{"AwsIamAccessKey": object{"PrincipalId": id, "PrincipalType": kind, "PrincipalName": name}}}},
		ocsf: list{object{"type": "AWS::IAM::AccessKey", "uid": "AWS::IAM::AccessKey:" + key, "region": region,
			"owner": object{"account": object{"uid": account}}, "data": object{"access_key_id": key, "principal_id": id, "user_name": name, "user_type": kind}}},
	}
}

// machine is a finding about an instance.
func machine() form {
	own := arn("ec2", "instance/"+instance)
	return resource("Instance", "instanceDetails", object{"instanceId": instance}, "AwsEc2Instance", "AWS::EC2::Instance", own)
}

// resource is a finding about something with a name.
func resource(kind, field string, details object, asff, cfn, id string) form {
	return form{
		duty:    object{"resourceType": kind, field: details},
		service: object{"resourceRole": "TARGET"},
		asff:    list{object{"Type": asff, "Id": id, "Partition": "aws", "Region": region}},
		ocsf:    list{object{"type": cfn, "uid": id, "uid_alt": id, "region": region, "owner": object{"account": object{"uid": account}}}},
	}
}

// sequence is a finding that gathers others.
func sequence(actors, resources, asff, ocsf list) form {
	return form{
		duty:    object{"resourceType": "AttackSequence"},
		service: object{"detection": object{"sequence": object{"uid": "s1", "actors": actors, "resources": resources}}},
		asff:    asff, ocsf: ocsf,
	}
}

// connection says who attacks whom.
func (k Kind) connection() object {
	remote := object{"ipAddressV4": "185.220.101.7", "organization": object{"asn": "60729"}}
	way := func(role, direction string) object {
		return object{"resourceRole": role, "action": object{"actionType": "NETWORK_CONNECTION", "networkConnectionAction": object{"connectionDirection": direction, "remoteIpDetails": remote}}}
	}
	switch k {
	case InstanceProbed:
		return object{"resourceRole": "TARGET", "action": object{"actionType": "PORT_PROBE", "portProbeAction": object{"blocked": false, "portProbeDetails": list{object{"remoteIpDetails": remote}}}}}
	case InstanceAttacked:
		return way("TARGET", "INBOUND")
	}
	return way("ACTOR", "OUTBOUND")
}

// text is JSON of what is made here, which is always JSON.
func text(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
