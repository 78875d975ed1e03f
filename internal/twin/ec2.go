package twin

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
)

// ec2State is what EC2 has in one region of one account.
type ec2State struct {
	vpcs         shelf[vpc]
	subnets      shelf[subnet]
	acls         shelf[networkACL]
	groups       shelf[securityGroup]
	rules        shelf[groupRule]
	interfaces   shelf[networkInterface]
	instances    shelf[instance]
	volumes      shelf[volume]
	snapshots    shelf[snapshot]
	images       shelf[image]
	associations shelf[profileAssociation]
	templates    shelf[launchTemplate]
	flowLogs     shelf[flowLog]
	gateways     shelf[transitGateway]
	encrypted    bool                         // by default
	tags         map[string]map[string]string // resource id -> its tags
	tokens       map[string]issued            // operation and client token -> what it made
	profileIDs   map[string]string            // instance profile ARN -> its AIPA id

	snapshotBlock types.SnapshotBlockPublicAccessState // empty where public snapshots are not blocked
}

func ec2Handlers(t table) {
	ec2On(t, "CreateVpc", createVpc)
	ec2On(t, "DescribeVpcs", describeVpcs)
	ec2On(t, "CreateSubnet", createSubnet)
	ec2On(t, "DescribeSubnets", describeSubnets)
	ec2On(t, "ModifySubnetAttribute", modifySubnetAttribute)

	ec2On(t, "CreateTransitGateway", createTransitGateway)
	ec2On(t, "DescribeTransitGateways", describeTransitGateways)
	ec2On(t, "ModifyTransitGateway", modifyTransitGateway)

	ec2On(t, "DescribeManagedPrefixLists", describeManagedPrefixLists)
	ec2On(t, "GetManagedPrefixListEntries", getManagedPrefixListEntries)

	ec2On(t, "DescribeNetworkAcls", describeNetworkACLs)
	ec2On(t, "CreateNetworkAclEntry", createNetworkACLEntry)
	ec2On(t, "DeleteNetworkAclEntry", deleteNetworkACLEntry)

	ec2On(t, "CreateSecurityGroup", createSecurityGroup)
	ec2On(t, "DescribeSecurityGroups", describeSecurityGroups)
	ec2On(t, "DeleteSecurityGroup", deleteSecurityGroup)
	ec2On(t, "AuthorizeSecurityGroupIngress", authorizeIngress)
	ec2On(t, "AuthorizeSecurityGroupEgress", authorizeEgress)
	ec2On(t, "RevokeSecurityGroupIngress", revokeIngress)
	ec2On(t, "RevokeSecurityGroupEgress", revokeEgress)
	ec2On(t, "DescribeSecurityGroupRules", describeSecurityGroupRules)

	ec2On(t, "CreateLaunchTemplate", createLaunchTemplate)
	ec2On(t, "RunInstances", runInstances)
	ec2On(t, "DescribeInstances", describeInstances)
	ec2On(t, "StartInstances", startInstances)
	ec2On(t, "StopInstances", stopInstances)
	ec2On(t, "TerminateInstances", terminateInstances)
	ec2On(t, "DescribeInstanceAttribute", describeInstanceAttribute)
	ec2On(t, "ModifyInstanceAttribute", modifyInstanceAttribute)
	ec2On(t, "ModifyInstanceMetadataOptions", modifyInstanceMetadataOptions)

	ec2On(t, "CreateNetworkInterface", createNetworkInterface)
	ec2On(t, "AttachNetworkInterface", attachNetworkInterface)
	ec2On(t, "DetachNetworkInterface", detachNetworkInterface)
	ec2On(t, "DescribeNetworkInterfaces", describeNetworkInterfaces)
	ec2On(t, "ModifyNetworkInterfaceAttribute", modifyNetworkInterfaceAttribute)

	ec2On(t, "GetEbsEncryptionByDefault", getEbsEncryption)
	ec2On(t, "EnableEbsEncryptionByDefault", enableEbsEncryption)
	ec2On(t, "DisableEbsEncryptionByDefault", disableEbsEncryption)
	ec2On(t, "DescribeVolumes", describeVolumes)
	ec2On(t, "CreateVolume", createVolume)
	ec2On(t, "CreateSnapshot", createSnapshot)
	ec2On(t, "CreateSnapshots", createSnapshots)
	ec2On(t, "DescribeSnapshots", describeSnapshots)
	ec2On(t, "DeleteSnapshot", deleteSnapshot)
	ec2On(t, "ModifySnapshotAttribute", modifySnapshotAttribute)
	ec2On(t, "DescribeSnapshotAttribute", describeSnapshotAttribute)
	ec2On(t, "GetSnapshotBlockPublicAccessState", getSnapshotBlock)
	ec2On(t, "EnableSnapshotBlockPublicAccess", enableSnapshotBlock)
	ec2On(t, "DisableSnapshotBlockPublicAccess", disableSnapshotBlock)

	ec2On(t, "RegisterImage", registerImage)
	ec2On(t, "DescribeImages", describeImages)
	ec2On(t, "ModifyImageAttribute", modifyImageAttribute)
	ec2On(t, "DescribeImageAttribute", describeImageAttribute)

	ec2On(t, "CreateTags", createTags)
	ec2On(t, "DeleteTags", deleteTags)
	ec2On(t, "DescribeTags", describeTags)

	ec2On(t, "AssociateIamInstanceProfile", associateIamInstanceProfile)
	ec2On(t, "DisassociateIamInstanceProfile", disassociateIamInstanceProfile)
	ec2On(t, "DescribeIamInstanceProfileAssociations", describeIamInstanceProfileAssociations)
}

