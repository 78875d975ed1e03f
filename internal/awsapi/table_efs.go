package awsapi

import "github.com/aws/aws-sdk-go-v2/service/efs"

const fileSystem = "arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{FileSystemId}"

func efsEntries() []entry {
	return []entry{
		op("efs:CreateFileSystem", efs.NewFromConfig, (*efs.Client).CreateFileSystem, writes, needs("elasticfilesystem:CreateFileSystem")),
		op("efs:DeleteFileSystem", efs.NewFromConfig, (*efs.Client).DeleteFileSystem, writes, needs("elasticfilesystem:DeleteFileSystem", fileSystem)),
		op("efs:DescribeFileSystems", efs.NewFromConfig, (*efs.Client).DescribeFileSystems, needs("elasticfilesystem:DescribeFileSystems", fileSystem), pages("Marker", "NextMarker")),
		op("efs:DescribeFileSystemPolicy", efs.NewFromConfig, (*efs.Client).DescribeFileSystemPolicy, needs("elasticfilesystem:DescribeFileSystemPolicy", fileSystem)),
		op("efs:PutFileSystemPolicy", efs.NewFromConfig, (*efs.Client).PutFileSystemPolicy, writes, needs("elasticfilesystem:PutFileSystemPolicy", fileSystem)),
		op("efs:DeleteFileSystemPolicy", efs.NewFromConfig, (*efs.Client).DeleteFileSystemPolicy, writes, needs("elasticfilesystem:DeleteFileSystemPolicy", fileSystem)),
	}
}
