package awsapi

// originHeader is the value of a header that CloudFront adds to requests to an origin.
const originHeader = "DistributionConfig.Origins.Items.CustomHeaders.Items.HeaderValue"

// secrets are the members that hold secrets, by operation: of the input, which no plan may hold, and of the output, which never leave the
// caller. The SDK's Go types do not carry the model's trait "sensitive", so the list is kept by hand, also for operations that are not in
// the table yet. Sources: smithy.api#sensitive in the models of the services; user data, which is not marked and often has secrets in it.
func secrets() map[string]struct{ in, out []string } {
	type both = struct{ in, out []string }
	return map[string]both{
		"autoscaling:CreateLaunchConfiguration":    {in: []string{"UserData"}},
		"autoscaling:DescribeLaunchConfigurations": {out: []string{"LaunchConfigurations.UserData"}},

		// Stage variables are no place for secrets, and hold them all the same.
		"apigateway:CreateStage":   {in: []string{"Variables"}, out: []string{"Variables"}},
		"apigateway:GetStage":      {out: []string{"Variables"}},
		"apigateway:UpdateStage":   {out: []string{"Variables"}},
		"apigatewayv2:CreateStage": {in: []string{"StageVariables"}, out: []string{"StageVariables"}},
		"apigatewayv2:GetStage":    {out: []string{"StageVariables"}},
		"apigatewayv2:UpdateStage": {in: []string{"StageVariables"}, out: []string{"StageVariables"}},

		// What a distribution shows its origin, so that it answers nobody else.
		"cloudfront:CreateDistribution":    {in: []string{originHeader}, out: []string{"Distribution." + originHeader}},
		"cloudfront:GetDistributionConfig": {out: []string{originHeader}},
		"cloudfront:UpdateDistribution":    {in: []string{originHeader}, out: []string{"Distribution." + originHeader}},

		// The plaintext variables of builds; of the other types, the value is only a name.
		"codebuild:BatchGetProjects": {out: []string{"Projects.Environment.EnvironmentVariables.Value"}},
		"codebuild:CreateProject":    {in: []string{"Environment.EnvironmentVariables.Value"}, out: []string{"Project.Environment.EnvironmentVariables.Value"}},
		"codebuild:UpdateProject":    {in: []string{"Environment.EnvironmentVariables.Value"}, out: []string{"Project.Environment.EnvironmentVariables.Value"}},

		"ec2:CreateKeyPair":                  {out: []string{"KeyMaterial"}},
		"ec2:CreateLaunchTemplate":           {in: []string{"LaunchTemplateData.UserData"}},
		"ec2:CreateLaunchTemplateVersion":    {in: []string{"LaunchTemplateData.UserData"}, out: []string{"LaunchTemplateVersion.LaunchTemplateData.UserData"}},
		"ec2:DescribeInstanceAttribute":      {out: []string{"UserData.Value"}},
		"ec2:DescribeLaunchTemplateVersions": {out: []string{"LaunchTemplateVersions.LaunchTemplateData.UserData"}},
		"ec2:GetLaunchTemplateData":          {out: []string{"LaunchTemplateData.UserData"}},
		"ec2:GetPasswordData":                {out: []string{"PasswordData"}},
		"ec2:ModifyInstanceAttribute":        {in: []string{"UserData"}},
		"ec2:RequestSpotInstances":           {in: []string{"LaunchSpecification.UserData"}},
		"ec2:RunInstances":                   {in: []string{"UserData"}},

		"ecs:DeregisterTaskDefinition": {out: []string{"TaskDefinition.ContainerDefinitions.Environment.Value"}},
		"ecs:DescribeTaskDefinition":   {out: []string{"TaskDefinition.ContainerDefinitions.Environment.Value"}},
		"ecs:DescribeTasks":            {out: []string{"Tasks.Overrides.ContainerOverrides.Environment.Value"}},
		"ecs:RegisterTaskDefinition":   {in: []string{"ContainerDefinitions.Environment.Value"}, out: []string{"TaskDefinition.ContainerDefinitions.Environment.Value"}},
		"ecs:RunTask":                  {in: []string{"Overrides.ContainerOverrides.Environment.Value"}, out: []string{"Tasks.Overrides.ContainerOverrides.Environment.Value"}},
		"ecs:StopTask":                 {out: []string{"Task.Overrides.ContainerOverrides.Environment.Value"}},

		"elasticache:CreateCacheCluster":     {in: []string{"AuthToken"}},
		"elasticache:ModifyCacheCluster":     {in: []string{"AuthToken"}},
		"elasticache:CreateReplicationGroup": {in: []string{"AuthToken"}},
		"elasticache:ModifyReplicationGroup": {in: []string{"AuthToken"}},

		"iam:ChangePassword":                  {in: []string{"OldPassword", "NewPassword"}},
		"iam:CreateAccessKey":                 {out: []string{"AccessKey.SecretAccessKey"}},
		"iam:CreateLoginProfile":              {in: []string{"Password"}},
		"iam:CreateServiceSpecificCredential": {out: []string{"ServiceSpecificCredential.ServicePassword", "ServiceSpecificCredential.ServiceCredentialSecret"}},
		"iam:CreateVirtualMFADevice":          {out: []string{"VirtualMFADevice.Base32StringSeed", "VirtualMFADevice.QRCodePNG"}},
		"iam:ListVirtualMFADevices":           {out: []string{"VirtualMFADevices.Base32StringSeed", "VirtualMFADevices.QRCodePNG"}},
		"iam:ResetServiceSpecificCredential":  {out: []string{"ServiceSpecificCredential.ServicePassword", "ServiceSpecificCredential.ServiceCredentialSecret"}},
		"iam:UpdateLoginProfile":              {in: []string{"Password"}},
		"iam:UploadServerCertificate":         {in: []string{"PrivateKey"}},
		"kms:Decrypt":                         {out: []string{"Plaintext"}},
		"kms:Encrypt":                         {in: []string{"Plaintext"}},
		"kms:GenerateDataKey":                 {out: []string{"Plaintext"}},
		"lambda:CreateFunction":               {in: []string{"Environment.Variables", "Code.ZipFile"}, out: []string{"Environment.Variables"}},
		"lambda:GetFunction":                  {out: []string{"Configuration.Environment.Variables", "Code.Location"}},
		"lambda:GetFunctionConfiguration":     {out: []string{"Environment.Variables"}},
		"lambda:ListFunctions":                {out: []string{"Functions.Environment.Variables"}},
		"lambda:ListVersionsByFunction":       {out: []string{"Versions.Environment.Variables"}},
		"lambda:PublishVersion":               {out: []string{"Environment.Variables"}},
		"lambda:UpdateFunctionCode":           {in: []string{"ZipFile"}, out: []string{"Environment.Variables"}},
		"lambda:UpdateFunctionConfiguration":  {in: []string{"Environment.Variables"}, out: []string{"Environment.Variables"}},
		"opensearch:CreateDomain":             {in: []string{"AdvancedSecurityOptions.MasterUserOptions.MasterUserPassword"}},
		"opensearch:UpdateDomainConfig":       {in: []string{"AdvancedSecurityOptions.MasterUserOptions.MasterUserPassword"}},

		"rds:CreateDBCluster":                {in: []string{"MasterUserPassword"}, out: []string{"DBCluster.PendingModifiedValues.MasterUserPassword"}},
		"rds:CreateDBInstance":               {in: []string{"MasterUserPassword", "TdeCredentialPassword"}, out: []string{"DBInstance.PendingModifiedValues.MasterUserPassword"}},
		"rds:CreateDBInstanceReadReplica":    {out: []string{"DBInstance.PendingModifiedValues.MasterUserPassword"}},
		"rds:DescribeDBClusters":             {out: []string{"DBClusters.PendingModifiedValues.MasterUserPassword"}},
		"rds:DescribeDBInstances":            {out: []string{"DBInstances.PendingModifiedValues.MasterUserPassword"}},
		"rds:ModifyDBCluster":                {in: []string{"MasterUserPassword"}, out: []string{"DBCluster.PendingModifiedValues.MasterUserPassword"}},
		"rds:ModifyDBInstance":               {in: []string{"MasterUserPassword", "TdeCredentialPassword"}, out: []string{"DBInstance.PendingModifiedValues.MasterUserPassword"}},
		"rds:StopDBInstance":                 {out: []string{"DBInstance.PendingModifiedValues.MasterUserPassword"}},
		"redshift:CreateCluster":             {in: []string{"MasterUserPassword"}, out: []string{"Cluster.PendingModifiedValues.MasterUserPassword"}},
		"redshift:DescribeClusters":          {out: []string{"Clusters.PendingModifiedValues.MasterUserPassword"}},
		"redshift:GetClusterCredentials":     {out: []string{"DbPassword"}},
		"redshift:ModifyCluster":             {in: []string{"MasterUserPassword"}, out: []string{"Cluster.PendingModifiedValues.MasterUserPassword"}},
		"redshift:PauseCluster":              {out: []string{"Cluster.PendingModifiedValues.MasterUserPassword"}},
		"secretsmanager:BatchGetSecretValue": {out: []string{"SecretValues.SecretString", "SecretValues.SecretBinary"}},
		"secretsmanager:CreateSecret":        {in: []string{"SecretString", "SecretBinary"}},
		"secretsmanager:GetRandomPassword":   {out: []string{"RandomPassword"}},
		"secretsmanager:GetSecretValue":      {out: []string{"SecretString", "SecretBinary"}},
		"secretsmanager:PutSecretValue":      {in: []string{"SecretString", "SecretBinary", "RotationToken"}},
		"secretsmanager:UpdateSecret":        {in: []string{"SecretString", "SecretBinary"}},
		// What a command is given can be anything; ours are given names, ids and hashes, so the input is not in the list.
		"ssm:ListCommands": {out: []string{"Commands.Parameters"}},
		"ssm:SendCommand":  {out: []string{"Command.Parameters"}},

		"ssm:GetParameter":                             {out: []string{"Parameter.Value"}},
		"ssm:GetParameters":                            {out: []string{"Parameters.Value"}},
		"ssm:GetParametersByPath":                      {out: []string{"Parameters.Value"}},
		"ssm:PutParameter":                             {in: []string{"Value"}},
		"sts:AssumeRole":                               {out: []string{"Credentials.SecretAccessKey", "Credentials.SessionToken"}},
		"sts:AssumeRoleWithSAML":                       {in: []string{"SAMLAssertion"}, out: []string{"Credentials.SecretAccessKey", "Credentials.SessionToken"}},
		"sts:AssumeRoleWithWebIdentity":                {in: []string{"WebIdentityToken"}, out: []string{"Credentials.SecretAccessKey", "Credentials.SessionToken"}},
		"sts:GetFederationToken":                       {out: []string{"Credentials.SecretAccessKey", "Credentials.SessionToken"}},
		"sts:GetSessionToken":                          {out: []string{"Credentials.SecretAccessKey", "Credentials.SessionToken"}},
		"elbv2:CreateListener":                         {in: []string{"DefaultActions.AuthenticateOidcConfig.ClientSecret"}, out: []string{"Listeners.DefaultActions.AuthenticateOidcConfig.ClientSecret"}},
		"elbv2:DescribeListeners":                      {out: []string{"Listeners.DefaultActions.AuthenticateOidcConfig.ClientSecret"}},
		"elbv2:DescribeRules":                          {out: []string{"Rules.Actions.AuthenticateOidcConfig.ClientSecret"}},
		"elbv2:ModifyListener":                         {in: []string{"DefaultActions.AuthenticateOidcConfig.ClientSecret"}, out: []string{"Listeners.DefaultActions.AuthenticateOidcConfig.ClientSecret"}},
		"cognitoidentityprovider:AdminSetUserPassword": {in: []string{"Password"}},
	}
}
