package twin

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func permission(protocol string, from, to int32, v4 ...string) types.IpPermission {
	p := types.IpPermission{IpProtocol: aws.String(protocol)}
	if protocol != "-1" {
		p.FromPort, p.ToPort = aws.Int32(from), aws.Int32(to)
	}
	for _, c := range v4 {
		p.IpRanges = append(p.IpRanges, types.IpRange{CidrIp: aws.String(c)})
	}
	return p
}

func (n *network) rules(group string) []types.SecurityGroupRule {
	n.Helper()
	return got(n.ec2.DescribeSecurityGroupRules(n.ctx, &ec2.DescribeSecurityGroupRulesInput{Filters: filter("group-id", group)}))(n.T).SecurityGroupRules
}

func TestGroupHasOneRuleAtFirst(t *testing.T) {
	n := newNetwork(t)
	out := got(n.ec2.CreateSecurityGroup(n.ctx, &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("web"), Description: aws.String("d"), VpcId: aws.String(n.vpc), TagSpecifications: tagSpec(types.ResourceTypeSecurityGroup, "a", "b"),
	}))(t)
	equal(t, "tags", tagText(out.Tags), []string{"a=b"})
	rules := n.rules(*out.GroupId)
	if len(rules) != 1 {
		t.Fatalf("%d rules", len(rules))
	}
	if r := rules[0]; !*r.IsEgress || *r.IpProtocol != "-1" || *r.FromPort != -1 || *r.ToPort != -1 || *r.CidrIpv4 != "0.0.0.0/0" || r.CidrIpv6 != nil || *r.GroupOwnerId != testAccount {
		t.Errorf("rule is %+v", r)
	}
	g := got(n.ec2.DescribeSecurityGroups(n.ctx, &ec2.DescribeSecurityGroupsInput{Filters: filter("tag:a", "b")}))(t).SecurityGroups
	if len(g) != 1 || *g[0].GroupName != "web" || len(g[0].IpPermissions) != 0 || len(g[0].IpPermissionsEgress) != 1 || g[0].IpPermissionsEgress[0].FromPort != nil {
		t.Errorf("groups are %+v", g)
	}
}

func TestDescribeSecurityGroups(t *testing.T) {
	n := newNetwork(t)
	web, db := n.group("web"), n.group("db")
	got(n.ec2.CreateTags(n.ctx, &ec2.CreateTagsInput{Resources: []string{db}, Tags: []types.Tag{{Key: aws.String("tier"), Value: aws.String("data")}}}))(t)
	for _, c := range []struct {
		filters []types.Filter
		want    []string
	}{
		{filter("group-id", web, db), []string{web, db}},
		{filter("group-name", "d?"), []string{db}},
		{filter("tag-key", "tier"), []string{db}},
		{filter("tag:tier", "dat*"), []string{db}},
		{filter("tag:tier", "DATA"), nil},
		{append(filter("vpc-id", n.vpc), filter("group-name", "web", "nothing")...), []string{web}},
		{filter("vpc-id", "vpc-0"), nil},
		{filter("group-name"), nil},
	} {
		var have []string
		for _, g := range got(n.ec2.DescribeSecurityGroups(n.ctx, &ec2.DescribeSecurityGroupsInput{Filters: c.filters}))(t).SecurityGroups {
			have = append(have, *g.GroupId)
		}
		equal(t, *c.filters[0].Name, have, c.want)
	}
	refused(n.ec2.DescribeSecurityGroups(n.ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{"sg-0123456789abcdef0"}}))(t, "InvalidGroup.NotFound")
	refused(n.ec2.DescribeSecurityGroups(n.ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{"web"}}))(t, "InvalidGroupId.Malformed")
	refused(n.ec2.CreateSecurityGroup(n.ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("web"), Description: aws.String("d"), VpcId: aws.String(n.vpc)}))(t, "InvalidGroup.Duplicate")
}

