package source

import "strings"

// spot says where a call names a resource of a type. Of several places the first counts that holds an id. A star stands
// for every element of a list.
type spot struct {
	cfn string
	at  []string
}

// spotsOf says what a call changes; false for a call that the table lacks. A call that is there without a spot changes
// nothing that could be acted on, or nobody but its caller.
func spotsOf(call string) ([]spot, bool) {
	for _, row := range callTable() {
		service, name, _ := strings.Cut(call, ":")
		if row.service != service {
			continue
		}
		for _, c := range strings.Fields(row.calls) {
			if c == name || c == "*" {
				return row.spots, true
			}
		}
	}
	return nil, false
}

// callRow is the calls of a service that name their resources in the same places.
type callRow struct {
	service string // of the event's source
	calls   string
	spots   []spot
}

// atRequest is the spot of a call that names what it changes in its request.
func atRequest(cfn string, fields ...string) spot {
	s := spot{cfn: cfn}
	for _, f := range fields {
		s.at = append(s.at, "requestParameters."+f)
	}
	return s
}

// atResponse is the spot of a call that tells the id in its answer.
func atResponse(cfn string, fields ...string) spot {
	s := spot{cfn: cfn}
	for _, f := range fields {
		s.at = append(s.at, "responseElements."+f)
	}
	return s
}

// callTable holds the calls that matter for security, by service. The first row that has the call counts. Sources: the
// event examples in "Logging ... API calls with AWS CloudTrail" of each service's guide, and recorded events; the names
// are those of the services' APIs in CloudTrail's spelling, which begins with a small letter, but for EC2's newer calls,
// which are wrapped in their request.
func callTable() []callRow {
	var all []callRow
	for _, rows := range [][]callRow{iamCalls(), s3Calls(), ec2Calls(), watchCalls(), dataCalls(), computeCalls(), accountCalls()} {
		all = append(all, rows...)
	}
	return all
}

func iamCalls() []callRow {
	user, role := atRequest("AWS::IAM::User", "userName"), atRequest("AWS::IAM::Role", "roleName")
	group, policy := atRequest("AWS::IAM::Group", "groupName"), atRequest("AWS::IAM::Policy", "policyArn")
	profile := atRequest("AWS::IAM::InstanceProfile", "instanceProfileName")
	return []callRow{
		{"iam", "CreateUser UpdateUser DeleteUser CreateLoginProfile UpdateLoginProfile DeleteLoginProfile AttachUserPolicy DetachUserPolicy " +
			"PutUserPolicy DeleteUserPolicy PutUserPermissionsBoundary DeleteUserPermissionsBoundary EnableMFADevice DeactivateMFADevice " +
			"ResyncMFADevice UploadSSHPublicKey UploadSigningCertificate CreateServiceSpecificCredential ResetServiceSpecificCredential " +
			"TagUser UntagUser", []spot{user}},
		{"iam", "AddUserToGroup RemoveUserFromGroup", []spot{user, group}},
		{"iam", "CreateGroup UpdateGroup DeleteGroup AttachGroupPolicy DetachGroupPolicy PutGroupPolicy DeleteGroupPolicy", []spot{group}},
		{"iam", "CreateRole UpdateRole DeleteRole UpdateRoleDescription UpdateAssumeRolePolicy AttachRolePolicy DetachRolePolicy PutRolePolicy " +
			"DeleteRolePolicy PutRolePermissionsBoundary DeleteRolePermissionsBoundary TagRole UntagRole", []spot{role}},
		{"iam", "AddRoleToInstanceProfile RemoveRoleFromInstanceProfile", []spot{profile, role}},
		{"iam", "CreateInstanceProfile DeleteInstanceProfile", []spot{profile}},
		{"iam", "CreatePolicyVersion SetDefaultPolicyVersion DeletePolicyVersion DeletePolicy", []spot{policy}},
		{"iam", "CreatePolicy", []spot{atResponse("AWS::IAM::Policy", "policy.arn")}},
		{"iam", "DeleteVirtualMFADevice", []spot{atRequest("AWS::IAM::VirtualMFADevice", "serialNumber")}},
		{"iam", "CreateVirtualMFADevice", []spot{atResponse("AWS::IAM::VirtualMFADevice", "virtualMFADevice.serialNumber")}},
		{"iam", "CreateSAMLProvider UpdateSAMLProvider DeleteSAMLProvider", []spot{
			{"AWS::IAM::SAMLProvider", []string{"requestParameters.sAMLProviderArn", "responseElements.sAMLProviderArn"}}}},
		{"iam", "CreateOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint AddClientIDToOpenIDConnectProvider DeleteOpenIDConnectProvider", []spot{
			{"AWS::IAM::OIDCProvider", []string{"requestParameters.openIDConnectProviderArn", "responseElements.openIDConnectProviderArn"}}}},
		{"iam", "UpdateAccountPasswordPolicy DeleteAccountPasswordPolicy CreateAccountAlias DeleteAccountAlias", []spot{wholeAccount()}},
		{"iam", "ChangePassword", nil}, // the caller's own
		{"rolesanywhere", "CreateTrustAnchor UpdateTrustAnchor EnableTrustAnchor DisableTrustAnchor DeleteTrustAnchor", []spot{
			{"AWS::RolesAnywhere::TrustAnchor", []string{"responseElements.trustAnchor.trustAnchorArn", "requestParameters.trustAnchorId"}}}},
		{"rolesanywhere", "CreateProfile UpdateProfile EnableProfile DisableProfile DeleteProfile", []spot{
			{"AWS::RolesAnywhere::Profile", []string{"responseElements.profile.profileArn", "requestParameters.profileId"}}}},
		{"access-analyzer", "DeleteAnalyzer CreateAnalyzer", []spot{atRequest("AWS::AccessAnalyzer::Analyzer", "analyzerName")}},
		{"sts", "*", nil}, // gives credentials and changes nothing
	}
}

