package notify

import (
	"context"
	"encoding/json"
	"os"
	"strings"

	"parry"
)

// Secrets gets what a file of channels only names. No secret stands in the file itself.
type Secrets struct {
	Env  func(name string) string
	File func(path string) ([]byte, error) // os.ReadFile where it is nil
	// Manager gives a secret of AWS Secrets Manager by its ARN, Parameter one of Systems Manager's Parameter Store by its name; nil where AWS is not asked.
	Manager, Parameter func(ctx context.Context, name string) (string, error)
}

// secretForms are the ways to name a secret.
const secretForms = "env:NAME, file:PATH, secretsmanager:ARN or ssm:NAME"

// isSecretRef tells whether a text names a secret and is none itself.
func isSecretRef(ref string) bool {
	kind, name, ok := strings.Cut(ref, ":")
	switch kind {
	case "env", "file", "secretsmanager", "ssm":
		return ok && name != ""
	}
	return false
}

// get reads a secret, without the line break that one often gets at its end where it is stored.
func (s Secrets) get(ctx context.Context, ref string) (string, error) {
	kind, name, _ := strings.Cut(ref, ":")
	text, err := s.read(ctx, kind, name)
	if err != nil {
		return "", parry.Errorf(parry.Invalid, "the secret %s cannot be read: %w", ref, err)
	}
	if text = strings.TrimRight(text, "\r\n"); text == "" {
		return "", parry.Errorf(parry.Invalid, "the secret %s is empty or not set", ref)
	}
	return text, nil
}

func (s Secrets) read(ctx context.Context, kind, name string) (string, error) {
	switch kind {
	case "env":
		if s.Env == nil {
			return "", nil
		}
		return s.Env(name), nil
	case "file":
		read := s.File
		if read == nil {
			read = os.ReadFile
		}
		b, err := read(name)
		return string(b), err
	case "secretsmanager":
		arn, field, part := strings.Cut(name, "#") // of a secret that is JSON, one field
		if s.Manager == nil {
			return "", parry.Errorf(parry.Invalid, "AWS is not asked here")
		}
		text, err := s.Manager(ctx, arn)
		if err != nil || !part {
			return text, err
		}
		var of map[string]any
		if json.Unmarshal([]byte(text), &of) != nil {
			return "", parry.Errorf(parry.Invalid, "it is no JSON object, of which %q would be a field", field)
		}
		value, _ := of[field].(string)
		return value, nil
	case "ssm":
		if s.Parameter == nil {
			return "", parry.Errorf(parry.Invalid, "AWS is not asked here")
		}
		return s.Parameter(ctx, name)
	}
	return "", parry.Errorf(parry.Invalid, "it is none of %s", secretForms)
}
