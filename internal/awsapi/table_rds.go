package awsapi

import "github.com/aws/aws-sdk-go-v2/service/rds"

const (
	rdsInstance        = "arn:{partition}:rds:{region}:{account}:db:{DBInstanceIdentifier}"
	rdsCluster         = "arn:{partition}:rds:{region}:{account}:cluster:{DBClusterIdentifier}"
	rdsClusterSnapshot = "arn:{partition}:rds:{region}:{account}:cluster-snapshot:{DBClusterSnapshotIdentifier}"
	rdsSnapshot        = "arn:{partition}:rds:{region}:{account}:snapshot:"
)

func rdsEntries() []entry {
	return []entry{
		op("rds:CreateDBInstance", rds.NewFromConfig, (*rds.Client).CreateDBInstance, writes, needs("rds:CreateDBInstance", rdsInstance)),
		op("rds:CreateDBInstanceReadReplica", rds.NewFromConfig, (*rds.Client).CreateDBInstanceReadReplica, writes, needs("rds:CreateDBInstanceReadReplica", rdsInstance, "arn:{partition}:rds:{region}:{account}:db:{SourceDBInstanceIdentifier}")),
		op("rds:DescribeDBInstances", rds.NewFromConfig, (*rds.Client).DescribeDBInstances, needs("rds:DescribeDBInstances", rdsInstance), pages("Marker", "Marker")),
		op("rds:ModifyDBInstance", rds.NewFromConfig, (*rds.Client).ModifyDBInstance, writes, needs("rds:ModifyDBInstance", rdsInstance), depends("iam:PassRole", "arn:{partition}:iam::{account}:role/*")),
		op("rds:StopDBInstance", rds.NewFromConfig, (*rds.Client).StopDBInstance, writes, needs("rds:StopDBInstance", rdsInstance)),
		op("rds:CreateDBCluster", rds.NewFromConfig, (*rds.Client).CreateDBCluster, writes, needs("rds:CreateDBCluster", rdsCluster)),
		op("rds:DescribeDBClusters", rds.NewFromConfig, (*rds.Client).DescribeDBClusters, needs("rds:DescribeDBClusters", rdsCluster), pages("Marker", "Marker")),
		op("rds:ModifyDBCluster", rds.NewFromConfig, (*rds.Client).ModifyDBCluster, writes, needs("rds:ModifyDBCluster", rdsCluster)),
		op("rds:CreateDBSnapshot", rds.NewFromConfig, (*rds.Client).CreateDBSnapshot, writes, needs("rds:CreateDBSnapshot", rdsInstance, rdsSnapshot+"{DBSnapshotIdentifier}")),
		op("rds:DescribeDBSnapshots", rds.NewFromConfig, (*rds.Client).DescribeDBSnapshots, needs("rds:DescribeDBSnapshots", rdsSnapshot+"{DBSnapshotIdentifier}?"), pages("Marker", "Marker")),
		op("rds:DescribeDBSnapshotAttributes", rds.NewFromConfig, (*rds.Client).DescribeDBSnapshotAttributes, needs("rds:DescribeDBSnapshotAttributes", rdsSnapshot+"{DBSnapshotIdentifier}")),
		op("rds:ModifyDBSnapshotAttribute", rds.NewFromConfig, (*rds.Client).ModifyDBSnapshotAttribute, writes, needs("rds:ModifyDBSnapshotAttribute", rdsSnapshot+"{DBSnapshotIdentifier}")),
		op("rds:CreateDBClusterSnapshot", rds.NewFromConfig, (*rds.Client).CreateDBClusterSnapshot, writes, needs("rds:CreateDBClusterSnapshot", rdsCluster, rdsClusterSnapshot)),
		op("rds:DescribeDBClusterSnapshots", rds.NewFromConfig, (*rds.Client).DescribeDBClusterSnapshots, needs("rds:DescribeDBClusterSnapshots", rdsClusterSnapshot+"?"), pages("Marker", "Marker")),
		op("rds:DescribeDBClusterSnapshotAttributes", rds.NewFromConfig, (*rds.Client).DescribeDBClusterSnapshotAttributes, needs("rds:DescribeDBClusterSnapshotAttributes", rdsClusterSnapshot)),
		op("rds:ModifyDBClusterSnapshotAttribute", rds.NewFromConfig, (*rds.Client).ModifyDBClusterSnapshotAttribute, writes, needs("rds:ModifyDBClusterSnapshotAttribute", rdsClusterSnapshot)),
		op("rds:CopyDBSnapshot", rds.NewFromConfig, (*rds.Client).CopyDBSnapshot, writes, needs("rds:CopyDBSnapshot", rdsSnapshot+"{SourceDBSnapshotIdentifier}", rdsSnapshot+"{TargetDBSnapshotIdentifier}")),
		op("rds:DeleteDBSnapshot", rds.NewFromConfig, (*rds.Client).DeleteDBSnapshot, writes, needs("rds:DeleteDBSnapshot", rdsSnapshot+"{DBSnapshotIdentifier}")),
	}
}
