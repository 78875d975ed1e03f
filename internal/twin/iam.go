package twin

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"parry/internal/tap"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// The quotas of IAM that a containment can run into.
const (
	keysPerUser      = 2
	iamTagsPerEntity = 50
)

// iamState is the IAM of one account. IAM is global: it is the same from every region.
type iamState struct {
	users    map[string]*iamUser
	roles    map[string]*iamRole
	groups   map[string]*iamGroup
	managed  map[string]*managed // customers' own policies, by ARN
	profiles map[string]*instanceProfile
	password *iamtypes.PasswordPolicy // nil where the account has none of its own
}

type iamUser struct {
	view  iamtypes.User
	tags  map[string]string
	keys  map[string]*accessKey
	login *iamtypes.LoginProfile // nil where there is no password
	grants
}

type accessKey struct {
	id      string
	active  bool
	created time.Time
	used    *iamtypes.AccessKeyLastUsed // nil until first used
}

type iamRole struct {
	view  iamtypes.Role // without the document, which goes out encoded
	trust string
	tags  []iamtypes.Tag
	grants
}

type instanceProfile struct {
	view iamtypes.InstanceProfile
	role string // empty where none was added; a profile holds one at most
}

func iamHandlers(t table) {
	iamGrantHandlers(t)
	iamManagedHandlers(t)
	iamGroupHandlers(t)
	iamLoginHandlers(t)
	on(t, "IAM", "CreateUser", createUser)
	on(t, "IAM", "GetUser", getUser)
	on(t, "IAM", "DeleteUser", deleteUser)
	on(t, "IAM", "ListUsers", listUsers)
	on(t, "IAM", "CreateAccessKey", createAccessKey)
	on(t, "IAM", "ListAccessKeys", listAccessKeys)
	on(t, "IAM", "UpdateAccessKey", updateAccessKey)
	on(t, "IAM", "DeleteAccessKey", deleteAccessKey)
	on(t, "IAM", "GetAccessKeyLastUsed", getAccessKeyLastUsed)
	on(t, "IAM", "TagUser", tagUser)
	on(t, "IAM", "UntagUser", untagUser)
	on(t, "IAM", "ListUserTags", listUserTags)
	on(t, "IAM", "CreateRole", createRole)
	on(t, "IAM", "CreateServiceLinkedRole", createServiceLinkedRole)
	on(t, "IAM", "GetRole", getRole)
	on(t, "IAM", "UpdateAssumeRolePolicy", updateAssumeRolePolicy)
	on(t, "IAM", "CreateInstanceProfile", createInstanceProfile)
	on(t, "IAM", "GetInstanceProfile", getInstanceProfile)
	on(t, "IAM", "AddRoleToInstanceProfile", addRoleToInstanceProfile)
	passwordPolicyHandlers(t)
}

