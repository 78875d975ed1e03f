package source

import "strings"

// kind says how a type of resource is called in CloudFormation, and how its ARN leads to its id.
type kind struct {
	cfn     string
	service string // of the ARN
	prefix  string // of the ARN's last part
	id      idForm
}

// idForm is what of an ARN is the id that the service's own API takes.
type idForm int

const (
	restID  idForm = iota // all behind the prefix
	lastID                // what follows the last slash: the name of a user whose ARN has a path
	firstID               // what stands before the next colon or slash: a function's name without its version
	arnID                 // the whole ARN
)

// kindOfResource looks up a resource type of ASFF. Sources: "Resources" in "AWS Security Finding Format (ASFF)
// syntax", Security Hub User Guide; the ARN formats in "Actions, resources, and condition keys for AWS services",
// Service Authorization Reference; the type names in "AWS resource and property types reference", CloudFormation.
// Types that CloudFormation lacks have the name that AWS Config gives them.
func kindOfResource(asff string) (kind, bool) {
	k, ok := asffKinds()[asff]
	return k, ok
}

// asffKinds are the types by their names in ASFF.
func asffKinds() map[string]kind {
	return map[string]kind{
		"AwsApiGatewayRestApi":           {"AWS::ApiGateway::RestApi", "apigateway", "/restapis/", restID},
		"AwsApiGatewayStage":             {"AWS::ApiGateway::Stage", "apigateway", "/restapis/", arnID},
		"AwsApiGatewayV2Api":             {"AWS::ApiGatewayV2::Api", "apigateway", "/apis/", restID},
		"AwsApiGatewayV2Stage":           {"AWS::ApiGatewayV2::Stage", "apigateway", "/apis/", arnID},
		"AwsAppSyncGraphQlApi":           {"AWS::AppSync::GraphQLApi", "appsync", "apis/", restID},
		"AwsAthenaWorkGroup":             {"AWS::Athena::WorkGroup", "athena", "workgroup/", restID},
		"AwsAutoScalingAutoScalingGroup": {"AWS::AutoScaling::AutoScalingGroup", "autoscaling", "autoScalingGroup:", lastID},
		"AwsAutoScalingLaunchConfiguration": {
			"AWS::AutoScaling::LaunchConfiguration", "autoscaling", "launchConfiguration:", lastID},
		"AwsBackupBackupPlan":              {"AWS::Backup::BackupPlan", "backup", "backup-plan:", restID},
		"AwsBackupBackupVault":             {"AWS::Backup::BackupVault", "backup", "backup-vault:", restID},
		"AwsBackupRecoveryPoint":           {"AWS::Backup::RecoveryPoint", "backup", "recovery-point:", arnID},
		"AwsCertificateManagerCertificate": {"AWS::CertificateManager::Certificate", "acm", "certificate/", arnID},
		"AwsCloudFormationStack":           {"AWS::CloudFormation::Stack", "cloudformation", "stack/", arnID},
		"AwsCloudFrontDistribution":        {"AWS::CloudFront::Distribution", "cloudfront", "distribution/", restID},
		"AwsCloudTrailTrail":               {"AWS::CloudTrail::Trail", "cloudtrail", "trail/", restID},
		"AwsCloudWatchAlarm":               {"AWS::CloudWatch::Alarm", "cloudwatch", "alarm:", restID},
		"AwsCodeBuildProject":              {"AWS::CodeBuild::Project", "codebuild", "project/", restID},
		"AwsDmsEndpoint":                   {"AWS::DMS::Endpoint", "dms", "endpoint:", arnID},
		"AwsDmsReplicationInstance":        {"AWS::DMS::ReplicationInstance", "dms", "rep:", arnID},
		"AwsDmsReplicationTask":            {"AWS::DMS::ReplicationTask", "dms", "task:", arnID},
		"AwsDynamoDbTable":                 {"AWS::DynamoDB::Table", "dynamodb", "table/", restID},
		"AwsEc2ClientVpnEndpoint":          {"AWS::EC2::ClientVpnEndpoint", "ec2", "client-vpn-endpoint/", restID},
		"AwsEc2Eip":                        {"AWS::EC2::EIP", "ec2", "elastic-ip/", restID},
		"AwsEc2Instance":                   {"AWS::EC2::Instance", "ec2", "instance/", restID},
		"AwsEc2LaunchTemplate":             {"AWS::EC2::LaunchTemplate", "ec2", "launch-template/", restID},
		"AwsEc2NetworkAcl":                 {"AWS::EC2::NetworkAcl", "ec2", "network-acl/", restID},
		"AwsEc2NetworkInterface":           {"AWS::EC2::NetworkInterface", "ec2", "network-interface/", restID},
		"AwsEc2RouteTable":                 {"AWS::EC2::RouteTable", "ec2", "route-table/", restID},
		"AwsEc2SecurityGroup":              {"AWS::EC2::SecurityGroup", "ec2", "security-group/", restID},
		"AwsEc2Snapshot":                   {"AWS::EC2::Snapshot", "ec2", "snapshot/", restID},
		"AwsEc2Subnet":                     {"AWS::EC2::Subnet", "ec2", "subnet/", restID},
		"AwsEc2TransitGateway":             {"AWS::EC2::TransitGateway", "ec2", "transit-gateway/", restID},
		"AwsEc2Volume":                     {"AWS::EC2::Volume", "ec2", "volume/", restID},
		"AwsEc2Vpc":                        {"AWS::EC2::VPC", "ec2", "vpc/", restID},
		"AwsEc2VpcEndpointService":         {"AWS::EC2::VPCEndpointService", "ec2", "vpc-endpoint-service/", restID},
		"AwsEc2VpcPeeringConnection":       {"AWS::EC2::VPCPeeringConnection", "ec2", "vpc-peering-connection/", restID},
		"AwsEc2VpnConnection":              {"AWS::EC2::VPNConnection", "ec2", "vpn-connection/", restID},
		"AwsEcrRepository":                 {"AWS::ECR::Repository", "ecr", "repository/", restID},
		"AwsEcsCluster":                    {"AWS::ECS::Cluster", "ecs", "cluster/", restID},
		"AwsEcsService":                    {"AWS::ECS::Service", "ecs", "service/", arnID},
		"AwsEcsTask":                       {"AWS::ECS::Task", "ecs", "task/", restID},
		"AwsEcsTaskDefinition":             {"AWS::ECS::TaskDefinition", "ecs", "task-definition/", arnID},
		"AwsEfsAccessPoint":                {"AWS::EFS::AccessPoint", "elasticfilesystem", "access-point/", restID},
		"AwsEfsFileSystem":                 {"AWS::EFS::FileSystem", "elasticfilesystem", "file-system/", restID},
		"AwsEksCluster":                    {"AWS::EKS::Cluster", "eks", "cluster/", restID},
		"AwsElasticBeanstalkEnvironment":   {"AWS::ElasticBeanstalk::Environment", "elasticbeanstalk", "environment/", lastID},
		"AwsElastiCacheCacheCluster":       {"AWS::ElastiCache::CacheCluster", "elasticache", "cluster:", restID},
		"AwsElastiCacheReplicationGroup":   {"AWS::ElastiCache::ReplicationGroup", "elasticache", "replicationgroup:", restID},
		"AwsElasticsearchDomain":           {"AWS::Elasticsearch::Domain", "es", "domain/", restID},
		"AwsElbLoadBalancer":               {"AWS::ElasticLoadBalancing::LoadBalancer", "elasticloadbalancing", "loadbalancer/", restID},
		"AwsElbv2LoadBalancer":             {"AWS::ElasticLoadBalancingV2::LoadBalancer", "elasticloadbalancing", "loadbalancer/", arnID},
		"AwsGuardDutyDetector":             {"AWS::GuardDuty::Detector", "guardduty", "detector/", restID},
		"AwsGuardDutyFilter":               {"AWS::GuardDuty::Filter", "guardduty", "detector/", arnID},
		"AwsIamGroup":                      {"AWS::IAM::Group", "iam", "group/", lastID},
		"AwsIamInstanceProfile":            {"AWS::IAM::InstanceProfile", "iam", "instance-profile/", lastID},
		"AwsIamPolicy":                     {"AWS::IAM::Policy", "iam", "policy/", arnID},
		"AwsIamRole":                       {"AWS::IAM::Role", "iam", "role/", lastID},
		"AwsIamUser":                       {"AWS::IAM::User", "iam", "user/", lastID},
		"AwsKinesisStream":                 {"AWS::Kinesis::Stream", "kinesis", "stream/", restID},
		"AwsKmsKey":                        {"AWS::KMS::Key", "kms", "key/", restID},
		"AwsLambdaFunction":                {"AWS::Lambda::Function", "lambda", "function:", firstID},
		"AwsLambdaLayerVersion":            {"AWS::Lambda::LayerVersion", "lambda", "layer:", arnID},
		"AwsLogsLogGroup":                  {"AWS::Logs::LogGroup", "logs", "log-group:", restID},
		"AwsMskCluster":                    {"AWS::MSK::Cluster", "kafka", "cluster/", arnID},
		"AwsNetworkFirewallFirewall":       {"AWS::NetworkFirewall::Firewall", "network-firewall", "firewall/", arnID},
		"AwsNetworkFirewallFirewallPolicy": {
			"AWS::NetworkFirewall::FirewallPolicy", "network-firewall", "firewall-policy/", arnID},
		"AwsOpenSearchServiceDomain":   {"AWS::OpenSearchService::Domain", "es", "domain/", restID},
		"AwsRdsDbCluster":              {"AWS::RDS::DBCluster", "rds", "cluster:", restID},
		"AwsRdsDbClusterSnapshot":      {"AWS::RDS::DBClusterSnapshot", "rds", "cluster-snapshot:", restID},
		"AwsRdsDbInstance":             {"AWS::RDS::DBInstance", "rds", "db:", restID},
		"AwsRdsDbSecurityGroup":        {"AWS::RDS::DBSecurityGroup", "rds", "secgrp:", restID},
		"AwsRdsDbSnapshot":             {"AWS::RDS::DBSnapshot", "rds", "snapshot:", restID},
		"AwsRdsEventSubscription":      {"AWS::RDS::EventSubscription", "rds", "es:", restID},
		"AwsRedshiftCluster":           {"AWS::Redshift::Cluster", "redshift", "cluster:", restID},
		"AwsRoute53HostedZone":         {"AWS::Route53::HostedZone", "route53", "hostedzone/", restID},
		"AwsS3AccessPoint":             {"AWS::S3::AccessPoint", "s3", "accesspoint/", restID},
		"AwsS3Bucket":                  {"AWS::S3::Bucket", "s3", "", restID},
		"AwsSageMakerNotebookInstance": {"AWS::SageMaker::NotebookInstance", "sagemaker", "notebook-instance/", restID},
		"AwsSecretsManagerSecret":      {"AWS::SecretsManager::Secret", "secretsmanager", "secret:", arnID},
		"AwsSnsTopic":                  {"AWS::SNS::Topic", "sns", "", arnID},
		"AwsSqsQueue":                  {"AWS::SQS::Queue", "sqs", "", restID},
		"AwsSsmDocument":               {"AWS::SSM::Document", "ssm", "document/", restID},
		"AwsStepFunctionStateMachine":  {"AWS::StepFunctions::StateMachine", "states", "stateMachine:", arnID},
		"AwsWafv2RuleGroup":            {"AWS::WAFv2::RuleGroup", "wafv2", "", arnID},
		"AwsWafv2WebAcl":               {"AWS::WAFv2::WebACL", "wafv2", "", arnID},
	}
}

