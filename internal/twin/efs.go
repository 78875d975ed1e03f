package twin

import (
	"cmp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"
)

// fileSystem is one of EFS, as far as its policy goes. One that is deleted is seen for a while, being deleted.
type fileSystem struct {
	id, policy string
	state      efstypes.LifeCycleState
}

func efsHandlers(t table) {
	const service = "EFS"
	on(t, service, "CreateFileSystem", createFileSystem)
	on(t, service, "DeleteFileSystem", deleteFileSystem)
	on(t, service, "DescribeFileSystems", describeFileSystems)
	on(t, service, "PutFileSystemPolicy", putFileSystemPolicy)
	on(t, service, "DescribeFileSystemPolicy", describeFileSystemPolicy)
	on(t, service, "DeleteFileSystemPolicy", deleteFileSystemPolicy)
}

// fileSystem finds one. Source of the errors: the operations' pages in the EFS API Reference.
func (r *request) fileSystem(id *string) (*fileSystem, error) {
	i := slices.IndexFunc(r.reg.files, func(f *fileSystem) bool { return f.id == aws.ToString(id) })
	if i < 0 {
		return nil, &efstypes.FileSystemNotFound{Message: aws.String("File system '" + aws.ToString(id) + "' does not exist.")}
	}
	return r.reg.files[i], nil
}

// settled finds one whose policy can be changed.
func (r *request) settled(id *string) (*fileSystem, error) {
	f, err := r.fileSystem(id)
	if err == nil && f.state != efstypes.LifeCycleStateAvailable {
		err = &efstypes.IncorrectFileSystemLifeCycleState{Message: aws.String("The file system is " + string(f.state))}
	}
	return f, err
}

func createFileSystem(r *request, _ *efs.CreateFileSystemInput) (*efs.CreateFileSystemOutput, error) {
	f := &fileSystem{id: r.org.id("fs"), state: efstypes.LifeCycleStateAvailable}
	r.reg.files = append(r.reg.files, f)
	return &efs.CreateFileSystemOutput{FileSystemId: &f.id, OwnerId: &r.acct.id, LifeCycleState: f.state}, nil
}

func deleteFileSystem(r *request, in *efs.DeleteFileSystemInput) (*efs.DeleteFileSystemOutput, error) {
	f, err := r.fileSystem(in.FileSystemId)
	if err == nil {
		f.state = efstypes.LifeCycleStateDeleting
	}
	return &efs.DeleteFileSystemOutput{}, err
}

func describeFileSystems(r *request, in *efs.DescribeFileSystemsInput) (*efs.DescribeFileSystemsOutput, error) {
	if in.FileSystemId != nil {
		if _, err := r.fileSystem(in.FileSystemId); err != nil {
			return nil, err
		}
	}
	out := &efs.DescribeFileSystemsOutput{}
	for _, f := range r.reg.files {
		if cmp.Or(aws.ToString(in.FileSystemId), f.id) == f.id {
			out.FileSystems = append(out.FileSystems, efstypes.FileSystemDescription{FileSystemId: aws.String(f.id), OwnerId: aws.String(r.acct.id), LifeCycleState: f.state})
		}
	}
	return out, nil
}

func putFileSystemPolicy(r *request, in *efs.PutFileSystemPolicyInput) (*efs.PutFileSystemPolicyOutput, error) {
	f, err := r.settled(in.FileSystemId)
	if err != nil {
		return nil, err
	}
	f.policy = *in.Policy
	return &efs.PutFileSystemPolicyOutput{FileSystemId: in.FileSystemId, Policy: in.Policy}, nil
}

func describeFileSystemPolicy(r *request, in *efs.DescribeFileSystemPolicyInput) (*efs.DescribeFileSystemPolicyOutput, error) {
	f, err := r.fileSystem(in.FileSystemId)
	if err == nil && f.policy == "" {
		err = &efstypes.PolicyNotFound{Message: aws.String("The file system has no policy")}
	}
	if err != nil {
		return nil, err
	}
	return &efs.DescribeFileSystemPolicyOutput{FileSystemId: &f.id, Policy: aws.String(f.policy)}, nil
}

func deleteFileSystemPolicy(r *request, in *efs.DeleteFileSystemPolicyInput) (*efs.DeleteFileSystemPolicyOutput, error) {
	f, err := r.settled(in.FileSystemId)
	if err == nil {
		f.policy = ""
	}
	return &efs.DeleteFileSystemPolicyOutput{}, err
}