func TestAuthorize(t *testing.T) {
	n := newNetwork(t)
	g, peer := n.group("g"), n.group("peer")
	p := permission("6", 22, 22, "0.0.0.0/0", "192.0.2.77/24")
	p.IpRanges[0].Description = aws.String("why")
	p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: aws.String("::/0")}}
	p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: aws.String(peer)}}
	out := got(n.ec2.AuthorizeSecurityGroupIngress(n.ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: aws.String(g), IpPermissions: []types.IpPermission{p}, TagSpecifications: tagSpec(types.ResourceTypeSecurityGroupRule, "k", "v"),
	}))(t)
	if len(out.SecurityGroupRules) != 4 {
		t.Fatalf("%d rules", len(out.SecurityGroupRules))
	}
	r := out.SecurityGroupRules
	if *r[0].CidrIpv4 != "0.0.0.0/0" || *r[0].Description != "why" || *r[0].IpProtocol != "tcp" || *r[0].FromPort != 22 || *r[0].IsEgress {
		t.Errorf("first rule is %+v", r[0])
	}
	if *r[1].CidrIpv4 != "192.0.2.0/24" || r[1].Description != nil || *r[2].CidrIpv6 != "::/0" || *r[3].ReferencedGroupInfo.GroupId != peer {
		t.Errorf("rules are %+v", r[1:])
	}
	equal(t, "rule tags", tagText(r[3].Tags), []string{"k=v"})
	found := got(n.ec2.DescribeSecurityGroupRules(n.ctx, &ec2.DescribeSecurityGroupRulesInput{Filters: filter("tag:k", "v")}))(t)
	if len(found.SecurityGroupRules) != 4 {
		t.Errorf("%d rules by tag", len(found.SecurityGroupRules))
	}
	view := got(n.ec2.DescribeSecurityGroups(n.ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{g}}))(t).SecurityGroups[0].IpPermissions
	if len(view) != 1 || len(view[0].IpRanges) != 2 || len(view[0].Ipv6Ranges) != 1 || *view[0].UserIdGroupPairs[0].UserId != testAccount {
		t.Errorf("permissions are %+v", view)
	}

	for _, c := range []struct {
		name string
		code string
		p    types.IpPermission
	}{
		{"another description", "InvalidPermission.Duplicate", permission("tcp", 22, 22, "198.51.100.0/24", "0.0.0.0/0")},
		{"twice in a call", "InvalidParameterValue", permission("tcp", 80, 80, "0.0.0.0/0", "0.0.0.0/0")},
		{"bad range", "InvalidParameterValue", permission("tcp", 80, 80, "1.2.3.4")},
		{"ports reversed", "InvalidParameterValue", permission("tcp", 81, 80, "0.0.0.0/0")},
		{"no ports", "InvalidParameterValue", types.IpPermission{IpProtocol: aws.String("tcp"), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}},
		{"bad protocol", "InvalidPermission.Malformed", permission("carrier pigeon", 1, 1, "0.0.0.0/0")},
		{"unknown group", "InvalidGroup.NotFound", types.IpPermission{IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: aws.String("sg-0123456789abcdef0")}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused(n.ec2.AuthorizeSecurityGroupIngress(n.ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: aws.String(g), IpPermissions: []types.IpPermission{c.p}}))(t, c.code)
		})
	}
	if rules := n.rules(g); len(rules) != 5 {
		t.Errorf("refused calls changed the group: %d rules", len(rules))
	}
	got(n.ec2.AuthorizeSecurityGroupEgress(n.ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: aws.String(g), IpPermissions: []types.IpPermission{permission("tcp", 22, 22, "0.0.0.0/0")}}))(t)
}

