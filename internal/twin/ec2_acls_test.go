package twin

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"parry/internal/moto"
)

// The same calls on the twin and on moto. moto knows no limit of entries and fails with an error of its own where an entry is not there: both are asked
// of the twin alone.
func TestNetworkACLsAsOnMoto(t *testing.T) {
	server := moto.Need(t)
	for name, cfg := range map[string]aws.Config{"twin": newOrg().Config(testAccount, "us-east-1"), "moto": server.Config(moto.Account(), "us-east-1")} {
		t.Run(name, func(t *testing.T) {
			ctx, c := t.Context(), ec2.NewFromConfig(cfg)
			v := got(c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")}))(t).Vpc
			n := got(c.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: v.VpcId, CidrBlock: aws.String("10.9.1.0/24")}))(t).Subnet
			read := func() types.NetworkAcl {
				return got(c.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: []types.Filter{{Name: aws.String("association.subnet-id"), Values: []string{*n.SubnetId}}}}))(t).NetworkAcls[0]
			}
			a := read()
			if len(a.Entries) != 4 || *a.VpcId != *v.VpcId || *a.Associations[0].SubnetId != *n.SubnetId {
				t.Fatalf("%+v", a)
			}
			entry := func(number int32, egress bool) *ec2.CreateNetworkAclEntryInput {
				return &ec2.CreateNetworkAclEntryInput{NetworkAclId: a.NetworkAclId, Egress: &egress, RuleNumber: &number, Protocol: aws.String("-1"), RuleAction: types.RuleActionDeny, CidrBlock: aws.String("185.220.101.7/32")}
			}
			got(c.CreateNetworkAclEntry(ctx, entry(1, false)))(t)
			refused(c.CreateNetworkAclEntry(ctx, entry(1, false)))(t, "NetworkAclEntryAlreadyExists")
			got(c.CreateNetworkAclEntry(ctx, entry(1, true)))(t) // each direction has its own numbers
			if n := len(read().Entries); n != 6 {
				t.Errorf("%d entries", n)
			}
			got(c.DeleteNetworkAclEntry(ctx, &ec2.DeleteNetworkAclEntryInput{NetworkAclId: a.NetworkAclId, Egress: aws.Bool(false), RuleNumber: aws.Int32(1)}))(t)
			if n := len(read().Entries); n != 5 {
				t.Errorf("%d entries", n)
			}
			if name == "moto" {
				return
			}
			refused(c.DeleteNetworkAclEntry(ctx, &ec2.DeleteNetworkAclEntryInput{NetworkAclId: a.NetworkAclId, Egress: aws.Bool(false), RuleNumber: aws.Int32(1)}))(t, "InvalidNetworkAclEntry.NotFound")
			refused(c.CreateNetworkAclEntry(ctx, entry(32767, false)))(t, "InvalidParameterValue")
			for i := range int32(18) {
				got(c.CreateNetworkAclEntry(ctx, entry(10+i, false)))(t)
			}
			refused(c.CreateNetworkAclEntry(ctx, entry(99, false)))(t, "NetworkAclEntryLimitExceeded")
		})
	}
}
