package source

import (
	"strings"
	"unicode"

	"parry"
)

// isPascal says whether an object has a field that begins with a capital letter, as boto3 spells them.
func isPascal(object map[string]any) bool {
	for k := range object {
		if k != "" && k[0] >= 'A' && k[0] <= 'Z' {
			return true
		}
	}
	return false
}

// toCamel turns the names of a GuardDuty finding from the spelling of boto3, the SDKs and the command line into the
// one of EventBridge, which is the service's own. Source: the locationName of each member of the shape Finding in the
// service model of GuardDuty (2017-11-28): the first letter in lower case, and the few exceptions in irregular.
//
// Two names that become one are refused: a rule and the decoder could see different values.
func toCamel(object map[string]any, path string) (map[string]any, error) {
	out := make(map[string]any, len(object))
	for k, v := range object {
		name := irregular(object, k, path)
		if _, twice := out[name]; twice {
			return nil, parry.Errorf(parry.Invalid, "%s.%s is given twice, in two spellings", cut(path), cut(name))
		}
		v, err := camelValue(v, path+"."+name, freeLevels(name))
		if err != nil {
			return nil, err
		}
		out[name] = v
	}
	return out, nil
}

// camelValue turns the names inside a value. The outer free levels of objects have keys that are data, not names.
func camelValue(v any, path string, free int) (any, error) {
	switch t := v.(type) {
	case map[string]any:
		if free == 0 {
			return toCamel(t, path)
		}
		out := make(map[string]any, len(t))
		for k := range t {
			inner, err := camelValue(t[k], path+"."+k, free-1)
			if err != nil {
				return nil, err
			}
			out[k] = inner
		}
		return out, nil
	case []any:
		out := make([]any, len(t))
		for i := range t {
			inner, err := camelValue(t[i], path, free)
			if err != nil {
				return nil, err
			}
			out[i] = inner
		}
		return out, nil
	}
	return v, nil
}

// freeLevels is how many levels of keys below a field are data: GuardDuty's maps AffectedResources
// ("AWS::S3::Bucket"), and the profiles and the behavior of an anomaly.
func freeLevels(name string) int {
	switch name {
	case "affectedResources":
		return 1
	case "profiles", "behavior":
		return 2
	}
	return 0
}

// irregular is a name's spelling in the service where it is not only the first letter that differs. Which object it is
// shows in the fields beside it.
func irregular(object map[string]any, name, path string) string {
	switch name {
	case "Name":
		if strings.HasSuffix(path, ".user.account") {
			return "account"
		}
	case "SourceIps":
		return "sourceIPs"
	case "Latitude":
		return "lat"
	case "Longitude":
		return "lon"
	case "LoginAttributes": // GuardDuty's one name with a capital
		return name
	case "TaskCreatedAt":
		return "createdAt"
	case "KubernetesResourcesTypes":
		return "type"
	case "Code", "ProductType":
		if has(object, "Code", "ProductType") {
			return map[string]string{"Code": "productCodeId", "ProductType": "productCodeType"}[name]
		}
	}
	return lowerFirst(name)
}

// lowerFirst puts the letter or the acronym that a name begins with in lower case: IamRole, iamRole; KMSKey, kmsKey;
// ETag, eTag; ARN, arn.
func lowerFirst(name string) string {
	r := []rune(name)
	for i := range r {
		if !unicode.IsUpper(r[i]) || i > 0 && i+1 < len(r) && unicode.IsLower(r[i+1]) {
			break
		}
		r[i] = unicode.ToLower(r[i])
	}
	return string(r)
}
