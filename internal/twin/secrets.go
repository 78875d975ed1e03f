package twin

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// The staging labels that Secrets Manager itself moves.
const (
	stageCurrent  = "AWSCURRENT"
	stagePrevious = "AWSPREVIOUS"
	stagePending  = "AWSPENDING"
)

// secretsState is the secrets of one account in one region, by name. A replica is its primary's record once more.
type secretsState struct {
	secrets map[string]*secret
}

type secret struct {
	name, suffix, account string
	region                string // the primary one
	replicas              []string
	description, kmsKey   *string
	owningService         string // empty unless a service of AWS made it
	kind                  *string
	tags                  map[string]string
	policy                *string
	versions              map[string]*secretVersion
	lambda                string
	rules                 *smtypes.RotationRulesType
	rotationEnabled       bool
	pending               *rotation

	created, changed           time.Time
	rotated, accessed, deleted *time.Time // deleted is when it will be
}

type secretVersion struct {
	id      string
	created time.Time
	text    *string
	binary  []byte
	stages  []string
}

// rotation is one that was begun and is not done.
type rotation struct {
	version string
	due     time.Time
}

// SetOwningService makes a secret one that a service of AWS manages, such as "rds". No call of AWS does that.
func (o *Org) SetOwningService(account, region, name, service string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if s, ok := o.account(account).region(region).secrets.secrets[name]; ok {
		s.owningService, s.rotationEnabled = service, true
	}
}

func secretsHandlers(t table) {
	const service = "Secrets Manager"
	on(t, service, "CreateSecret", createSecret)
	on(t, service, "DescribeSecret", describeSecret)
	on(t, service, "GetSecretValue", getSecretValue)
	on(t, service, "PutSecretValue", putSecretValue)
	on(t, service, "RotateSecret", rotateSecret)
	on(t, service, "CancelRotateSecret", cancelRotateSecret)
	on(t, service, "UpdateSecretVersionStage", updateSecretVersionStage)
	on(t, service, "DeleteSecret", deleteSecret)
	on(t, service, "RestoreSecret", restoreSecret)
	on(t, service, "GetResourcePolicy", getSecretPolicy)
	on(t, service, "PutResourcePolicy", putSecretPolicy)
	on(t, service, "DeleteResourcePolicy", deleteSecretPolicy)
	on(t, service, "TagResource", tagSecret)
}