func wholeAccount() spot { return spot{cfn: "AWS::::Account"} }

// s3Calls: every call on a bucket names it alike. What has no bucket is about the account.
func s3Calls() []callRow {
	return []callRow{
		{"s3", "PutAccountPublicAccessBlock DeleteAccountPublicAccessBlock", []spot{wholeAccount()}},
		{"s3", "ListBuckets GetAccountPublicAccessBlock", nil},
		{"s3", "*", []spot{atRequest("AWS::S3::Bucket", "bucketName")}},
	}
}

func ec2Calls() []callRow {
	instances := "instancesSet.items.*.instanceId"
	return []callRow{
		{"ec2", "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress " +
			"ModifySecurityGroupRules DeleteSecurityGroup", []spot{
			atRequest("AWS::EC2::SecurityGroup", "groupId", "ModifySecurityGroupRulesRequest.GroupId")}},
		{"ec2", "CreateSecurityGroup", []spot{atResponse("AWS::EC2::SecurityGroup", "groupId")}},
		{"ec2", "RunInstances", []spot{atResponse("AWS::EC2::Instance", instances)}},
		{"ec2", "StartInstances StopInstances RebootInstances TerminateInstances", []spot{atRequest("AWS::EC2::Instance", instances)}},
		{"ec2", "ModifyInstanceAttribute ResetInstanceAttribute GetPasswordData GetConsoleScreenshot GetConsoleOutput " +
			"ModifyInstanceMetadataOptions AssociateIamInstanceProfile", []spot{
			atRequest("AWS::EC2::Instance", "instanceId", "ModifyInstanceMetadataOptionsRequest.InstanceId",
				"AssociateIamInstanceProfileRequest.InstanceId")}},
		{"ec2-instance-connect", "SendSSHPublicKey SendSerialConsoleSSHPublicKey", []spot{atRequest("AWS::EC2::Instance", "instanceId")}},
		{"ec2", "ModifySnapshotAttribute ResetSnapshotAttribute DeleteSnapshot", []spot{atRequest("AWS::EC2::Snapshot", "snapshotId")}},
		{"ec2", "CreateSnapshot", []spot{atResponse("AWS::EC2::Snapshot", "snapshotId")}},
		{"ec2", "ModifyImageAttribute ResetImageAttribute DeregisterImage", []spot{atRequest("AWS::EC2::Image", "imageId")}},
		{"ec2", "CreateImage", []spot{atResponse("AWS::EC2::Image", "imageId")}},
		{"ec2", "DeleteFlowLogs", []spot{atRequest("AWS::EC2::FlowLog", "DeleteFlowLogsRequest.FlowLogId.*.content", "flowLogIds.*")}},
		{"ec2", "CreateInternetGateway", []spot{atResponse("AWS::EC2::InternetGateway", "internetGateway.internetGatewayId")}},
		{"ec2", "DeleteInternetGateway", []spot{atRequest("AWS::EC2::InternetGateway", "internetGatewayId")}},
		{"ec2", "AttachInternetGateway DetachInternetGateway", []spot{
			atRequest("AWS::EC2::InternetGateway", "internetGatewayId"), atRequest("AWS::EC2::VPC", "vpcId")}},
		{"ec2", "CreateRoute ReplaceRoute DeleteRoute DeleteRouteTable", []spot{atRequest("AWS::EC2::RouteTable", "routeTableId")}},
		{"ec2", "CreateNetworkAclEntry ReplaceNetworkAclEntry DeleteNetworkAclEntry DeleteNetworkAcl", []spot{
			atRequest("AWS::EC2::NetworkAcl", "networkAclId")}},
		{"ec2", "ModifyVpcAttribute DeleteVpc", []spot{atRequest("AWS::EC2::VPC", "vpcId")}},
		{"ec2", "ModifySubnetAttribute DeleteSubnet", []spot{atRequest("AWS::EC2::Subnet", "subnetId")}},
		{"ec2", "CreateVolume", []spot{atResponse("AWS::EC2::Volume", "volumeId")}},
		{"ec2", "DeleteVolume DetachVolume", []spot{atRequest("AWS::EC2::Volume", "volumeId")}},
		{"ec2", "AcceptVpcPeeringConnection DeleteVpcPeeringConnection", []spot{
			atRequest("AWS::EC2::VPCPeeringConnection", "vpcPeeringConnectionId")}},
		{"ec2", "CreateVpcPeeringConnection", []spot{atResponse("AWS::EC2::VPCPeeringConnection", "vpcPeeringConnection.vpcPeeringConnectionId")}},
		{"ec2", "DeleteTransitGatewayVpcAttachment", []spot{atResponse("AWS::EC2::TransitGatewayVpcAttachment",
			"DeleteTransitGatewayVpcAttachmentResponse.transitGatewayVpcAttachment.transitGatewayAttachmentId")}},
		{"ec2", "DisableEbsEncryptionByDefault EnableEbsEncryptionByDefault EnableSerialConsoleAccess DisableSerialConsoleAccess " +
			"DisableSnapshotBlockPublicAccess DisableImageBlockPublicAccess", []spot{wholeAccount()}},
	}
}

