package hub

import (
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"parry"
)

// The type of what Security Hub has no type for, and the prefixes of ids that are no ARN. Sources: "Resources" in "ASFF syntax" and
// "Resource attributes", Security Hub User Guide.
const (
	typeOther     = "Other"
	typeKey       = "AwsIamAccessKey"
	typeAccount   = "AwsAccount"
	prefixKey     = "AWS::IAM::AccessKey:"
	prefixAccount = "AWS::::Account:"
)

// resources tells what a finding is about: its targets, which have an account and a Region of their own, and then what is no
// target, in the source's words. Where it names nothing, it is about the account. It gives how many had no room.
func resources(f parry.Finding, p Place) (all []types.Resource, left int) {
	has := map[string]bool{}
	add := func(r types.Resource) {
		id := aws.ToString(r.Id)
		switch key := aws.ToString(r.Type) + " " + id; {
		case strings.TrimSpace(id) == "" || has[key]:
		case len(all) == maxResources || len(id) > maxResourceID: // a cut id would be another's
			left++
		default:
			has[key] = true
			all = append(all, r)
		}
	}
	known := asffTypes()
	of := map[string]int{} // a target by what a resource can call it
	for i, t := range f.Targets {
		typ := known.of(t.Type)
		for _, name := range []string{t.ARN, typ + " " + t.ID, typ + " " + keyID(typ, t.ID)} {
			if _, has := of[name]; !has && name != "" {
				of[name] = i
			}
		}
	}
	tags := make([][]parry.Tag, len(f.Targets))
	var rest []parry.Resource
	for _, r := range f.Resources {
		typ := known.of(r.Type)
		if i, ok := firstOf(of, r.UID, typ+" "+r.UID, typ+" "+r.Name); ok {
			tags[i] = append(tags[i], r.Tags...)
		} else {
			rest = append(rest, r)
		}
	}
	for i, t := range f.Targets {
		add(known.target(t, tags[i]))
	}
	for _, r := range rest {
		add(known.resource(r, p))
	}
	if len(all) == 0 {
		add(types.Resource{Type: aws.String(typeAccount), Id: aws.String(prefixAccount + p.Account), Partition: types.Partition(p.Partition), Region: &p.Region})
	}
	return all, left
}

// firstOf looks names up, one after the other.
func firstOf(of map[string]int, names ...string) (int, bool) {
	for _, n := range names {
		if i, ok := of[n]; ok {
			return i, true
		}
	}
	return 0, false
}

// target tells a target. The ARN is the id where there is one or where it follows from type, account and Region.
func (known asffNames) target(t parry.Target, tags []parry.Tag) types.Resource {
	typ := known.of(t.Type)
	r := known.common(t.Type, oneOf(t.ARN, keyID(typ, t.ID), arnOf(t), t.ID), t.Region, t.Role, tags)
	r.Partition = partition(t.Partition)
	if typ == typeKey {
		// Whose key it is. Only a user's is said to be one: a role's session must not become a user on its way back.
		d := &types.AwsIamAccessKeyDetails{AccessKeyId: text(t.ID, maxTagKey), AccountId: text(t.Account, 12)}
		if t.User != "" {
			d.PrincipalName, d.PrincipalType = text(t.User, maxTagKey), aws.String("IAMUser")
		}
		r.Details = &types.ResourceDetails{AwsIamAccessKey: d}
	}
	return r
}

// resource tells what is no target.
func (known asffNames) resource(r parry.Resource, p Place) types.Resource {
	id := oneOf(r.UID, r.Name)
	out := known.common(r.Type, oneOf(keyID(known.of(r.Type), id), id), r.Region, r.Role, r.Tags)
	out.Partition = partition(p.Partition)
	return out
}

// common fills what all have in common. The name of a type that Security Hub does not know stands in the details.
func (known asffNames) common(typ, id, region, role string, tags []parry.Tag) types.Resource {
	r := types.Resource{Type: aws.String(known.of(typ)), Id: aws.String(clean(id)), Tags: tagMap(tags)}
	if region == "global" || parry.IsRegion(region) {
		r.Region = aws.String(region)
	}
	switch strings.ToUpper(role) {
	case "ACTOR":
		r.ResourceRole = aws.String("Actor")
	case "TARGET":
		r.ResourceRole = aws.String("Target")
	}
	if name := text(typ, maxResourceType); *r.Type == typeOther && name != nil && *name != typeOther {
		r.Details = &types.ResourceDetails{Other: map[string]string{"type": *name}}
	}
	return r
}

// partition is one that the API takes. Source: Resource, Security Hub API Reference: aws, aws-cn, aws-us-gov.
func partition(name string) types.Partition {
	for _, p := range types.Partition("").Values() {
		if string(p) == name {
			return p
		}
	}
	return ""
}

