package twin

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// shares are those that a snapshot or an image is shared with: "all", accounts, and the ARNs of organizations and of their units.
type shares map[string]bool

const everyone = "all"

// change adds or removes, all or nothing: one name that is wrong refuses the whole call.
func (s *shares) change(operation types.OperationType, groups, users, organizations []string) error {
	for _, g := range groups {
		if g != everyone {
			return reject("InvalidAMIAttributeItemValue", "Invalid attribute item value %q for UserGroup item type.", g)
		}
	}
	for _, u := range users {
		if len(u) != 12 || strings.Trim(u, "0123456789") != "" {
			return reject("InvalidAMIAttributeItemValue", "Invalid attribute item value %q for userId item type.", u)
		}
	}
	all := slices.Concat(groups, users, organizations)
	if len(all) == 0 {
		return reject("InvalidParameterCombination", "No attributes specified.")
	}
	if *s == nil {
		*s = shares{}
	}
	for _, who := range all {
		switch operation {
		case types.OperationTypeAdd:
			(*s)[who] = true
		case types.OperationTypeRemove:
			delete(*s, who)
		default:
			return reject("InvalidParameterValue", "Value (%s) for parameter operationType is invalid. Valid values: add, remove.", operation)
		}
	}
	return nil
}

func (s shares) sorted() []string { return slices.Sorted(maps.Keys(s)) }

func modifySnapshotAttribute(r *request, in *ec2.ModifySnapshotAttributeInput) (*ec2.ModifySnapshotAttributeOutput, error) {
	p, err := r.reg.ec2.snapshot(aws.ToString(in.SnapshotId))
	if err != nil {
		return nil, err
	}
	if in.Attribute != types.SnapshotAttributeNameCreateVolumePermission {
		return nil, reject("InvalidRequest", "The request received was invalid: only createVolumePermission can be modified")
	}
	if in.OperationType == types.OperationTypeAdd && slices.Contains(in.GroupNames, everyone) {
		if p.encrypted {
			return nil, reject("OperationNotPermitted", "Encrypted snapshots with EBS default key cannot be shared")
		}
		if r.reg.ec2.snapshotBlock != "" {
			return nil, reject("OperationNotPermitted", "The operation is not permitted because block public access for snapshots is enabled")
		}
	}
	return &ec2.ModifySnapshotAttributeOutput{}, p.shares.change(in.OperationType, in.GroupNames, in.UserIds, nil)
}

func describeSnapshotAttribute(r *request, in *ec2.DescribeSnapshotAttributeInput) (*ec2.DescribeSnapshotAttributeOutput, error) {
	p, err := r.reg.ec2.snapshot(aws.ToString(in.SnapshotId))
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeSnapshotAttributeOutput{SnapshotId: aws.String(p.id), CreateVolumePermissions: []types.CreateVolumePermission{}}
	for _, who := range p.shares.sorted() {
		if who == everyone {
			out.CreateVolumePermissions = append(out.CreateVolumePermissions, types.CreateVolumePermission{Group: types.PermissionGroupAll})
		} else {
			out.CreateVolumePermissions = append(out.CreateVolumePermissions, types.CreateVolumePermission{UserId: aws.String(who)})
		}
	}
	return out, nil
}

// The three on Block Public Access for snapshots are the Region's, and hide shares without taking them back. Source: "Block public
// access for Amazon EBS snapshots", EBS User Guide. Moto has none of them.

func getSnapshotBlock(r *request, in *ec2.GetSnapshotBlockPublicAccessStateInput) (*ec2.GetSnapshotBlockPublicAccessStateOutput, error) {
	return &ec2.GetSnapshotBlockPublicAccessStateOutput{State: cmp.Or(r.reg.ec2.snapshotBlock, types.SnapshotBlockPublicAccessStateUnblocked), ManagedBy: types.ManagedByAccount}, nil
}

func enableSnapshotBlock(r *request, in *ec2.EnableSnapshotBlockPublicAccessInput) (*ec2.EnableSnapshotBlockPublicAccessOutput, error) {
	switch in.State {
	case types.SnapshotBlockPublicAccessStateBlockAllSharing, types.SnapshotBlockPublicAccessStateBlockNewSharing:
		r.reg.ec2.snapshotBlock = in.State
		return &ec2.EnableSnapshotBlockPublicAccessOutput{State: in.State}, nil
	}
	return nil, reject("InvalidParameterValue", "Value (%s) for parameter State is invalid.", in.State)
}

