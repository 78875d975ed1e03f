package twin

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// bucketACLHandlers are a bucket's access control list, and whether it has any say. Sources: "Access control list (ACL) overview" and
// "Controlling ownership of objects and disabling ACLs for your bucket", Amazon S3 User Guide.
func bucketACLHandlers(t table) {
	on(t, "S3", "GetBucketAcl", getBucketACL)
	on(t, "S3", "PutBucketAcl", putBucketACL)
	settingHandlers[s3.GetBucketOwnershipControlsInput, s3.PutBucketOwnershipControlsOutput, s3.DeleteBucketOwnershipControlsInput, s3.DeleteBucketOwnershipControlsOutput](t,
		setting[s3types.OwnershipControls]{
			service: "S3", noun: "BucketOwnershipControls", find: onBucket, check: checkOwnership,
			missing: reject("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"),
		},
		func(v s3types.OwnershipControls) *s3.GetBucketOwnershipControlsOutput {
			return &s3.GetBucketOwnershipControlsOutput{OwnershipControls: &v}
		},
		func(in *s3.PutBucketOwnershipControlsInput) s3types.OwnershipControls { return *in.OwnershipControls })
}

const (
	allUsers           = "http://acs.amazonaws.com/groups/global/AllUsers"
	authenticatedUsers = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
	logDelivery        = "http://acs.amazonaws.com/groups/s3/LogDelivery"
)

// enforced tells whether the bucket's owner owns every object in it, so that no list has a say.
func (b *bucket) enforced() bool {
	v, _ := b.settings["BucketOwnershipControls"].(s3types.OwnershipControls)
	return len(v.Rules) == 1 && v.Rules[0].ObjectOwnership == s3types.ObjectOwnershipBucketOwnerEnforced
}

// acl is the bucket's list as it counts: of its owner alone where nothing was put, and where lists have no say.
func (b *bucket) acl() []s3types.Grant {
	if v, ok := b.settings["BucketAcl"].([]s3types.Grant); ok && !b.enforced() {
		return copied(v)
	}
	return b.canned("private")
}

func getBucketACL(r *request, in *s3.GetBucketAclInput) (*s3.GetBucketAclOutput, error) {
	b, err := r.bucket("GetBucketAcl", in)
	if err != nil {
		return nil, err
	}
	return &s3.GetBucketAclOutput{Owner: &s3types.Owner{ID: aws.String(canonicalID(b.owner))}, Grants: b.acl()}, nil
}

func putBucketACL(r *request, in *s3.PutBucketAclInput) (*s3.PutBucketAclOutput, error) {
	b, err := r.bucket("PutBucketAcl", in)
	if err != nil {
		return nil, err
	}
	if in.GrantFullControl != nil || in.GrantRead != nil || in.GrantReadACP != nil || in.GrantWrite != nil || in.GrantWriteACP != nil {
		return nil, reject("NotImplemented", "the twin takes a canned list or a whole one, no headers of grants")
	}
	grants := b.canned(in.ACL)
	if in.ACL == "" {
		if grants, err = b.checkedACL(in.AccessControlPolicy); err != nil {
			return nil, err
		}
	}
	if err := r.setACL(b, grants); err != nil {
		return nil, err
	}
	return &s3.PutBucketAclOutput{}, nil
}

// setACL gives a bucket its list, if lists have a say there and Block Public Access lets it.
func (r *request) setACL(b *bucket, grants []s3types.Grant) error {
	if b.enforced() {
		return reject("AccessControlListNotSupported", "The bucket does not allow ACLs")
	}
	if slices.ContainsFunc(grants, publicGrant) && r.org.s3.blocked(b).PublicACLs {
		return reject("AccessDenied", "User: %s is not authorized to perform: s3:PutBucketAcl on resource: \"arn:aws:s3:::%s\" because public access control lists (ACLs) are prevented by the BlockPublicAcls setting in S3 Block Public Access.", r.caller.ARN, b.name)
	}
	b.settings["BucketAcl"] = copied(grants)
	return nil
}

func publicGrant(g s3types.Grant) bool {
	uri := aws.ToString(g.Grantee.URI)
	return uri == allUsers || uri == authenticatedUsers
}

// checkedACL wants a list that names its owner, who cannot be changed, and grants of a kind that there is.
func (b *bucket) checkedACL(v *s3types.AccessControlPolicy) ([]s3types.Grant, error) {
	malformed := reject("MalformedACLError", "The XML you provided was not well-formed or did not validate against our published schema")
	if v == nil || v.Owner == nil {
		return nil, malformed
	}
	if aws.ToString(v.Owner.ID) != canonicalID(b.owner) {
		return nil, reject("AccessDenied", "Access Denied")
	}
	for _, g := range v.Grants {
		switch {
		case g.Grantee == nil || !slices.Contains(g.Permission.Values(), g.Permission):
			return nil, malformed
		case g.Grantee.Type == s3types.TypeGroup && !slices.Contains([]string{allUsers, authenticatedUsers, logDelivery}, aws.ToString(g.Grantee.URI)):
			return nil, reject("InvalidArgument", "Invalid group uri")
		case g.Grantee.Type == s3types.TypeCanonicalUser && len(aws.ToString(g.Grantee.ID)) != 64:
			return nil, reject("InvalidArgument", "Invalid id")
		case g.Grantee.Type == s3types.TypeAmazonCustomerByEmail:
			return nil, reject("NotImplemented", "the twin knows nobody by email")
		}
	}
	return v.Grants, nil
}

// canned is what a canned list stands for.
func (b *bucket) canned(name s3types.BucketCannedACL) []s3types.Grant {
	to := func(uri string, permissions ...s3types.Permission) []s3types.Grant {
		var all []s3types.Grant
		for _, p := range permissions {
			all = append(all, s3types.Grant{Grantee: &s3types.Grantee{Type: s3types.TypeGroup, URI: aws.String(uri)}, Permission: p})
		}
		return all
	}
	owner := s3types.Grant{Grantee: &s3types.Grantee{Type: s3types.TypeCanonicalUser, ID: aws.String(canonicalID(b.owner))}, Permission: s3types.PermissionFullControl}
	var more []s3types.Grant
	switch {
	case name == s3types.BucketCannedACLPublicRead:
		more = to(allUsers, s3types.PermissionRead)
	case name == s3types.BucketCannedACLPublicReadWrite:
		more = to(allUsers, s3types.PermissionRead, s3types.PermissionWrite)
	case name == s3types.BucketCannedACLAuthenticatedRead:
		more = to(authenticatedUsers, s3types.PermissionRead)
	case strings.HasPrefix(string(name), "log-delivery"):
		more = to(logDelivery, s3types.PermissionWrite, s3types.PermissionReadAcp)
	}
	return append([]s3types.Grant{owner}, more...)
}

// checkOwnership refuses to take away the say of a list that grants others something. Source: "Prerequisites for disabling ACLs", Amazon S3
// User Guide.
func checkOwnership(_ *request, at place, v s3types.OwnershipControls) error {
	if len(v.Rules) != 1 {
		return reject("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	others := slices.ContainsFunc(at.bucket.acl(), func(g s3types.Grant) bool { return aws.ToString(g.Grantee.ID) != canonicalID(at.bucket.owner) })
	if v.Rules[0].ObjectOwnership == s3types.ObjectOwnershipBucketOwnerEnforced && others {
		return reject("InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
	}
	return nil
}
