package twin

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
)

// eksCluster is one of EKS, as far as who may reach its API. moto has no access entries.
type eksCluster struct {
	view    ekstypes.Cluster
	entries []*accessEntry
}

type accessEntry struct {
	view     ekstypes.AccessEntry
	policies []ekstypes.AssociatedAccessPolicy
}

func eksHandlers(t table) {
	const service = "EKS"
	on(t, service, "CreateCluster", createEKSCluster)
	on(t, service, "DescribeCluster", describeEKSCluster)
	on(t, service, "CreateAccessEntry", createAccessEntry)
	on(t, service, "DescribeAccessEntry", describeAccessEntry)
	on(t, service, "DeleteAccessEntry", deleteAccessEntry)
	on(t, service, "ListAssociatedAccessPolicies", listAssociatedPolicies)
	on(t, service, "AssociateAccessPolicy", associateAccessPolicy)
	on(t, service, "DisassociateAccessPolicy", disassociateAccessPolicy)
}

func (r *request) eksCluster(name *string) (*eksCluster, error) {
	i := slices.IndexFunc(r.reg.clusters, func(c *eksCluster) bool { return *c.view.Name == aws.ToString(name) })
	if i < 0 {
		return nil, &ekstypes.ResourceNotFoundException{Message: aws.String("No cluster found for name: " + aws.ToString(name) + ".")}
	}
	return r.reg.clusters[i], nil
}

func (r *request) accessEntry(name, principal *string) (*eksCluster, *accessEntry, error) {
	c, err := r.eksCluster(name)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(c.entries, func(e *accessEntry) bool { return *e.view.PrincipalArn == aws.ToString(principal) })
	if i < 0 {
		return c, nil, &ekstypes.ResourceNotFoundException{Message: aws.String("The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.")}
	}
	return c, c.entries[i], nil
}

func createEKSCluster(r *request, in *eks.CreateClusterInput) (*eks.CreateClusterOutput, error) {
	mode := ekstypes.AuthenticationModeConfigMap
	if in.AccessConfig != nil {
		mode = cmp.Or(in.AccessConfig.AuthenticationMode, mode)
	}
	c := &eksCluster{view: ekstypes.Cluster{
		Name: in.Name, RoleArn: in.RoleArn, Status: ekstypes.ClusterStatusActive, Arn: aws.String("arn:aws:eks:" + r.region + ":" + r.acct.id + ":cluster/" + *in.Name),
		AccessConfig: &ekstypes.AccessConfigResponse{AuthenticationMode: mode},
	}}
	r.reg.clusters = append(r.reg.clusters, c)
	return &eks.CreateClusterOutput{Cluster: &c.view}, nil
}

func describeEKSCluster(r *request, in *eks.DescribeClusterInput) (*eks.DescribeClusterOutput, error) {
	c, err := r.eksCluster(in.Name)
	if err != nil {
		return nil, err
	}
	return &eks.DescribeClusterOutput{Cluster: new(copied(c.view))}, nil
}

// createAccessEntry makes an entry. A cluster that goes by its ConfigMap alone takes none; a name is the principal's own where none is given.
// Source: CreateAccessEntry, EKS API Reference.
func createAccessEntry(r *request, in *eks.CreateAccessEntryInput) (*eks.CreateAccessEntryOutput, error) {
	c, err := r.eksCluster(in.ClusterName)
	if err != nil {
		return nil, err
	}
	if c.view.AccessConfig.AuthenticationMode == ekstypes.AuthenticationModeConfigMap {
		return nil, &ekstypes.InvalidRequestException{Message: aws.String("The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.")}
	}
	if _, e, _ := r.accessEntry(in.ClusterName, in.PrincipalArn); e != nil {
		return nil, &ekstypes.ResourceInUseException{Message: aws.String("The specified access entry resource is already in use on this cluster.")}
	}
	name := cmp.Or(aws.ToString(in.Username), *in.PrincipalArn)
	if in.Username == nil && strings.Contains(name, ":role/") {
		name = strings.Replace(strings.Replace(name, ":iam:", ":sts:", 1), ":role/", ":assumed-role/", 1) + "/{{SessionName}}"
	}
	e := &accessEntry{view: ekstypes.AccessEntry{
		ClusterName: in.ClusterName, PrincipalArn: in.PrincipalArn, KubernetesGroups: slices.Clone(in.KubernetesGroups), Tags: tagsOf(in.Tags),
		Type: aws.String(cmp.Or(aws.ToString(in.Type), "STANDARD")), Username: &name, CreatedAt: aws.Time(r.now), ModifiedAt: aws.Time(r.now),
	}}
	c.entries = append(c.entries, e)
	return &eks.CreateAccessEntryOutput{AccessEntry: &e.view}, nil
}

func describeAccessEntry(r *request, in *eks.DescribeAccessEntryInput) (*eks.DescribeAccessEntryOutput, error) {
	_, e, err := r.accessEntry(in.ClusterName, in.PrincipalArn)
	if err != nil {
		return nil, err
	}
	return &eks.DescribeAccessEntryOutput{AccessEntry: new(copied(e.view))}, nil
}

func deleteAccessEntry(r *request, in *eks.DeleteAccessEntryInput) (*eks.DeleteAccessEntryOutput, error) {
	c, e, err := r.accessEntry(in.ClusterName, in.PrincipalArn)
	if err != nil {
		return nil, err
	}
	c.entries = slices.DeleteFunc(c.entries, func(o *accessEntry) bool { return o == e })
	return &eks.DeleteAccessEntryOutput{}, nil
}

func listAssociatedPolicies(r *request, in *eks.ListAssociatedAccessPoliciesInput) (*eks.ListAssociatedAccessPoliciesOutput, error) {
	_, e, err := r.accessEntry(in.ClusterName, in.PrincipalArn)
	if err != nil {
		return nil, err
	}
	return &eks.ListAssociatedAccessPoliciesOutput{ClusterName: in.ClusterName, PrincipalArn: in.PrincipalArn, AssociatedAccessPolicies: copied(e.policies)}, nil
}

func associateAccessPolicy(r *request, in *eks.AssociateAccessPolicyInput) (*eks.AssociateAccessPolicyOutput, error) {
	_, e, err := r.accessEntry(in.ClusterName, in.PrincipalArn)
	if err != nil {
		return nil, err
	}
	p := ekstypes.AssociatedAccessPolicy{PolicyArn: in.PolicyArn, AccessScope: copied(in.AccessScope), AssociatedAt: aws.Time(r.now)}
	e.policies = slices.DeleteFunc(e.policies, func(o ekstypes.AssociatedAccessPolicy) bool { return *o.PolicyArn == *in.PolicyArn })
	e.policies = append(e.policies, p)
	return &eks.AssociateAccessPolicyOutput{ClusterName: in.ClusterName, PrincipalArn: in.PrincipalArn, AssociatedAccessPolicy: &p}, nil
}

func disassociateAccessPolicy(r *request, in *eks.DisassociateAccessPolicyInput) (*eks.DisassociateAccessPolicyOutput, error) {
	_, e, err := r.accessEntry(in.ClusterName, in.PrincipalArn)
	if err != nil {
		return nil, err
	}
	e.policies = slices.DeleteFunc(e.policies, func(o ekstypes.AssociatedAccessPolicy) bool { return *o.PolicyArn == *in.PolicyArn })
	return &eks.DisassociateAccessPolicyOutput{}, nil
}
