package twin

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

type transitGateway struct {
	id          string
	description *string
	made        time.Time
	options     types.TransitGatewayOptions
}

func (s *ec2State) gateway(id string) (*transitGateway, error) {
	return find(&s.gateways, kind{"tgw-", "InvalidTransitGatewayID", "Transit Gateway %s was deleted or does not exist."}, id)
}

// createTransitGateway makes a gateway with AWS's defaults: "TransitGatewayRequestOptions", EC2 API Reference. It is available at once.
func createTransitGateway(r *request, in *ec2.CreateTransitGatewayInput) (*ec2.CreateTransitGatewayOutput, error) {
	s := &r.reg.ec2
	tags, err := specTags(in.TagSpecifications, types.ResourceTypeTransitGateway)
	if err != nil {
		return nil, err
	}
	g := &transitGateway{id: r.org.id("tgw"), description: copied(in.Description), made: r.now, options: types.TransitGatewayOptions{
		AmazonSideAsn: aws.Int64(64512), AutoAcceptSharedAttachments: types.AutoAcceptSharedAttachmentsValueDisable,
		DefaultRouteTableAssociation: types.DefaultRouteTableAssociationValueEnable, DefaultRouteTablePropagation: types.DefaultRouteTablePropagationValueEnable,
		DnsSupport: types.DnsSupportValueEnable, MulticastSupport: types.MulticastSupportValueDisable, VpnEcmpSupport: types.VpnEcmpSupportValueEnable,
	}}
	if o := in.Options; o != nil {
		choose(&g.options.AutoAcceptSharedAttachments, o.AutoAcceptSharedAttachments)
		choose(&g.options.DefaultRouteTableAssociation, o.DefaultRouteTableAssociation)
		choose(&g.options.DefaultRouteTablePropagation, o.DefaultRouteTablePropagation)
		choose(&g.options.DnsSupport, o.DnsSupport)
		choose(&g.options.MulticastSupport, o.MulticastSupport)
		choose(&g.options.VpnEcmpSupport, o.VpnEcmpSupport)
	}
	s.gateways.put(g.id, g)
	s.tagAll(g.id, tags[types.ResourceTypeTransitGateway])
	return &ec2.CreateTransitGatewayOutput{TransitGateway: s.gatewayView(r, g)}, nil
}

// choose sets what a call names.
func choose[T ~string](to *T, v T) {
	if v != "" {
		*to = v
	}
}

func (s *ec2State) gatewayView(r *request, g *transitGateway) *types.TransitGateway {
	return &types.TransitGateway{
		TransitGatewayId: aws.String(g.id), TransitGatewayArn: aws.String(r.arn("ec2", "transit-gateway/"+g.id)), OwnerId: aws.String(r.acct.id),
		State: types.TransitGatewayStateAvailable, CreationTime: aws.Time(g.made), Description: copied(g.description),
		Options: copied(&g.options), Tags: s.tagView(g.id),
	}
}

// describeTransitGateways refuses an id that does not exist, where moto leaves it out.
func describeTransitGateways(r *request, in *ec2.DescribeTransitGatewaysInput) (*ec2.DescribeTransitGatewaysOutput, error) {
	s := &r.reg.ec2
	found, next, err := list(&s.gateways, s.gateway, fields[transitGateway]{
		"transit-gateway-id": func(g *transitGateway) []string { return []string{g.id} },
		"state":              func(*transitGateway) []string { return []string{"available"} },
		"owner-id":           func(*transitGateway) []string { return []string{r.acct.id} },
	}, func(g *transitGateway) map[string]string { return s.tags[g.id] }, query{in.TransitGatewayIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeTransitGatewaysOutput{NextToken: next}
	for _, g := range found {
		out.TransitGateways = append(out.TransitGateways, *s.gatewayView(r, g))
	}
	return out, nil
}

// modifyTransitGateway changes what is named and keeps the rest.
func modifyTransitGateway(r *request, in *ec2.ModifyTransitGatewayInput) (*ec2.ModifyTransitGatewayOutput, error) {
	s := &r.reg.ec2
	g, err := s.gateway(aws.ToString(in.TransitGatewayId))
	if err != nil {
		return nil, err
	}
	if in.Description != nil {
		g.description = copied(in.Description)
	}
	if o := in.Options; o != nil {
		choose(&g.options.AutoAcceptSharedAttachments, o.AutoAcceptSharedAttachments)
		choose(&g.options.DefaultRouteTableAssociation, o.DefaultRouteTableAssociation)
		choose(&g.options.DefaultRouteTablePropagation, o.DefaultRouteTablePropagation)
		choose(&g.options.DnsSupport, o.DnsSupport)
		choose(&g.options.VpnEcmpSupport, o.VpnEcmpSupport)
	}
	return &ec2.ModifyTransitGatewayOutput{TransitGateway: s.gatewayView(r, g)}, nil
}
