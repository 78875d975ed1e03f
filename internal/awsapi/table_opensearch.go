package awsapi

import "github.com/aws/aws-sdk-go-v2/service/opensearch"

const searchDomain = "arn:{partition}:es:{region}:{account}:domain/{DomainName}"

// IAM has the actions of OpenSearch Service under the name that it had before, es.
// Source: "Actions, resources, and condition keys for Amazon OpenSearch Service", Service Authorization Reference.
func opensearchEntries() []entry {
	return []entry{
		op("opensearch:CreateDomain", opensearch.NewFromConfig, (*opensearch.Client).CreateDomain, writes, needs("es:CreateDomain", searchDomain)),
		op("opensearch:DescribeDomain", opensearch.NewFromConfig, (*opensearch.Client).DescribeDomain, needs("es:DescribeDomain", searchDomain)),
		op("opensearch:UpdateDomainConfig", opensearch.NewFromConfig, (*opensearch.Client).UpdateDomainConfig, writes, needs("es:UpdateDomainConfig", searchDomain)),
	}
}
