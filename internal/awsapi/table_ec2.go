package awsapi

import (
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

const (
	ec2Prefix   = "arn:{partition}:ec2:{region}:{account}:"
	ec2Group    = ec2Prefix + "security-group/{GroupId}"
	ec2Instance = ec2Prefix + "instance/{InstanceId}"
	ec2Snapshot = "arn:{partition}:ec2:{region}::snapshot/{SnapshotId}"
	ec2Image    = "arn:{partition}:ec2:{region}::image/{ImageId}"
)

// tagOnCreate is the permission to tag what a call is creating, and nothing else.
func tagOnCreate(operation string, resources ...string) func(*entry) {
	return with("TagSpecifications", "ec2:CreateTags", map[string]map[string]string{"StringEquals": {"ec2:CreateAction": operation}}, resources...)
}

func ec2Entries() []entry {
	return []entry{
		op("ec2:DescribeVpcs", ec2.NewFromConfig, (*ec2.Client).DescribeVpcs, pages("NextToken", "NextToken")),
		op("ec2:CreateVpc", ec2.NewFromConfig, (*ec2.Client).CreateVpc, writes, needs("ec2:CreateVpc", ec2Prefix+"vpc/*")),
		op("ec2:DescribeFlowLogs", ec2.NewFromConfig, (*ec2.Client).DescribeFlowLogs, pages("NextToken", "NextToken")),
		op("ec2:CreateFlowLogs", ec2.NewFromConfig, (*ec2.Client).CreateFlowLogs, writes, needs("ec2:CreateFlowLogs", ec2Prefix+"vpc-flow-log/*", ec2Prefix+"vpc/{ResourceIds}"), tagOnCreate("CreateFlowLogs", ec2Prefix+"vpc-flow-log/*"),
			depends("iam:PassRole", "arn:{partition}:iam::{account}:role/*"), with("LogDestination", "logs:CreateLogDelivery", nil, "*")),
		op("ec2:DeleteFlowLogs", ec2.NewFromConfig, (*ec2.Client).DeleteFlowLogs, writes, needs("ec2:DeleteFlowLogs", ec2Prefix+"vpc-flow-log/{FlowLogIds}")),
		op("ec2:DescribeSubnets", ec2.NewFromConfig, (*ec2.Client).DescribeSubnets, pages("NextToken", "NextToken")),
		op("ec2:ModifySubnetAttribute", ec2.NewFromConfig, (*ec2.Client).ModifySubnetAttribute, writes, needs("ec2:ModifySubnetAttribute", ec2Prefix+"subnet/{SubnetId}")),
		op("ec2:CreateSubnet", ec2.NewFromConfig, (*ec2.Client).CreateSubnet, writes, needs("ec2:CreateSubnet", ec2Prefix+"subnet/*", ec2Prefix+"vpc/{VpcId}")),
		op("ec2:DescribeInstances", ec2.NewFromConfig, (*ec2.Client).DescribeInstances, pages("NextToken", "NextToken")),
		op("ec2:DescribeInstanceAttribute", ec2.NewFromConfig, (*ec2.Client).DescribeInstanceAttribute, needs("ec2:DescribeInstanceAttribute", ec2Instance), sensitive("UserData.Value")),
		op("ec2:RunInstances", ec2.NewFromConfig, (*ec2.Client).RunInstances, writes, needs("ec2:RunInstances", ec2Prefix+"*"), tagOnCreate("RunInstances", ec2Prefix+"*")),
		op("ec2:StopInstances", ec2.NewFromConfig, (*ec2.Client).StopInstances, writes, needs("ec2:StopInstances", ec2Prefix+"instance/{InstanceIds}")),
		op("ec2:TerminateInstances", ec2.NewFromConfig, (*ec2.Client).TerminateInstances, writes, needs("ec2:TerminateInstances", ec2Prefix+"instance/{InstanceIds}")),
		op("ec2:ModifyInstanceAttribute", ec2.NewFromConfig, (*ec2.Client).ModifyInstanceAttribute, writes, needs("ec2:ModifyInstanceAttribute", ec2Instance, ec2Prefix+"security-group/{Groups}?")),
		op("ec2:ModifyInstanceMetadataOptions", ec2.NewFromConfig, (*ec2.Client).ModifyInstanceMetadataOptions, writes, needs("ec2:ModifyInstanceMetadataOptions", ec2Instance)),
		op("ec2:DescribeManagedPrefixLists", ec2.NewFromConfig, (*ec2.Client).DescribeManagedPrefixLists, pages("NextToken", "NextToken")),
		op("ec2:GetManagedPrefixListEntries", ec2.NewFromConfig, (*ec2.Client).GetManagedPrefixListEntries, pages("NextToken", "NextToken"), needs("ec2:GetManagedPrefixListEntries", ec2Prefix+"prefix-list/{PrefixListId}", "arn:{partition}:ec2:{region}:aws:prefix-list/{PrefixListId}")),
		op("ec2:DescribeNetworkAcls", ec2.NewFromConfig, (*ec2.Client).DescribeNetworkAcls, pages("NextToken", "NextToken")),
		op("ec2:CreateNetworkAclEntry", ec2.NewFromConfig, (*ec2.Client).CreateNetworkAclEntry, writes, needs("ec2:CreateNetworkAclEntry", ec2Prefix+"network-acl/{NetworkAclId}")),
		op("ec2:DeleteNetworkAclEntry", ec2.NewFromConfig, (*ec2.Client).DeleteNetworkAclEntry, writes, needs("ec2:DeleteNetworkAclEntry", ec2Prefix+"network-acl/{NetworkAclId}")),
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
		op("ec2:CreateVolume", ec2.NewFromConfig, (*ec2.Client).CreateVolume, writes, needs("ec2:CreateVolume", ec2Prefix+"volume/*"), tagOnCreate("CreateVolume", ec2Prefix+"volume/*")),
		op("ec2:CreateSnapshot", ec2.NewFromConfig, (*ec2.Client).CreateSnapshot, writes, needs("ec2:CreateSnapshot", "arn:{partition}:ec2:{region}::snapshot/*", ec2Prefix+"volume/{VolumeId}"), tagOnCreate("CreateSnapshot", "arn:{partition}:ec2:{region}::snapshot/*")),
		op("ec2:DescribeSnapshotAttribute", ec2.NewFromConfig, (*ec2.Client).DescribeSnapshotAttribute, needs("ec2:DescribeSnapshotAttribute", ec2Snapshot)),
		op("ec2:ModifySnapshotAttribute", ec2.NewFromConfig, (*ec2.Client).ModifySnapshotAttribute, writes, needs("ec2:ModifySnapshotAttribute", ec2Snapshot)),
		op("ec2:GetSnapshotBlockPublicAccessState", ec2.NewFromConfig, (*ec2.Client).GetSnapshotBlockPublicAccessState),
		op("ec2:EnableSnapshotBlockPublicAccess", ec2.NewFromConfig, (*ec2.Client).EnableSnapshotBlockPublicAccess, writes),
		op("ec2:DisableSnapshotBlockPublicAccess", ec2.NewFromConfig, (*ec2.Client).DisableSnapshotBlockPublicAccess, writes),
		op("ec2:RegisterImage", ec2.NewFromConfig, (*ec2.Client).RegisterImage, writes, needs("ec2:RegisterImage", "arn:{partition}:ec2:{region}::image/*"), tagOnCreate("RegisterImage", "arn:{partition}:ec2:{region}::image/*")),
		op("ec2:DescribeImages", ec2.NewFromConfig, (*ec2.Client).DescribeImages, pages("NextToken", "NextToken")),
		op("ec2:DescribeImageAttribute", ec2.NewFromConfig, (*ec2.Client).DescribeImageAttribute, needs("ec2:DescribeImageAttribute", ec2Image)),
		op("ec2:ModifyImageAttribute", ec2.NewFromConfig, (*ec2.Client).ModifyImageAttribute, writes, needs("ec2:ModifyImageAttribute", ec2Image)),
		op("ec2:DescribeIamInstanceProfileAssociations", ec2.NewFromConfig, (*ec2.Client).DescribeIamInstanceProfileAssociations, pages("NextToken", "NextToken")),
		op("ec2:AssociateIamInstanceProfile", ec2.NewFromConfig, (*ec2.Client).AssociateIamInstanceProfile, writes, needs("ec2:AssociateIamInstanceProfile", ec2Instance), depends("iam:PassRole", "arn:{partition}:iam::{account}:role/*")),
		op("ec2:DisassociateIamInstanceProfile", ec2.NewFromConfig, (*ec2.Client).DisassociateIamInstanceProfile, writes, needs("ec2:DisassociateIamInstanceProfile", ec2Prefix+"instance/*")),
		op("ec2:GetEbsEncryptionByDefault", ec2.NewFromConfig, (*ec2.Client).GetEbsEncryptionByDefault),
		op("ec2:EnableEbsEncryptionByDefault", ec2.NewFromConfig, (*ec2.Client).EnableEbsEncryptionByDefault, writes),
		op("ec2:DisableEbsEncryptionByDefault", ec2.NewFromConfig, (*ec2.Client).DisableEbsEncryptionByDefault, writes),
		op("ec2:CreateTransitGateway", ec2.NewFromConfig, (*ec2.Client).CreateTransitGateway, writes, needs("ec2:CreateTransitGateway", ec2Prefix+"transit-gateway/*"), tagOnCreate("CreateTransitGateway", ec2Prefix+"transit-gateway/*")),
		op("ec2:DescribeTransitGateways", ec2.NewFromConfig, (*ec2.Client).DescribeTransitGateways, pages("NextToken", "NextToken")),
		op("ec2:ModifyTransitGateway", ec2.NewFromConfig, (*ec2.Client).ModifyTransitGateway, writes, needs("ec2:ModifyTransitGateway", ec2Prefix+"transit-gateway/{TransitGatewayId}")),
		op("ec2:CreateTags", ec2.NewFromConfig, (*ec2.Client).CreateTags, writes, needs("ec2:CreateTags", ec2Prefix+"*/{Resources}")),
		op("ec2:DeleteTags", ec2.NewFromConfig, (*ec2.Client).DeleteTags, writes, needs("ec2:DeleteTags", ec2Prefix+"*/{Resources}")),
		op("ec2:DescribeVpcAttribute", ec2.NewFromConfig, (*ec2.Client).DescribeVpcAttribute, needs("ec2:DescribeVpcAttribute", ec2Prefix+"vpc/{VpcId}")),
		op("ec2:ModifyVpcAttribute", ec2.NewFromConfig, (*ec2.Client).ModifyVpcAttribute, writes, needs("ec2:ModifyVpcAttribute", ec2Prefix+"vpc/{VpcId}")),
		op("ec2:DescribeVpcEndpoints", ec2.NewFromConfig, (*ec2.Client).DescribeVpcEndpoints, pages("NextToken", "NextToken")),
		op("ec2:CreateVpcEndpoint", ec2.NewFromConfig, (*ec2.Client).CreateVpcEndpoint, writes,
			needs("ec2:CreateVpcEndpoint", ec2Prefix+"vpc-endpoint/*", ec2Prefix+"vpc/{VpcId}", ec2Prefix+"subnet/{SubnetIds}", ec2Prefix+"security-group/{SecurityGroupIds}"),
			tagOnCreate("CreateVpcEndpoint", ec2Prefix+"vpc-endpoint/*")),
		op("ec2:DeleteVpcEndpoints", ec2.NewFromConfig, (*ec2.Client).DeleteVpcEndpoints, writes, needs("ec2:DeleteVpcEndpoints", ec2Prefix+"vpc-endpoint/{VpcEndpointIds}")),
	}
}