func noEntity(format string, args ...any) error {
	return &iamtypes.NoSuchEntityException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func entityExists(format string, args ...any) error {
	return &iamtypes.EntityAlreadyExistsException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func overLimit(format string, args ...any) error {
	return &iamtypes.LimitExceededException{Message: aws.String(fmt.Sprintf(format, args...))}
}

// user finds a user by name.
func (s *iamState) user(name *string) (*iamUser, error) {
	u, ok := s.users[aws.ToString(name)]
	if !ok {
		return nil, noEntity("The user with name %s cannot be found.", aws.ToString(name))
	}
	return u, nil
}

func (s *iamState) role(name *string) (*iamRole, error) {
	found, ok := s.roles[aws.ToString(name)]
	if !ok {
		return nil, noEntity("The role with name %s cannot be found.", aws.ToString(name))
	}
	return found, nil
}

func (s *iamState) profile(name *string) (*instanceProfile, error) {
	p, ok := s.profiles[aws.ToString(name)]
	if !ok {
		return nil, noEntity("Instance Profile %s cannot be found.", aws.ToString(name))
	}
	return p, nil
}

// ownUser finds the named user, or the one who calls where the call names none.
func (r *request) ownUser(name *string) (*iamUser, error) {
	if name != nil {
		return r.acct.iam.user(name)
	}
	_, path, ok := strings.Cut(r.caller.ARN, ":user/")
	if !ok {
		return nil, reject("ValidationError", "Must specify userName when calling with non-User credentials")
	}
	return r.acct.iam.user(aws.String(path[strings.LastIndex(path, "/")+1:]))
}

var (
	iamName = regexp.MustCompile(`^[\w+=,.@-]+$`)
	iamPath = regexp.MustCompile(`^/([\x21-\x7e]+/)?$`)
)

// nameAndPath checks what a new entity is called and gives its path, which is "/" unless it was named.
func nameAndPath(field string, name, path *string, limit int) (string, error) {
	if n := aws.ToString(name); !iamName.MatchString(n) {
		return "", reject("ValidationError", `The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`, field)
	} else if len(n) > limit {
		return "", reject("ValidationError", "1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", n, field, limit)
	}
	p := cmp.Or(aws.ToString(path), "/")
	if len(p) > 512 || !iamPath.MatchString(p) {
		return "", reject("ValidationError", "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	return p, nil
}

// taken says whether a name is in use. IAM keeps the case of a name but does not tell names apart by it.
func taken[T any](m map[string]T, name *string) bool {
	for n := range m {
		if strings.EqualFold(n, aws.ToString(name)) {
			return true
		}
	}
	return false
}

func createUser(r *request, in *iam.CreateUserInput) (*iam.CreateUserOutput, error) {
	path, err := nameAndPath("userName", in.UserName, in.Path, 64)
	if err != nil {
		return nil, err
	}
	if taken(r.acct.iam.users, in.UserName) {
		return nil, entityExists("User with name %s already exists.", *in.UserName)
	}
	tags := map[string]string{}
	if err := mergeTags(tags, in.Tags); err != nil {
		return nil, err
	}
	u := &iamUser{tags: tags, keys: map[string]*accessKey{}, grants: newGrants(), view: iamtypes.User{
		Arn:        aws.String("arn:aws:iam::" + r.acct.id + ":user" + path + *in.UserName),
		CreateDate: aws.Time(r.now),
		Path:       aws.String(path),
		UserId:     aws.String(r.org.uniqueID("AIDA")),
		UserName:   aws.String(*in.UserName),
	}}
	if in.PermissionsBoundary != nil {
		u.view.PermissionsBoundary = boundary(in.PermissionsBoundary)
	}
	if r.acct.iam.users == nil {
		r.acct.iam.users = map[string]*iamUser{}
	}
	r.acct.iam.users[*in.UserName] = u
	return &iam.CreateUserOutput{User: u.full()}, nil
}

func boundary(arn *string) *iamtypes.AttachedPermissionsBoundary {
	return &iamtypes.AttachedPermissionsBoundary{
		PermissionsBoundaryArn:  aws.String(*arn),
		PermissionsBoundaryType: iamtypes.PermissionsBoundaryAttachmentTypePolicy,
	}
}

// full is the user as calls for a single one give it: listings leave tags and boundary out.
func (u *iamUser) full() *iamtypes.User {
	v := u.view
	v.Tags = tagList(u.tags)
	return &v
}

func getUser(r *request, in *iam.GetUserInput) (*iam.GetUserOutput, error) {
	u, err := r.ownUser(in.UserName)
	if err != nil {
		return nil, err
	}
	return &iam.GetUserOutput{User: u.full()}, nil
}

func deleteUser(r *request, in *iam.DeleteUserInput) (*iam.DeleteUserOutput, error) {
	u, err := r.acct.iam.user(in.UserName)
	if err != nil {
		return nil, err
	}
	conflict := ""
	switch {
	case len(u.keys) > 0:
		conflict = "Cannot delete entity, must delete access keys first."
	case u.login != nil:
		conflict = "Cannot delete entity, must delete login profile first."
	case r.acct.iam.inGroup(*in.UserName):
		conflict = "Cannot delete entity, must remove users from group first."
	case len(u.inline) > 0:
		conflict = "Cannot delete entity, must delete policies first."
	case len(u.attached) > 0:
		conflict = "Cannot delete entity, must detach all policies first."
	}
	if conflict != "" {
		return nil, &iamtypes.DeleteConflictException{Message: aws.String(conflict)}
	}
	delete(r.acct.iam.users, *in.UserName)
	return &iam.DeleteUserOutput{}, nil
}

func listUsers(r *request, in *iam.ListUsersInput) (*iam.ListUsersOutput, error) {
	var users []iamtypes.User
	for _, u := range r.acct.iam.users {
		if strings.HasPrefix(*u.view.Path, cmp.Or(aws.ToString(in.PathPrefix), "/")) {
			v := u.view
			v.PermissionsBoundary = nil
			users = append(users, v)
		}
	}
	found, next, err := iamPage(users, func(u iamtypes.User) string { return *u.UserName }, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &iam.ListUsersOutput{Users: found, Marker: next, IsTruncated: next != nil}, nil
}

// iamPage sorts items by their key and cuts out the page after the marker. The marker holds the last key that was
// given, not a position, so a page is right also after items of the earlier ones were deleted.
func iamPage[T any](items []T, key func(T) string, marker *string, max *int32) ([]T, *string, error) {
	slices.SortFunc(items, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	if marker != nil {
		last, err := base64.RawURLEncoding.DecodeString(*marker)
		if err != nil || *marker == "" {
			return nil, nil, reject("ValidationError", "Invalid Marker.")
		}
		items = slices.DeleteFunc(items, func(v T) bool { return key(v) <= string(last) })
	}
	size := 100
	if max != nil {
		size = int(*max)
	}
	if size < 1 || size > 1000 {
		return nil, nil, reject("ValidationError", "1 validation error detected: Value '%d' at 'maxItems' failed to satisfy constraint: Member must have value between 1 and 1000", size)
	}
	if len(items) <= size {
		return items, nil, nil
	}
	return items[:size], aws.String(base64.RawURLEncoding.EncodeToString([]byte(key(items[size-1])))), nil
}

func (u *iamUser) key(id *string) (*accessKey, error) {
	k, ok := u.keys[aws.ToString(id)]
	if !ok {
		return nil, noEntity("The Access Key with id %s cannot be found.", aws.ToString(id))
	}
	return k, nil
}

func (k *accessKey) status() iamtypes.StatusType {
	if k.active {
		return iamtypes.StatusTypeActive
	}
	return iamtypes.StatusTypeInactive
}

// identity is who signs with the user's keys.
func (u *iamUser) identity(r *request) tap.Caller {
	return tap.Caller{Account: r.acct.id, ARN: *u.view.Arn}
}

func createAccessKey(r *request, in *iam.CreateAccessKeyInput) (*iam.CreateAccessKeyOutput, error) {
	u, err := r.ownUser(in.UserName)
	if err != nil {
		return nil, err
	}
	if len(u.keys) >= keysPerUser {
		return nil, overLimit("Cannot exceed quota for AccessKeysPerUser: %d", keysPerUser)
	}
	k := &accessKey{id: r.org.keyID("AKIA"), active: true, created: r.now}
	u.keys[k.id] = k
	r.org.sessions[k.id] = u.identity(r)
	return &iam.CreateAccessKeyOutput{AccessKey: &iamtypes.AccessKey{
		AccessKeyId:     aws.String(k.id),
		SecretAccessKey: aws.String(r.org.keyID("") + r.org.keyID("")),
		Status:          k.status(),
		UserName:        u.view.UserName,
		CreateDate:      aws.Time(k.created),
	}}, nil
}

func listAccessKeys(r *request, in *iam.ListAccessKeysInput) (*iam.ListAccessKeysOutput, error) {
	u, err := r.ownUser(in.UserName)
	if err != nil {
		return nil, err
	}
	var keys []iamtypes.AccessKeyMetadata
	for _, k := range u.keys {
		keys = append(keys, iamtypes.AccessKeyMetadata{AccessKeyId: aws.String(k.id), CreateDate: aws.Time(k.created), Status: k.status(), UserName: u.view.UserName})
	}
	found, next, err := iamPage(keys, func(k iamtypes.AccessKeyMetadata) string { return *k.AccessKeyId }, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &iam.ListAccessKeysOutput{AccessKeyMetadata: found, Marker: next, IsTruncated: next != nil}, nil
}

func updateAccessKey(r *request, in *iam.UpdateAccessKeyInput) (*iam.UpdateAccessKeyOutput, error) {
	u, err := r.ownUser(in.UserName)
	if err != nil {
		return nil, err
	}
	k, err := u.key(in.AccessKeyId)
	if err != nil {
		return nil, err
	}
	switch in.Status {
	case iamtypes.StatusTypeActive:
		r.org.sessions[k.id] = u.identity(r)
	case iamtypes.StatusTypeInactive:
		delete(r.org.sessions, k.id)
	default:
		return nil, reject("ValidationError", "1 validation error detected: Value '%s' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]", in.Status)
	}
	k.active = in.Status == iamtypes.StatusTypeActive
	return &iam.UpdateAccessKeyOutput{}, nil
}

func deleteAccessKey(r *request, in *iam.DeleteAccessKeyInput) (*iam.DeleteAccessKeyOutput, error) {
	u, err := r.ownUser(in.UserName)
	if err != nil {
		return nil, err
	}
	k, err := u.key(in.AccessKeyId)
	if err != nil {
		return nil, err
	}
	delete(u.keys, k.id)
	delete(r.org.sessions, k.id)
	return &iam.DeleteAccessKeyOutput{}, nil
}

// keyOwner finds a key of the account and whose it is.
func (s *iamState) keyOwner(id string) (*iamUser, *accessKey) {
	for _, u := range s.users {
		if k, ok := u.keys[id]; ok {
			return u, k
		}
	}
	return nil, nil
}

// keyUsed notes the last use of a user's key; keys of roles and of configurations have no such record.
func (s *iamState) keyUsed(id, service, region string, at time.Time) {
	if _, k := s.keyOwner(id); k != nil {
		prefix := strings.ToLower(strings.ReplaceAll(service, " ", ""))
		k.used = &iamtypes.AccessKeyLastUsed{LastUsedDate: aws.Time(at), Region: aws.String(region), ServiceName: aws.String(prefix)}
	}
}

func getAccessKeyLastUsed(r *request, in *iam.GetAccessKeyLastUsedInput) (*iam.GetAccessKeyLastUsedOutput, error) {
	u, k := r.acct.iam.keyOwner(aws.ToString(in.AccessKeyId))
	if k == nil {
		// AWS does not tell a key that is not there from one of another account.
		return nil, reject("AccessDenied", "User: %s is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key %s", r.caller.ARN, aws.ToString(in.AccessKeyId))
	}
	used := iamtypes.AccessKeyLastUsed{Region: aws.String("N/A"), ServiceName: aws.String("N/A")}
	if k.used != nil {
		used = *k.used
	}
	return &iam.GetAccessKeyLastUsedOutput{AccessKeyLastUsed: &used, UserName: u.view.UserName}, nil
}

// policySize is a document's length as IAM's quotas count it.
func policySize(document string) int {
	n := 0
	for _, c := range document {
		if !unicode.IsSpace(c) {
			n += len(string(c))
		}
	}
	return n
}

// encodePolicy encodes a document as IAM gives them back: by RFC 3986, where a space is %20.
func encodePolicy(document string) *string {
	return aws.String(strings.ReplaceAll(url.QueryEscape(document), "+", "%20"))
}

// mergeTags puts tags over those that are there. Nothing is changed unless all of it fits.
func mergeTags(have map[string]string, tags []iamtypes.Tag) error {
	merged := maps.Clone(have)
	seen := map[string]bool{}
	for _, tag := range tags {
		key := aws.ToString(tag.Key)
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return &iamtypes.InvalidInputException{Message: aws.String("aws: prefixed tag key names are not allowed for external use.")}
		}
		if seen[strings.ToLower(key)] {
			return &iamtypes.InvalidInputException{Message: aws.String("Duplicate tag keys found. Please note that Tag keys are case insensitive.")}
		}
		seen[strings.ToLower(key)] = true
		maps.DeleteFunc(merged, func(k, _ string) bool { return strings.EqualFold(k, key) })
		merged[key] = aws.ToString(tag.Value)
	}
	if len(merged) > iamTagsPerEntity {
		return overLimit("The number of tags has reached the maximum limit.")
	}
	clear(have)
	maps.Copy(have, merged)
	return nil
}

// tagList gives tags in the order of their keys.
func tagList(tags map[string]string) []iamtypes.Tag {
	var out []iamtypes.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, iamtypes.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}

func tagUser(r *request, in *iam.TagUserInput) (*iam.TagUserOutput, error) {
	u, err := r.acct.iam.user(in.UserName)
	if err != nil {
		return nil, err
	}
	if err := mergeTags(u.tags, in.Tags); err != nil {
		return nil, err
	}
	return &iam.TagUserOutput{}, nil
}

func untagUser(r *request, in *iam.UntagUserInput) (*iam.UntagUserOutput, error) {
	u, err := r.acct.iam.user(in.UserName)
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		maps.DeleteFunc(u.tags, func(k, _ string) bool { return strings.EqualFold(k, key) })
	}
	return &iam.UntagUserOutput{}, nil
}

func listUserTags(r *request, in *iam.ListUserTagsInput) (*iam.ListUserTagsOutput, error) {
	u, err := r.acct.iam.user(in.UserName)
	if err != nil {
		return nil, err
	}
	found, next, err := iamPage(tagList(u.tags), func(t iamtypes.Tag) string { return *t.Key }, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &iam.ListUserTagsOutput{Tags: found, Marker: next, IsTruncated: next != nil}, nil
}

// createServiceLinkedRole makes a role that its service alone can take.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceLinkedRole.html
func createServiceLinkedRole(r *request, in *iam.CreateServiceLinkedRoleInput) (*iam.CreateServiceLinkedRoleOutput, error) {
	service, name := aws.ToString(in.AWSServiceName), "AWSServiceRoleForConfig"
	if service != "config.amazonaws.com" { // the only one that is needed here
		return nil, reject("InvalidInput", "Service role template for %s was not found.", service)
	}
	if taken(r.acct.iam.roles, &name) {
		return nil, reject("InvalidInput", "Service role name %s has been taken in this account, please try a different suffix.", name)
	}
	out, err := createRole(r, &iam.CreateRoleInput{
		RoleName: &name, Path: aws.String("/aws-service-role/" + service + "/"), Description: in.Description,
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`),
	})
	if err != nil {
		return nil, err
	}
	return &iam.CreateServiceLinkedRoleOutput{Role: out.Role}, nil
}

func createRole(r *request, in *iam.CreateRoleInput) (*iam.CreateRoleOutput, error) {
	path, err := nameAndPath("roleName", in.RoleName, in.Path, 64)
	if err != nil {
		return nil, err
	}
	if problem := checkPolicy(aws.ToString(in.AssumeRolePolicyDocument), trustPolicy); problem != "" {
		return nil, &iamtypes.MalformedPolicyDocumentException{Message: aws.String(problem)}
	}
	if taken(r.acct.iam.roles, in.RoleName) {
		return nil, entityExists("Role with name %s already exists.", *in.RoleName)
	}
	seconds := cmp.Or(aws.ToInt32(in.MaxSessionDuration), 3600)
	if seconds < 3600 || seconds > 43200 {
		return nil, reject("ValidationError", "1 validation error detected: Value '%d' at 'maxSessionDuration' failed to satisfy constraint: Member must have value between 3600 and 43200", seconds)
	}
	tags := map[string]string{}
	if err := mergeTags(tags, in.Tags); err != nil {
		return nil, err
	}
	made := &iamRole{grants: newGrants(), trust: *in.AssumeRolePolicyDocument, tags: tagList(tags), view: iamtypes.Role{
		Arn:                aws.String("arn:aws:iam::" + r.acct.id + ":role" + path + *in.RoleName),
		CreateDate:         aws.Time(r.now),
		Path:               aws.String(path),
		RoleId:             aws.String(r.org.uniqueID("AROA")),
		RoleName:           aws.String(*in.RoleName),
		MaxSessionDuration: aws.Int32(seconds),
	}}
	if in.Description != nil {
		made.view.Description = aws.String(*in.Description)
	}
	if in.PermissionsBoundary != nil {
		made.view.PermissionsBoundary = boundary(in.PermissionsBoundary)
	}
	if r.acct.iam.roles == nil {
		r.acct.iam.roles = map[string]*iamRole{}
	}
	r.acct.iam.roles[*in.RoleName] = made
	return &iam.CreateRoleOutput{Role: made.full()}, nil
}

func (found *iamRole) full() *iamtypes.Role {
	v := found.view
	v.AssumeRolePolicyDocument = encodePolicy(found.trust)
	v.Tags = slices.Clone(found.tags)
	return &v
}

func getRole(r *request, in *iam.GetRoleInput) (*iam.GetRoleOutput, error) {
	found, err := r.acct.iam.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iam.GetRoleOutput{Role: found.full()}, nil
}

// trustPolicySize is the quota of a trust policy's length, which can be raised. Source: "IAM and AWS STS quotas", IAM User Guide.
const trustPolicySize = 2048

// deletedPrincipal finds the unique id that AWS shows in the place of a principal that was deleted. It does not take one back.
// Source: "AWS JSON policy elements: Principal", IAM User Guide.
var deletedPrincipal = regexp.MustCompile(`"A(IDA|ROA)[A-Z0-9]{12,}"`)

func updateAssumeRolePolicy(r *request, in *iam.UpdateAssumeRolePolicyInput) (*iam.UpdateAssumeRolePolicyOutput, error) {
	found, err := r.acct.iam.changeableRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	if problem := checkPolicy(*in.PolicyDocument, trustPolicy); problem != "" {
		return nil, &iamtypes.MalformedPolicyDocumentException{Message: aws.String(problem)}
	}
	if deletedPrincipal.MatchString(*in.PolicyDocument) {
		return nil, &iamtypes.MalformedPolicyDocumentException{Message: aws.String("Invalid principal in policy")}
	}
	if policySize(*in.PolicyDocument) > trustPolicySize {
		return nil, overLimit("Cannot exceed quota for ACLSizePerRole: %d", trustPolicySize)
	}
	found.trust = *in.PolicyDocument
	return &iam.UpdateAssumeRolePolicyOutput{}, nil
}

func createInstanceProfile(r *request, in *iam.CreateInstanceProfileInput) (*iam.CreateInstanceProfileOutput, error) {
	path, err := nameAndPath("instanceProfileName", in.InstanceProfileName, in.Path, 128)
	if err != nil {
		return nil, err
	}
	if taken(r.acct.iam.profiles, in.InstanceProfileName) {
		return nil, entityExists("Instance Profile %s already exists.", *in.InstanceProfileName)
	}
	tags := map[string]string{}
	if err := mergeTags(tags, in.Tags); err != nil {
		return nil, err
	}
	p := &instanceProfile{view: iamtypes.InstanceProfile{
		Arn:                 aws.String("arn:aws:iam::" + r.acct.id + ":instance-profile" + path + *in.InstanceProfileName),
		CreateDate:          aws.Time(r.now),
		InstanceProfileId:   aws.String(r.org.uniqueID("AIPA")),
		InstanceProfileName: aws.String(*in.InstanceProfileName),
		Path:                aws.String(path),
		Tags:                tagList(tags),
	}}
	if r.acct.iam.profiles == nil {
		r.acct.iam.profiles = map[string]*instanceProfile{}
	}
	r.acct.iam.profiles[*in.InstanceProfileName] = p
	return &iam.CreateInstanceProfileOutput{InstanceProfile: p.full(r)}, nil
}

func (p *instanceProfile) full(r *request) *iamtypes.InstanceProfile {
	v := p.view
	v.Tags, v.Roles = slices.Clone(p.view.Tags), []iamtypes.Role{}
	if found, ok := r.acct.iam.roles[p.role]; ok {
		v.Roles = append(v.Roles, *found.full())
	}
	return &v
}

func getInstanceProfile(r *request, in *iam.GetInstanceProfileInput) (*iam.GetInstanceProfileOutput, error) {
	p, err := r.acct.iam.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	return &iam.GetInstanceProfileOutput{InstanceProfile: p.full(r)}, nil
}

func addRoleToInstanceProfile(r *request, in *iam.AddRoleToInstanceProfileInput) (*iam.AddRoleToInstanceProfileOutput, error) {
	p, err := r.acct.iam.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	if _, err := r.acct.iam.role(in.RoleName); err != nil {
		return nil, err
	}
	if p.role != "" {
		return nil, overLimit("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
	}
	p.role = *in.RoleName
	return &iam.AddRoleToInstanceProfileOutput{}, nil
}

// uniqueID makes the id of a user, role or profile, which has one character more than that of a key.
func (o *Org) uniqueID(prefix string) string { return o.keyID(prefix) + "A" }

// madeUpID is the unique id of a principal that has no record in IAM: the same for the same ARN.
func madeUpID(prefix, arn string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	h := fnv.New64a()
	b := []byte(prefix)
	for len(b) < 21 {
		_, _ = h.Write([]byte(arn))
		b = append(b, alphabet[h.Sum64()>>59])
	}
	return string(b)
}
