package twin

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func TestSnapshotsOfAnInstance(t *testing.T) {
	n := newNetwork(t)
	i := n.launch(func(in *ec2.RunInstancesInput) {
		in.BlockDeviceMappings = []types.BlockDeviceMapping{
			{DeviceName: aws.String("/dev/sdb"), Ebs: &types.EbsBlockDevice{}}, {DeviceName: aws.String("/dev/sdc"), Ebs: &types.EbsBlockDevice{}},
		}
		in.TagSpecifications = tagSpec(types.ResourceTypeVolume, "disk", "of web")
	})
	snap := func(spec types.InstanceSpecification) []types.SnapshotInfo {
		t.Helper()
		spec.InstanceId = i.InstanceId
		return got(n.ec2.CreateSnapshots(n.ctx, &ec2.CreateSnapshotsInput{
			InstanceSpecification: &spec, CopyTagsFromSource: types.CopyTagsFromSourceVolume, TagSpecifications: tagSpec(types.ResourceTypeSnapshot, "case", "7"),
		}))(t).Snapshots
	}
	made := snap(types.InstanceSpecification{})
	if len(made) != 3 {
		t.Fatalf("%d snapshots", len(made))
	}
	for k, p := range made {
		if p.State != types.SnapshotStatePending || *p.VolumeId != *i.BlockDeviceMappings[k].Ebs.VolumeId || *p.Progress != "0%" {
			t.Errorf("snapshot is %+v", p)
		}
		equal(t, "tags", tagText(p.Tags), []string{"case=7", "disk=of web"})
	}
	data := *i.BlockDeviceMappings[2].Ebs.VolumeId
	if some := snap(types.InstanceSpecification{ExcludeBootVolume: aws.Bool(true), ExcludeDataVolumeIds: []string{data}}); len(some) != 1 || *some[0].VolumeId != *i.BlockDeviceMappings[1].Ebs.VolumeId {
		t.Errorf("with volumes left out: %+v", some)
	}

	count := func(filters []types.Filter) int {
		t.Helper()
		return len(got(n.ec2.DescribeSnapshots(n.ctx, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}, Filters: filters}))(t).Snapshots)
	}
	for _, c := range []struct {
		after              time.Duration
		pending, completed int
	}{{0, 4, 0}, {snapshotTakes / 2, 4, 0}, {snapshotTakes / 2, 0, 4}} {
		n.org.Advance(c.after)
		if p, d := count(filter("status", "pending")), count(filter("status", "completed")); p != c.pending || d != c.completed {
			t.Errorf("%d pending and %d completed, want %d and %d", p, d, c.pending, c.completed)
		}
	}
	if k := count(filter("volume-id", data)); k != 1 {
		t.Errorf("%d snapshots of a volume", k)
	}
	if k := count(append(filter("tag:case", "7"), filter("progress", "100%")...)); k != 4 {
		t.Errorf("%d snapshots by tag", k)
	}
	one := got(n.ec2.DescribeSnapshots(n.ctx, &ec2.DescribeSnapshotsInput{SnapshotIds: []string{*made[0].SnapshotId}}))(t).Snapshots
	if len(one) != 1 || !one[0].CompletionTime.Equal(one[0].StartTime.Add(snapshotTakes)) {
		t.Errorf("snapshot is %+v", one)
	}
}

func TestSnapshotOfAVolume(t *testing.T) {
	n := newNetwork(t)
	i := n.launch(nil)
	volume := i.BlockDeviceMappings[0].Ebs.VolumeId
	p := got(n.ec2.CreateSnapshot(n.ctx, &ec2.CreateSnapshotInput{VolumeId: volume, Description: aws.String("why")}))(t)
	if p.State != types.SnapshotStatePending || *p.Description != "why" || *p.OwnerId != testAccount {
		t.Errorf("snapshot is %+v", p)
	}
	if out := got(n.ec2.DescribeSnapshots(n.ctx, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"222222222222"}}))(t); len(out.Snapshots) != 0 {
		t.Errorf("another owner has %d snapshots", len(out.Snapshots))
	}
	remove := func() (*ec2.DeleteSnapshotOutput, error) {
		return n.ec2.DeleteSnapshot(n.ctx, &ec2.DeleteSnapshotInput{SnapshotId: p.SnapshotId})
	}
	got(remove())(t)
	refused(remove())(t, "InvalidSnapshot.NotFound")
	refused(n.ec2.DescribeSnapshots(n.ctx, &ec2.DescribeSnapshotsInput{SnapshotIds: []string{*p.SnapshotId}}))(t, "InvalidSnapshot.NotFound")
	refused(n.ec2.DescribeVolumes(n.ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{"disk"}}))(t, "InvalidParameterValue")
	refused(n.ec2.CreateSnapshot(n.ctx, &ec2.CreateSnapshotInput{VolumeId: aws.String("vol-0123456789abcdef0")}))(t, "InvalidVolume.NotFound")

	got(n.ec2.TerminateInstances(n.ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*i.InstanceId}}))(t)
	refused(n.ec2.CreateSnapshots(n.ctx, &ec2.CreateSnapshotsInput{InstanceSpecification: &types.InstanceSpecification{InstanceId: i.InstanceId}}))(t, "IncorrectInstanceState")
}
