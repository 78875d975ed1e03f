package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"parry"
)

// ARN templates. What stands in braces is the call's account and Region, or a field of its input.
const (
	iamUser     = "arn:{partition}:iam::{account}:user/{UserName}"
	iamRole     = "arn:{partition}:iam::{account}:role/{RoleName}"
	iamProfile  = "arn:{partition}:iam::{account}:instance-profile/{InstanceProfileName}"
	ec2Prefix   = "arn:{partition}:ec2:{region}:{account}:"
	ec2Group    = ec2Prefix + "security-group/{GroupId}"
	ec2Instance = ec2Prefix + "instance/{InstanceId}"
	asgGroup    = "arn:{partition}:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/{AutoScalingGroupName}"
	elbTargets  = "arn:{partition}:elasticloadbalancing:{region}:{account}:targetgroup/{TargetGroupArn}"
	elbName     = "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{LoadBalancerName}"
	bucket      = "arn:{partition}:s3:::{Bucket}"
	secret      = "arn:{partition}:secretsmanager:{region}:{account}:secret:{SecretId}*"
	function    = "arn:{partition}:lambda:{region}:{account}:function:{FunctionName}"
)

// tagOnCreate is the permission to tag what a call is creating, and nothing else.
func tagOnCreate(operation string, resources ...string) func(*entry) {
	return with("TagSpecifications", "ec2:CreateTags", map[string]map[string]string{"StringEquals": {"ec2:CreateAction": operation}}, resources...)
}