// watchCalls are those on what watches: trails, detectors, recorders, logs, rules.
func watchCalls() []callRow {
	detector := atRequest("AWS::GuardDuty::Detector", "detectorId")
	return []callRow{
		{"cloudtrail", "StopLogging StartLogging DeleteTrail UpdateTrail CreateTrail", []spot{
			{"AWS::CloudTrail::Trail", []string{"responseElements.trailARN", "requestParameters.name"}}}},
		{"cloudtrail", "PutEventSelectors PutInsightSelectors", []spot{
			{"AWS::CloudTrail::Trail", []string{"responseElements.trailARN", "requestParameters.trailName"}}}},
		{"cloudtrail", "DeleteEventDataStore UpdateEventDataStore StopEventDataStoreIngestion", []spot{
			atRequest("AWS::CloudTrail::EventDataStore", "eventDataStore")}},
		// A detector that is gone has no id any more: the account is what is not watched.
		{"guardduty", "DeleteDetector UpdateDetector", []spot{detector, wholeAccount()}},
		{"guardduty", "StopMonitoringMembers DisassociateMembers DeleteMembers DisassociateFromAdministratorAccount " +
			"DisassociateFromMasterAccount DeletePublishingDestination CreateFilter UpdateFilter CreateIPSet UpdateIPSet ArchiveFindings", []spot{detector}},
		{"config", "StopConfigurationRecorder DeleteConfigurationRecorder PutConfigurationRecorder StartConfigurationRecorder", []spot{
			atRequest("AWS::Config::ConfigurationRecorder", "configurationRecorderName", "configurationRecorder.name")}},
		{"config", "DeleteDeliveryChannel PutDeliveryChannel", []spot{
			atRequest("AWS::Config::DeliveryChannel", "deliveryChannelName", "deliveryChannel.name")}},
		{"config", "DeleteConfigRule PutConfigRule", []spot{atRequest("AWS::Config::ConfigRule", "configRuleName", "configRule.configRuleName")}},
		{"securityhub", "DisableSecurityHub BatchDisableStandards DisableImportFindingsForProduct DisassociateFromAdministratorAccount",
			[]spot{wholeAccount()}},
		{"macie2", "DisableMacie", []spot{wholeAccount()}},
		{"inspector2", "Disable", []spot{wholeAccount()}},
		{"events", "DisableRule EnableRule DeleteRule PutRule", []spot{atRequest("AWS::Events::Rule", "name")}},
		{"events", "RemoveTargets PutTargets", []spot{atRequest("AWS::Events::Rule", "rule")}},
		{"route53resolver", "DeleteResolverQueryLogConfig DisassociateResolverQueryLogConfig", []spot{
			atRequest("AWS::Route53Resolver::ResolverQueryLoggingConfig", "resolverQueryLogConfigId")}},
	}
}

