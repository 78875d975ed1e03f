package twin

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	s3controltypes "github.com/aws/aws-sdk-go-v2/service/s3control/types"
	"github.com/aws/smithy-go"
)

// s3State is the S3 of the whole organization, because a bucket's name is taken for every account.
type s3State struct {
	buckets  map[string]*bucket
	accounts map[string]map[string]any // account -> its settings, by noun
}

type bucket struct {
	name, owner, region string
	created             time.Time
	settings            map[string]any // noun -> what was put: "BucketPolicy", "BucketWebsite"...
}

func s3Handlers(t table) {
	on(t, "S3", "CreateBucket", createBucket)
	on(t, "S3", "DeleteBucket", deleteBucket)
	on(t, "S3", "HeadBucket", headBucket)
	on(t, "S3", "ListBuckets", listBuckets)
	on(t, "S3", "GetBucketLocation", getBucketLocation)
	on(t, "S3", "GetBucketPolicyStatus", getBucketPolicyStatus)
	bucketAccessHandlers(t)
	bucketContentHandlers(t)
	accountAccessHandlers(t)
	bucketRecordHandlers(t)
	bucketACLHandlers(t)
	bucketVersionHandlers(t)
}

// place is where a setting is kept: on a bucket, or on an account, which has no bucket.
type place struct {
	settings map[string]any
	bucket   *bucket
}

// setting is a configuration that is put, read and deleted as a whole.
type setting[V any] struct {
	service string
	noun    string // the operations are Get, Put and Delete of it
	find    func(r *request, operation string, input any) (place, error)
	check   func(r *request, at place, v V) error // nil takes everything
	missing error                                 // what Get says where nothing was put
	initial func() V                              // what it holds instead; nil where it then is missing
}

// settingHandlers adds the three operations of a setting.
func settingHandlers[GI, PO, DI, DO, GO, PI, V any](t table, s setting[V], read func(V) *GO, write func(*PI) V) {
	readWriteHandlers[GI, PO](t, s, read, write)
	deleteHandler[DI, DO](t, s, "Delete"+s.noun)
}

// readWriteHandlers adds the operations that read and put a setting. Values are copied both ways, so that nobody changes the
// organization by changing an input or an answer.
func readWriteHandlers[GI, PO, GO, PI, V any](t table, s setting[V], read func(V) *GO, write func(*PI) V) {
	on(t, s.service, "Get"+s.noun, func(r *request, in *GI) (*GO, error) {
		at, err := s.find(r, "Get"+s.noun, in)
		if err != nil {
			return nil, err
		}
		if v, ok := at.settings[s.noun].(V); ok {
			return read(copied(v)), nil
		}
		if s.initial != nil {
			return read(s.initial()), nil
		}
		return nil, s.missing
	})
	on(t, s.service, "Put"+s.noun, func(r *request, in *PI) (*PO, error) {
		at, err := s.find(r, "Put"+s.noun, in)
		if err != nil {
			return nil, err
		}
		v := write(in)
		if s.check != nil {
			if err := s.check(r, at, v); err != nil {
				return nil, err
			}
		}
		at.settings[s.noun] = copied(v)
		return new(PO), nil
	})
}

// deleteHandler adds the operation that deletes a setting.
func deleteHandler[DI, DO, V any](t table, s setting[V], operation string) {
	on(t, s.service, operation, func(r *request, in *DI) (*DO, error) {
		at, err := s.find(r, operation, in)
		if err != nil {
			return nil, err
		}
		delete(at.settings, s.noun)
		return new(DO), nil
	})
}

// copied is a deep copy of a value of the SDK's plain types.
func copied[V any](v V) V {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("twin: %T: %v", v, err))
	}
	var out V
	if err := json.Unmarshal(b, &out); err != nil {
		panic(fmt.Sprintf("twin: %T: %v", v, err))
	}
	return out
}

const accessBlock = "PublicAccessBlock"

