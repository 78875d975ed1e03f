package twin

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func TestSnapshotShares(t *testing.T) {
	n := newNetwork(t)
	share := func(id string, change func(*ec2.ModifySnapshotAttributeInput)) (*ec2.ModifySnapshotAttributeOutput, error) {
		in := &ec2.ModifySnapshotAttributeInput{SnapshotId: aws.String(id), Attribute: types.SnapshotAttributeNameCreateVolumePermission, OperationType: types.OperationTypeAdd}
		change(in)
		return n.ec2.ModifySnapshotAttribute(n.ctx, in)
	}
	all := func(in *ec2.ModifySnapshotAttributeInput) { in.GroupNames = []string{"all"} }
	snap := func(encrypted bool) string {
		v := got(n.ec2.CreateVolume(n.ctx, &ec2.CreateVolumeInput{AvailabilityZone: aws.String(testRegion + "a"), Size: aws.Int32(1), Encrypted: aws.Bool(encrypted)}))(t)
		return *got(n.ec2.CreateSnapshot(n.ctx, &ec2.CreateSnapshotInput{VolumeId: v.VolumeId}))(t).SnapshotId
	}
	who := func(id string) (all []string) {
		out := got(n.ec2.DescribeSnapshotAttribute(n.ctx, &ec2.DescribeSnapshotAttributeInput{SnapshotId: aws.String(id), Attribute: types.SnapshotAttributeNameCreateVolumePermission}))(t)
		for _, p := range out.CreateVolumePermissions {
			all = append(all, string(p.Group)+aws.ToString(p.UserId))
		}
		return all
	}
	id := snap(false)
	refused(share(id, func(in *ec2.ModifySnapshotAttributeInput) { in.GroupNames = []string{"some"} }))(t, "InvalidAMIAttributeItemValue")
	refused(share(id, func(in *ec2.ModifySnapshotAttributeInput) { in.UserIds = []string{"222233334444", "bob"} }))(t, "InvalidAMIAttributeItemValue")
	equal(t, "shares after refusals", who(id), nil)
	refused(share("snap-0123456789abcdef0", all))(t, "InvalidSnapshot.NotFound")
	got(share(id, all))(t)
	got(share(id, func(in *ec2.ModifySnapshotAttributeInput) { in.UserIds = []string{"222233334444"} }))(t)
	equal(t, "shares", who(id), []string{"222233334444", "all"})

	// What moto lets through: an encrypted snapshot cannot be public. Source: "Share an Amazon EBS snapshot", EBS User Guide.
	refused(share(snap(true), all))(t, "OperationNotPermitted")
	got(n.ec2.EnableSnapshotBlockPublicAccess(n.ctx, &ec2.EnableSnapshotBlockPublicAccessInput{State: types.SnapshotBlockPublicAccessStateBlockNewSharing}))(t)
	refused(share(snap(false), all))(t, "OperationNotPermitted")
	equal(t, "shares that were there", who(id), []string{"222233334444", "all"})
}

func TestImageShares(t *testing.T) {
	n := newNetwork(t)
	id := got(n.ec2.RegisterImage(n.ctx, &ec2.RegisterImageInput{Name: aws.String("golden")}))(t).ImageId
	in := ec2.ModifyImageAttributeInput{ImageId: id, Attribute: aws.String("launchPermission"), OperationType: types.OperationTypeAdd, UserGroups: []string{"all"}}
	got(n.ec2.ModifyImageAttribute(n.ctx, &in))(t)
	public := func() bool {
		return *got(n.ec2.DescribeImages(n.ctx, &ec2.DescribeImagesInput{ImageIds: []string{*id}}))(t).Images[0].Public
	}
	if !public() {
		t.Error("the image is not public")
	}
	in.OperationType = types.OperationTypeRemove
	got(n.ec2.ModifyImageAttribute(n.ctx, &in))(t)
	if public() {
		t.Error("the image is public still")
	}
	refused(n.ec2.DescribeImages(n.ctx, &ec2.DescribeImagesInput{ImageIds: []string{testImage}}))(t, "InvalidAMIID.NotFound")
}
