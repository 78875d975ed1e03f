package assemble

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"parry"
	"parry/internal/notify"
)

// Secrets gets the secrets that a file of channels names: from the environment, from files, and from AWS with the configuration's own credentials.
func Secrets(env func(string) string, cfg aws.Config) notify.Secrets {
	return notify.Secrets{
		Env: env,
		Manager: func(ctx context.Context, arn string) (string, error) {
			at := cfg.Copy()
			if part := strings.Split(arn, ":"); len(part) > 3 && parry.IsRegion(part[3]) {
				at.Region = part[3]
			}
			out, err := secretsmanager.NewFromConfig(at).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &arn})
			if err != nil {
				return "", err
			}
			return aws.ToString(out.SecretString), nil
		},
		Parameter: func(ctx context.Context, name string) (string, error) {
			out, err := ssm.NewFromConfig(cfg).GetParameter(ctx, &ssm.GetParameterInput{Name: &name, WithDecryption: aws.Bool(true)})
			if err != nil {
				return "", err
			}
			return aws.ToString(out.Parameter.Value), nil
		},
	}
}
