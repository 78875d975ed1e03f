package awsapi

import "github.com/aws/aws-sdk-go-v2/service/elasticache"

const (
	cacheCluster     = "arn:{partition}:elasticache:{region}:{account}:cluster:{CacheClusterId}"
	replicationGroup = "arn:{partition}:elasticache:{region}:{account}:replicationgroup:{ReplicationGroupId}"
)

func elasticacheEntries() []entry {
	return []entry{
		op("elasticache:CreateCacheCluster", elasticache.NewFromConfig, (*elasticache.Client).CreateCacheCluster, writes, needs("elasticache:CreateCacheCluster", cacheCluster)),
		op("elasticache:DescribeCacheClusters", elasticache.NewFromConfig, (*elasticache.Client).DescribeCacheClusters, needs("elasticache:DescribeCacheClusters", cacheCluster), pages("Marker", "Marker")),
		op("elasticache:ModifyCacheCluster", elasticache.NewFromConfig, (*elasticache.Client).ModifyCacheCluster, writes, needs("elasticache:ModifyCacheCluster", cacheCluster)),
		op("elasticache:CreateReplicationGroup", elasticache.NewFromConfig, (*elasticache.Client).CreateReplicationGroup, writes, needs("elasticache:CreateReplicationGroup", replicationGroup)),
		op("elasticache:DescribeReplicationGroups", elasticache.NewFromConfig, (*elasticache.Client).DescribeReplicationGroups, needs("elasticache:DescribeReplicationGroups", replicationGroup), pages("Marker", "Marker")),
		op("elasticache:ModifyReplicationGroup", elasticache.NewFromConfig, (*elasticache.Client).ModifyReplicationGroup, writes, needs("elasticache:ModifyReplicationGroup", replicationGroup)),
	}
}
