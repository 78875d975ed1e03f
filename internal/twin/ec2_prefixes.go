package twin

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// prefixList is one that AWS keeps in each Region. Source: "AWS-managed prefix lists", Amazon VPC User Guide; the ranges are some of S3's.
type prefixList struct {
	id, name string
	cidrs    []string
}

func (r *request) prefixLists() []prefixList {
	return []prefixList{{"pl-0000000000000063a", "com.amazonaws." + r.region + ".s3", []string{"52.216.0.0/15", "3.5.0.0/19", "54.231.0.0/16"}}}
}

func describeManagedPrefixLists(r *request, in *ec2.DescribeManagedPrefixListsInput) (*ec2.DescribeManagedPrefixListsOutput, error) {
	out := &ec2.DescribeManagedPrefixListsOutput{PrefixLists: []types.ManagedPrefixList{}}
	for _, f := range in.Filters {
		if aws.ToString(f.Name) != "owner-id" {
			return nil, reject("InvalidParameterValue", "The filter '%s' is invalid", aws.ToString(f.Name))
		}
		if !slices.Contains(f.Values, "AWS") {
			return out, nil
		}
	}
	for _, l := range r.prefixLists() {
		out.PrefixLists = append(out.PrefixLists, types.ManagedPrefixList{PrefixListId: aws.String(l.id), PrefixListName: aws.String(l.name), OwnerId: aws.String("AWS"), AddressFamily: aws.String("IPv4")})
	}
	return out, nil
}

func getManagedPrefixListEntries(r *request, in *ec2.GetManagedPrefixListEntriesInput) (*ec2.GetManagedPrefixListEntriesOutput, error) {
	for _, l := range r.prefixLists() {
		if l.id != aws.ToString(in.PrefixListId) {
			continue
		}
		out := &ec2.GetManagedPrefixListEntriesOutput{}
		for _, c := range l.cidrs {
			out.Entries = append(out.Entries, types.PrefixListEntry{Cidr: aws.String(c)})
		}
		return out, nil
	}
	return nil, reject("InvalidPrefixListID.NotFound", "The prefix list ID '%s' does not exist", aws.ToString(in.PrefixListId))
}
