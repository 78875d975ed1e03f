package hub

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"parry"
)

// What a finding may hold. Sources: AwsSecurityFinding, Resource, Recommendation and FindingProviderSeverity, Security Hub API
// Reference; tags: "Tag naming limits and requirements", Tagging AWS Resources; where the reference gives no length (ids
// and types of resources, types of findings) a length that no id in AWS exceeds.
const (
	maxID           = 512
	maxTitle        = 256
	maxDescription  = 1024
	maxGenerator    = 512
	maxProductName  = 128 // CompanyName, too
	maxOriginal     = 64  // Severity.Original
	maxAdvice       = 512 // Recommendation.Text
	maxFields       = 50  // ProductFields
	maxFieldKey     = 128
	maxFieldValue   = 2048
	maxTypes        = 50
	maxType         = 256
	maxResources    = 32
	maxResourceID   = 2048
	maxResourceType = 256
	maxTags         = 50
	maxTagKey       = 128
	maxTagValue     = 256
	maxURL          = 2048
)

// What a call may hold: 100 findings, 240 KB for each, 6 MB for all. KB and MB are read as the smaller thing that they can mean.
// Source: "Guidelines for using the BatchImportFindings API", Security Hub CSPM Partner Integration Guide.
const (
	maxBatch       = 100
	maxFindingSize = 240_000
	maxBatchSize   = 6_000_000
)

// clean makes a stranger's text valid, and free of control characters other than those of white space.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// cut cleans a text and shortens it to so many bytes, between two characters. AWS limits characters and does not say of which
// kind; no kind is smaller than a byte.
func cut(s string, n int) string {
	s = clean(s)
	if len(s) <= n {
		return s
	}
	const more = "..."
	n -= len(more)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + more
}

// text is a member that AWS wants to hold something that can be seen (pattern .*\S.*); nil where there is nothing.
func text(s string, n int) *string {
	if s = cut(s, n); strings.TrimSpace(s) == "" {
		return nil
	}
	return aws.String(s)
}

// oneOf is the first of the texts that holds something.
func oneOf(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}

// JSON is a finding as ASFF writes it, without the members that it does not have.
func JSON(f types.AwsSecurityFinding) ([]byte, error) {
	b, err := json.Marshal(f)
	if err != nil {
		return nil, parry.Errorf(parry.Fault, "write a finding as ASFF: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, parry.Errorf(parry.Fault, "write a finding as ASFF: %w", err)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // as the SDK, so that sizes are right
	err = e.Encode(given(v))
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

// given leaves out members that are not given. In the maps that strangers fill, an empty value is one.
func given(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			switch {
			case e == nil || e == "":
				delete(v, k)
			case k != "Tags" && k != "ProductFields" && k != "Other":
				v[k] = given(e)
			}
		}
	case []any:
		for i := range v {
			v[i] = given(v[i])
		}
	}
	return v
}

// fit makes a finding small enough, and says in it what was left out: first the tags, then what the source says about
// vulnerabilities beyond their ids, then all but the first of these, and so on. What is left is bounded by the limits above.
func fit(f *types.AwsSecurityFinding) (size int, err error) {
	for _, step := range []struct {
		what string
		drop func()
	}{
		{"", func() {}},
		{"tags of resources", func() { dropTags(f.Resources) }},
		{"references of vulnerabilities", func() { dropReferences(f.Vulnerabilities) }},
		{"vulnerabilities", func() { f.Vulnerabilities = f.Vulnerabilities[:min(len(f.Vulnerabilities), 10)] }},
		{"fields of the source", func() { dropSourceFields(f.ProductFields) }},
		{"resources", func() { f.Resources = f.Resources[:min(len(f.Resources), 10)] }},
	} {
		step.drop()
		leftOut(f.ProductFields, step.what)
		b, err := JSON(*f)
		if err != nil || len(b) <= maxFindingSize {
			return len(b), err
		}
		size = len(b)
	}
	return size, parry.Errorf(parry.Invalid, "the finding is larger than %d bytes, which Security Hub does not take", maxFindingSize)
}

// leftOut notes in a finding's fields that something is missing.
func leftOut(fields map[string]string, what string) {
	if what == "" {
		return
	}
	if has := fields[fieldLeftOut]; has != "" {
		what = has + ", " + what
	}
	fields[fieldLeftOut] = what
}

func dropTags(all []types.Resource) {
	for i := range all {
		all[i].Tags = nil
	}
}

func dropReferences(all []types.Vulnerability) {
	for i := range all {
		all[i].ReferenceUrls = nil
	}
}

func dropSourceFields(fields map[string]string) {
	for k := range fields {
		if strings.HasPrefix(k, fieldUnmapped) {
			delete(fields, k)
		}
	}
}
