package twin

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

func stsHandlers(t table) {
	on(t, "STS", "GetCallerIdentity", getCallerIdentity)
	on(t, "STS", "AssumeRole", assumeRole)
}

// RequireRoles makes AssumeRole refuse roles that were not created. Without it any role of any account can be taken, as on moto.
func (o *Org) RequireRoles(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requireRoles = on
}

func getCallerIdentity(r *request, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	return &sts.GetCallerIdentityOutput{Account: aws.String(r.caller.Account), Arn: aws.String(r.caller.ARN), UserId: aws.String("AIDATWIN")}, nil
}

var (
	roleARN     = regexp.MustCompile(`^arn:(aws[a-z-]*):iam::(\d{12}):role/(.+/)?([^/]+)$`)
	sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

// sessionPolicyLimit is in characters. Source: STS API reference, AssumeRole.
const sessionPolicyLimit = 2048

func assumeRole(r *request, in *sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
	m := roleARN.FindStringSubmatch(aws.ToString(in.RoleArn))
	if m == nil {
		return nil, reject("ValidationError", "%s is invalid", aws.ToString(in.RoleArn))
	}
	partition, accountID, role := m[1], m[2], m[4]
	for what, v := range map[string]*string{"roleSessionName": in.RoleSessionName, "sourceIdentity": in.SourceIdentity} {
		if v != nil && !sessionName.MatchString(*v) {
			return nil, reject("ValidationError", "1 validation error detected: Value at '%s' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*", what)
		}
	}
	policy := aws.ToString(in.Policy)
	if len(policy) > sessionPolicyLimit {
		return nil, reject("ValidationError", "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to %d", sessionPolicyLimit)
	}
	if policy != "" && !json.Valid([]byte(policy)) {
		return nil, &types.MalformedPolicyDocumentException{Message: aws.String("This policy contains invalid Json")}
	}
	target := r.org.account(accountID)
	id := "AROA" + strings.Repeat("X", 16)
	if known, ok := target.iam.roles[role]; ok {
		id = aws.ToString(known.view.RoleId)
	} else if r.org.requireRoles {
		return nil, reject("AccessDenied", "User: %s is not authorized to perform: sts:AssumeRole on resource: %s", r.caller.ARN, aws.ToString(in.RoleArn))
	}
	name := aws.ToString(in.RoleSessionName)
	arn := sprintf("arn:%s:sts::%s:assumed-role/%s/%s", partition, accountID, role, name)
	key := r.org.keyID("ASIA")
	r.org.sessions[key] = Identity{Account: accountID, ARN: arn, Session: name, Source: aws.ToString(in.SourceIdentity), Policy: policy}
	seconds := aws.ToInt32(in.DurationSeconds)
	if seconds == 0 {
		seconds = 3600
	}
	expires := time.Now().Add(time.Duration(seconds) * time.Second) // the SDK compares it with the machine's clock
	return &sts.AssumeRoleOutput{
		Credentials:      &types.Credentials{AccessKeyId: &key, SecretAccessKey: aws.String("twin"), SessionToken: aws.String("twin-" + key), Expiration: &expires},
		AssumedRoleUser:  &types.AssumedRoleUser{Arn: &arn, AssumedRoleId: aws.String(id + ":" + name)},
		SourceIdentity:   in.SourceIdentity,
		PackedPolicySize: aws.Int32(int32(len(policy) * 100 / sessionPolicyLimit)),
	}, nil
}
