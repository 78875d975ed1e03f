package awsapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"parry"
)

// CreateStoredAccessKeyInput asks for a new access key of a user whose secret goes into Secrets Manager at once. The secret is a new one,
// NewSecret, or one that is there, SecretId.
type CreateStoredAccessKeyInput struct {
	UserName    *string
	Replaces    *string // the id of the key that the new one is for
	NewSecret   *string // the name of a secret to be made
	Description *string // of the new secret
	SecretId    *string // the ARN of a secret that is there: it gets one more version
	// VersionStage is the label of that version. AWSCURRENT stays where it is, so that nobody reads the new version before it is moved.
	VersionStage *string
}

// CreateStoredAccessKeyOutput is what may be known of it: not the secret.
type CreateStoredAccessKeyOutput struct {
	AccessKeyId    *string
	SecretARN      *string
	VersionId      *string
	ResultMetadata middleware.Metadata
}

// storedKeys makes keys. It is two services as one client: what IAM gives goes to Secrets Manager without being seen by anything else.
type storedKeys struct {
	iam     *iam.Client
	secrets *secretsmanager.Client
}

func newStoredKeys(cfg aws.Config, _ ...func(*struct{})) *storedKeys {
	return &storedKeys{iam.NewFromConfig(cfg), secretsmanager.NewFromConfig(cfg)}
}

// longestToken is what Secrets Manager takes as the id of a version. Source: ClientRequestToken of PutSecretValue, Secrets Manager API
// Reference.
const longestToken = 64

// sweepTime is how long the key that could not be stored may take to be deleted.
const sweepTime = 30 * time.Second

// StoredVersion is the id of the version that holds a key: it names the key and the one that it is for, so that whoever may not read the
// secret can tell which key is in it. Keys' ids have twenty characters; longer ones than fit are refused.
func StoredVersion(key, replaces string) string { return "parry-" + key + "-for-" + replaces }

// create makes a key and stores it. A key whose secret could not be stored is worth nothing to anyone and is deleted again; where that
// fails, too, or the process dies in between, the user has a key that no secret holds.
func (s *storedKeys) create(ctx context.Context, in *CreateStoredAccessKeyInput, _ ...func(*struct{})) (*CreateStoredAccessKeyOutput, error) {
	if (in.NewSecret == nil) == (in.SecretId == nil) || in.Replaces == nil || in.UserName == nil {
		return nil, parry.Errorf(parry.Invalid, "a stored key is of a user, for another key, and in a new secret or in one that is there")
	}
	if n := len(StoredVersion(*in.Replaces, *in.Replaces)); n > longestToken {
		return nil, parry.Errorf(parry.Refused, "the id %s is too long to be part of the id of a secret's version", *in.Replaces)
	}
	made, err := s.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: in.UserName})
	if err != nil {
		return nil, err
	}
	key := aws.ToString(made.AccessKey.AccessKeyId)
	value, err := json.Marshal(map[string]string{"AccessKeyId": key, "SecretAccessKey": aws.ToString(made.AccessKey.SecretAccessKey)})
	var out *CreateStoredAccessKeyOutput
	if err == nil {
		out, err = s.store(ctx, in, StoredVersion(key, *in.Replaces), string(value))
	}
	if err == nil {
		out.AccessKeyId = aws.String(key)
		return out, nil
	}
	sweep, done := context.WithTimeout(context.WithoutCancel(ctx), sweepTime)
	defer done()
	if _, left := s.iam.DeleteAccessKey(sweep, &iam.DeleteAccessKeyInput{UserName: in.UserName, AccessKeyId: aws.String(key)}); left != nil {
		return nil, spoilt(err, "the new key %s could not be stored, and not be deleted again (%v): delete it by hand", key, left)
	}
	return nil, spoilt(err, "the new key could not be stored, and is deleted again")
}

// spoiltError is an error of AWS that left something behind: what that is goes before what AWS says.
type spoiltError struct {
	smithy.APIError
	text  string
	cause error
}

func spoilt(cause error, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if e := (&spoiltError{text: text, cause: cause}); errors.As(cause, &e.APIError) {
		return e
	}
	return fmt.Errorf("%s: %w", text, cause)
}

func (e *spoiltError) Error() string { return e.text + ": " + e.cause.Error() }

// ErrorMessage is AWS's text with what was left.
func (e *spoiltError) ErrorMessage() string { return e.text + ": " + e.APIError.ErrorMessage() }

// Unwrap gives the SDK's error, in which the request's id is.
func (e *spoiltError) Unwrap() error { return e.cause }

// store keeps the value under an id that also makes the call the same when it is sent again.
func (s *storedKeys) store(ctx context.Context, in *CreateStoredAccessKeyInput, version, value string) (*CreateStoredAccessKeyOutput, error) {
	if in.NewSecret != nil {
		out, err := s.secrets.CreateSecret(ctx, &secretsmanager.CreateSecretInput{
			Name: in.NewSecret, Description: in.Description, ClientRequestToken: aws.String(version), SecretString: aws.String(value),
		})
		if err != nil {
			return nil, err
		}
		return &CreateStoredAccessKeyOutput{SecretARN: out.ARN, VersionId: out.VersionId, ResultMetadata: out.ResultMetadata}, nil
	}
	var stages []string
	if in.VersionStage != nil {
		stages = []string{*in.VersionStage}
	}
	out, err := s.secrets.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: in.SecretId, ClientRequestToken: aws.String(version), SecretString: aws.String(value), VersionStages: stages,
	})
	if err != nil {
		return nil, err
	}
	return &CreateStoredAccessKeyOutput{SecretARN: out.ARN, VersionId: out.VersionId, ResultMetadata: out.ResultMetadata}, nil
}
