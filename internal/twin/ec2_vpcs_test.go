package twin

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

func TestSubnetRanges(t *testing.T) {
	n := newNetwork(t)
	for _, c := range []struct{ cidr, zone, code string }{
		{"10.0.1.128/25", "", "InvalidSubnet.Conflict"},
		{"10.1.0.0/24", "", "InvalidSubnet.Range"},
		{"10.0.2.0/29", "", "InvalidSubnet.Range"},
		{"nonsense", "", "InvalidParameterValue"},
		{"10.0.2.0/24", "us-east-1a", "InvalidParameterValue"},
	} {
		in := &ec2.CreateSubnetInput{VpcId: aws.String(n.vpc), CidrBlock: aws.String(c.cidr)}
		if c.zone != "" {
			in.AvailabilityZone = aws.String(c.zone)
		}
		refused(n.ec2.CreateSubnet(n.ctx, in))(t, c.code)
	}
	refused(n.ec2.CreateVpc(n.ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/8")}))(t, "InvalidVpc.Range")
	refused(n.ec2.DescribeSubnets(n.ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{"subnet-0123456789abcdef0"}}))(t, "InvalidSubnetID.NotFound")
}

func TestSubnetRunsOutOfAddresses(t *testing.T) {
	n := newNetwork(t)
	s := got(n.ec2.CreateSubnet(n.ctx, &ec2.CreateSubnetInput{VpcId: aws.String(n.vpc), CidrBlock: aws.String("10.0.2.0/28")}))(t).Subnet
	launch := func(count int32) (*ec2.RunInstancesOutput, error) {
		return n.ec2.RunInstances(n.ctx, &ec2.RunInstancesInput{ImageId: aws.String(testImage), MinCount: aws.Int32(count), MaxCount: aws.Int32(count), SubnetId: s.SubnetId})
	}
	refused(launch(12))(t, "InsufficientFreeAddressesInSubnet")
	seen := map[string]bool{}
	out := got(launch(11))(t)
	for _, i := range out.Instances {
		seen[*i.PrivateIpAddress] = true
	}
	if len(seen) != 11 || !seen["10.0.2.4"] || !seen["10.0.2.14"] {
		t.Errorf("addresses are %v", seen)
	}
	refused(launch(1))(t, "InsufficientFreeAddressesInSubnet")
	got(n.ec2.TerminateInstances(n.ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*out.Instances[3].InstanceId}}))(t)
	if a := *got(launch(1))(t).Instances[0].PrivateIpAddress; a != *out.Instances[3].PrivateIpAddress {
		t.Errorf("the freed address is not given out, but %s", a)
	}
}
