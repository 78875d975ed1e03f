package twin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/smithy-go"
)

const (
	testAccount = "111111111111"
	testRegion  = "eu-west-1"
	testImage   = "ami-0123456789abcdef0"
)

// network is an organization with one VPC and one subnet, and clients for them.
type network struct {
	*testing.T
	ctx         context.Context
	org         *Org
	ec2         *ec2.Client
	scaling     *autoscaling.Client
	elb         *elb.Client
	elbv2       *elbv2.Client
	vpc, subnet string
}

func newNetwork(t *testing.T) *network {
	t.Helper()
	org := New(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	cfg := org.Config(testAccount, testRegion)
	n := &network{T: t, ctx: t.Context(), org: org, ec2: ec2.NewFromConfig(cfg), scaling: autoscaling.NewFromConfig(cfg), elb: elb.NewFromConfig(cfg), elbv2: elbv2.NewFromConfig(cfg)}
	n.vpc, n.subnet = n.addVpc(n.ec2)
	return n
}

func (n *network) addVpc(c *ec2.Client) (vpc, subnet string) {
	n.Helper()
	v := got(c.CreateVpc(n.ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}))(n.T)
	s := got(c.CreateSubnet(n.ctx, &ec2.CreateSubnetInput{VpcId: v.Vpc.VpcId, CidrBlock: aws.String("10.0.1.0/24")}))(n.T)
	return *v.Vpc.VpcId, *s.Subnet.SubnetId
}

func (n *network) group(name string) string {
	n.Helper()
	return *got(n.ec2.CreateSecurityGroup(n.ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String(name), Description: aws.String(name), VpcId: aws.String(n.vpc)}))(n.T).GroupId
}

func (n *network) launch(change func(*ec2.RunInstancesInput)) types.Instance {
	n.Helper()
	in := &ec2.RunInstancesInput{ImageId: aws.String(testImage), InstanceType: types.InstanceTypeM5Large, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: aws.String(n.subnet)}
	if change != nil {
		change(in)
	}
	out := got(n.ec2.RunInstances(n.ctx, in))(n.T)
	if s := out.Instances[0].State.Name; s != types.InstanceStateNamePending {
		n.Errorf("a launch answers with state %s, want pending", s)
	}
	return n.instance(*out.Instances[0].InstanceId)
}

func (n *network) instance(id string) types.Instance {
	n.Helper()
	return got(n.ec2.DescribeInstances(n.ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}}))(n.T).Reservations[0].Instances[0]
}

// got gives the answer of a call that must succeed.
func got[O any](out O, err error) func(*testing.T) O {
	return func(t *testing.T) O {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// refused checks that a call failed with AWS's code.
func refused[O any](out O, err error) func(*testing.T, string) {
	return func(t *testing.T, code string) {
		t.Helper()
		var api smithy.APIError
		if !errors.As(err, &api) {
			t.Fatalf("got %v, %v, want error %s", out, err, code)
		}
		if api.ErrorCode() != code {
			t.Fatalf("error is %s (%s), want %s", api.ErrorCode(), api.ErrorMessage(), code)
		}
	}
}

func equal[T comparable](t *testing.T, what string, have, want []T) {
	t.Helper()
	if !slices.Equal(have, want) {
		t.Errorf("%s is %v, want %v", what, have, want)
	}
}

func filter(name string, values ...string) []types.Filter {
	return []types.Filter{{Name: aws.String(name), Values: values}}
}

func tagSpec(is types.ResourceType, key, value string) []types.TagSpecification {
	return []types.TagSpecification{{ResourceType: is, Tags: []types.Tag{{Key: aws.String(key), Value: aws.String(value)}}}}
}

func tagText(tags []types.Tag) []string {
	var out []string
	for _, t := range tags {
		out = append(out, *t.Key+"="+*t.Value)
	}
	return out
}

func groupIDs(groups []types.GroupIdentifier) []string {
	var out []string
	for _, g := range groups {
		out = append(out, *g.GroupId)
	}
	return out
}

func TestEC2ServiceIDs(t *testing.T) {
	n := newNetwork(t)
	n.org.ResetLog()
	got(n.ec2.DescribeInstances(n.ctx, nil))(t)
	got(n.scaling.DescribeAutoScalingGroups(n.ctx, nil))(t)
	got(n.elb.DescribeLoadBalancers(n.ctx, nil))(t)
	got(n.elbv2.DescribeTargetGroups(n.ctx, nil))(t)
	var have []string
	for _, e := range n.org.Log() {
		have = append(have, e.Service)
	}
	equal(t, "services", have, []string{"EC2", "Auto Scaling", "Elastic Load Balancing", "Elastic Load Balancing v2"})
}

func TestEC2DryRun(t *testing.T) {
	n := newNetwork(t)
	i := n.launch(nil)
	refused(n.ec2.TerminateInstances(n.ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*i.InstanceId}, DryRun: aws.Bool(true)}))(t, "DryRunOperation")
	refused(n.ec2.CreateSecurityGroup(n.ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("a"), Description: aws.String("a"), VpcId: aws.String(n.vpc), DryRun: aws.Bool(true)}))(t, "DryRunOperation")
	if s := n.instance(*i.InstanceId).State.Name; s != types.InstanceStateNameRunning {
		t.Errorf("after a dry run the instance is %s", s)
	}
	if out := got(n.ec2.DescribeSecurityGroups(n.ctx, nil))(t); len(out.SecurityGroups) != 1 {
		t.Errorf("a dry run made a group: %d", len(out.SecurityGroups))
	}
}

