package source

import (
	"fmt"
	"strings"

	"parry"
)

// cfnKind looks up a resource type by the name that CloudFormation, AWS Config, IAM Access Analyzer and CloudTrail
// give it. The kind keeps the name that was asked for. Sources: as for kindOfResource; "Supported resource types",
// AWS Config Developer Guide; Finding in the IAM Access Analyzer API Reference.
func cfnKind(typ string) (kind, bool) {
	for _, k := range asffKinds() {
		if k.cfn == typ {
			return k, true
		}
	}
	k, ok := cfnKinds()[typ]
	k.cfn = typ
	return k, ok
}

// cfnKinds are the types that ASFF lacks, and second names of some that it has. A rule of EventBridge on a bus of its
// own has the id that its ARN has, BUS/NAME: the plain name would be that of another rule on the default bus.
func cfnKinds() map[string]kind {
	return map[string]kind{
		"AWS::ACM::Certificate":                            {"", "acm", "certificate/", arnID},
		"AWS::AccessAnalyzer::Analyzer":                    {"", "access-analyzer", "analyzer/", restID},
		"AWS::CloudTrail::EventDataStore":                  {"", "cloudtrail", "eventdatastore/", arnID},
		"AWS::Config::ConfigRule":                          {"", "config", "config-rule/", restID},
		"AWS::Config::ConfigurationRecorder":               {"", "config", "configuration-recorder/", restID},
		"AWS::Config::DeliveryChannel":                     {"", "config", "delivery-channel/", restID},
		"AWS::DynamoDB::Stream":                            {"", "dynamodb", "table/", arnID},
		"AWS::EC2::FlowLog":                                {"", "ec2", "vpc-flow-log/", restID},
		"AWS::EC2::Image":                                  {"", "ec2", "image/", restID},
		"AWS::EC2::InternetGateway":                        {"", "ec2", "internet-gateway/", restID},
		"AWS::EC2::TransitGatewayVpcAttachment":            {"", "ec2", "transit-gateway-attachment/", restID},
		"AWS::Events::Rule":                                {"", "events", "rule/", restID},
		"AWS::IAM::OIDCProvider":                           {"", "iam", "oidc-provider/", arnID},
		"AWS::IAM::SAMLProvider":                           {"", "iam", "saml-provider/", arnID},
		"AWS::IAM::VirtualMFADevice":                       {"", "iam", "mfa/", arnID},
		"AWS::OpenSearch::Domain":                          {"", "es", "domain/", restID},
		"AWS::RolesAnywhere::Profile":                      {"", "rolesanywhere", "profile/", restID},
		"AWS::RolesAnywhere::TrustAnchor":                  {"", "rolesanywhere", "trust-anchor/", restID},
		"AWS::Route53Resolver::ResolverQueryLoggingConfig": {"", "route53resolver", "resolver-query-log-config/", restID},
		"AWS::SSO::PermissionSet":                          {"", "sso", "permissionSet/", arnID},
		"AWS::S3Express::DirectoryBucket":                  {"", "s3express", "bucket/", restID},
	}
}

// found is a resource that a finding names, and where it lives; or the reason why it is no target.
type found struct {
	in     scope
	target parry.Target
	reason string
}

// find makes a target of a resource that is known by its type in CloudFormation, and by its ARN or the id that the
// service's API takes. What the ARN says of account, Region and partition goes before what the finding says.
func find(in scope, typ, id string) found {
	if typ == "AWS::::Account" {
		if id != in.account {
			return found{reason: fmt.Sprintf("account %q: the finding is about %q", cut(id), cut(in.account))}
		}
		return found{in: in, target: parry.Target{Type: typ, ID: id}}
	}
	k, ok := cfnKind(typ)
	if !ok {
		return found{reason: fmt.Sprintf("resource type %q of %q is not one that can be acted on yet", cut(typ), cut(id))}
	}
	name, own, ok := k.identify(id)
	if !ok {
		return found{reason: fmt.Sprintf("%q is no id of a resource of type %s", cut(id), k.cfn)}
	}
	a, isARN := parseARN(own)
	switch {
	case isARN && in.partition != "" && a.partition != in.partition:
		return found{reason: fmt.Sprintf("%q is in the partition %s, though the finding is in %s", cut(own), a.partition, cut(in.partition))}
	case isARN && a.account == "aws", k.cfn == "AWS::IAM::Role" && isRoleOfAWS(name):
		return found{reason: fmt.Sprintf("%q belongs to AWS and cannot be changed", cut(id))}
	case isARN:
		in = scope{oneOf(a.account, in.account), oneOf(a.region, in.region), a.partition}
	}
	t := parry.Target{Type: k.cfn, ID: name, ARN: oneOf(own, k.impliedARN(in, name))}
	if k.cfn == "AWS::IAM::User" {
		t.User = name
	}
	return found{in: in, target: t}
}

// isRoleOfAWS knows the roles that only AWS can change: service-linked ones, and those of IAM Identity Center.
func isRoleOfAWS(name string) bool {
	return strings.HasPrefix(name, "AWSServiceRoleFor") || strings.HasPrefix(name, "AWSReservedSSO_")
}

// impliedARN is the ARN that a plain id implies; empty where it needs more than the id.
func (k kind) impliedARN(in scope, id string) string {
	switch k.cfn {
	case "AWS::S3::Bucket":
		return "arn:" + in.partition + ":s3:::" + id
	case "AWS::EC2::Instance", "AWS::EC2::SecurityGroup", "AWS::CloudTrail::Trail", "AWS::KMS::Key", "AWS::Lambda::Function",
		"AWS::RDS::DBInstance", "AWS::RDS::DBSnapshot", "AWS::RDS::DBClusterSnapshot":
		return in.arn(k.service, k.prefix+id)
	case "AWS::IAM::User", "AWS::IAM::Role", "AWS::IAM::Group":
		return in.global(k.service, k.prefix+id)
	}
	return ""
}

// take adds what was found as a target, or tells why it is none.
func (g *gather) take(f found, role string) {
	if f.reason != "" {
		g.unclear("%s", f.reason)
		return
	}
	f.target.Role = role
	g.add(f.in, f.target)
}

// asResources tells targets in OCSF's form.
func asResources(targets []parry.Target) []parry.Resource {
	var all []parry.Resource
	for _, t := range targets {
		all = append(all, parry.Resource{UID: oneOf(t.ARN, t.ID), Type: t.Type, Name: t.ID, Region: t.Region, Role: t.Role})
	}
	return all
}