func badSecretRequest(format string, args ...any) error {
	return &smtypes.InvalidRequestException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func badSecretParameter(format string, args ...any) error {
	return &smtypes.InvalidParameterException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func noSecret(format string, args ...any) error {
	return &smtypes.ResourceNotFoundException{Message: aws.String(fmt.Sprintf(format, args...))}
}

var (
	secretARN   = regexp.MustCompile(`^arn:aws:secretsmanager:([a-z0-9-]+):(\d{12}):secret:(.+)$`)
	secretName  = regexp.MustCompile(`^[\w/+=.@-]{1,512}$`)
	secretToken = regexp.MustCompile(`^.{32,64}$`)
)

// arn is the secret's ARN as a region gives it; a replica's differs from the primary's in that alone.
func (s *secret) arn(region string) *string {
	return aws.String("arn:aws:secretsmanager:" + region + ":" + s.account + ":secret:" + s.name + "-" + s.suffix)
}

// secret finds a secret by name, by ARN, or by an ARN without its six random characters.
func (r *request) secret(operation string, id *string) (*secret, error) {
	name := aws.ToString(id)
	if m := secretARN.FindStringSubmatch(name); m != nil {
		if m[2] != r.acct.id {
			return nil, reject("AccessDeniedException", "User: %s is not authorized to perform: secretsmanager:%s on resource: %s because no resource-based policy allows the secretsmanager:%s action", r.caller.ARN, operation, name, operation)
		}
		if m[1] != r.region {
			return nil, noSecret("Secrets Manager can't find the specified secret.")
		}
		name = m[3]
	}
	secrets := r.reg.secrets.secrets
	s, ok := secrets[name]
	if cut := strings.LastIndex(name, "-"); !ok && cut >= 0 && *id != name {
		s, ok = secrets[name[:cut]]
		ok = ok && s.suffix == name[cut+1:]
	}
	if ok {
		s.settle(r.now)
	}
	if !ok || s.gone(r.now) {
		return nil, noSecret("Secrets Manager can't find the specified secret.")
	}
	return s, nil
}

func (s *secret) gone(now time.Time) bool { return s.deleted != nil && !now.Before(*s.deleted) }

// usable finds a secret that is not marked for deletion.
func (r *request) usable(operation string, id *string) (*secret, error) {
	s, err := r.secret(operation, id)
	if err == nil && s.deleted != nil {
		return nil, badSecretRequest("You can't perform this operation on the secret because it was marked for deletion.")
	}
	return s, err
}

// changeable finds a secret that can be changed from here.
func (r *request) changeable(operation string, id *string) (*secret, error) {
	s, err := r.usable(operation, id)
	if err == nil && s.region != r.region {
		return nil, badSecretRequest("Operation not permitted on a replica secret. Call must be made in primary secret's region.")
	}
	return s, err
}

// staged finds the version that has a label.
func (s *secret) staged(label string) *secretVersion {
	for _, v := range s.versions {
		if slices.Contains(v.stages, label) {
			return v
		}
	}
	return nil
}

// move puts a label on a version and takes it off the one that had it. What stops being current becomes previous.
func (s *secret) move(label string, to *secretVersion) {
	from := s.staged(label)
	if from == to {
		return
	}
	if from != nil {
		from.unstage(label)
		if label == stageCurrent {
			s.move(stagePrevious, from)
		}
	}
	if label == stageCurrent {
		to.unstage(stagePrevious)
	}
	to.stages = append(to.stages, label)
}

func (v *secretVersion) unstage(label string) {
	v.stages = slices.DeleteFunc(v.stages, func(have string) bool { return have == label })
}

// settle ends a rotation whose time has come.
func (s *secret) settle(now time.Time) {
	if s.pending == nil || now.Before(s.pending.due) {
		return
	}
	done := s.pending
	s.pending = nil
	v := s.versions[done.version]
	if !slices.Contains(v.stages, stagePending) {
		return // somebody took the label off, which calls the rotation off
	}
	v.unstage(stagePending)
	s.move(stageCurrent, v)
	s.rotated, s.changed = aws.Time(done.due), done.due
}

// addVersion keeps a value under its token, with its labels.
func (s *secret) addVersion(now time.Time, id string, text *string, binary []byte, stages ...string) *secretVersion {
	v := &secretVersion{id: id, created: now, text: copied(text), binary: slices.Clone(binary)}
	s.versions[id] = v
	for _, stage := range stages {
		s.move(stage, v)
	}
	s.changed = now
	return v
}

func createSecret(r *request, in *secretsmanager.CreateSecretInput) (*secretsmanager.CreateSecretOutput, error) {
	if err := r.checkNewSecret(in); err != nil {
		return nil, err
	}
	name, token := *in.Name, aws.ToString(in.ClientRequestToken)
	if old, ok := r.reg.secrets.secrets[name]; ok && !old.gone(r.now) {
		if old.deleted != nil {
			return nil, badSecretRequest("You can't create this secret because a secret with this name is already scheduled for deletion.")
		}
		if v, ok := old.versions[token]; ok && v.same(in.SecretString, in.SecretBinary) {
			return old.createdIn(r.region, v), nil
		}
		return nil, &smtypes.ResourceExistsException{Message: aws.String(fmt.Sprintf("The operation failed because the secret %s already exists.", name))}
	}
	in = new(copied(*in))
	s := &secret{
		name: name, suffix: r.org.keyID("")[14:], account: r.acct.id, region: r.region, description: in.Description, kmsKey: in.KmsKeyId,
		kind: in.Type, tags: map[string]string{}, versions: map[string]*secretVersion{}, created: r.now, changed: r.now,
	}
	s.tag(in.Tags)
	var v *secretVersion
	if in.SecretString != nil || in.SecretBinary != nil {
		v = s.addVersion(r.now, token, in.SecretString, in.SecretBinary, stageCurrent)
	}
	r.reg.secrets.put(s)
	for _, replica := range in.AddReplicaRegions {
		s.replicas = append(s.replicas, *replica.Region)
		r.acct.region(*replica.Region).secrets.put(s)
	}
	return s.createdIn(r.region, v), nil
}

func (r *request) checkNewSecret(in *secretsmanager.CreateSecretInput) error {
	switch {
	case !secretName.MatchString(*in.Name):
		return badSecretParameter("Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
	case in.SecretString != nil && in.SecretBinary != nil:
		return badSecretParameter("You can't specify both a binary secret value and a string secret value in the same secret.")
	}
	for _, replica := range in.AddReplicaRegions {
		if aws.ToString(replica.Region) == r.region {
			return badSecretParameter("Invalid replica region.")
		}
	}
	return checkSecretToken(in.ClientRequestToken)
}

func checkSecretToken(token *string) error {
	if token != nil && !secretToken.MatchString(*token) {
		return badSecretParameter("ClientRequestToken must be 32-64 characters long.")
	}
	return nil
}

func (s *secretsState) put(v *secret) {
	if s.secrets == nil {
		s.secrets = map[string]*secret{}
	}
	s.secrets[v.name] = v
}

func (s *secret) createdIn(region string, v *secretVersion) *secretsmanager.CreateSecretOutput {
	out := &secretsmanager.CreateSecretOutput{ARN: s.arn(region), Name: aws.String(s.name), ReplicationStatus: s.replication()}
	if v != nil {
		out.VersionId = aws.String(v.id)
	}
	return out
}

func (s *secret) replication() []smtypes.ReplicationStatusType {
	var out []smtypes.ReplicationStatusType
	for _, region := range s.replicas {
		out = append(out, smtypes.ReplicationStatusType{Region: aws.String(region), Status: smtypes.StatusTypeInSync})
	}
	return out
}

func (v *secretVersion) same(text *string, binary []byte) bool {
	return (v.text == nil) == (text == nil) && aws.ToString(v.text) == aws.ToString(text) && bytes.Equal(v.binary, binary)
}

func describeSecret(r *request, in *secretsmanager.DescribeSecretInput) (*secretsmanager.DescribeSecretOutput, error) {
	s, err := r.secret("DescribeSecret", in.SecretId)
	if err != nil {
		return nil, err
	}
	out := &secretsmanager.DescribeSecretOutput{
		ARN: s.arn(r.region), Name: aws.String(s.name), Description: copied(s.description), KmsKeyId: copied(s.kmsKey), Type: copied(s.kind),
		CreatedDate: aws.Time(s.created), LastChangedDate: aws.Time(s.changed),
		LastRotatedDate: copied(s.rotated), LastAccessedDate: copied(s.accessed), DeletedDate: copied(s.deleted),
		RotationRules: copied(s.rules), ReplicationStatus: s.replication(), VersionIdsToStages: s.stages(),
	}
	if s.rotationEnabled || s.lambda != "" {
		out.RotationEnabled = aws.Bool(s.rotationEnabled)
	}
	for field, v := range map[**string]string{&out.RotationLambdaARN: s.lambda, &out.OwningService: s.owningService} {
		if v != "" {
			*field = aws.String(v)
		}
	}
	if len(s.replicas) > 0 {
		out.PrimaryRegion = aws.String(s.region)
	}
	for _, k := range slices.Sorted(maps.Keys(s.tags)) {
		out.Tags = append(out.Tags, smtypes.Tag{Key: aws.String(k), Value: aws.String(s.tags[k])})
	}
	out.NextRotationDate = s.nextRotation()
	return out, nil
}

// nextRotation is the next scheduled one. Schedules are not run: a scene rotates by RotateSecret.
func (s *secret) nextRotation() *time.Time {
	if !s.rotationEnabled || s.rules == nil || s.rules.AutomaticallyAfterDays == nil {
		return nil
	}
	last := s.created
	if s.rotated != nil {
		last = *s.rotated
	}
	return aws.Time(last.AddDate(0, 0, int(*s.rules.AutomaticallyAfterDays)))
}

// stages lists the versions that have labels; those without are deprecated and not shown.
func (s *secret) stages() map[string][]string {
	out := map[string][]string{}
	for id, v := range s.versions {
		if len(v.stages) > 0 {
			out[id] = slices.Clone(v.stages)
		}
	}
	return out
}

func getSecretValue(r *request, in *secretsmanager.GetSecretValueInput) (*secretsmanager.GetSecretValueOutput, error) {
	s, err := r.usable("GetSecretValue", in.SecretId)
	if err != nil {
		return nil, err
	}
	label := cmp.Or(aws.ToString(in.VersionStage), stageCurrent)
	v := s.staged(label)
	if in.VersionId != nil {
		v = s.versions[*in.VersionId]
		if v == nil {
			return nil, noSecret("Secrets Manager can't find the specified secret value for VersionId: %s", *in.VersionId)
		}
		if in.VersionStage != nil && !slices.Contains(v.stages, label) {
			return nil, badSecretRequest("You provided a VersionStage that is not associated to the provided VersionId.")
		}
	}
	if v == nil {
		return nil, noSecret("Secrets Manager can't find the specified secret value for staging label: %s", label)
	}
	s.accessed = aws.Time(r.now.UTC().Truncate(24 * time.Hour)) // AWS keeps the day only
	return &secretsmanager.GetSecretValueOutput{
		ARN: s.arn(r.region), Name: aws.String(s.name), CreatedDate: aws.Time(v.created), VersionId: aws.String(v.id),
		SecretString: copied(v.text), SecretBinary: slices.Clone(v.binary), VersionStages: slices.Clone(v.stages),
	}, nil
}

func putSecretValue(r *request, in *secretsmanager.PutSecretValueInput) (*secretsmanager.PutSecretValueOutput, error) {
	s, err := r.changeable("PutSecretValue", in.SecretId)
	if err != nil {
		return nil, err
	}
	if s.owningService != "" {
		return nil, badSecretRequest("You can't modify secret value for %s because it's managed by %s.", s.name, s.owningService)
	}
	if (in.SecretString == nil) == (in.SecretBinary == nil) {
		return nil, badSecretRequest("You must provide either SecretString or SecretBinary.")
	}
	if err := checkSecretToken(in.ClientRequestToken); err != nil {
		return nil, err
	}
	token := aws.ToString(in.ClientRequestToken)
	v, again := s.versions[token]
	switch {
	case again && !v.same(in.SecretString, in.SecretBinary):
		return nil, &smtypes.ResourceExistsException{Message: aws.String(fmt.Sprintf("You can't use ClientRequestToken %s because that value is already in use for a version of secret %s.", token, *s.arn(r.region)))}
	case !again:
		stages := in.VersionStages
		if len(stages) == 0 {
			stages = []string{stageCurrent}
		}
		v = s.addVersion(r.now, token, in.SecretString, in.SecretBinary, stages...)
	}
	return &secretsmanager.PutSecretValueOutput{ARN: s.arn(r.region), Name: aws.String(s.name), VersionId: aws.String(v.id), VersionStages: slices.Clone(v.stages)}, nil
}

func rotateSecret(r *request, in *secretsmanager.RotateSecretInput) (*secretsmanager.RotateSecretOutput, error) {
	s, err := r.changeable("RotateSecret", in.SecretId)
	if err != nil {
		return nil, err
	}
	if err := checkSecretToken(in.ClientRequestToken); err != nil {
		return nil, err
	}
	token := aws.ToString(in.ClientRequestToken)
	out := &secretsmanager.RotateSecretOutput{ARN: s.arn(r.region), Name: aws.String(s.name), VersionId: aws.String(token)}
	if _, again := s.versions[token]; again {
		return out, nil
	}
	if v := s.staged(stagePending); v != nil && v != s.staged(stageCurrent) {
		return nil, badSecretRequest("A previous rotation isn't complete. That rotation will be reattempted.")
	}
	works, err := r.rotationFunction(s, in.RotationLambdaARN)
	if err != nil {
		return nil, err
	}
	if in.RotationLambdaARN != nil {
		s.lambda = *in.RotationLambdaARN
	}
	if in.RotationRules != nil {
		s.rules = copied(in.RotationRules)
	}
	s.rotationEnabled = true
	if in.RotateImmediately != nil && !*in.RotateImmediately {
		return &secretsmanager.RotateSecretOutput{ARN: out.ARN, Name: out.Name}, nil
	}
	s.rotate(r, token, works)
	return out, nil
}

// cancelRotateSecret switches the schedule off and keeps the function and the rules: RotateSecret switches it on again.
func cancelRotateSecret(r *request, in *secretsmanager.CancelRotateSecretInput) (*secretsmanager.CancelRotateSecretOutput, error) {
	s, err := r.changeable("CancelRotateSecret", in.SecretId)
	if err != nil {
		return nil, err
	}
	if s.lambda == "" {
		return nil, badSecretRequest("You tried to cancel rotation on a secret that doesn't have rotation configured.")
	}
	s.rotationEnabled, s.pending = false, nil
	return &secretsmanager.CancelRotateSecretOutput{ARN: s.arn(r.region), Name: aws.String(s.name)}, nil
}

// rotationFunction checks the function that would rotate a secret, and says whether it could be run: one whose
// concurrency is held at none cannot.
func (r *request) rotationFunction(s *secret, given *string) (works bool, err error) {
	arn := cmp.Or(aws.ToString(given), s.lambda)
	if arn == "" {
		if s.owningService != "" {
			return true, nil
		}
		return false, badSecretRequest("No Lambda rotation function ARN is associated with this secret.")
	}
	f, err := r.function(aws.String(arn))
	if err != nil {
		return false, noSecret("Secrets Manager can't find the specified Lambda function: %s", arn)
	}
	return f.reserved == nil || *f.reserved > 0, nil
}

// rotate begins a rotation. One whose function cannot run stays begun until somebody takes AWSPENDING off.
func (s *secret) rotate(r *request, token string, works bool) {
	s.addVersion(r.now, token, aws.String("rotated-"+token), nil, stagePending)
	if works {
		s.pending = &rotation{version: token, due: r.now.Add(r.org.delay)}
		s.settle(r.now)
	}
}

func updateSecretVersionStage(r *request, in *secretsmanager.UpdateSecretVersionStageInput) (*secretsmanager.UpdateSecretVersionStageOutput, error) {
	s, err := r.changeable("UpdateSecretVersionStage", in.SecretId)
	if err != nil {
		return nil, err
	}
	label, has := *in.VersionStage, s.staged(*in.VersionStage)
	for _, id := range []*string{in.MoveToVersionId, in.RemoveFromVersionId} {
		if id != nil && s.versions[*id] == nil {
			return nil, noSecret("Secrets Manager can't find the specified secret value for VersionId: %s", *id)
		}
	}
	if err := checkStageMove(in, label, has); err != nil {
		return nil, err
	}
	if in.MoveToVersionId != nil {
		s.move(label, s.versions[*in.MoveToVersionId])
	} else if has != nil {
		has.unstage(label)
	}
	s.changed = r.now
	return &secretsmanager.UpdateSecretVersionStageOutput{ARN: s.arn(r.region), Name: aws.String(s.name)}, nil
}

// checkStageMove wants the version that loses a label to be named, so that two callers cannot move it past each other.
func checkStageMove(in *secretsmanager.UpdateSecretVersionStageInput, label string, has *secretVersion) error {
	from := aws.ToString(in.RemoveFromVersionId)
	switch {
	case in.MoveToVersionId == nil && label == stageCurrent:
		return badSecretParameter("You can only move staging label %s to a different secret version. It can't be completely removed.", label)
	case from != "" && (has == nil || has.id != from):
		return badSecretParameter("The parameter RemoveFromVersionId must be the version that staging label %s is currently attached to.", label)
	case from == "" && has != nil && (in.MoveToVersionId == nil || has.id != *in.MoveToVersionId):
		return badSecretParameter("The parameter RemoveFromVersionId can't be empty. Staging label %s is currently attached to version %s, so you must explicitly reference that version in RemoveFromVersionId.", label, has.id)
	}
	return nil
}

func deleteSecret(r *request, in *secretsmanager.DeleteSecretInput) (*secretsmanager.DeleteSecretOutput, error) {
	s, err := r.secret("DeleteSecret", in.SecretId)
	if err != nil {
		return nil, err
	}
	days, force := aws.ToInt64(in.RecoveryWindowInDays), aws.ToBool(in.ForceDeleteWithoutRecovery)
	switch {
	case force && in.RecoveryWindowInDays != nil:
		return nil, badSecretParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
	case in.RecoveryWindowInDays != nil && (days < 7 || days > 30):
		return nil, badSecretParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
	case s.region != r.region:
		return nil, badSecretRequest("Operation not permitted on a replica secret. Call must be made in primary secret's region.")
	case len(s.replicas) > 0:
		return nil, badSecretRequest("You can't delete secret %s that still has replica regions: %v", s.name, s.replicas)
	case s.deleted != nil && !force:
		return nil, badSecretRequest("You can't perform this operation on the secret because it was already scheduled for deletion.")
	}
	at := r.now
	if !force {
		at = r.now.AddDate(0, 0, int(cmp.Or(days, 30)))
	}
	s.deleted = aws.Time(at)
	return &secretsmanager.DeleteSecretOutput{ARN: s.arn(r.region), Name: aws.String(s.name), DeletionDate: aws.Time(at)}, nil
}

func restoreSecret(r *request, in *secretsmanager.RestoreSecretInput) (*secretsmanager.RestoreSecretOutput, error) {
	s, err := r.secret("RestoreSecret", in.SecretId)
	if err != nil {
		return nil, err
	}
	s.deleted = nil
	return &secretsmanager.RestoreSecretOutput{ARN: s.arn(r.region), Name: aws.String(s.name)}, nil
}

func getSecretPolicy(r *request, in *secretsmanager.GetResourcePolicyInput) (*secretsmanager.GetResourcePolicyOutput, error) {
	s, err := r.usable("GetResourcePolicy", in.SecretId)
	if err != nil {
		return nil, err
	}
	return &secretsmanager.GetResourcePolicyOutput{ARN: s.arn(r.region), Name: aws.String(s.name), ResourcePolicy: copied(s.policy)}, nil
}

func putSecretPolicy(r *request, in *secretsmanager.PutResourcePolicyInput) (*secretsmanager.PutResourcePolicyOutput, error) {
	s, err := r.changeable("PutResourcePolicy", in.SecretId)
	if err != nil {
		return nil, err
	}
	if problem := checkPolicy(*in.ResourcePolicy, resourcePolicy); problem != "" {
		return nil, &smtypes.MalformedPolicyDocumentException{Message: aws.String("This resource policy contains invalid Json or an invalid policy: " + problem)}
	}
	p, err := parsePolicy(*in.ResourcePolicy)
	if err != nil {
		return nil, err
	}
	if aws.ToBool(in.BlockPublicPolicy) && p.public() {
		return nil, &smtypes.PublicPolicyException{Message: aws.String("You can't attach a resource policy that allows broad access to the secret.")}
	}
	s.policy = aws.String(*in.ResourcePolicy)
	return &secretsmanager.PutResourcePolicyOutput{ARN: s.arn(r.region), Name: aws.String(s.name)}, nil
}

func deleteSecretPolicy(r *request, in *secretsmanager.DeleteResourcePolicyInput) (*secretsmanager.DeleteResourcePolicyOutput, error) {
	s, err := r.changeable("DeleteResourcePolicy", in.SecretId)
	if err != nil {
		return nil, err
	}
	s.policy = nil
	return &secretsmanager.DeleteResourcePolicyOutput{ARN: s.arn(r.region), Name: aws.String(s.name)}, nil
}

func (s *secret) tag(tags []smtypes.Tag) {
	for _, t := range tags {
		s.tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
}

func tagSecret(r *request, in *secretsmanager.TagResourceInput) (*secretsmanager.TagResourceOutput, error) {
	s, err := r.usable("TagResource", in.SecretId)
	if err != nil {
		return nil, err
	}
	for _, t := range in.Tags {
		if strings.HasPrefix(strings.ToLower(aws.ToString(t.Key)), "aws:") {
			return nil, badSecretParameter("Tag keys that start with 'aws:' are reserved.")
		}
	}
	s.tag(in.Tags)
	return &secretsmanager.TagResourceOutput{}, nil
}
