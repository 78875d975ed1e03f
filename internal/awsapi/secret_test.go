package awsapi_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parry/internal/awsapi"
)

// suspect is a member's name that speaks of a secret.
var suspect = regexp.MustCompile(`(?i)password|passphrase|secretstring|secretbinary|secretaccesskey|sessiontoken|privatekey|keymaterial|userdata$|authtoken|clientsecret|plaintext|credentialsecret|base32|assertion`)

// harmless are members that only sound like one, by the end of their path.
var harmless = []string{
	"PasswordLastUsed", "PasswordResetRequired", "PasswordLength", "PasswordEnabled", "RequireSessionToken",
	"PasswordPolicy", "AllowUsersToChangePassword", "ExpirePasswords", "MaxPasswordAge", "MinimumPasswordLength", "PasswordReusePrevention",
	"CurrentKeyMaterialId", "ManageMasterUserPassword", "RotateMasterUserPassword", "ManageMasterPassword", "MasterPasswordSecretKmsKeyId", "MasterPasswordSecretArn",
	"AuthTokenEnabled", "AuthTokenLastModifiedDate", "AuthTokenStatus", "AuthTokenUpdateStrategy",
	"UseExistingClientSecret",
	"PasswordField", // WAF's: where in a form a password stands
}

// A member of an operation of the table whose name speaks of a secret is in the list of secrets: whoever adds an operation is told here.
func TestMembersThatSoundLikeSecretsAreListed(t *testing.T) {
	for name, op := range awsapi.Catalog() {
		for _, side := range []struct {
			what   string
			typ    reflect.Type
			listed []string
		}{{"input", op.Input, op.Secret}, {"output", op.Output, op.Sensitive}} {
			for _, path := range members(side.typ, "", nil) {
				last := path[strings.LastIndexByte(path, '.')+1:]
				if !suspect.MatchString(last) || slices.Contains(harmless, last) {
					continue
				}
				if !slices.ContainsFunc(side.listed, func(l string) bool {
					return path == l || strings.HasPrefix(path, l+".") || strings.HasPrefix(l, path+".")
				}) {
					t.Errorf("%s: %s %s sounds like a secret, and is not listed in secrets()", name, side.what, path)
				}
			}
		}
	}
}

// What is listed for an operation of the table exists: a typing error protects nothing.
func TestListedSecretsExist(t *testing.T) {
	for name, op := range awsapi.Catalog() {
		for _, path := range op.Secret {
			if !slices.Contains(members(op.Input, "", nil), path) {
				t.Errorf("%s has no input %s", name, path)
			}
		}
		for _, path := range op.Sensitive {
			if !slices.Contains(members(op.Output, "", nil), path) {
				t.Errorf("%s has no output %s", name, path)
			}
		}
	}
}

// members are the dotted paths of a type, through lists; seen guards against types that hold themselves.
func members(t reflect.Type, at string, seen []reflect.Type) (all []string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || slices.Contains(seen, t) || len(seen) > 8 {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() || f.Name == "ResultMetadata" {
			continue
		}
		path := strings.TrimPrefix(at+"."+f.Name, ".")
		all = append(append(all, path), members(f.Type, path, append(seen[:len(seen):len(seen)], t))...)
	}
	return all
}