// blocks are the four switches of a public access block.
type blocks struct{ PublicACLs, PublicPolicy, IgnoreACLs, Restrict bool }

func bucketAccessHandlers(t table) {
	settingHandlers[s3.GetPublicAccessBlockInput, s3.PutPublicAccessBlockOutput, s3.DeletePublicAccessBlockInput, s3.DeletePublicAccessBlockOutput](t,
		setting[blocks]{
			service: "S3", noun: accessBlock, find: onBucket,
			missing: reject("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"),
		},
		func(v blocks) *s3.GetPublicAccessBlockOutput {
			return &s3.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{
				BlockPublicAcls: &v.PublicACLs, BlockPublicPolicy: &v.PublicPolicy, IgnorePublicAcls: &v.IgnoreACLs, RestrictPublicBuckets: &v.Restrict,
			}}
		},
		func(in *s3.PutPublicAccessBlockInput) blocks {
			c := in.PublicAccessBlockConfiguration
			return blocks{aws.ToBool(c.BlockPublicAcls), aws.ToBool(c.BlockPublicPolicy), aws.ToBool(c.IgnorePublicAcls), aws.ToBool(c.RestrictPublicBuckets)}
		})
	settingHandlers[s3.GetBucketPolicyInput, s3.PutBucketPolicyOutput, s3.DeleteBucketPolicyInput, s3.DeleteBucketPolicyOutput](t,
		setting[string]{service: "S3", noun: "BucketPolicy", find: onBucket, check: checkBucketPolicy, missing: noBucketPolicy()},
		func(v string) *s3.GetBucketPolicyOutput { return &s3.GetBucketPolicyOutput{Policy: aws.String(v)} },
		func(in *s3.PutBucketPolicyInput) string { return aws.ToString(in.Policy) })
}

func bucketContentHandlers(t table) {
	settingHandlers[s3.GetBucketWebsiteInput, s3.PutBucketWebsiteOutput, s3.DeleteBucketWebsiteInput, s3.DeleteBucketWebsiteOutput](t,
		setting[s3types.WebsiteConfiguration]{
			service: "S3", noun: "BucketWebsite", find: onBucket, check: checkWebsite,
			missing: reject("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
		},
		func(v s3types.WebsiteConfiguration) *s3.GetBucketWebsiteOutput {
			return &s3.GetBucketWebsiteOutput{ErrorDocument: v.ErrorDocument, IndexDocument: v.IndexDocument, RedirectAllRequestsTo: v.RedirectAllRequestsTo, RoutingRules: v.RoutingRules}
		},
		func(in *s3.PutBucketWebsiteInput) s3types.WebsiteConfiguration { return *in.WebsiteConfiguration })
	settingHandlers[s3.GetBucketTaggingInput, s3.PutBucketTaggingOutput, s3.DeleteBucketTaggingInput, s3.DeleteBucketTaggingOutput](t,
		setting[[]s3types.Tag]{
			service: "S3", noun: "BucketTagging", find: onBucket, check: checkBucketTags,
			missing: reject("NoSuchTagSet", "The TagSet does not exist"),
		},
		func(v []s3types.Tag) *s3.GetBucketTaggingOutput { return &s3.GetBucketTaggingOutput{TagSet: v} },
		func(in *s3.PutBucketTaggingInput) []s3types.Tag { return in.Tagging.TagSet })
	settingHandlers[s3.GetBucketEncryptionInput, s3.PutBucketEncryptionOutput, s3.DeleteBucketEncryptionInput, s3.DeleteBucketEncryptionOutput](t,
		setting[s3types.ServerSideEncryptionConfiguration]{
			service: "S3", noun: "BucketEncryption", find: onBucket, check: checkEncryption, initial: encryptedByDefault,
			missing: reject("ServerSideEncryptionConfigurationNotFoundError", "The server side encryption configuration was not found"),
		},
		func(v s3types.ServerSideEncryptionConfiguration) *s3.GetBucketEncryptionOutput {
			return &s3.GetBucketEncryptionOutput{ServerSideEncryptionConfiguration: &v}
		},
		func(in *s3.PutBucketEncryptionInput) s3types.ServerSideEncryptionConfiguration {
			return *in.ServerSideEncryptionConfiguration
		})
}

func accountAccessHandlers(t table) {
	settingHandlers[s3control.GetPublicAccessBlockInput, s3control.PutPublicAccessBlockOutput, s3control.DeletePublicAccessBlockInput, s3control.DeletePublicAccessBlockOutput](t,
		setting[blocks]{
			service: "S3 Control", noun: accessBlock, find: onAccount,
			missing: &s3controltypes.NoSuchPublicAccessBlockConfiguration{Message: aws.String("The public access block configuration was not found")},
		},
		func(v blocks) *s3control.GetPublicAccessBlockOutput {
			return &s3control.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: &s3controltypes.PublicAccessBlockConfiguration{
				BlockPublicAcls: &v.PublicACLs, BlockPublicPolicy: &v.PublicPolicy, IgnorePublicAcls: &v.IgnoreACLs, RestrictPublicBuckets: &v.Restrict,
			}}
		},
		func(in *s3control.PutPublicAccessBlockInput) blocks {
			c := in.PublicAccessBlockConfiguration
			return blocks{aws.ToBool(c.BlockPublicAcls), aws.ToBool(c.BlockPublicPolicy), aws.ToBool(c.IgnorePublicAcls), aws.ToBool(c.RestrictPublicBuckets)}
		})
}