// ec2On adds an EC2 operation that honours DryRun. The field is found by its name, so no operation can forget it.
func ec2On[I, O any](t table, operation string, f func(*request, *I) (*O, error)) {
	field, has := reflect.TypeFor[I]().FieldByName("DryRun")
	on(t, "EC2", operation, func(r *request, in *I) (*O, error) {
		if has {
			if dry, ok := reflect.ValueOf(in).Elem().FieldByIndex(field.Index).Interface().(*bool); ok && dry != nil && *dry {
				return nil, reject("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
			}
		}
		return f(r, in)
	})
}

// reject makes an error of AWS.
func reject(code, format string, args ...any) error {
	return &smithy.GenericAPIError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// shelf keeps things in the order in which they came, so that listings and their pages are stable.
type shelf[T any] struct {
	order []string
	byID  map[string]*T
}

func (s *shelf[T]) put(id string, v *T) {
	if s.byID == nil {
		s.byID = map[string]*T{}
	}
	s.order = append(s.order, id)
	s.byID[id] = v
}

func (s *shelf[T]) drop(id string) {
	if i := slices.Index(s.order, id); i >= 0 {
		s.order = slices.Delete(s.order, i, i+1)
		delete(s.byID, id)
	}
}

func (s *shelf[T]) all() []*T {
	out := make([]*T, 0, len(s.order))
	for _, id := range s.order {
		out = append(out, s.byID[id])
	}
	return out
}

// kind is how EC2 speaks of one kind of resource when an id is wrong.
type kind struct {
	prefix  string // of the id, with its dash
	errors  string // error code before .NotFound and .Malformed
	missing string // message for an id that is not there
}

// find gives the thing of that id, or the error with which EC2 refuses it.
func find[T any](s *shelf[T], k kind, id string) (*T, error) {
	if v, ok := s.byID[id]; ok {
		return v, nil
	}
	if !wellFormed(k.prefix, id) {
		return nil, reject(k.errors+".Malformed", "Invalid id: %q (expecting %q)", id, k.prefix+"...")
	}
	return nil, reject(k.errors+".NotFound", k.missing, id)
}

// wellFormed says whether an id is a prefix and hexadecimal digits: eight in old ids, seventeen in new ones.
func wellFormed(prefix, id string) bool {
	digits, ok := strings.CutPrefix(id, prefix)
	return ok && (len(digits) == 8 || len(digits) == 17) && strings.Trim(digits, "0123456789abcdef") == ""
}

func (s *ec2State) vpc(id string) (*vpc, error) {
	return find(&s.vpcs, kind{"vpc-", "InvalidVpcID", "The vpc ID '%s' does not exist"}, id)
}

func (s *ec2State) subnet(id string) (*subnet, error) {
	return find(&s.subnets, kind{"subnet-", "InvalidSubnetID", "The subnet ID '%s' does not exist"}, id)
}

func (s *ec2State) group(id string) (*securityGroup, error) {
	g, err := find(&s.groups, kind{"sg-", "InvalidGroup", "The security group '%s' does not exist"}, id)
	if err != nil && !wellFormed("sg-", id) {
		return nil, reject("InvalidGroupId.Malformed", "Invalid id: %q (expecting \"sg-...\")", id)
	}
	return g, err
}

func (s *ec2State) rule(id string) (*groupRule, error) {
	return find(&s.rules, kind{"sgr-", "InvalidSecurityGroupRuleId", "The security group rule ID '%s' does not exist"}, id)
}

func (s *ec2State) instance(id string) (*instance, error) {
	return find(&s.instances, kind{"i-", "InvalidInstanceID", "The instance ID '%s' does not exist"}, id)
}

func (s *ec2State) networkInterface(id string) (*networkInterface, error) {
	return find(&s.interfaces, kind{"eni-", "InvalidNetworkInterfaceID", "The networkInterface ID '%s' does not exist"}, id)
}

func (s *ec2State) volume(id string) (*volume, error) {
	return find(&s.volumes, kind{"vol-", "InvalidVolume", "The volume '%s' does not exist."}, id)
}

func (s *ec2State) snapshot(id string) (*snapshot, error) {
	return find(&s.snapshots, kind{"snap-", "InvalidSnapshot", "The snapshot '%s' does not exist."}, id)
}

func (s *ec2State) template(id string) (*launchTemplate, error) {
	return find(&s.templates, kind{"lt-", "InvalidLaunchTemplateId", "The specified launch template, with template ID %s, does not exist."}, id)
}

func (s *ec2State) association(id string) (*profileAssociation, error) {
	if a, ok := s.associations.byID[id]; ok {
		return a, nil
	}
	return nil, reject("InvalidAssociationID.NotFound", "An invalid association-id of '%s' was given", id)
}
