package twin

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

type securityGroup struct {
	id, name, description, vpc string
	rules                      []string // ids, in the order in which they came
}

func createSecurityGroup(r *request, in *ec2.CreateSecurityGroupInput) (*ec2.CreateSecurityGroupOutput, error) {
	s := &r.reg.ec2
	tags, err := specTags(in.TagSpecifications, types.ResourceTypeSecurityGroup)
	if err != nil {
		return nil, err
	}
	if in.VpcId == nil {
		return nil, reject("VPCIdNotSpecified", "No default VPC for this user")
	}
	v, err := s.vpc(*in.VpcId)
	if err != nil {
		return nil, err
	}
	if err := s.checkGroupName(v.id, aws.ToString(in.GroupName)); err != nil {
		return nil, err
	}
	g := s.addGroup(r, v.id, aws.ToString(in.GroupName), aws.ToString(in.Description))
	s.tagAll(g.id, tags[types.ResourceTypeSecurityGroup])
	return &ec2.CreateSecurityGroupOutput{
		GroupId:          aws.String(g.id),
		SecurityGroupArn: aws.String(r.arn("ec2", "security-group/"+g.id)),
		Tags:             s.tagView(g.id),
	}, nil
}

func (s *ec2State) checkGroupName(vpc, name string) error {
	if len(name) > 255 || name == "" || len(name) >= 3 && name[:3] == "sg-" {
		return reject("InvalidParameterValue", "Value (%s) for parameter GroupName is invalid.", name)
	}
	if _, taken := s.groupNamed(vpc, name); taken {
		return reject("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", name, vpc)
	}
	return nil
}

func (s *ec2State) groupNamed(vpc, name string) (*securityGroup, bool) {
	for _, g := range s.groups.byID {
		if g.vpc == vpc && g.name == name {
			return g, true
		}
	}
	return nil, false
}

// addGroup makes a group with the one rule that each new group has: all IPv4 may leave.
func (s *ec2State) addGroup(r *request, vpc, name, description string) *securityGroup {
	g := &securityGroup{id: r.org.id("sg"), name: name, description: description, vpc: vpc}
	s.groups.put(g.id, g)
	s.addRule(r, g, groupRule{egress: true, flow: flow{protocol: "-1", from: -1, to: -1, v4: "0.0.0.0/0"}})
	return g
}

// addDefaultGroup makes the group that comes with each VPC, whose members may talk to each other.
func (s *ec2State) addDefaultGroup(r *request, vpc string) {
	g := s.addGroup(r, vpc, "default", "default VPC security group")
	s.addRule(r, g, groupRule{flow: flow{protocol: "-1", from: -1, to: -1, peer: g.id, peerOwner: r.acct.id}})
}

func describeSecurityGroups(r *request, in *ec2.DescribeSecurityGroupsInput) (*ec2.DescribeSecurityGroupsOutput, error) {
	s := &r.reg.ec2
	if len(in.GroupNames) > 0 {
		return nil, reject("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC", in.GroupNames[0])
	}
	found, next, err := list(&s.groups, s.group, s.groupFields(r.acct.id), func(g *securityGroup) map[string]string { return s.tags[g.id] },
		query{in.GroupIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeSecurityGroupsOutput{NextToken: next}
	for _, g := range found {
		out.SecurityGroups = append(out.SecurityGroups, s.groupView(r, g))
	}
	return out, nil
}

func (s *ec2State) groupFields(owner string) fields[securityGroup] {
	f := fields[securityGroup]{
		"group-id":    func(g *securityGroup) []string { return []string{g.id} },
		"group-name":  func(g *securityGroup) []string { return []string{g.name} },
		"vpc-id":      func(g *securityGroup) []string { return []string{g.vpc} },
		"description": func(g *securityGroup) []string { return []string{g.description} },
		"owner-id":    func(*securityGroup) []string { return []string{owner} },
	}
	for prefix, egress := range map[string]bool{"ip-permission.": false, "egress.ip-permission.": true} {
		for name, get := range flowFields() {
			f[prefix+name] = func(g *securityGroup) []string {
				var out []string
				for _, rule := range s.rulesOf(g, egress) {
					out = append(out, get(rule.flow)...)
				}
				return out
			}
		}
	}
	return f
}

func (s *ec2State) groupView(r *request, g *securityGroup) types.SecurityGroup {
	return types.SecurityGroup{
		GroupId:             aws.String(g.id),
		GroupName:           aws.String(g.name),
		Description:         aws.String(g.description),
		VpcId:               aws.String(g.vpc),
		OwnerId:             aws.String(r.acct.id),
		SecurityGroupArn:    aws.String(r.arn("ec2", "security-group/"+g.id)),
		IpPermissions:       permissionView(s.rulesOf(g, false)),
		IpPermissionsEgress: permissionView(s.rulesOf(g, true)),
		Tags:                s.tagView(g.id),
	}
}

// identify gives groups as instances and interfaces show them.
func (s *ec2State) identify(ids []string) []types.GroupIdentifier {
	out := make([]types.GroupIdentifier, 0, len(ids))
	for _, id := range ids {
		out = append(out, types.GroupIdentifier{GroupId: aws.String(id), GroupName: aws.String(s.groups.byID[id].name)})
	}
	return out
}

func (s *ec2State) groupNames(ids []string) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, s.groups.byID[id].name)
	}
	return out
}

func deleteSecurityGroup(r *request, in *ec2.DeleteSecurityGroupInput) (*ec2.DeleteSecurityGroupOutput, error) {
	s := &r.reg.ec2
	g, err := s.chosenGroup(in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	if g.name == "default" {
		return nil, reject("CannotDelete", "the specified group: %q name: \"default\" cannot be deleted by a user", g.id)
	}
	if s.groupInUse(g.id) {
		return nil, reject("DependencyViolation", "resource %s has a dependent object", g.id)
	}
	for _, id := range g.rules {
		s.dropRule(id)
	}
	s.groups.drop(g.id)
	delete(s.tags, g.id)
	return &ec2.DeleteSecurityGroupOutput{GroupId: aws.String(g.id), Return: aws.Bool(true)}, nil
}

// groupInUse says whether an interface is in the group, or another group's rule names it.
func (s *ec2State) groupInUse(id string) bool {
	for _, n := range s.interfaces.byID {
		if slices.Contains(n.groups, id) {
			return true
		}
	}
	for _, rule := range s.rules.byID {
		if rule.peer == id && rule.group != id {
			return true
		}
	}
	return false
}

// chosenGroup finds the group of a call. A name alone means the default VPC, of which there is none.
func (s *ec2State) chosenGroup(id, name *string) (*securityGroup, error) {
	switch {
	case id != nil:
		return s.group(*id)
	case name != nil:
		return nil, reject("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC", *name)
	}
	return nil, reject("MissingParameter", "The request must contain the parameter groupName or groupId")
}

// groupsIn checks that the groups can be put on an interface in a VPC, and gives them without repetition.
func (s *ec2State) groupsIn(vpc string, ids []string, foreign func(group string) error) ([]string, error) {
	var out []string
	for _, id := range ids {
		g, err := s.group(id)
		if err != nil {
			return nil, err
		}
		if g.vpc != vpc {
			return nil, foreign(id)
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	if len(out) > 5 {
		return nil, reject("SecurityGroupsPerInterfaceLimitExceeded", "The maximum number of security groups per interface has been reached.")
	}
	return out, nil
}
