package awsapi

import "github.com/aws/aws-sdk-go-v2/service/cloudfront"

const distribution = "arn:{partition}:cloudfront::{account}:distribution/{Id}"

func cloudfrontEntries() []entry {
	config := op("cloudfront:GetDistributionConfig", cloudfront.NewFromConfig, (*cloudfront.Client).GetDistributionConfig, needs("cloudfront:GetDistributionConfig", distribution))
	// An update takes the place of the whole configuration, and the headers that an origin is shown are often a password between the two.
	rest := completed(config,
		func(in map[string]any) (asked, part map[string]any) { return members(in, "Id"), in },
		func(out map[string]any) map[string]any {
			return map[string]any{"DistributionConfig": out["DistributionConfig"], "IfMatch": out["ETag"]}
		})
	return []entry{
		config,
		op("cloudfront:ListDistributionsByWebACLId", cloudfront.NewFromConfig, (*cloudfront.Client).ListDistributionsByWebACLId),
		op("cloudfront:CreateDistribution", cloudfront.NewFromConfig, (*cloudfront.Client).CreateDistribution, writes, needs("cloudfront:CreateDistribution", "arn:{partition}:cloudfront::{account}:distribution/*")),
		op("cloudfront:UpdateDistribution", cloudfront.NewFromConfig, (*cloudfront.Client).UpdateDistribution, writes, needs("cloudfront:UpdateDistribution", distribution), rest),
	}
}