func disableSnapshotBlock(r *request, in *ec2.DisableSnapshotBlockPublicAccessInput) (*ec2.DisableSnapshotBlockPublicAccessOutput, error) {
	r.reg.ec2.snapshotBlock = ""
	return &ec2.DisableSnapshotBlockPublicAccessOutput{State: types.SnapshotBlockPublicAccessStateUnblocked}, nil
}

type image struct {
	id, name, description string
	shares                shares
}

func (s *ec2State) image(id string) (*image, error) {
	return find(&s.images, kind{"ami-", "InvalidAMIID", "The image id '[%s]' does not exist"}, id)
}

func registerImage(r *request, in *ec2.RegisterImageInput) (*ec2.RegisterImageOutput, error) {
	if aws.ToString(in.Name) == "" {
		return nil, reject("MissingParameter", "The request must contain the parameter name")
	}
	i := &image{id: r.org.id("ami"), name: *in.Name, description: aws.ToString(in.Description)}
	r.reg.ec2.images.put(i.id, i)
	return &ec2.RegisterImageOutput{ImageId: aws.String(i.id)}, nil
}

// describeImages knows the images that were registered here. Instances may be launched from any well-formed id.
func describeImages(r *request, in *ec2.DescribeImagesInput) (*ec2.DescribeImagesOutput, error) {
	s := &r.reg.ec2
	if foreign(in.Owners, r.acct.id) {
		return &ec2.DescribeImagesOutput{}, nil
	}
	found, next, err := list(&s.images, s.image, fields[image]{
		"image-id": func(i *image) []string { return []string{i.id} },
		"name":     func(i *image) []string { return []string{i.name} },
	}, func(i *image) map[string]string { return s.tags[i.id] }, query{in.ImageIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeImagesOutput{NextToken: next}
	for _, i := range found {
		out.Images = append(out.Images, types.Image{
			ImageId: aws.String(i.id), Name: aws.String(i.name), Description: text(i.description), OwnerId: aws.String(r.acct.id),
			Public: aws.Bool(i.shares[everyone]), State: types.ImageStateAvailable, Tags: s.tagView(i.id),
		})
	}
	return out, nil
}

func modifyImageAttribute(r *request, in *ec2.ModifyImageAttributeInput) (*ec2.ModifyImageAttributeOutput, error) {
	i, err := r.reg.ec2.image(aws.ToString(in.ImageId))
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.Attribute) != string(types.ImageAttributeNameLaunchPermission) {
		return nil, reject("InvalidRequest", "The request received was invalid: only launchPermission can be modified here")
	}
	return &ec2.ModifyImageAttributeOutput{}, i.shares.change(in.OperationType, in.UserGroups, in.UserIds, slices.Concat(in.OrganizationArns, in.OrganizationalUnitArns))
}

func describeImageAttribute(r *request, in *ec2.DescribeImageAttributeInput) (*ec2.DescribeImageAttributeOutput, error) {
	i, err := r.reg.ec2.image(aws.ToString(in.ImageId))
	if err != nil {
		return nil, err
	}
	if in.Attribute != types.ImageAttributeNameLaunchPermission {
		return nil, reject("InvalidRequest", "The request received was invalid: only launchPermission is told here")
	}
	out := &ec2.DescribeImageAttributeOutput{ImageId: aws.String(i.id), LaunchPermissions: []types.LaunchPermission{}}
	for _, who := range i.shares.sorted() {
		p := types.LaunchPermission{}
		switch {
		case who == everyone:
			p.Group = types.PermissionGroupAll
		case strings.Contains(who, ":ou/"):
			p.OrganizationalUnitArn = aws.String(who)
		case strings.Contains(who, ":organization/"):
			p.OrganizationArn = aws.String(who)
		default:
			p.UserId = aws.String(who)
		}
		out.LaunchPermissions = append(out.LaunchPermissions, p)
	}
	return out, nil
}
