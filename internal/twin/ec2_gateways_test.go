package twin

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// moto says the same, but it leaves a gateway that does not exist out of its answer and fails with a 500 where one is to be changed.
func TestTransitGateways(t *testing.T) {
	n := newNetwork(t)
	g := got(n.ec2.CreateTransitGateway(n.ctx, &ec2.CreateTransitGatewayInput{Options: &types.TransitGatewayRequestOptions{AutoAcceptSharedAttachments: types.AutoAcceptSharedAttachmentsValueEnable}}))(t).TransitGateway
	if g.Options.AutoAcceptSharedAttachments != "enable" || g.Options.DnsSupport != "enable" || *g.OwnerId != testAccount {
		t.Errorf("%+v of %s", g.Options, *g.OwnerId)
	}
	got(n.ec2.ModifyTransitGateway(n.ctx, &ec2.ModifyTransitGatewayInput{TransitGatewayId: g.TransitGatewayId, Options: &types.ModifyTransitGatewayOptions{AutoAcceptSharedAttachments: types.AutoAcceptSharedAttachmentsValueDisable}}))(t)
	found := got(n.ec2.DescribeTransitGateways(n.ctx, &ec2.DescribeTransitGatewaysInput{TransitGatewayIds: []string{*g.TransitGatewayId}}))(t).TransitGateways
	if len(found) != 1 || found[0].Options.AutoAcceptSharedAttachments != "disable" || found[0].Options.DnsSupport != "enable" {
		t.Errorf("%+v", found)
	}
	none := "tgw-0123456789abcdef0"
	refused(n.ec2.DescribeTransitGateways(n.ctx, &ec2.DescribeTransitGatewaysInput{TransitGatewayIds: []string{none}}))(t, "InvalidTransitGatewayID.NotFound")
	refused(n.ec2.ModifyTransitGateway(n.ctx, &ec2.ModifyTransitGatewayInput{TransitGatewayId: aws.String(none)}))(t, "InvalidTransitGatewayID.NotFound")
}

// moto says the same.
func TestSubnetAttributes(t *testing.T) {
	n := newNetwork(t)
	_, id := n.addVpc(n.ec2)
	set := func(v bool) *ec2.ModifySubnetAttributeInput {
		return &ec2.ModifySubnetAttributeInput{SubnetId: aws.String(id), MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: aws.Bool(v)}}
	}
	for _, want := range []bool{true, false} {
		got(n.ec2.ModifySubnetAttribute(n.ctx, set(want)))(t)
		if s := got(n.ec2.DescribeSubnets(n.ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{id}}))(t).Subnets[0]; *s.MapPublicIpOnLaunch != want {
			t.Errorf("gives public addresses: %v, want %v", *s.MapPublicIpOnLaunch, want)
		}
	}
	in := set(true)
	in.SubnetId = aws.String("subnet-0123456789abcdef0")
	refused(n.ec2.ModifySubnetAttribute(n.ctx, in))(t, "InvalidSubnetID.NotFound")
}

// moto says the same.
func TestEncryptionByDefaultIsOfARegion(t *testing.T) {
	n := newNetwork(t)
	far := ec2.NewFromConfig(n.org.Config(testAccount, "us-east-1"))
	got(n.ec2.EnableEbsEncryptionByDefault(n.ctx, &ec2.EnableEbsEncryptionByDefaultInput{}))(t)
	for c, want := range map[*ec2.Client]bool{n.ec2: true, far: false} {
		if on := got(c.GetEbsEncryptionByDefault(n.ctx, &ec2.GetEbsEncryptionByDefaultInput{}))(t).EbsEncryptionByDefault; *on != want {
			t.Errorf("encrypted: %v, want %v", *on, want)
		}
	}
	got(n.ec2.DisableEbsEncryptionByDefault(n.ctx, &ec2.DisableEbsEncryptionByDefaultInput{}))(t)
	if on := got(n.ec2.GetEbsEncryptionByDefault(n.ctx, &ec2.GetEbsEncryptionByDefaultInput{}))(t).EbsEncryptionByDefault; *on {
		t.Error("still encrypted")
	}
}
