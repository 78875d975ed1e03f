package awsapi

import "github.com/aws/aws-sdk-go-v2/service/eks"

const (
	eksCluster = "arn:{partition}:eks:{region}:{account}:cluster/{ClusterName}"
	// The ARN of an entry holds what its principal is and a word that AWS makes.
	eksEntry = "arn:{partition}:eks:{region}:{account}:access-entry/{ClusterName}/*"
)

func eksEntries() []entry {
	return []entry{
		op("eks:DescribeCluster", eks.NewFromConfig, (*eks.Client).DescribeCluster, needs("eks:DescribeCluster", "arn:{partition}:eks:{region}:{account}:cluster/{Name}")),
		op("eks:CreateCluster", eks.NewFromConfig, (*eks.Client).CreateCluster, writes, needs("eks:CreateCluster")),
		op("eks:CreateAccessEntry", eks.NewFromConfig, (*eks.Client).CreateAccessEntry, writes, needs("eks:CreateAccessEntry", eksCluster)),
		op("eks:DescribeAccessEntry", eks.NewFromConfig, (*eks.Client).DescribeAccessEntry, needs("eks:DescribeAccessEntry", eksEntry)),
		op("eks:DeleteAccessEntry", eks.NewFromConfig, (*eks.Client).DeleteAccessEntry, writes, needs("eks:DeleteAccessEntry", eksEntry)),
		op("eks:ListAssociatedAccessPolicies", eks.NewFromConfig, (*eks.Client).ListAssociatedAccessPolicies, needs("eks:ListAssociatedAccessPolicies", eksEntry), pages("NextToken", "NextToken")),
		op("eks:DisassociateAccessPolicy", eks.NewFromConfig, (*eks.Client).DisassociateAccessPolicy, writes, needs("eks:DisassociateAccessPolicy", eksEntry)),
		op("eks:AssociateAccessPolicy", eks.NewFromConfig, (*eks.Client).AssociateAccessPolicy, writes, needs("eks:AssociateAccessPolicy", eksEntry)),
	}
}
