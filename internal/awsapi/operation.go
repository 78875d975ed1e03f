package awsapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"

	"parry"
)

// entry is one line of the table: what the domain knows of an operation, and how the SDK is asked for it.
type entry struct {
	parry.Operation
	pageIn, pageOut string // the input's and the output's token field; empty where one answer is all
	invoke          func(ctx context.Context, cfg aws.Config, input map[string]any) (any, error)
	completion      *completion // nil where the call says everything
}

// op makes a line of the table: an operation that reads, unless writes is among the options. The types come from the SDK's method.
func op[C, I, O, Opt any](name string, client func(aws.Config, ...func(*Opt)) C, method func(C, context.Context, *I, ...func(*Opt)) (*O, error), options ...func(*entry)) entry {
	e := entry{Operation: parry.Operation{Name: name, Input: reflect.TypeFor[I](), Output: reflect.TypeFor[O]()}}
	e.invoke = func(ctx context.Context, cfg aws.Config, input map[string]any) (any, error) {
		in := new(I)
		if err := decode(input, in); err != nil {
			return nil, parry.Errorf(parry.Invalid, "input of %s: %w", name, err)
		}
		return method(client(cfg), ctx, in)
	}
	for _, o := range options {
		o(&e)
	}
	held := secrets()[name]
	e.Secret = append(e.Secret, held.in...)
	for _, path := range held.out {
		if !slices.Contains(e.Sensitive, path) {
			e.Sensitive = append(e.Sensitive, path)
		}
	}
	if len(e.Permissions) == 0 {
		e.Permissions = []parry.Permission{{Action: name, Resources: []string{"*"}}}
	}
	return e
}

// writes marks an operation that changes something.
func writes(e *entry) { e.Write = true }

// needs adds a permission: an IAM action and the ARN templates of its resources, "*" where IAM knows none.
func needs(action string, resources ...string) func(*entry) {
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	return func(e *entry) {
		e.Permissions = append(e.Permissions, parry.Permission{Action: action, Resources: resources})
	}
}

// with adds a permission that is needed only where the input has the field; conditions narrow it further.
func with(field, action string, conditions map[string]map[string]string, resources ...string) func(*entry) {
	return func(e *entry) {
		e.Permissions = append(e.Permissions, parry.Permission{Action: action, Resources: resources, Conditions: conditions, With: field})
	}
}

// only adds a condition to the permission before it.
func only(operator, key, value string) func(*entry) {
	return func(e *entry) {
		p := &e.Permissions[len(e.Permissions)-1]
		p.Conditions = map[string]map[string]string{operator: {key: value}}
	}
}

// depends adds a permission whose resources the call itself names under Needs.
func depends(action string, resources ...string) func(*entry) {
	return func(e *entry) {
		e.Permissions = append(e.Permissions, parry.Permission{Action: action, Resources: resources, Dependent: true})
	}
}

// pages names the token that leads from one answer to the next.
func pages(in, out string) func(*entry) {
	return func(e *entry) { e.pageIn, e.pageOut = in, out }
}

// sensitive keeps an output field inside the caller.
func sensitive(path string) func(*entry) {
	return func(e *entry) { e.Sensitive = append(e.Sensitive, path) }
}

// decode reads JSON into an SDK input, and refuses a field that it does not have.
func decode(input map[string]any, into any) error {
	b, err := json.Marshal(input)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// encode writes an SDK output as JSON, without nulls, the metadata and what is sensitive.
func encode(out any, sensitive []string) (map[string]any, error) {
	b, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	delete(m, "ResultMetadata")
	for _, path := range sensitive {
		redact(m, path)
	}
	dropNulls(m)
	return m, nil
}

// redact removes what a dotted path leads to, through lists.
func redact(v any, path string) {
	switch v := v.(type) {
	case map[string]any:
		step, rest, deeper := strings.Cut(path, ".")
		if deeper {
			redact(v[step], rest)
		} else if v[step] != nil {
			v[step] = "(sensitive)"
		}
	case []any:
		for _, e := range v {
			redact(e, path)
		}
	}
}

func dropNulls(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e == nil {
				delete(v, k)
				continue
			}
			dropNulls(e)
		}
	case []any:
		for _, e := range v {
			dropNulls(e)
		}
	}
}

// metadata is what the SDK says of the call beside its answer.
func metadata(out any) middleware.Metadata {
	v := reflect.ValueOf(out)
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		if md, ok := v.Elem().FieldByName("ResultMetadata").Interface().(middleware.Metadata); ok {
			return md
		}
	}
	return middleware.Metadata{}
}

// all follows the pages of an operation and joins their lists.
func (e entry) all(ctx context.Context, cfg aws.Config, input map[string]any) (any, error) {
	if e.completion != nil {
		whole, err := e.completion.complete(ctx, cfg, input)
		if err != nil {
			return nil, err
		}
		input = whole
	}
	out, err := e.invoke(ctx, cfg, input)
	if err != nil || e.pageIn == "" {
		return out, err
	}
	first := reflect.ValueOf(out).Elem()
	next := token(first, e.pageOut)
	for n := 1; next != ""; n++ {
		if n == maxPages {
			return nil, parry.Errorf(parry.Fault, "%s has more than %d pages of answers", e.Name, maxPages)
		}
		in := map[string]any{e.pageIn: next}
		for k, v := range input {
			if k != e.pageIn {
				in[k] = v
			}
		}
		more, err := e.invoke(ctx, cfg, in)
		if err != nil {
			return nil, err
		}
		page := reflect.ValueOf(more).Elem()
		for i := range first.NumField() {
			if f := first.Field(i); f.Kind() == reflect.Slice && f.CanSet() {
				f.Set(reflect.AppendSlice(f, page.Field(i)))
			}
		}
		again := token(page, e.pageOut)
		if again == next {
			return nil, parry.Errorf(parry.Fault, "%s answers with the same page for ever", e.Name)
		}
		next = again
	}
	if f := first.FieldByName(e.pageOut); f.CanSet() {
		f.SetZero()
	}
	return out, nil
}

// maxPages bounds a listing: beyond it something is wrong, and memory is not for that.
const maxPages = 1000

func token(out reflect.Value, field string) string {
	f := out.FieldByName(field)
	if !f.IsValid() {
		panic(fmt.Sprintf("awsapi: %s has no field %s", out.Type(), field))
	}
	if f.Kind() == reflect.Pointer {
		if f.IsNil() {
			return ""
		}
		f = f.Elem()
	}
	return f.String()
}
