package twin

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// The quotas of what can be granted to one user, role or group. Source: "IAM and AWS STS quotas", IAM User Guide.
const (
	userInlineSize  = 2048 // of all inline policies together, white space left out
	roleInlineSize  = 10240
	groupInlineSize = 5120
	attachedEach    = 10 // by default
)

// grants are the policies of one user, role or group.
type grants struct {
	inline   map[string]string // policy name -> document
	attached map[string]string // policy ARN -> name
}

func newGrants() grants { return grants{inline: map[string]string{}, attached: map[string]string{}} }

// holder is one user, role or group as IAM's messages name it.
type holder struct {
	kind  string // "user"
	name  string
	quota string // "PoliciesPerUser"
	size  int
	grants
}

func (s *iamState) userHolder(name *string) (holder, error) {
	u, err := s.user(name)
	if err != nil {
		return holder{}, err
	}
	return holder{"user", *name, "PoliciesPerUser", userInlineSize, u.grants}, nil
}

func (s *iamState) roleHolder(name *string) (holder, error) {
	found, err := s.role(name)
	if err != nil {
		return holder{}, err
	}
	return holder{"role", *name, "PoliciesPerRole", roleInlineSize, found.grants}, nil
}

func (s *iamState) groupHolder(name *string) (holder, error) {
	g, err := s.group(name)
	if err != nil {
		return holder{}, err
	}
	return holder{"group", *name, "PoliciesPerGroup", groupInlineSize, g.grants}, nil
}

// changeableRole finds a role that is not AWS's own.
func (s *iamState) changeableRole(name *string) (*iamRole, error) {
	found, err := s.role(name)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(*found.view.Path, "/aws-service-role/") || strings.HasPrefix(*found.view.Path, "/aws-reserved/") {
		return nil, &iamtypes.UnmodifiableEntityException{Message: aws.String(fmt.Sprintf("Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", *name))}
	}
	return found, nil
}

func (s *iamState) changeableRoleHolder(name *string) (holder, error) {
	if _, err := s.changeableRole(name); err != nil {
		return holder{}, err
	}
	return s.roleHolder(name)
}

func (h holder) put(name, document string) error {
	if problem := checkPolicy(document, identityPolicy); problem != "" {
		return &iamtypes.MalformedPolicyDocumentException{Message: aws.String(problem)}
	}
	size := policySize(document)
	for n, d := range h.inline {
		if n != name {
			size += policySize(d)
		}
	}
	if size > h.size {
		return overLimit("Maximum policy size of %d bytes exceeded for %s %s", h.size, h.kind, h.name)
	}
	h.inline[name] = document
	return nil
}

func (h holder) get(name *string) (string, error) {
	document, ok := h.inline[aws.ToString(name)]
	if !ok {
		return "", noEntity("The %s policy with name %s cannot be found.", h.kind, aws.ToString(name))
	}
	return document, nil
}

func (h holder) drop(name *string) error {
	_, err := h.get(name)
	delete(h.inline, aws.ToString(name))
	return err
}

func (h holder) names(marker *string, max *int32) ([]string, *string, error) {
	return iamPage(slices.Collect(maps.Keys(h.inline)), func(n string) string { return n }, marker, max)
}

func (h holder) attach(s *iamState, arn string) error {
	name, err := s.attachable(arn)
	if err != nil {
		return err
	}
	if _, again := h.attached[arn]; !again && len(h.attached) >= attachedEach {
		return overLimit("Cannot exceed quota for %s: %d", h.quota, attachedEach)
	}
	h.attached[arn] = name
	return nil
}

func (h holder) detach(arn string) error {
	if _, ok := h.attached[arn]; !ok {
		return noEntity("Policy %s was not found.", arn)
	}
	delete(h.attached, arn)
	return nil
}

func (h holder) listed(prefix, marker *string, max *int32) ([]iamtypes.AttachedPolicy, *string, error) {
	var policies []iamtypes.AttachedPolicy
	for arn, name := range h.attached {
		_, path, _ := strings.Cut(arn, ":policy")
		if strings.HasPrefix(path, cmp.Or(aws.ToString(prefix), "/")) {
			policies = append(policies, iamtypes.AttachedPolicy{PolicyArn: aws.String(arn), PolicyName: aws.String(name)})
		}
	}
	return iamPage(policies, func(p iamtypes.AttachedPolicy) string { return *p.PolicyArn }, marker, max)
}

// held makes a handler out of what one holder of policies does; find says which holder a call is about.
func held[I, O any](find func(*iamState, *I) (holder, error), do func(holder, *iamState, *I) (O, error)) func(*request, *I) (*O, error) {
	return func(r *request, in *I) (*O, error) {
		h, err := find(&r.acct.iam, in)
		if err != nil {
			return nil, err
		}
		out, err := do(h, &r.acct.iam, in)
		if err != nil {
			return nil, err
		}
		return &out, nil
	}
}

