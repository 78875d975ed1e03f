package twin

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

type iamGroup struct {
	view    iamtypes.Group
	members []string // names of users
	grants
}

func iamGroupHandlers(t table) {
	on(t, "IAM", "CreateGroup", createGroup)
	on(t, "IAM", "GetGroup", getGroup)
	on(t, "IAM", "AddUserToGroup", addUserToGroup)
	on(t, "IAM", "ListGroupsForUser", listGroupsForUser)
}

func (s *iamState) group(name *string) (*iamGroup, error) {
	g, ok := s.groups[aws.ToString(name)]
	if !ok {
		return nil, noEntity("The group with name %s cannot be found.", aws.ToString(name))
	}
	return g, nil
}

// inGroup tells whether a user is in any group.
func (s *iamState) inGroup(user string) bool {
	for _, g := range s.groups {
		if slices.Contains(g.members, user) {
			return true
		}
	}
	return false
}

func createGroup(r *request, in *iam.CreateGroupInput) (*iam.CreateGroupOutput, error) {
	path, err := nameAndPath("groupName", in.GroupName, in.Path, 128)
	if err != nil {
		return nil, err
	}
	s := &r.acct.iam
	if taken(s.groups, in.GroupName) {
		return nil, entityExists("Group with name %s already exists.", *in.GroupName)
	}
	g := &iamGroup{grants: newGrants(), view: iamtypes.Group{
		Arn:  aws.String("arn:aws:iam::" + r.acct.id + ":group" + path + *in.GroupName),
		Path: aws.String(path), GroupName: aws.String(*in.GroupName), GroupId: aws.String(r.org.uniqueID("AGPA")), CreateDate: aws.Time(r.now),
	}}
	if s.groups == nil {
		s.groups = map[string]*iamGroup{}
	}
	s.groups[*in.GroupName] = g
	v := g.view
	return &iam.CreateGroupOutput{Group: &v}, nil
}

func getGroup(r *request, in *iam.GetGroupInput) (*iam.GetGroupOutput, error) {
	g, err := r.acct.iam.group(in.GroupName)
	if err != nil {
		return nil, err
	}
	v := g.view
	out := &iam.GetGroupOutput{Group: &v, Users: []iamtypes.User{}}
	for _, name := range g.members {
		out.Users = append(out.Users, r.acct.iam.users[name].view)
	}
	return out, nil
}

func addUserToGroup(r *request, in *iam.AddUserToGroupInput) (*iam.AddUserToGroupOutput, error) {
	g, err := r.acct.iam.group(in.GroupName)
	if err != nil {
		return nil, err
	}
	if _, err := r.acct.iam.user(in.UserName); err != nil {
		return nil, err
	}
	if !slices.Contains(g.members, *in.UserName) {
		g.members = append(g.members, *in.UserName)
	}
	return &iam.AddUserToGroupOutput{}, nil
}

func listGroupsForUser(r *request, in *iam.ListGroupsForUserInput) (*iam.ListGroupsForUserOutput, error) {
	if _, err := r.acct.iam.user(in.UserName); err != nil {
		return nil, err
	}
	groups := []iamtypes.Group{}
	for _, g := range r.acct.iam.groups {
		if slices.Contains(g.members, *in.UserName) {
			groups = append(groups, g.view)
		}
	}
	found, next, err := iamPage(groups, func(g iamtypes.Group) string { return *g.GroupName }, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &iam.ListGroupsForUserOutput{Groups: found, Marker: next, IsTruncated: next != nil}, nil
}