// kindOfType looks up a resource type by the name that CloudFormation or ASFF gives it.
func kindOfType(name string) (kind, bool) {
	if k, ok := asffKinds()[name]; ok {
		return k, true
	}
	return cfnKind(name)
}

// identify finds the id and the ARN of a resource. An ARN of another type is refused: a role is not the user of the
// same name. A plain id is taken as it is, where the service's API takes plain ids.
func (k kind) identify(s string) (id, own string, ok bool) {
	a, isARN := parseARN(s)
	if !isARN {
		return s, "", k.id != arnID && !strings.ContainsAny(s, ":/")
	}
	rest, fits := strings.CutPrefix(a.resource, k.prefix)
	if !fits || a.service != k.service || rest == "" {
		return "", s, false
	}
	switch k.id {
	case lastID:
		rest = rest[strings.LastIndexByte(rest, '/')+1:]
	case firstID:
		if end := strings.IndexAny(rest, ":/"); end >= 0 {
			rest = rest[:end]
		}
	case arnID:
		rest = s
	}
	if (k.cfn == "AWS::S3::Bucket" || k.cfn == "AWS::DynamoDB::Table") && strings.Contains(rest, "/") {
		return "", s, false // an object in the bucket, a stream of the table
	}
	return rest, s, rest != ""
}

// arn builds the ARN of a resource that is known by its plain id, where its type alone says how; else it is empty.
func (k kind) arn(in scope, id string) string {
	switch {
	case k.service == "ec2":
		return in.arn(k.service, k.prefix+id)
	case k.cfn == "AWS::S3::Bucket":
		return "arn:" + in.partition + ":s3:::" + id
	case k.cfn == "AWS::IAM::User", k.cfn == "AWS::IAM::Role":
		return in.global(k.service, k.prefix+id)
	}
	return ""
}