// entries is the table: everything that Parry can ask of AWS, one line each. An operation that is not here cannot be called.
// Actions and resource types: Service Authorization Reference; the judge's copy of it is compared in a test.
func entries() []entry {
	return []entry{
		op("iam:GetUser", iam.NewFromConfig, (*iam.Client).GetUser, needs("iam:GetUser", iamUser)),
		op("iam:CreateUser", iam.NewFromConfig, (*iam.Client).CreateUser, writes, needs("iam:CreateUser", iamUser)),
		op("iam:DeleteUser", iam.NewFromConfig, (*iam.Client).DeleteUser, writes, needs("iam:DeleteUser", iamUser)),
		op("iam:TagUser", iam.NewFromConfig, (*iam.Client).TagUser, writes, needs("iam:TagUser", iamUser)),
		op("iam:ListUserTags", iam.NewFromConfig, (*iam.Client).ListUserTags, needs("iam:ListUserTags", iamUser), pages("Marker", "Marker")),
		op("iam:GetAccessKeyLastUsed", iam.NewFromConfig, (*iam.Client).GetAccessKeyLastUsed, needs("iam:GetAccessKeyLastUsed", iamUser)),
		op("iam:ListAccessKeys", iam.NewFromConfig, (*iam.Client).ListAccessKeys, needs("iam:ListAccessKeys", iamUser), pages("Marker", "Marker")),
		op("iam:CreateAccessKey", iam.NewFromConfig, (*iam.Client).CreateAccessKey, writes, needs("iam:CreateAccessKey", iamUser), sensitive("AccessKey.SecretAccessKey")),
		op("iam:UpdateAccessKey", iam.NewFromConfig, (*iam.Client).UpdateAccessKey, writes, needs("iam:UpdateAccessKey", iamUser)),
		op("iam:DeleteAccessKey", iam.NewFromConfig, (*iam.Client).DeleteAccessKey, writes, needs("iam:DeleteAccessKey", iamUser)),
		op("iam:ListUserPolicies", iam.NewFromConfig, (*iam.Client).ListUserPolicies, needs("iam:ListUserPolicies", iamUser), pages("Marker", "Marker")),
		op("iam:GetUserPolicy", iam.NewFromConfig, (*iam.Client).GetUserPolicy, needs("iam:GetUserPolicy", iamUser)),
		op("iam:PutUserPolicy", iam.NewFromConfig, (*iam.Client).PutUserPolicy, writes, needs("iam:PutUserPolicy", iamUser)),
		op("iam:DeleteUserPolicy", iam.NewFromConfig, (*iam.Client).DeleteUserPolicy, writes, needs("iam:DeleteUserPolicy", iamUser)),
		op("iam:ListAttachedUserPolicies", iam.NewFromConfig, (*iam.Client).ListAttachedUserPolicies, needs("iam:ListAttachedUserPolicies", iamUser), pages("Marker", "Marker")),
		op("iam:AttachUserPolicy", iam.NewFromConfig, (*iam.Client).AttachUserPolicy, writes, needs("iam:AttachUserPolicy", iamUser), only("ArnEquals", "iam:PolicyARN", "{PolicyArn}")),
		op("iam:DetachUserPolicy", iam.NewFromConfig, (*iam.Client).DetachUserPolicy, writes, needs("iam:DetachUserPolicy", iamUser), only("ArnEquals", "iam:PolicyARN", "{PolicyArn}")),
		op("iam:GetRole", iam.NewFromConfig, (*iam.Client).GetRole, needs("iam:GetRole", iamRole)),
		op("iam:CreateRole", iam.NewFromConfig, (*iam.Client).CreateRole, writes, needs("iam:CreateRole", iamRole)),
		op("iam:GetInstanceProfile", iam.NewFromConfig, (*iam.Client).GetInstanceProfile, needs("iam:GetInstanceProfile", iamProfile)),
		op("iam:CreateInstanceProfile", iam.NewFromConfig, (*iam.Client).CreateInstanceProfile, writes, needs("iam:CreateInstanceProfile", iamProfile)),
		op("iam:AddRoleToInstanceProfile", iam.NewFromConfig, (*iam.Client).AddRoleToInstanceProfile, writes, needs("iam:AddRoleToInstanceProfile", iamProfile), depends("iam:PassRole")),

		op("ec2:DescribeVpcs", ec2.NewFromConfig, (*ec2.Client).DescribeVpcs, pages("NextToken", "NextToken")),
		op("ec2:CreateVpc", ec2.NewFromConfig, (*ec2.Client).CreateVpc, writes, needs("ec2:CreateVpc", ec2Prefix+"vpc/*")),
		op("ec2:CreateSubnet", ec2.NewFromConfig, (*ec2.Client).CreateSubnet, writes, needs("ec2:CreateSubnet", ec2Prefix+"subnet/*", ec2Prefix+"vpc/{VpcId}")),
		op("ec2:DescribeInstances", ec2.NewFromConfig, (*ec2.Client).DescribeInstances, pages("NextToken", "NextToken")),
		op("ec2:DescribeInstanceAttribute", ec2.NewFromConfig, (*ec2.Client).DescribeInstanceAttribute, needs("ec2:DescribeInstanceAttribute", ec2Instance), sensitive("UserData.Value")),
		op("ec2:RunInstances", ec2.NewFromConfig, (*ec2.Client).RunInstances, writes, needs("ec2:RunInstances", ec2Prefix+"*"), tagOnCreate("RunInstances", ec2Prefix+"*")),
		op("ec2:TerminateInstances", ec2.NewFromConfig, (*ec2.Client).TerminateInstances, writes, needs("ec2:TerminateInstances", ec2Prefix+"instance/{InstanceIds}")),
		op("ec2:ModifyInstanceAttribute", ec2.NewFromConfig, (*ec2.Client).ModifyInstanceAttribute, writes, needs("ec2:ModifyInstanceAttribute", ec2Instance, ec2Prefix+"security-group/{Groups}?")),
		op("ec2:ModifyInstanceMetadataOptions", ec2.NewFromConfig, (*ec2.Client).ModifyInstanceMetadataOptions, writes, needs("ec2:ModifyInstanceMetadataOptions", ec2Instance)),
		op("ec2:DescribeNetworkInterfaces", ec2.NewFromConfig, (*ec2.Client).DescribeNetworkInterfaces, pages("NextToken", "NextToken")),
		op("ec2:CreateNetworkInterface", ec2.NewFromConfig, (*ec2.Client).CreateNetworkInterface, writes, needs("ec2:CreateNetworkInterface", ec2Prefix+"network-interface/*", ec2Prefix+"subnet/{SubnetId}", ec2Prefix+"security-group/{Groups}?")),
		op("ec2:AttachNetworkInterface", ec2.NewFromConfig, (*ec2.Client).AttachNetworkInterface, writes, needs("ec2:AttachNetworkInterface", ec2Instance, ec2Prefix+"network-interface/{NetworkInterfaceId}")),
		op("ec2:ModifyNetworkInterfaceAttribute", ec2.NewFromConfig, (*ec2.Client).ModifyNetworkInterfaceAttribute, writes, needs("ec2:ModifyNetworkInterfaceAttribute", ec2Prefix+"network-interface/{NetworkInterfaceId}", ec2Prefix+"security-group/{Groups}?")),
		op("ec2:DescribeSecurityGroups", ec2.NewFromConfig, (*ec2.Client).DescribeSecurityGroups, pages("NextToken", "NextToken")),
		op("ec2:DescribeSecurityGroupRules", ec2.NewFromConfig, (*ec2.Client).DescribeSecurityGroupRules, pages("NextToken", "NextToken")),
		op("ec2:CreateSecurityGroup", ec2.NewFromConfig, (*ec2.Client).CreateSecurityGroup, writes, needs("ec2:CreateSecurityGroup", ec2Prefix+"security-group/*", ec2Prefix+"vpc/{VpcId}"), tagOnCreate("CreateSecurityGroup", ec2Prefix+"security-group/*")),
		op("ec2:DeleteSecurityGroup", ec2.NewFromConfig, (*ec2.Client).DeleteSecurityGroup, writes, needs("ec2:DeleteSecurityGroup", ec2Group)),
		op("ec2:AuthorizeSecurityGroupIngress", ec2.NewFromConfig, (*ec2.Client).AuthorizeSecurityGroupIngress, writes, needs("ec2:AuthorizeSecurityGroupIngress", ec2Group), tagOnCreate("AuthorizeSecurityGroupIngress", ec2Prefix+"security-group-rule/*")),
		op("ec2:AuthorizeSecurityGroupEgress", ec2.NewFromConfig, (*ec2.Client).AuthorizeSecurityGroupEgress, writes, needs("ec2:AuthorizeSecurityGroupEgress", ec2Group), tagOnCreate("AuthorizeSecurityGroupEgress", ec2Prefix+"security-group-rule/*")),
		op("ec2:RevokeSecurityGroupIngress", ec2.NewFromConfig, (*ec2.Client).RevokeSecurityGroupIngress, writes, needs("ec2:RevokeSecurityGroupIngress", ec2Group)),
		op("ec2:RevokeSecurityGroupEgress", ec2.NewFromConfig, (*ec2.Client).RevokeSecurityGroupEgress, writes, needs("ec2:RevokeSecurityGroupEgress", ec2Group)),
		op("ec2:DescribeSnapshots", ec2.NewFromConfig, (*ec2.Client).DescribeSnapshots, pages("NextToken", "NextToken")),
		op("ec2:CreateSnapshots", ec2.NewFromConfig, (*ec2.Client).CreateSnapshots, writes, needs("ec2:CreateSnapshots", ec2Prefix+"instance/{InstanceSpecification.InstanceId}", "arn:{partition}:ec2:{region}::snapshot/*", ec2Prefix+"volume/*"), tagOnCreate("CreateSnapshots", "arn:{partition}:ec2:{region}::snapshot/*")),
		op("ec2:DescribeIamInstanceProfileAssociations", ec2.NewFromConfig, (*ec2.Client).DescribeIamInstanceProfileAssociations, pages("NextToken", "NextToken")),
		op("ec2:AssociateIamInstanceProfile", ec2.NewFromConfig, (*ec2.Client).AssociateIamInstanceProfile, writes, needs("ec2:AssociateIamInstanceProfile", ec2Instance), depends("iam:PassRole", "arn:{partition}:iam::{account}:role/*")),
		op("ec2:DisassociateIamInstanceProfile", ec2.NewFromConfig, (*ec2.Client).DisassociateIamInstanceProfile, writes, needs("ec2:DisassociateIamInstanceProfile", ec2Prefix+"instance/*")),
		op("ec2:CreateTags", ec2.NewFromConfig, (*ec2.Client).CreateTags, writes, needs("ec2:CreateTags", ec2Prefix+"*/{Resources}")),
		op("ec2:DeleteTags", ec2.NewFromConfig, (*ec2.Client).DeleteTags, writes, needs("ec2:DeleteTags", ec2Prefix+"*/{Resources}")),

		op("autoscaling:DescribeAutoScalingInstances", autoscaling.NewFromConfig, (*autoscaling.Client).DescribeAutoScalingInstances, pages("NextToken", "NextToken")),
		op("autoscaling:DescribeAutoScalingGroups", autoscaling.NewFromConfig, (*autoscaling.Client).DescribeAutoScalingGroups, pages("NextToken", "NextToken")),
		op("autoscaling:CreateLaunchConfiguration", autoscaling.NewFromConfig, (*autoscaling.Client).CreateLaunchConfiguration, writes, needs("autoscaling:CreateLaunchConfiguration", "arn:{partition}:autoscaling:{region}:{account}:launchConfiguration:*:launchConfigurationName/{LaunchConfigurationName}")),
		op("autoscaling:CreateAutoScalingGroup", autoscaling.NewFromConfig, (*autoscaling.Client).CreateAutoScalingGroup, writes, needs("autoscaling:CreateAutoScalingGroup", asgGroup)),
		op("autoscaling:DetachInstances", autoscaling.NewFromConfig, (*autoscaling.Client).DetachInstances, writes, needs("autoscaling:DetachInstances", asgGroup)),
		op("autoscaling:AttachInstances", autoscaling.NewFromConfig, (*autoscaling.Client).AttachInstances, writes, needs("autoscaling:AttachInstances", asgGroup)),

		op("elbv2:DescribeTargetGroups", elbv2.NewFromConfig, (*elbv2.Client).DescribeTargetGroups, needs("elasticloadbalancing:DescribeTargetGroups"), pages("Marker", "NextMarker")),
		op("elbv2:DescribeTargetHealth", elbv2.NewFromConfig, (*elbv2.Client).DescribeTargetHealth, needs("elasticloadbalancing:DescribeTargetHealth")),
		op("elbv2:CreateTargetGroup", elbv2.NewFromConfig, (*elbv2.Client).CreateTargetGroup, writes, needs("elasticloadbalancing:CreateTargetGroup", "arn:{partition}:elasticloadbalancing:{region}:{account}:targetgroup/{Name}/*")),
		op("elbv2:RegisterTargets", elbv2.NewFromConfig, (*elbv2.Client).RegisterTargets, writes, needs("elasticloadbalancing:RegisterTargets", elbTargets)),
		op("elbv2:DeregisterTargets", elbv2.NewFromConfig, (*elbv2.Client).DeregisterTargets, writes, needs("elasticloadbalancing:DeregisterTargets", elbTargets)),
		op("elb:DescribeLoadBalancers", elb.NewFromConfig, (*elb.Client).DescribeLoadBalancers, needs("elasticloadbalancing:DescribeLoadBalancers"), pages("Marker", "NextMarker")),
		op("elb:CreateLoadBalancer", elb.NewFromConfig, (*elb.Client).CreateLoadBalancer, writes, needs("elasticloadbalancing:CreateLoadBalancer", elbName)),
		op("elb:RegisterInstancesWithLoadBalancer", elb.NewFromConfig, (*elb.Client).RegisterInstancesWithLoadBalancer, writes, needs("elasticloadbalancing:RegisterInstancesWithLoadBalancer", elbName)),
		op("elb:DeregisterInstancesFromLoadBalancer", elb.NewFromConfig, (*elb.Client).DeregisterInstancesFromLoadBalancer, writes, needs("elasticloadbalancing:DeregisterInstancesFromLoadBalancer", elbName)),

		op("s3:CreateBucket", s3Client, (*s3.Client).CreateBucket, writes, needs("s3:CreateBucket", bucket)),
		op("s3:GetPublicAccessBlock", s3Client, (*s3.Client).GetPublicAccessBlock, needs("s3:GetBucketPublicAccessBlock", bucket)),
		op("s3:PutPublicAccessBlock", s3Client, (*s3.Client).PutPublicAccessBlock, writes, needs("s3:PutBucketPublicAccessBlock", bucket)),
		op("s3:DeletePublicAccessBlock", s3Client, (*s3.Client).DeletePublicAccessBlock, writes, needs("s3:PutBucketPublicAccessBlock", bucket)),
		op("s3:GetBucketWebsite", s3Client, (*s3.Client).GetBucketWebsite, needs("s3:GetBucketWebsite", bucket)),
		op("s3:PutBucketWebsite", s3Client, (*s3.Client).PutBucketWebsite, writes, needs("s3:PutBucketWebsite", bucket)),
		op("s3:GetBucketPolicy", s3Client, (*s3.Client).GetBucketPolicy, needs("s3:GetBucketPolicy", bucket)),
		op("s3:PutBucketPolicy", s3Client, (*s3.Client).PutBucketPolicy, writes, needs("s3:PutBucketPolicy", bucket)),
		op("s3:GetBucketTagging", s3Client, (*s3.Client).GetBucketTagging, needs("s3:GetBucketTagging", bucket)),
		op("s3:PutBucketTagging", s3Client, (*s3.Client).PutBucketTagging, writes, needs("s3:PutBucketTagging", bucket)),
		op("s3:PutBucketEncryption", s3Client, (*s3.Client).PutBucketEncryption, writes, needs("s3:PutEncryptionConfiguration", bucket)),
		op("s3:GetBucketEncryption", s3Client, (*s3.Client).GetBucketEncryption, needs("s3:GetEncryptionConfiguration", bucket)),

		op("secretsmanager:CreateSecret", secretsmanager.NewFromConfig, (*secretsmanager.Client).CreateSecret, writes, needs("secretsmanager:CreateSecret", "arn:{partition}:secretsmanager:{region}:{account}:secret:{Name}*")),
		op("secretsmanager:DescribeSecret", secretsmanager.NewFromConfig, (*secretsmanager.Client).DescribeSecret, needs("secretsmanager:DescribeSecret", secret)),
		op("secretsmanager:RotateSecret", secretsmanager.NewFromConfig, (*secretsmanager.Client).RotateSecret, writes, needs("secretsmanager:RotateSecret", secret), depends("lambda:InvokeFunction", function)),
		op("secretsmanager:PutSecretValue", secretsmanager.NewFromConfig, (*secretsmanager.Client).PutSecretValue, writes, needs("secretsmanager:PutSecretValue", secret)),
		op("secretsmanager:DeleteSecret", secretsmanager.NewFromConfig, (*secretsmanager.Client).DeleteSecret, writes, needs("secretsmanager:DeleteSecret", secret)),
		op("secretsmanager:TagResource", secretsmanager.NewFromConfig, (*secretsmanager.Client).TagResource, writes, needs("secretsmanager:TagResource", secret)),

		op("lambda:CreateFunction", lambda.NewFromConfig, (*lambda.Client).CreateFunction, writes, needs("lambda:CreateFunction", function), depends("iam:PassRole")),
	}
}

// s3Client asks an endpoint of one's own by path: an emulator has no name for each bucket.
func s3Client(cfg aws.Config, opts ...func(*s3.Options)) *s3.Client {
	return s3.NewFromConfig(cfg, append(opts, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil })...)
}

// Catalog is the table as the domain sees it.
func Catalog() parry.Catalog {
	c := parry.Catalog{}
	for _, e := range entries() {
		if _, dup := c[e.Name]; dup {
			panic("awsapi: " + e.Name + " stands twice in the table")
		}
		c[e.Name] = e.Operation
	}
	return c
}
