package twin

import (
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
)

// Tags of detectors and of their filters. moto has no TagResource for GuardDuty.
func guarddutyTagHandlers(t table) {
	const service = "GuardDuty"
	on(t, service, "CreateFilter", createFilter)
	on(t, service, "GetFilter", getFilter)
	on(t, service, "TagResource", tagGuardDuty)
	on(t, service, "UntagResource", untagGuardDuty)
}

func createFilter(r *request, in *guardduty.CreateFilterInput) (*guardduty.CreateFilterOutput, error) {
	d, err := r.detector(in.DetectorId)
	if err != nil {
		return nil, err
	}
	if d.filters == nil {
		d.filters = map[string]map[string]string{}
	}
	if _, there := d.filters[*in.Name]; there {
		return nil, badDetector("a filter with the given name already exists.")
	}
	d.filters[*in.Name] = tagsOf(in.Tags)
	return &guardduty.CreateFilterOutput{Name: in.Name}, nil
}

// tagsOf are tags to keep: a map that is nobody else's, and never nil.
func tagsOf(in map[string]string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, in)
	return all
}

func getFilter(r *request, in *guardduty.GetFilterInput) (*guardduty.GetFilterOutput, error) {
	d, err := r.detector(in.DetectorId)
	if err != nil {
		return nil, err
	}
	tags, there := d.filters[*in.FilterName]
	if !there {
		return nil, badDetector("the input filter is not found.")
	}
	return &guardduty.GetFilterOutput{Name: in.FilterName, Tags: maps.Clone(tags)}, nil
}

// guarddutyTags finds the tags of what an ARN names.
func (r *request) guarddutyTags(arn *string) (map[string]string, error) {
	_, rest, _ := strings.Cut(aws.ToString(arn), ":detector/")
	id, filter, of := strings.Cut(rest, "/filter/")
	d, err := r.detector(&id)
	if err != nil {
		return nil, err
	}
	if !of {
		return d.tags, nil
	}
	tags, there := d.filters[filter]
	if !there {
		return nil, badDetector("the input resource is not found.")
	}
	return tags, nil
}

func tagGuardDuty(r *request, in *guardduty.TagResourceInput) (*guardduty.TagResourceOutput, error) {
	tags, err := r.guarddutyTags(in.ResourceArn)
	if err == nil {
		maps.Copy(tags, in.Tags)
	}
	return &guardduty.TagResourceOutput{}, err
}

func untagGuardDuty(r *request, in *guardduty.UntagResourceInput) (*guardduty.UntagResourceOutput, error) {
	tags, err := r.guarddutyTags(in.ResourceArn)
	if err == nil {
		for _, k := range in.TagKeys {
			delete(tags, k)
		}
	}
	return &guardduty.UntagResourceOutput{}, err
}
