package awsapi

import "github.com/aws/aws-sdk-go-v2/service/redshift"

const redshiftCluster = "arn:{partition}:redshift:{region}:{account}:cluster:{ClusterIdentifier}"

func redshiftEntries() []entry {
	return []entry{
		op("redshift:CreateCluster", redshift.NewFromConfig, (*redshift.Client).CreateCluster, writes, needs("redshift:CreateCluster", redshiftCluster)),
		op("redshift:DescribeClusters", redshift.NewFromConfig, (*redshift.Client).DescribeClusters, needs("redshift:DescribeClusters", redshiftCluster), pages("Marker", "Marker")),
		op("redshift:ModifyCluster", redshift.NewFromConfig, (*redshift.Client).ModifyCluster, writes, needs("redshift:ModifyCluster", redshiftCluster)),
		op("redshift:PauseCluster", redshift.NewFromConfig, (*redshift.Client).PauseCluster, writes, needs("redshift:PauseCluster", redshiftCluster)),
		op("redshift:DescribeLoggingStatus", redshift.NewFromConfig, (*redshift.Client).DescribeLoggingStatus, needs("redshift:DescribeLoggingStatus", redshiftCluster)),
		op("redshift:EnableLogging", redshift.NewFromConfig, (*redshift.Client).EnableLogging, writes, needs("redshift:EnableLogging", redshiftCluster)),
		op("redshift:DisableLogging", redshift.NewFromConfig, (*redshift.Client).DisableLogging, writes, needs("redshift:DisableLogging", redshiftCluster)),
	}
}
