package policydoc

import "strings"

// key is what is known of a condition key.
type key struct {
	values values
	about  about
	// always tells that every signed request has it, so that IfExists lets only unsigned ones pass.
	always bool
	// free tells that whoever calls can have it as a policy wants it: a Deny on it keeps nobody out.
	free bool
}

// values is what a key's values look like; noMatter for a key that tells strangers from nobody.
type values int

const (
	noMatter values = iota
	accountValues
	arnValues
	accessPointValues // ARNs of which only the account must be fixed
	orgValues
	orgPathValues
	rangeValues // IP addresses
	nameValues  // fixed, but whose it is they do not say
	userIDValues
	trueValue
)

// about is of whom a key tells.
type about int

const (
	caller  about = iota // who calls, whatever way the call takes
	source               // on whose behalf an AWS service calls
	network              // from where
	service              // that an AWS service calls
)

// keys are the condition keys that are known, in lower case: AWS's names of them know no case.
//
// Those that restrict are the list of S3's "The meaning of public" (see the package's comment), the keys of the global
// reference that name an account or organization of the caller
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html), and kms:CallerAccount
// (https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html). The others are known not to: anyone with an
// AWS account, or anyone at all, can fulfil them. S3's definition has no need to know them; here a key that is in neither
// list makes the answer Unsure.
//
// A bucket policy that names access points by s3:DataAccessPointArn is not public; the policy of an access point itself that
// does so is, and has to be judged otherwise than here.
var keys = map[string]key{
	"aws:principalaccount":  {values: accountValues, always: true},
	"aws:principalarn":      {values: arnValues, always: true},
	"aws:principalorgid":    {values: orgValues},
	"aws:principalorgpaths": {values: orgPathValues},
	"aws:userid":            {values: userIDValues, always: true},
	"kms:calleraccount":     {values: accountValues, always: true},

	"aws:sourcearn":      {values: arnValues, about: source},
	"aws:sourceaccount":  {values: accountValues, about: source},
	"aws:sourceowner":    {values: accountValues, about: source},
	"aws:sourceorgid":    {values: orgValues, about: source},
	"aws:sourceorgpaths": {values: orgPathValues, about: source},

	"aws:sourcevpc":             {values: nameValues, about: network},
	"aws:sourcevpce":            {values: nameValues, about: network},
	"aws:sourceip":              {values: rangeValues, about: network, always: true},
	"s3:dataaccesspointaccount": {values: accountValues, about: network},
	"s3:dataaccesspointarn":     {values: accessPointValues, about: network},
	kmsKeyOfUpload:              {values: nameValues, about: network},
	// Source: "The meaning of public" in "Blocking public access to EFS file systems", Amazon EFS User Guide.
	"elasticfilesystem:accessedviamounttarget": {values: trueValue, about: network},
	"aws:principalisawsservice":                {values: trueValue, about: service},
	"aws:principalservicename":                 {values: nameValues, about: service},
	"aws:principalservicenameslist":            {values: nameValues, about: service},

	"aws:multifactorauthage": {free: true}, "aws:multifactorauthpresent": {free: true}, "aws:referer": {free: true},
	"aws:securetransport": {free: true}, "aws:sourceidentity": {free: true}, "aws:tagkeys": {free: true},
	"aws:useragent": {free: true}, "aws:username": {free: true}, "aws:vpcsourceip": {free: true},
	"kms:viaservice": {free: true}, "s3:delimiter": {free: true}, "s3:max-keys": {free: true}, "s3:prefix": {free: true},
	"s3:tlsversion": {free: true}, "s3:versionid": {free: true}, "sns:protocol": {free: true},
	"s3:requestobjecttagkeys": {free: true}, "s3:signatureversion": {free: true},

	"aws:calledvia": {}, "aws:calledviafirst": {}, "aws:calledvialast": {}, "aws:currenttime": {}, "aws:epochtime": {},
	"aws:principaltype": {}, "aws:requestedregion": {}, "aws:resourceaccount": {}, "aws:resourceorgid": {},
	"aws:resourceorgpaths": {}, "aws:tokenissuetime": {}, "aws:viaawsservice": {},
	"lambda:functionurlauthtype": {}, "lambda:invokedviafunctionurl": {},
	"s3:authtype": {}, "s3:signatureage": {}, "s3:resourceaccount": {}, "secretsmanager:versionstage": {},
}

const kmsKeyOfUpload = "s3:x-amz-server-side-encryption-aws-kms-key-id"

// prefixes are families of keys, each with a name of its own behind.
var prefixes = map[string]key{
	"aws:principaltag/": {free: true}, "aws:requesttag/": {free: true}, "s3:requestobjecttag/": {free: true},
	"s3:x-amz-":             {free: true},
	"aws:resourcetag/":      {},
	"s3:existingobjecttag/": {},
}

func findKey(name string) (key, bool) {
	name = strings.ToLower(name)
	if k, ok := keys[name]; ok {
		return k, true
	}
	for p, k := range prefixes {
		if strings.HasPrefix(name, p) && len(name) > len(p) {
			return k, true
		}
	}
	return key{}, false
}