// encryptedByDefault is what every bucket has had since January 2023, whatever was asked for or deleted.
func encryptedByDefault() s3types.ServerSideEncryptionConfiguration {
	return s3types.ServerSideEncryptionConfiguration{Rules: []s3types.ServerSideEncryptionRule{{
		ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: s3types.ServerSideEncryptionAes256},
		BucketKeyEnabled:                   aws.Bool(false),
	}}}
}

// onAccount finds the caller's own account; the settings of another one are not to be had.
func onAccount(r *request, operation string, input any) (place, error) {
	id := aws.ToString(stringField(input, "AccountId"))
	if id != r.caller.Account {
		return place{}, reject("AccessDenied", "Access Denied")
	}
	s := &r.org.s3
	if s.accounts == nil {
		s.accounts = map[string]map[string]any{}
	}
	if s.accounts[id] == nil {
		s.accounts[id] = map[string]any{}
	}
	return place{settings: s.accounts[id]}, nil
}

func onBucket(r *request, operation string, input any) (place, error) {
	b, err := r.bucket(operation, input)
	if err != nil {
		return place{}, err
	}
	return place{settings: b.settings, bucket: b}, nil
}

// stringField reads a field that the inputs of many operations have by the same name.
func stringField(input any, name string) *string {
	v, _ := reflect.ValueOf(input).Elem().FieldByName(name).Interface().(*string)
	return v
}

// bucket finds the bucket of a call, if the caller may make that call on it from here.
func (r *request) bucket(operation string, input any) (*bucket, error) {
	b, ok := r.org.s3.buckets[aws.ToString(stringField(input, "Bucket"))]
	if !ok {
		return nil, reject("NoSuchBucket", "The specified bucket does not exist")
	}
	if b.region != r.region {
		return nil, reject("PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.")
	}
	if expected := stringField(input, "ExpectedBucketOwner"); expected != nil && *expected != b.owner {
		return nil, reject("AccessDenied", "Access Denied")
	}
	return b, r.mayUse(b, operation)
}