func TestRevoke(t *testing.T) {
	n := newNetwork(t)
	g := n.group("g")
	p := permission("tcp", 22, 22, "0.0.0.0/0")
	p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: aws.String("::/0")}}
	made := got(n.ec2.AuthorizeSecurityGroupIngress(n.ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: aws.String(g), IpPermissions: []types.IpPermission{p}}))(t).SecurityGroupRules
	ingress := func(in ec2.RevokeSecurityGroupIngressInput) (*ec2.RevokeSecurityGroupIngressOutput, error) {
		in.GroupId = aws.String(g)
		return n.ec2.RevokeSecurityGroupIngress(n.ctx, &in)
	}
	egress := n.rules(g)[0]

	refused(ingress(ec2.RevokeSecurityGroupIngressInput{IpPermissions: []types.IpPermission{permission("tcp", 22, 22, "0.0.0.0/0"), permission("tcp", 23, 23, "0.0.0.0/0")}}))(t, "InvalidPermission.NotFound")
	refused(ingress(ec2.RevokeSecurityGroupIngressInput{SecurityGroupRuleIds: []string{*made[0].SecurityGroupRuleId, "sgr-0123456789abcdef0"}}))(t, "InvalidSecurityGroupRuleId.NotFound")
	refused(ingress(ec2.RevokeSecurityGroupIngressInput{SecurityGroupRuleIds: []string{*egress.SecurityGroupRuleId}}))(t, "InvalidSecurityGroupRuleId.NotFound")
	refused(ingress(ec2.RevokeSecurityGroupIngressInput{}))(t, "MissingParameter")
	if rules := n.rules(g); len(rules) != 3 {
		t.Fatalf("refused calls changed the group: %d rules", len(rules))
	}

	out := got(ingress(ec2.RevokeSecurityGroupIngressInput{IpPermissions: []types.IpPermission{permission("tcp", 22, 22, "0.0.0.0/0")}}))(t)
	if len(out.RevokedSecurityGroupRules) != 1 || *out.RevokedSecurityGroupRules[0].SecurityGroupRuleId != *made[0].SecurityGroupRuleId {
		t.Errorf("revoked %+v", out.RevokedSecurityGroupRules)
	}
	got(ingress(ec2.RevokeSecurityGroupIngressInput{SecurityGroupRuleIds: []string{*made[1].SecurityGroupRuleId}}))(t)
	all := &ec2.RevokeSecurityGroupEgressInput{GroupId: aws.String(g), IpPermissions: []types.IpPermission{permission("-1", 0, 0, "0.0.0.0/0")}}
	got(n.ec2.RevokeSecurityGroupEgress(n.ctx, all))(t)
	refused(n.ec2.RevokeSecurityGroupEgress(n.ctx, all))(t, "InvalidPermission.NotFound")
	if rules := n.rules(g); len(rules) != 0 {
		t.Errorf("%d rules are left", len(rules))
	}
}

func TestDeleteSecurityGroup(t *testing.T) {
	n := newNetwork(t)
	g, peer := n.group("g"), n.group("peer")
	i := n.launch(func(in *ec2.RunInstancesInput) { in.SecurityGroupIds = []string{g} })
	remove := func(id string) (*ec2.DeleteSecurityGroupOutput, error) {
		return n.ec2.DeleteSecurityGroup(n.ctx, &ec2.DeleteSecurityGroupInput{GroupId: aws.String(id)})
	}
	refused(remove(g))(t, "DependencyViolation")
	got(n.ec2.TerminateInstances(n.ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*i.InstanceId}}))(t)

	p := types.IpPermission{IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: aws.String(g)}}}
	got(n.ec2.AuthorizeSecurityGroupIngress(n.ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: aws.String(peer), IpPermissions: []types.IpPermission{p}}))(t)
	refused(remove(g))(t, "DependencyViolation")
	got(remove(peer))(t)
	got(remove(g))(t)
	refused(remove(g))(t, "InvalidGroup.NotFound")
	left := got(n.ec2.DescribeSecurityGroups(n.ctx, nil))(t).SecurityGroups
	if len(left) != 1 || *left[0].GroupName != "default" {
		t.Errorf("groups left are %+v", left)
	}
	refused(remove(*left[0].GroupId))(t, "CannotDelete")
}

func TestOldFormOfIngress(t *testing.T) {
	n := newNetwork(t)
	g := n.group("g")
	got(n.ec2.AuthorizeSecurityGroupIngress(n.ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: aws.String(g), IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), CidrIp: aws.String("0.0.0.0/0"),
	}))(t)
	found := got(n.ec2.DescribeSecurityGroups(n.ctx, &ec2.DescribeSecurityGroupsInput{Filters: append(filter("ip-permission.cidr", "0.0.0.0/0"), filter("ip-permission.from-port", "22")...)}))(t)
	if len(found.SecurityGroups) != 1 || *found.SecurityGroups[0].GroupId != g {
		t.Errorf("groups open to the world are %+v", found.SecurityGroups)
	}
	got(n.ec2.RevokeSecurityGroupIngress(n.ctx, &ec2.RevokeSecurityGroupIngressInput{
		GroupId: aws.String(g), IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), CidrIp: aws.String("0.0.0.0/0"),
	}))(t)
	if rules := n.rules(g); len(rules) != 1 {
		t.Errorf("%d rules are left", len(rules))
	}
}