func iamGrantHandlers(t table) {
	on(t, "IAM", "PutUserPolicy", held(func(s *iamState, in *iam.PutUserPolicyInput) (holder, error) { return s.userHolder(in.UserName) },
		func(h holder, _ *iamState, in *iam.PutUserPolicyInput) (iam.PutUserPolicyOutput, error) {
			return iam.PutUserPolicyOutput{}, h.put(*in.PolicyName, *in.PolicyDocument)
		}))
	on(t, "IAM", "PutRolePolicy", held(func(s *iamState, in *iam.PutRolePolicyInput) (holder, error) {
		return s.changeableRoleHolder(in.RoleName)
	},
		func(h holder, _ *iamState, in *iam.PutRolePolicyInput) (iam.PutRolePolicyOutput, error) {
			return iam.PutRolePolicyOutput{}, h.put(*in.PolicyName, *in.PolicyDocument)
		}))
	on(t, "IAM", "PutGroupPolicy", held(func(s *iamState, in *iam.PutGroupPolicyInput) (holder, error) { return s.groupHolder(in.GroupName) },
		func(h holder, _ *iamState, in *iam.PutGroupPolicyInput) (iam.PutGroupPolicyOutput, error) {
			return iam.PutGroupPolicyOutput{}, h.put(*in.PolicyName, *in.PolicyDocument)
		}))
	on(t, "IAM", "GetUserPolicy", held(func(s *iamState, in *iam.GetUserPolicyInput) (holder, error) { return s.userHolder(in.UserName) },
		func(h holder, _ *iamState, in *iam.GetUserPolicyInput) (iam.GetUserPolicyOutput, error) {
			d, err := h.get(in.PolicyName)
			return iam.GetUserPolicyOutput{UserName: aws.String(h.name), PolicyName: aws.String(*in.PolicyName), PolicyDocument: encodePolicy(d)}, err
		}))
	on(t, "IAM", "GetRolePolicy", held(func(s *iamState, in *iam.GetRolePolicyInput) (holder, error) { return s.roleHolder(in.RoleName) },
		func(h holder, _ *iamState, in *iam.GetRolePolicyInput) (iam.GetRolePolicyOutput, error) {
			d, err := h.get(in.PolicyName)
			return iam.GetRolePolicyOutput{RoleName: aws.String(h.name), PolicyName: aws.String(*in.PolicyName), PolicyDocument: encodePolicy(d)}, err
		}))
	on(t, "IAM", "GetGroupPolicy", held(func(s *iamState, in *iam.GetGroupPolicyInput) (holder, error) { return s.groupHolder(in.GroupName) },
		func(h holder, _ *iamState, in *iam.GetGroupPolicyInput) (iam.GetGroupPolicyOutput, error) {
			d, err := h.get(in.PolicyName)
			return iam.GetGroupPolicyOutput{GroupName: aws.String(h.name), PolicyName: aws.String(*in.PolicyName), PolicyDocument: encodePolicy(d)}, err
		}))
	on(t, "IAM", "DeleteUserPolicy", held(func(s *iamState, in *iam.DeleteUserPolicyInput) (holder, error) { return s.userHolder(in.UserName) },
		func(h holder, _ *iamState, in *iam.DeleteUserPolicyInput) (iam.DeleteUserPolicyOutput, error) {
			return iam.DeleteUserPolicyOutput{}, h.drop(in.PolicyName)
		}))
	on(t, "IAM", "DeleteRolePolicy", held(func(s *iamState, in *iam.DeleteRolePolicyInput) (holder, error) {
		return s.changeableRoleHolder(in.RoleName)
	},
		func(h holder, _ *iamState, in *iam.DeleteRolePolicyInput) (iam.DeleteRolePolicyOutput, error) {
			return iam.DeleteRolePolicyOutput{}, h.drop(in.PolicyName)
		}))
	on(t, "IAM", "DeleteGroupPolicy", held(func(s *iamState, in *iam.DeleteGroupPolicyInput) (holder, error) { return s.groupHolder(in.GroupName) },
		func(h holder, _ *iamState, in *iam.DeleteGroupPolicyInput) (iam.DeleteGroupPolicyOutput, error) {
			return iam.DeleteGroupPolicyOutput{}, h.drop(in.PolicyName)
		}))
	on(t, "IAM", "ListUserPolicies", held(func(s *iamState, in *iam.ListUserPoliciesInput) (holder, error) { return s.userHolder(in.UserName) },
		func(h holder, _ *iamState, in *iam.ListUserPoliciesInput) (iam.ListUserPoliciesOutput, error) {
			found, next, err := h.names(in.Marker, in.MaxItems)
			return iam.ListUserPoliciesOutput{PolicyNames: found, Marker: next, IsTruncated: next != nil}, err
		}))
	on(t, "IAM", "ListRolePolicies", held(func(s *iamState, in *iam.ListRolePoliciesInput) (holder, error) { return s.roleHolder(in.RoleName) },
		func(h holder, _ *iamState, in *iam.ListRolePoliciesInput) (iam.ListRolePoliciesOutput, error) {
			found, next, err := h.names(in.Marker, in.MaxItems)
			return iam.ListRolePoliciesOutput{PolicyNames: found, Marker: next, IsTruncated: next != nil}, err
		}))
	on(t, "IAM", "ListGroupPolicies", held(func(s *iamState, in *iam.ListGroupPoliciesInput) (holder, error) { return s.groupHolder(in.GroupName) },
		func(h holder, _ *iamState, in *iam.ListGroupPoliciesInput) (iam.ListGroupPoliciesOutput, error) {
			found, next, err := h.names(in.Marker, in.MaxItems)
			return iam.ListGroupPoliciesOutput{PolicyNames: found, Marker: next, IsTruncated: next != nil}, err
		}))
	iamAttachHandlers(t)
}