// mayUse asks the bucket's policy. Callers of other accounts need its leave; within the owner's account everybody may whom it does not
// deny, as the organization does not evaluate what IAM grants. From root the policy keeps nobody's account: it can always read, put and
// delete it. Source: "Policies and permissions in Amazon S3" and PutBucketPolicy, Amazon S3 User Guide and API Reference.
func (r *request) mayUse(b *bucket, operation string) error {
	action, arn := s3Action(operation), "arn:aws:s3:::"+b.name
	p, ok := b.policy()
	allow, deny := p.decide(r.caller, action, arn, map[string]string{
		"aws:principalaccount": r.caller.Account, "aws:principalarn": rolePrincipal(r.caller.ARN), "aws:securetransport": "true", "aws:principalisawsservice": "false",
	})
	onPolicy := slices.Contains([]string{"GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"}, operation)
	if b.owner == r.caller.Account {
		if deny && !(onPolicy && strings.HasSuffix(r.caller.ARN, ":root")) {
			return reject("AccessDenied", "User: %s is not authorized to perform: %s on resource: \"%s\" with an explicit deny in a resource-based policy", r.caller.ARN, action, arn)
		}
		return nil
	}
	if !ok || p.public() && r.org.s3.blocked(b).Restrict || !allow || deny {
		return reject("AccessDenied", "User: %s is not authorized to perform: %s on resource: \"%s\" because no resource-based policy allows the %s action", r.caller.ARN, action, arn, action)
	}
	if onPolicy {
		return reject("MethodNotAllowed", "The specified method is not allowed against this resource.")
	}
	return nil
}

// s3Action is the IAM action of an operation, where the two are not of one name.
func s3Action(operation string) string {
	switch operation {
	case "HeadBucket":
		operation = "ListBucket"
	case "GetPublicAccessBlock":
		operation = "GetBucketPublicAccessBlock"
	case "PutPublicAccessBlock", "DeletePublicAccessBlock":
		operation = "PutBucketPublicAccessBlock"
	case "GetBucketEncryption":
		operation = "GetEncryptionConfiguration"
	case "PutBucketEncryption", "DeleteBucketEncryption":
		operation = "PutEncryptionConfiguration"
	case "DeleteBucketTagging":
		operation = "PutBucketTagging"
	case "GetBucketLifecycleConfiguration":
		operation = "GetLifecycleConfiguration"
	case "PutBucketLifecycleConfiguration", "DeleteBucketLifecycle":
		operation = "PutLifecycleConfiguration"
	case "GetObjectLockConfiguration", "PutObjectLockConfiguration":
		operation = operation[:3] + "Bucket" + operation[3:]
	case "DeleteBucketOwnershipControls":
		operation = "PutBucketOwnershipControls"
	case "GetBucketNotificationConfiguration", "PutBucketNotificationConfiguration":
		operation = strings.TrimSuffix(operation, "Configuration")
	}
	return "s3:" + operation
}

// policy is the bucket's policy, if it has one.
func (b *bucket) policy() (policy, bool) {
	document, ok := b.settings["BucketPolicy"].(string)
	if !ok {
		return policy{}, false
	}
	p, err := parsePolicy(document)
	return p, err == nil
}

