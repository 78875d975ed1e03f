package awsapi

import "github.com/aws/aws-sdk-go-v2/service/wafv2"

const wafv2Prefix = "arn:{partition}:wafv2:{region}:{account}:"

// ofWAF are the ARNs of a resource of WAF. The word before the type is "global" for CLOUDFRONT and "regional" for REGIONAL, which no field of the
// input says in that form.
func ofWAF(resource string) []string {
	return []string{wafv2Prefix + "regional/" + resource, wafv2Prefix + "global/" + resource}
}

func wafv2Entries() []entry {
	return []entry{
		op("wafv2:ListIPSets", wafv2.NewFromConfig, (*wafv2.Client).ListIPSets, pages("NextMarker", "NextMarker")),
		op("wafv2:GetIPSet", wafv2.NewFromConfig, (*wafv2.Client).GetIPSet, needs("wafv2:GetIPSet", ofWAF("ipset/{Name}/{Id}")...)),
		op("wafv2:CreateIPSet", wafv2.NewFromConfig, (*wafv2.Client).CreateIPSet, writes, needs("wafv2:CreateIPSet", ofWAF("ipset/{Name}/*")...)),
		op("wafv2:UpdateIPSet", wafv2.NewFromConfig, (*wafv2.Client).UpdateIPSet, writes, needs("wafv2:UpdateIPSet", ofWAF("ipset/{Name}/{Id}")...)),
		op("wafv2:ListWebACLs", wafv2.NewFromConfig, (*wafv2.Client).ListWebACLs, pages("NextMarker", "NextMarker")),
		op("wafv2:GetWebACL", wafv2.NewFromConfig, (*wafv2.Client).GetWebACL, needs("wafv2:GetWebACL", ofWAF("webacl/{Name}/{Id}")...)),
		op("wafv2:CreateWebACL", wafv2.NewFromConfig, (*wafv2.Client).CreateWebACL, writes, needs("wafv2:CreateWebACL", ofWAF("webacl/{Name}/*")...)),
		op("wafv2:AssociateWebACL", wafv2.NewFromConfig, (*wafv2.Client).AssociateWebACL, writes, needs("wafv2:AssociateWebACL", "{WebACLArn}", "{ResourceArn}")),
		op("wafv2:ListResourcesForWebACL", wafv2.NewFromConfig, (*wafv2.Client).ListResourcesForWebACL, needs("wafv2:ListResourcesForWebACL", wafv2Prefix+"regional/webacl/{WebACLArn}")),
	}
}
