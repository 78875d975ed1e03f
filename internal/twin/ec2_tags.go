package twin

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// maxTags is how many tags one resource may have.
const maxTags = 50

func (s *ec2State) setTag(id, key, value string) {
	if s.tags == nil {
		s.tags = map[string]map[string]string{}
	}
	if s.tags[id] == nil {
		s.tags[id] = map[string]string{}
	}
	s.tags[id][key] = value
}

func (s *ec2State) tagAll(id string, tags map[string]string) {
	for k, v := range tags {
		s.setTag(id, k, v)
	}
}

// tagView gives a resource's tags in the order of their keys.
func (s *ec2State) tagView(id string) []types.Tag {
	var out []types.Tag
	for _, k := range sortedKeys(s.tags[id]) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(s.tags[id][k])})
	}
	return out
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// specTags reads the tags that a creating call gives to each type of resource that it can make.
func specTags(specs []types.TagSpecification, allowed ...types.ResourceType) (map[types.ResourceType]map[string]string, error) {
	out := map[types.ResourceType]map[string]string{}
	for _, s := range specs {
		if !slices.Contains(allowed, s.ResourceType) {
			return nil, reject("InvalidParameterValue", "'%s' is not a valid taggable resource type for this operation.", s.ResourceType)
		}
		if err := checkTags(s.Tags); err != nil {
			return nil, err
		}
		if out[s.ResourceType] == nil {
			out[s.ResourceType] = map[string]string{}
		}
		for _, t := range s.Tags {
			out[s.ResourceType][aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
		if len(out[s.ResourceType]) > maxTags {
			return nil, tooManyTags()
		}
	}
	return out, nil
}

func checkTags(tags []types.Tag) error {
	for _, t := range tags {
		key := aws.ToString(t.Key)
		switch {
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return reject("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
		case key == "":
			return reject("InvalidParameterValue", "Tag key cannot be null or empty.")
		case len(key) > 128:
			return reject("InvalidParameterValue", "Tag key exceeds the maximum length of 128 characters")
		case len(aws.ToString(t.Value)) > 256:
			return reject("InvalidParameterValue", "Tag value exceeds the maximum length of 256 characters")
		}
	}
	return nil
}

func tooManyTags() error {
	return reject("TagLimitExceeded", "More than %d tags specified", maxTags)
}

// taggable says what type a resource is, or how EC2 refuses to tag it.
func (s *ec2State) taggable(id string) (types.ResourceType, error) {
	prefix, _, _ := strings.Cut(id, "-")
	var err error
	var is types.ResourceType
	switch prefix {
	case "i":
		is, err = types.ResourceTypeInstance, second(s.instance(id))
	case "vol":
		is, err = types.ResourceTypeVolume, second(s.volume(id))
	case "snap":
		is, err = types.ResourceTypeSnapshot, second(s.snapshot(id))
	case "eni":
		is, err = types.ResourceTypeNetworkInterface, second(s.networkInterface(id))
	case "sg":
		is, err = types.ResourceTypeSecurityGroup, second(s.group(id))
	case "sgr":
		is, err = types.ResourceTypeSecurityGroupRule, second(s.rule(id))
	case "vpc":
		is, err = types.ResourceTypeVpc, second(s.vpc(id))
	case "subnet":
		is, err = types.ResourceTypeSubnet, second(s.subnet(id))
	case "lt":
		is, err = types.ResourceTypeLaunchTemplate, second(s.template(id))
	default:
		err = reject("InvalidID", "The ID '%s' is not valid", id)
	}
	return is, err
}

func second[T any](_ T, err error) error { return err }

func createTags(r *request, in *ec2.CreateTagsInput) (*ec2.CreateTagsOutput, error) {
	s := &r.reg.ec2
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	for _, id := range in.Resources {
		if _, err := s.taggable(id); err != nil {
			return nil, err
		}
		after := maps.Clone(s.tags[id])
		if after == nil {
			after = map[string]string{}
		}
		for _, t := range in.Tags {
			after[aws.ToString(t.Key)] = ""
		}
		if len(after) > maxTags {
			return nil, tooManyTags()
		}
	}
	for _, id := range in.Resources {
		for _, t := range in.Tags {
			s.setTag(id, aws.ToString(t.Key), aws.ToString(t.Value))
		}
	}
	return &ec2.CreateTagsOutput{}, nil
}

func deleteTags(r *request, in *ec2.DeleteTagsInput) (*ec2.DeleteTagsOutput, error) {
	s := &r.reg.ec2
	for _, id := range in.Resources {
		if _, err := s.taggable(id); err != nil {
			return nil, err
		}
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	for _, id := range in.Resources {
		s.untag(id, in.Tags)
	}
	return &ec2.DeleteTagsOutput{}, nil
}

// untag takes tags off. A tag with a value goes only where the value is the same; no tags at all means all of the user's.
func (s *ec2State) untag(id string, tags []types.Tag) {
	if len(tags) == 0 {
		maps.DeleteFunc(s.tags[id], func(k, _ string) bool { return !strings.HasPrefix(k, "aws:") })
	}
	for _, t := range tags {
		key := aws.ToString(t.Key)
		if t.Value == nil || s.tags[id][key] == *t.Value {
			delete(s.tags[id], key)
		}
	}
}

// taggedWith is one tag on one resource.
type taggedWith struct {
	id, key, value string
	is             types.ResourceType
}

func describeTags(r *request, in *ec2.DescribeTagsInput) (*ec2.DescribeTagsOutput, error) {
	s := &r.reg.ec2
	for _, f := range in.Filters {
		if aws.ToString(f.Name) == "tag-key" { // the one call where it is named key
			return nil, reject("InvalidParameterValue", "The filter 'tag-key' is invalid")
		}
	}
	var all []*taggedWith
	for _, id := range slices.Sorted(maps.Keys(s.tags)) {
		is, err := s.taggable(id)
		if err != nil {
			continue
		}
		for _, k := range sortedKeys(s.tags[id]) {
			all = append(all, &taggedWith{id: id, key: k, value: s.tags[id][k], is: is})
		}
	}
	kept, err := fields[taggedWith]{
		"key":           func(t *taggedWith) []string { return []string{t.key} },
		"value":         func(t *taggedWith) []string { return []string{t.value} },
		"resource-id":   func(t *taggedWith) []string { return []string{t.id} },
		"resource-type": func(t *taggedWith) []string { return []string{string(t.is)} },
	}.keep(all, tagOf, conditions(in.Filters))
	if err != nil {
		return nil, err
	}
	kept, next, err := page(kept, in.MaxResults, in.NextToken, ec2Pages())
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeTagsOutput{NextToken: next}
	for _, t := range kept {
		out.Tags = append(out.Tags, types.TagDescription{Key: aws.String(t.key), Value: aws.String(t.value), ResourceId: aws.String(t.id), ResourceType: t.is})
	}
	return out, nil
}

func tagOf(t *taggedWith) map[string]string { return map[string]string{t.key: t.value} }
