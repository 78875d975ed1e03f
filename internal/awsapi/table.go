package awsapi

import (
	"slices"

	"parry"
)

// entries is the table: everything that Parry can ask of AWS, one line each, a file for each service. An operation that is not here
// cannot be called. What stands in braces in an ARN is the call's account and Region, or a field of its input.
// Actions and resource types: Service Authorization Reference; the judge's copy of it is compared in a test.
func entries() []entry {
	return slices.Concat(
		iamEntries(),
		ec2Entries(),
		autoscalingEntries(),
		elbEntries(),
		s3Entries(),
		s3controlEntries(),
		secretsmanagerEntries(),
		lambdaEntries(),
		kmsEntries(),
		rdsEntries(),
		redshiftEntries(),
		dynamodbEntries(),
		efsEntries(),
		eksEntries(),
		ssoadminEntries(),
		networkfirewallEntries(),
		cloudformationEntries(),
		opensearchEntries(),
		ecrEntries(),
		snsEntries(),
		sqsEntries(),
		ssmEntries(),
		logsEntries(),
		cloudwatchEntries(),
		cloudtrailEntries(),
		guarddutyEntries(),
		ecsEntries(),
		configEntries(),
		securityhubEntries(),
		macie2Entries(),
		wafv2Entries(),
		apigatewayEntries(),
		cloudfrontEntries(),
		elasticacheEntries(),
		applicationautoscalingEntries(),
		athenaEntries(),
		codebuildEntries(),
		route53Entries(),
		stsEntries(),
	)
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