// tagMap writes tags as ASFF does, within AWS's limits for tags; nil where there is none.
func tagMap(tags []parry.Tag) map[string]string {
	var m map[string]string
	for _, t := range tags {
		k := cut(t.Name, maxTagKey)
		if strings.TrimSpace(k) == "" || len(m) == maxTags {
			continue
		}
		if m == nil {
			m = map[string]string{}
		}
		if _, has := m[k]; !has {
			m[k] = cut(t.Value, maxTagValue)
		}
	}
	return m
}

// keyID is ASFF's id of what has no ARN: an access key, and the account itself; empty for anything else.
func keyID(typ, id string) string {
	switch prefix := map[string]string{typeKey: prefixKey, typeAccount: prefixAccount}[typ]; {
	case prefix == "" || id == "":
		return ""
	case strings.HasPrefix(id, prefix):
		return id
	default:
		return prefix + id
	}
}

// arnOf builds an ARN where type, id, account and Region make it; empty where they do not: a role's may have a path. Source: the
// ARN formats in "Actions, resources, and condition keys for AWS services", Service Authorization Reference.
func arnOf(t parry.Target) string {
	form, ok := map[string]string{
		"AWS::CloudTrail::Trail":     "cloudtrail:{region}:{account}:trail/",
		"AWS::DynamoDB::Table":       "dynamodb:{region}:{account}:table/",
		"AWS::EC2::Instance":         "ec2:{region}:{account}:instance/",
		"AWS::EC2::NetworkAcl":       "ec2:{region}:{account}:network-acl/",
		"AWS::EC2::NetworkInterface": "ec2:{region}:{account}:network-interface/",
		"AWS::EC2::RouteTable":       "ec2:{region}:{account}:route-table/",
		"AWS::EC2::SecurityGroup":    "ec2:{region}:{account}:security-group/",
		"AWS::EC2::Subnet":           "ec2:{region}:{account}:subnet/",
		"AWS::EC2::VPC":              "ec2:{region}:{account}:vpc/",
		"AWS::EC2::Volume":           "ec2:{region}:{account}:volume/",
		"AWS::ECR::Repository":       "ecr:{region}:{account}:repository/",
		"AWS::EFS::FileSystem":       "elasticfilesystem:{region}:{account}:file-system/",
		"AWS::EKS::Cluster":          "eks:{region}:{account}:cluster/",
		"AWS::KMS::Key":              "kms:{region}:{account}:key/",
		"AWS::Lambda::Function":      "lambda:{region}:{account}:function:",
		"AWS::RDS::DBCluster":        "rds:{region}:{account}:cluster:",
		"AWS::RDS::DBInstance":       "rds:{region}:{account}:db:",
		"AWS::S3::Bucket":            "s3:::",
		"AWS::SQS::Queue":            "sqs:{region}:{account}:",
	}[t.Type]
	if !ok || t.ID == "" || strings.ContainsAny(t.ID, ":/") && t.Type != "AWS::ECR::Repository" || t.Partition == "" {
		return ""
	}
	return "arn:" + t.Partition + ":" + strings.NewReplacer("{region}", t.Region, "{account}", t.Account).Replace(form) + t.ID
}

// asffNames are the types of resources that Security Hub knows, by their names in small letters.
type asffNames map[string]string

// asffTypes are those whose details the SDK has, and those without details that Security Hub's own controls use. Source: "Resource
// attributes", Security Hub User Guide.
func asffTypes() asffNames {
	all := []string{typeAccount, "AwsEc2Snapshot", "AwsEfsFileSystem", "AwsIamInstanceProfile"}
	details := reflect.TypeFor[types.ResourceDetails]()
	for i := range details.NumField() {
		if name := details.Field(i).Name; strings.HasPrefix(name, "Aws") || name == "Container" {
			all = append(all, name)
		}
	}
	known := asffNames{}
	for _, name := range all {
		known[strings.ToLower(name)] = name
	}
	return known
}

// of is ASFF's name of a type: CloudFormation's without the colons (AWS::EC2::Instance, AwsEc2Instance) but for a few services,
// and Inspector's without the lines (AWS_EC2_INSTANCE). What Security Hub does not know is "Other".
func (known asffNames) of(name string) string {
	plain := strings.ToLower(strings.NewReplacer("::", "", "_", "").Replace(name))
	for _, differs := range []struct{ cfn, asff string }{
		{"awselasticloadbalancingv2", "awselbv2"}, {"awselasticloadbalancing", "awselb"}, {"awsstepfunctionsstatemachine", "awsstepfunctionstatemachine"},
	} {
		if rest, ok := strings.CutPrefix(plain, differs.cfn); ok {
			plain = differs.asff + rest
			break
		}
	}
	if asff, ok := known[plain]; ok {
		return asff
	}
	return typeOther
}
