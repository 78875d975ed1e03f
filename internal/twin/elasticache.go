package twin

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"
)

// cacheClusters are ElastiCache's clusters in one Region of one account, each by itself: replication groups are not known here.
type cacheClusters = shelf[types.CacheCluster]

func elasticacheHandlers(t table) {
	const service = "ElastiCache"
	on(t, service, "CreateCacheCluster", createCacheCluster)
	on(t, service, "DescribeCacheClusters", describeCacheClusters)
	on(t, service, "ModifyCacheCluster", modifyCacheCluster)
}

func createCacheCluster(r *request, in *elasticache.CreateCacheClusterInput) (*elasticache.CreateCacheClusterOutput, error) {
	c := types.CacheCluster{
		CacheClusterId: in.CacheClusterId, Engine: in.Engine, ReplicationGroupId: in.ReplicationGroupId, CacheClusterStatus: aws.String("available"),
		SnapshotRetentionLimit: aws.Int32(aws.ToInt32(in.SnapshotRetentionLimit)), AutoMinorVersionUpgrade: aws.Bool(in.AutoMinorVersionUpgrade == nil || *in.AutoMinorVersionUpgrade),
	}
	r.reg.caches.put(*in.CacheClusterId, &c)
	return &elasticache.CreateCacheClusterOutput{CacheCluster: &c}, nil
}

func (r *request) cacheCluster(id *string) (*types.CacheCluster, error) {
	if c, ok := r.reg.caches.byID[aws.ToString(id)]; ok {
		return c, nil
	}
	return nil, &types.CacheClusterNotFoundFault{Message: aws.String("CacheCluster not found: " + aws.ToString(id))}
}

func describeCacheClusters(r *request, in *elasticache.DescribeCacheClustersInput) (*elasticache.DescribeCacheClustersOutput, error) {
	out := &elasticache.DescribeCacheClustersOutput{CacheClusters: []types.CacheCluster{}}
	if in.CacheClusterId != nil {
		c, err := r.cacheCluster(in.CacheClusterId)
		if err != nil {
			return nil, err
		}
		out.CacheClusters = append(out.CacheClusters, copied(*c))
		return out, nil
	}
	for _, c := range r.reg.caches.all() {
		out.CacheClusters = append(out.CacheClusters, copied(*c))
	}
	return out, nil
}

// modifyCacheCluster does at once what waits for no maintenance window. Source: "ModifyCacheCluster", Amazon ElastiCache API Reference.
func modifyCacheCluster(r *request, in *elasticache.ModifyCacheClusterInput) (*elasticache.ModifyCacheClusterOutput, error) {
	c, err := r.cacheCluster(in.CacheClusterId)
	if err != nil {
		return nil, err
	}
	if in.SnapshotRetentionLimit != nil {
		if aws.ToString(c.Engine) == "memcached" {
			return nil, &types.InvalidParameterCombinationException{Message: aws.String("Snapshots are not supported for memcached.")}
		}
		c.SnapshotRetentionLimit = in.SnapshotRetentionLimit
	}
	if in.AutoMinorVersionUpgrade != nil {
		c.AutoMinorVersionUpgrade = in.AutoMinorVersionUpgrade
	}
	return &elasticache.ModifyCacheClusterOutput{CacheCluster: c}, nil
}