func dataCalls() []callRow {
	secret := spot{"AWS::SecretsManager::Secret", []string{"requestParameters.secretId", "responseElements.arn"}}
	return []callRow{
		{"kms", "DisableKey EnableKey ScheduleKeyDeletion CancelKeyDeletion PutKeyPolicy CreateGrant DisableKeyRotation EnableKeyRotation " +
			"DeleteImportedKeyMaterial", []spot{atRequest("AWS::KMS::Key", "keyId")}},
		{"secretsmanager", "GetSecretValue PutSecretValue UpdateSecret DeleteSecret RestoreSecret RotateSecret CancelRotateSecret PutResourcePolicy " +
			"DeleteResourcePolicy UpdateSecretVersionStage", []spot{secret}},
		{"rds", "ModifyDBSnapshotAttribute DeleteDBSnapshot CreateDBSnapshot", []spot{atRequest("AWS::RDS::DBSnapshot", "dBSnapshotIdentifier")}},
		{"rds", "ModifyDBClusterSnapshotAttribute DeleteDBClusterSnapshot CreateDBClusterSnapshot", []spot{
			atRequest("AWS::RDS::DBClusterSnapshot", "dBClusterSnapshotIdentifier")}},
		{"rds", "ModifyDBInstance CreateDBInstance DeleteDBInstance RebootDBInstance StopDBInstance", []spot{
			atRequest("AWS::RDS::DBInstance", "dBInstanceIdentifier")}},
		{"rds", "ModifyDBCluster CreateDBCluster DeleteDBCluster", []spot{atRequest("AWS::RDS::DBCluster", "dBClusterIdentifier")}},
		{"sns", "SetTopicAttributes AddPermission RemovePermission DeleteTopic", []spot{atRequest("AWS::SNS::Topic", "topicArn")}},
		{"ecr", "SetRepositoryPolicy DeleteRepositoryPolicy DeleteRepository", []spot{atRequest("AWS::ECR::Repository", "repositoryName")}},
		{"elasticfilesystem", "PutFileSystemPolicy DeleteFileSystemPolicy DeleteFileSystem CreateMountTarget", []spot{
			atRequest("AWS::EFS::FileSystem", "fileSystemId")}},
		{"backup", "DeleteBackupVault PutBackupVaultAccessPolicy DeleteBackupVaultAccessPolicy DeleteBackupVaultLockConfiguration", []spot{
			atRequest("AWS::Backup::BackupVault", "backupVaultName")}},
	}
}

func computeCalls() []callRow {
	return []callRow{
		{"lambda", "UpdateFunctionCode UpdateFunctionConfiguration AddPermission RemovePermission CreateFunction DeleteFunction " +
			"CreateFunctionUrlConfig UpdateFunctionUrlConfig CreateEventSourceMapping", []spot{
			{"AWS::Lambda::Function", []string{"requestParameters.functionName", "responseElements.functionArn"}}}},
		{"ssm", "StartSession", []spot{atRequest("AWS::EC2::Instance", "target")}},
		{"ssm", "SendCommand", []spot{atRequest("AWS::EC2::Instance", "instanceIds.*")}},
		{"ssm", "ResumeSession TerminateSession", nil}, // a session is no resource
		{"eks", "UpdateClusterConfig DeleteCluster CreateAccessEntry", []spot{atRequest("AWS::EKS::Cluster", "name", "clusterName")}},
		{"cloudfront", "UpdateDistribution DeleteDistribution", []spot{atRequest("AWS::CloudFront::Distribution", "id")}},
		{"cloudfront", "CreateDistribution", []spot{atResponse("AWS::CloudFront::Distribution", "distribution.aRN")}},
	}
}

func accountCalls() []callRow {
	return []callRow{
		{"organizations", "LeaveOrganization", []spot{wholeAccount()}},
		{"account", "PutAlternateContact DeleteAlternateContact EnableRegion DisableRegion", []spot{wholeAccount()}},
	}
}