func TestEC2AccountsAndRegionsAreApart(t *testing.T) {
	n := newNetwork(t)
	i := n.launch(nil)
	for _, at := range []struct{ account, region string }{{"222222222222", testRegion}, {testAccount, "us-east-1"}} {
		other := ec2.NewFromConfig(n.org.Config(at.account, at.region))
		refused(other.DescribeInstances(n.ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{*i.InstanceId}}))(t, "InvalidInstanceID.NotFound")
		refused(other.CreateSubnet(n.ctx, &ec2.CreateSubnetInput{VpcId: aws.String(n.vpc), CidrBlock: aws.String("10.0.9.0/24")}))(t, "InvalidVpcID.NotFound")
		if out := got(other.DescribeNetworkInterfaces(n.ctx, nil))(t); len(out.NetworkInterfaces) != 0 {
			t.Errorf("%v sees %d interfaces", at, len(out.NetworkInterfaces))
		}
		vpc, _ := n.addVpc(other)
		if vpc == n.vpc {
			t.Errorf("%v has the same VPC", at)
		}
	}
	if out := got(n.ec2.DescribeVpcs(n.ctx, nil))(t); len(out.Vpcs) != 1 || *out.Vpcs[0].OwnerId != testAccount {
		t.Errorf("the first account has %d VPCs", len(out.Vpcs))
	}
}

func TestEC2Pages(t *testing.T) {
	n := newNetwork(t)
	var want []string
	for k := range 12 {
		want = append(want, n.group(fmt.Sprint("g", k)))
	}
	var have []string
	var sizes []int
	p := ec2.NewDescribeSecurityGroupsPaginator(n.ec2, &ec2.DescribeSecurityGroupsInput{MaxResults: aws.Int32(5), Filters: filter("group-name", "g*")})
	for p.HasMorePages() {
		out := got(p.NextPage(n.ctx))(t)
		sizes = append(sizes, len(out.SecurityGroups))
		for _, g := range out.SecurityGroups {
			have = append(have, *g.GroupId)
		}
	}
	equal(t, "pages", sizes, []int{5, 5, 2})
	equal(t, "groups", have, want)

	refused(n.ec2.DescribeSecurityGroups(n.ctx, &ec2.DescribeSecurityGroupsInput{MaxResults: aws.Int32(4)}))(t, "InvalidParameterValue")
	refused(n.ec2.DescribeSecurityGroups(n.ctx, &ec2.DescribeSecurityGroupsInput{NextToken: aws.String("made up")}))(t, "InvalidPaginationToken")
	refused(n.ec2.DescribeInstances(n.ctx, &ec2.DescribeInstancesInput{MaxResults: aws.Int32(5), InstanceIds: []string{"i-0123456789abcdef0"}}))(t, "InvalidParameterCombination")
}

func TestEC2UnknownFilters(t *testing.T) {
	n := newNetwork(t)
	bad := filter("no-such-filter", "x")
	for name, call := range map[string]func() error{
		"vpcs":    func() error { return second(n.ec2.DescribeVpcs(n.ctx, &ec2.DescribeVpcsInput{Filters: bad})) },
		"subnets": func() error { return second(n.ec2.DescribeSubnets(n.ctx, &ec2.DescribeSubnetsInput{Filters: bad})) },
		"groups": func() error {
			return second(n.ec2.DescribeSecurityGroups(n.ctx, &ec2.DescribeSecurityGroupsInput{Filters: bad}))
		},
		"rules": func() error {
			return second(n.ec2.DescribeSecurityGroupRules(n.ctx, &ec2.DescribeSecurityGroupRulesInput{Filters: bad}))
		},
		"instances": func() error { return second(n.ec2.DescribeInstances(n.ctx, &ec2.DescribeInstancesInput{Filters: bad})) },
		"interfaces": func() error {
			return second(n.ec2.DescribeNetworkInterfaces(n.ctx, &ec2.DescribeNetworkInterfacesInput{Filters: bad}))
		},
		"volumes":   func() error { return second(n.ec2.DescribeVolumes(n.ctx, &ec2.DescribeVolumesInput{Filters: bad})) },
		"snapshots": func() error { return second(n.ec2.DescribeSnapshots(n.ctx, &ec2.DescribeSnapshotsInput{Filters: bad})) },
		"tags":      func() error { return second(n.ec2.DescribeTags(n.ctx, &ec2.DescribeTagsInput{Filters: bad})) },
		"associations": func() error {
			return second(n.ec2.DescribeIamInstanceProfileAssociations(n.ctx, &ec2.DescribeIamInstanceProfileAssociationsInput{Filters: filter("tag:a", "b")}))
		},
	} {
		t.Run(name, func(t *testing.T) { refused(0, call())(t, "InvalidParameterValue") })
	}
}

func TestFilterMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, value string
		want           bool
	}{
		{"", "", true}, {"a", "a", true}, {"a", "A", false}, {"a", "", false}, {"", "a", false},
		{"*", "", true}, {"*", "any/thing", true}, {"a*c", "abbc", true}, {"a*c", "abbd", false}, {"*b*", "abc", true},
		{"a?c", "abc", true}, {"a?c", "ac", false}, {`a\*`, "a*", true}, {`a\*`, "ab", false}, {`\?`, "?", true}, {"[a]", "a", false},
	} {
		if have := filterMatch(c.pattern, c.value); have != c.want {
			t.Errorf("%q on %q: %v, want %v", c.pattern, c.value, have, c.want)
		}
	}
}

func TestEC2Tags(t *testing.T) {
	n := newNetwork(t)
	i := n.launch(func(in *ec2.RunInstancesInput) {
		in.TagSpecifications = append(tagSpec(types.ResourceTypeInstance, "Name", "web"), tagSpec(types.ResourceTypeVolume, "of", "web")...)
	})
	id, group := *i.InstanceId, n.group("g")
	set := func(key, value string) {
		t.Helper()
		got(n.ec2.CreateTags(n.ctx, &ec2.CreateTagsInput{Resources: []string{id, group}, Tags: []types.Tag{{Key: aws.String(key), Value: aws.String(value)}}}))(t)
	}
	set("case", "1")
	set("case", "2")
	set("owner", "x")
	equal(t, "tags", tagText(n.instance(id).Tags), []string{"Name=web", "case=2", "owner=x"})

	remove := func(tag types.Tag) {
		t.Helper()
		got(n.ec2.DeleteTags(n.ctx, &ec2.DeleteTagsInput{Resources: []string{id}, Tags: []types.Tag{tag}}))(t)
	}
	remove(types.Tag{Key: aws.String("case"), Value: aws.String("1")})
	remove(types.Tag{Key: aws.String("owner"), Value: aws.String("x")})
	remove(types.Tag{Key: aws.String("Name")})
	remove(types.Tag{Key: aws.String("never set")})
	equal(t, "tags left", tagText(n.instance(id).Tags), []string{"case=2"})

	out := got(n.ec2.DescribeTags(n.ctx, &ec2.DescribeTagsInput{Filters: filter("key", "case", "of")}))(t)
	var have []string
	for _, d := range out.Tags {
		have = append(have, string(d.ResourceType)+" "+*d.Key+"="+*d.Value)
	}
	slices.Sort(have)
	equal(t, "all tags", have, []string{"instance case=2", "security-group case=2", "volume of=web"})
	found := got(n.ec2.DescribeInstances(n.ctx, &ec2.DescribeInstancesInput{Filters: append(filter("tag:case", "2"), filter("instance-state-name", "running")...)}))(t)
	if len(found.Reservations) != 1 {
		t.Errorf("%d instances by tag", len(found.Reservations))
	}

	one := []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}
	refused(n.ec2.CreateTags(n.ctx, &ec2.CreateTagsInput{Resources: []string{id, "i-0123456789abcdef0"}, Tags: one}))(t, "InvalidInstanceID.NotFound")
	refused(n.ec2.CreateTags(n.ctx, &ec2.CreateTagsInput{Resources: []string{"nothing"}, Tags: one}))(t, "InvalidID")
	refused(n.ec2.CreateTags(n.ctx, &ec2.CreateTagsInput{Resources: []string{id}, Tags: []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("b")}}}))(t, "InvalidParameterValue")
	equal(t, "tags after refusals", tagText(n.instance(id).Tags), []string{"case=2"})
	var many []types.Tag
	for k := range 50 {
		many = append(many, types.Tag{Key: aws.String(fmt.Sprint("k", k)), Value: aws.String("")})
	}
	refused(n.ec2.CreateTags(n.ctx, &ec2.CreateTagsInput{Resources: []string{id}, Tags: many}))(t, "TagLimitExceeded")
}

func TestEC2AnswersAreCopies(t *testing.T) {
	n := newNetwork(t)
	i := n.launch(nil)
	want := *i.NetworkInterfaces[0].Groups[0].GroupId
	*i.NetworkInterfaces[0].Groups[0].GroupId = "changed"
	*i.MetadataOptions.HttpPutResponseHopLimit = 9
	i.NetworkInterfaces[0].Groups = i.NetworkInterfaces[0].Groups[:0]
	again := n.instance(*i.InstanceId)
	equal(t, "groups", groupIDs(again.NetworkInterfaces[0].Groups), []string{want})
	if h := *again.MetadataOptions.HttpPutResponseHopLimit; h != 1 {
		t.Errorf("hop limit is %d", h)
	}
}