func iamAttachHandlers(t table) {
	on(t, "IAM", "AttachUserPolicy", held(func(s *iamState, in *iam.AttachUserPolicyInput) (holder, error) { return s.userHolder(in.UserName) },
		func(h holder, s *iamState, in *iam.AttachUserPolicyInput) (iam.AttachUserPolicyOutput, error) {
			return iam.AttachUserPolicyOutput{}, h.attach(s, *in.PolicyArn)
		}))
	on(t, "IAM", "AttachRolePolicy", held(func(s *iamState, in *iam.AttachRolePolicyInput) (holder, error) {
		return s.changeableRoleHolder(in.RoleName)
	},
		func(h holder, s *iamState, in *iam.AttachRolePolicyInput) (iam.AttachRolePolicyOutput, error) {
			return iam.AttachRolePolicyOutput{}, h.attach(s, *in.PolicyArn)
		}))
	on(t, "IAM", "AttachGroupPolicy", held(func(s *iamState, in *iam.AttachGroupPolicyInput) (holder, error) { return s.groupHolder(in.GroupName) },
		func(h holder, s *iamState, in *iam.AttachGroupPolicyInput) (iam.AttachGroupPolicyOutput, error) {
			return iam.AttachGroupPolicyOutput{}, h.attach(s, *in.PolicyArn)
		}))
	on(t, "IAM", "DetachUserPolicy", held(func(s *iamState, in *iam.DetachUserPolicyInput) (holder, error) { return s.userHolder(in.UserName) },
		func(h holder, _ *iamState, in *iam.DetachUserPolicyInput) (iam.DetachUserPolicyOutput, error) {
			return iam.DetachUserPolicyOutput{}, h.detach(*in.PolicyArn)
		}))
	on(t, "IAM", "DetachRolePolicy", held(func(s *iamState, in *iam.DetachRolePolicyInput) (holder, error) {
		return s.changeableRoleHolder(in.RoleName)
	},
		func(h holder, _ *iamState, in *iam.DetachRolePolicyInput) (iam.DetachRolePolicyOutput, error) {
			return iam.DetachRolePolicyOutput{}, h.detach(*in.PolicyArn)
		}))
	on(t, "IAM", "DetachGroupPolicy", held(func(s *iamState, in *iam.DetachGroupPolicyInput) (holder, error) { return s.groupHolder(in.GroupName) },
		func(h holder, _ *iamState, in *iam.DetachGroupPolicyInput) (iam.DetachGroupPolicyOutput, error) {
			return iam.DetachGroupPolicyOutput{}, h.detach(*in.PolicyArn)
		}))
	on(t, "IAM", "ListAttachedUserPolicies", held(func(s *iamState, in *iam.ListAttachedUserPoliciesInput) (holder, error) {
		return s.userHolder(in.UserName)
	},
		func(h holder, _ *iamState, in *iam.ListAttachedUserPoliciesInput) (iam.ListAttachedUserPoliciesOutput, error) {
			found, next, err := h.listed(in.PathPrefix, in.Marker, in.MaxItems)
			return iam.ListAttachedUserPoliciesOutput{AttachedPolicies: found, Marker: next, IsTruncated: next != nil}, err
		}))
	on(t, "IAM", "ListAttachedRolePolicies", held(func(s *iamState, in *iam.ListAttachedRolePoliciesInput) (holder, error) {
		return s.roleHolder(in.RoleName)
	},
		func(h holder, _ *iamState, in *iam.ListAttachedRolePoliciesInput) (iam.ListAttachedRolePoliciesOutput, error) {
			found, next, err := h.listed(in.PathPrefix, in.Marker, in.MaxItems)
			return iam.ListAttachedRolePoliciesOutput{AttachedPolicies: found, Marker: next, IsTruncated: next != nil}, err
		}))
	on(t, "IAM", "ListAttachedGroupPolicies", held(func(s *iamState, in *iam.ListAttachedGroupPoliciesInput) (holder, error) {
		return s.groupHolder(in.GroupName)
	},
		func(h holder, _ *iamState, in *iam.ListAttachedGroupPoliciesInput) (iam.ListAttachedGroupPoliciesOutput, error) {
			found, next, err := h.listed(in.PathPrefix, in.Marker, in.MaxItems)
			return iam.ListAttachedGroupPoliciesOutput{AttachedPolicies: found, Marker: next, IsTruncated: next != nil}, err
		}))
}
