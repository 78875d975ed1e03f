package expr

import (
	"encoding/base64"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Types tells CEL of Go's struct types, the SDK's above all, so that a misspelt field is an error when an expression is
// read. The values themselves stay JSON: maps, lists, strings, numbers. A field that is not there has the zero value of its
// type, as in protocol buffers, so that expressions need not guard every step.
type Types struct {
	*types.Registry
	structs map[string]reflect.Type
	records map[string]map[string]*types.Type // made from declarations, such as a playbook's parameters
}

// NewTypes makes an empty set of types.
func NewTypes() (*Types, error) {
	r, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	return &Types{Registry: r, structs: map[string]reflect.Type{}, records: map[string]map[string]*types.Type{}}, nil
}

// Record declares an object type by its fields.
func (t *Types) Record(name string, fields map[string]*types.Type) *types.Type {
	t.records[name] = fields
	return types.NewObjectType(name)
}

var timeType = reflect.TypeFor[time.Time]()

// Of is the CEL type of a Go type. Structs are made known with all that they hold.
func (t *Types) Of(g reflect.Type) *types.Type {
	switch g.Kind() {
	case reflect.Pointer:
		return t.Of(g.Elem())
	case reflect.String:
		return types.StringType
	case reflect.Bool:
		return types.BoolType
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return types.IntType
	case reflect.Float32, reflect.Float64:
		return types.DoubleType
	case reflect.Slice, reflect.Array:
		if g.Elem().Kind() == reflect.Uint8 {
			return types.BytesType
		}
		return types.NewListType(t.Of(g.Elem()))
	case reflect.Map:
		return types.NewMapType(types.StringType, t.Of(g.Elem()))
	case reflect.Struct:
		if g == timeType {
			return types.TimestampType
		}
		name := structName(g)
		if _, known := t.structs[name]; !known {
			t.structs[name] = g
			for _, f := range reflect.VisibleFields(g) {
				if f.IsExported() && f.Name != "ResultMetadata" {
					t.Of(f.Type)
				}
			}
		}
		return types.NewObjectType(name)
	default:
		return types.DynType
	}
}

// structName is the type's name in expressions: "iam.AccessKeyMetadata".
func structName(g reflect.Type) string {
	pkg := strings.TrimSuffix(g.PkgPath(), "/types")
	return path.Base(pkg) + "." + g.Name()
}

// Field finds a struct's field by its name in JSON.
func Field(g reflect.Type, name string) (reflect.StructField, bool) {
	for _, f := range reflect.VisibleFields(g) {
		if f.IsExported() && !f.Anonymous && jsonName(f) == name {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// FieldNames are a struct's fields by their names in JSON.
func FieldNames(g reflect.Type) []string {
	var all []string
	for _, f := range reflect.VisibleFields(g) {
		if n := jsonName(f); f.IsExported() && !f.Anonymous && n != "ResultMetadata" && n != "-" {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "" {
		return f.Name
	}
	return name
}

// FindStructType implements types.Provider.
func (t *Types) FindStructType(name string) (*types.Type, bool) {
	if _, ok := t.structs[name]; ok {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	if _, ok := t.records[name]; ok {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return t.Registry.FindStructType(name)
}

// FindStructFieldNames implements types.Provider.
func (t *Types) FindStructFieldNames(name string) ([]string, bool) {
	if g, ok := t.structs[name]; ok {
		return FieldNames(g), true
	}
	if r, ok := t.records[name]; ok {
		var all []string
		for f := range r {
			all = append(all, f)
		}
		return all, true
	}
	return t.Registry.FindStructFieldNames(name)
}

// FindStructFieldType implements types.Provider: it is what refuses a field that does not exist.
func (t *Types) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	var of *types.Type
	if g, ok := t.structs[name]; ok {
		f, ok := Field(g, field)
		if !ok {
			return nil, false
		}
		of = t.Of(f.Type)
	} else if r, ok := t.records[name]; ok {
		if of, ok = r[field]; !ok {
			return nil, false
		}
	} else {
		return t.Registry.FindStructFieldType(name, field)
	}
	return &types.FieldType{
		Type: of,
		IsSet: func(obj any) bool {
			v, ok := member(obj, field)
			return ok && v != nil
		},
		GetFrom: func(obj any) (any, error) {
			v, _ := member(obj, field)
			return typed(v, of), nil
		},
	}, true
}

// member is a field of a JSON object, however CEL wraps it.
func member(obj any, field string) (any, bool) {
	if v, ok := obj.(ref.Val); ok {
		obj = v.Value()
	}
	m, ok := obj.(map[string]any)
	if !ok {
		return nil, false
	}
	v, ok := m[field]
	return v, ok
}

// typed is a JSON value as CEL's type wants it, and the type's zero where there is none.
func typed(v any, t *types.Type) any {
	if t == nil {
		t = types.DynType
	}
	switch t.Kind() {
	case types.DynKind:
		return whole(v)
	case types.IntKind:
		switch n := v.(type) {
		case nil:
			return int64(0)
		case float64:
			return int64(n)
		case int:
			return int64(n)
		}
	case types.DoubleKind:
		if v == nil {
			return 0.0
		}
		if n, ok := v.(int64); ok {
			return float64(n)
		}
	case types.StringKind:
		if v == nil {
			return ""
		}
	case types.BoolKind:
		if v == nil {
			return false
		}
	case types.BytesKind:
		s, _ := v.(string)
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return []byte(s)
		}
		return b
	case types.TimestampKind:
		switch s := v.(type) {
		case nil:
			return time.Unix(0, 0).UTC()
		case string:
			if at, err := time.Parse(time.RFC3339, s); err == nil {
				return at
			}
		}
	case types.ListKind:
		l, ok := v.([]any)
		if !ok && v != nil {
			return v
		}
		e := t.Parameters()[0]
		if e.Kind() == types.StructKind || e.Kind() == types.StringKind {
			if l == nil {
				return []any{}
			}
			return l // objects are typed field by field, when they are looked into
		}
		out := make([]any, len(l))
		for i, x := range l {
			out[i] = typed(x, e)
		}
		return out
	case types.MapKind:
		m, ok := v.(map[string]any)
		if !ok && v != nil {
			return v
		}
		out := make(map[string]any, len(m))
		for k, x := range m {
			out[k] = typed(x, t.Parameters()[1])
		}
		return out
	case types.StructKind:
		if v == nil {
			return types.NullValue
		}
	}
	return v
}

// whole makes the whole numbers of untyped JSON integers again, as they were before JSON made them floating.
func whole(v any) any {
	switch v := v.(type) {
	case float64:
		if n := int64(v); float64(n) == v {
			return n
		}
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = whole(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = whole(e)
		}
		return out
	}
	return v
}