// blocked is what blocks public access to a bucket: its own settings and those of its account, the stricter each time.
func (s *s3State) blocked(b *bucket) blocks {
	own, _ := b.settings[accessBlock].(blocks)
	all, _ := s.accounts[b.owner][accessBlock].(blocks)
	return blocks{own.PublicACLs || all.PublicACLs, own.PublicPolicy || all.PublicPolicy, own.IgnoreACLs || all.IgnoreACLs, own.Restrict || all.Restrict}
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func createBucket(r *request, in *s3.CreateBucketInput) (*s3.CreateBucketOutput, error) {
	name := aws.ToString(in.Bucket)
	if !bucketName.MatchString(name) {
		return nil, reject("InvalidBucketName", "The specified bucket is not valid.")
	}
	if err := checkLocation(r.region, in.CreateBucketConfiguration); err != nil {
		return nil, err
	}
	location := "/" + name
	if r.region != "us-east-1" {
		location = "http://" + name + ".s3.amazonaws.com/"
	}
	out := &s3.CreateBucketOutput{Location: aws.String(location), BucketArn: aws.String("arn:aws:s3:::" + name)}
	switch old, ok := r.org.s3.buckets[name]; {
	case ok && old.owner != r.acct.id:
		return nil, &s3types.BucketAlreadyExists{Message: aws.String("The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.")}
	case ok && (r.region != "us-east-1" || old.region != r.region):
		return nil, &s3types.BucketAlreadyOwnedByYou{Message: aws.String("Your previous request to create the named bucket succeeded and you already own it.")}
	case ok: // N. Virginia alone answers a repetition as a success
		return out, nil
	}
	if r.org.s3.buckets == nil {
		r.org.s3.buckets = map[string]*bucket{}
	}
	// As a bucket made before April 2023, and as on moto: the four blocks that AWS has put on new ones since would
	// have every scene begin by taking them off.
	made := &bucket{name: name, owner: r.acct.id, region: r.region, created: r.now, settings: map[string]any{}}
	if in.ObjectOwnership != "" {
		made.settings["BucketOwnershipControls"] = s3types.OwnershipControls{Rules: []s3types.OwnershipControlsRule{{ObjectOwnership: in.ObjectOwnership}}}
	}
	if in.ACL != "" {
		if made.enforced() {
			return nil, reject("InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
		}
		if err := r.setACL(made, made.canned(in.ACL)); err != nil {
			return nil, err
		}
	}
	if aws.ToBool(in.ObjectLockEnabledForBucket) {
		made.settings["BucketVersioning"] = versioning{Status: s3types.BucketVersioningStatusEnabled}
		made.settings["ObjectLockConfiguration"] = s3types.ObjectLockConfiguration{ObjectLockEnabled: s3types.ObjectLockEnabledEnabled}
	}
	r.org.s3.buckets[name] = made
	return out, nil
}

// checkLocation checks the region that a new bucket is asked to be in against the one that is asked.
func checkLocation(region string, c *s3types.CreateBucketConfiguration) error {
	asked := ""
	if c != nil {
		asked = string(c.LocationConstraint)
	}
	if asked == region && region != "us-east-1" || asked == "" && region == "us-east-1" {
		return nil
	}
	if asked == "us-east-1" {
		return reject("InvalidLocationConstraint", "The specified location-constraint is not valid")
	}
	return reject("IllegalLocationConstraintException", "The %s location constraint is incompatible for the region specific endpoint this request was sent to.", cmp.Or(asked, "unspecified"))
}

func deleteBucket(r *request, in *s3.DeleteBucketInput) (*s3.DeleteBucketOutput, error) {
	b, err := r.bucket("DeleteBucket", in)
	if err != nil {
		return nil, err
	}
	delete(r.org.s3.buckets, b.name)
	return &s3.DeleteBucketOutput{}, nil
}

// headBucket answers in the codes of HTTP, because an answer to HEAD has no body that could name another.
func headBucket(r *request, in *s3.HeadBucketInput) (*s3.HeadBucketOutput, error) {
	b, err := r.bucket("HeadBucket", in)
	if err == nil {
		return &s3.HeadBucketOutput{BucketRegion: aws.String(b.region), BucketArn: aws.String("arn:aws:s3:::" + b.name), AccessPointAlias: aws.Bool(false)}, nil
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return nil, err
	}
	switch api.ErrorCode() {
	case "NoSuchBucket":
		return nil, &s3types.NotFound{Message: aws.String("Not Found")}
	case "PermanentRedirect":
		return nil, reject("MovedPermanently", "Moved Permanently")
	}
	return nil, reject("Forbidden", "Forbidden")
}

func listBuckets(r *request, in *s3.ListBucketsInput) (*s3.ListBucketsOutput, error) {
	var found []s3types.Bucket
	for _, b := range r.org.s3.buckets {
		if b.owner == r.acct.id && strings.HasPrefix(b.name, aws.ToString(in.Prefix)) && (in.BucketRegion == nil || *in.BucketRegion == b.region) {
			found = append(found, s3types.Bucket{Name: aws.String(b.name), BucketRegion: aws.String(b.region), BucketArn: aws.String("arn:aws:s3:::" + b.name), CreationDate: aws.Time(b.created)})
		}
	}
	slices.SortFunc(found, func(a, b s3types.Bucket) int { return strings.Compare(*a.Name, *b.Name) })
	out := &s3.ListBucketsOutput{Owner: &s3types.Owner{ID: aws.String(canonicalID(r.acct.id))}}
	if in.Prefix != nil {
		out.Prefix = aws.String(*in.Prefix)
	}
	if in.ContinuationToken != nil {
		last, err := base64.RawURLEncoding.DecodeString(*in.ContinuationToken)
		if err != nil {
			return nil, reject("InvalidArgument", "The continuation token provided is incorrect")
		}
		found = slices.DeleteFunc(found, func(b s3types.Bucket) bool { return *b.Name <= string(last) })
	}
	if max := int(aws.ToInt32(in.MaxBuckets)); max > 0 && max < len(found) {
		found = found[:max]
		out.ContinuationToken = aws.String(base64.RawURLEncoding.EncodeToString([]byte(*found[max-1].Name)))
	}
	out.Buckets = found
	return out, nil
}

// canonicalID is the 64-digit id by which S3 knows an account.
func canonicalID(account string) string {
	return fmt.Sprintf("%x%040x", "twin"+account[:8], account)[:64]
}

// getBucketLocation answers from every region, which is how a caller finds out where to call.
func getBucketLocation(r *request, in *s3.GetBucketLocationInput) (*s3.GetBucketLocationOutput, error) {
	if b, ok := r.org.s3.buckets[aws.ToString(in.Bucket)]; ok {
		elsewhere := *r
		elsewhere.region = b.region
		r = &elsewhere
	}
	b, err := r.bucket("GetBucketLocation", in)
	if err != nil {
		return nil, err
	}
	out := &s3.GetBucketLocationOutput{}
	if b.region != "us-east-1" {
		out.LocationConstraint = s3types.BucketLocationConstraint(b.region)
	}
	return out, nil
}

func noBucketPolicy() error {
	return reject("NoSuchBucketPolicy", "The bucket policy does not exist")
}

func getBucketPolicyStatus(r *request, in *s3.GetBucketPolicyStatusInput) (*s3.GetBucketPolicyStatusOutput, error) {
	b, err := r.bucket("GetBucketPolicyStatus", in)
	if err != nil {
		return nil, err
	}
	p, ok := b.policy()
	if !ok {
		return nil, noBucketPolicy()
	}
	return &s3.GetBucketPolicyStatusOutput{PolicyStatus: &s3types.PolicyStatus{IsPublic: aws.Bool(p.public())}}, nil
}

const bucketPolicySize = 20 * 1024

func checkBucketPolicy(r *request, at place, document string) error {
	arn := "arn:aws:s3:::" + at.bucket.name
	switch problem := checkPolicy(document, resourcePolicy); {
	case len(document) > bucketPolicySize:
		return reject("PolicyTooLarge", "Policy exceeds the maximum allowed document size.")
	case problem == badSyntax:
		return reject("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'")
	case problem != "":
		return reject("MalformedPolicy", "%s", problem)
	}
	p, err := parsePolicy(document)
	if err != nil {
		return reject("MalformedPolicy", "This policy contains invalid Json")
	}
	for _, s := range p.Statement {
		for _, resource := range slices.Concat(s.Resource, s.NotResource) {
			if resource != arn && !strings.HasPrefix(resource, arn+"/") && resource != "arn:aws:s3:::*" && resource != "*" {
				return reject("MalformedPolicy", "Policy has invalid resource")
			}
		}
	}
	if p.public() && r.org.s3.blocked(at.bucket).PublicPolicy {
		return reject("AccessDenied", "User: %s is not authorized to perform: s3:PutBucketPolicy on resource: %q because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.", r.caller.ARN, arn)
	}
	return nil
}

func checkWebsite(_ *request, _ place, v s3types.WebsiteConfiguration) error {
	if v.RedirectAllRequestsTo == nil && (v.IndexDocument == nil || aws.ToString(v.IndexDocument.Suffix) == "") {
		return reject("InvalidArgument", "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty")
	}
	return nil
}

func checkBucketTags(_ *request, _ place, tags []s3types.Tag) error {
	if len(tags) > 50 {
		return reject("BadRequest", "Bucket tag count cannot be greater than 50")
	}
	seen := map[string]bool{}
	for _, tag := range tags {
		key := aws.ToString(tag.Key)
		switch {
		case seen[key]:
			return reject("InvalidTag", "Cannot provide multiple Tags with the same key")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return reject("InvalidTag", "System tags cannot be added/updated by requester")
		}
		seen[key] = true
	}
	return nil
}

func checkEncryption(_ *request, _ place, v s3types.ServerSideEncryptionConfiguration) error {
	if len(v.Rules) != 1 || v.Rules[0].ApplyServerSideEncryptionByDefault == nil {
		return reject("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	d := v.Rules[0].ApplyServerSideEncryptionByDefault
	if d.SSEAlgorithm == s3types.ServerSideEncryptionAes256 && d.KMSMasterKeyID != nil {
		return reject("InvalidArgument", "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
	}
	return nil
}

// public says whether S3 holds a policy for public: some Allow is open to everybody and no condition ties it to
// fixed values.
func (p policy) public() bool {
	return slices.ContainsFunc(p.Statement, func(s statement) bool {
		return s.Effect == "Allow" && s.everybody() && !s.tied()
	})
}

func (s statement) everybody() bool {
	if s.NotPrincipal != nil {
		return true
	}
	for _, names := range s.Principal {
		if slices.ContainsFunc(names, func(n string) bool { return strings.ContainsAny(n, "*") }) {
			return true
		}
	}
	return false
}

// tied says whether a condition leaves only fixed callers or networks. Operators that an absent key satisfies do not.
func (s statement) tied() bool {
	for operator, keys := range s.Condition {
		operator = strings.TrimPrefix(operator, "ForAnyValue:")
		switch operator {
		case "StringEquals", "StringLike", "StringEqualsIgnoreCase", "ArnEquals", "ArnLike", "IpAddress":
		default:
			continue
		}
		for key, values := range keys {
			if tyingKey(key) && !slices.ContainsFunc(values, func(v any) bool { return !fixedValue(operator, fmt.Sprint(v)) }) {
				return true
			}
		}
	}
	return false
}

func tyingKey(key string) bool {
	switch strings.ToLower(key) {
	case "aws:sourceip", "aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:sourceorgid", "aws:userid",
		"aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn", "aws:vpcsourceip",
		"s3:dataaccesspointaccount", "s3:dataaccesspointarn", "s3:x-amz-server-side-encryption-aws-kms-key-id":
		return true
	}
	return false
}

// fixedValue says whether a condition's value names something fixed: no wildcard, no variable, no network so wide
// that S3 takes it for the internet.
func fixedValue(operator, value string) bool {
	if operator != "IpAddress" {
		return !strings.ContainsAny(value, "*?$")
	}
	if a, err := netip.ParseAddr(value); err == nil {
		return a.IsValid()
	}
	network, err := netip.ParsePrefix(value)
	if err != nil {
		return false
	}
	if network.Addr().Is4() {
		return network.Bits() >= 8
	}
	return network.Bits() >= 32
}
