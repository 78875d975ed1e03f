package storetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"
)

// A field that is added to a response must be added to Full, or no store is tested with it.
func TestFullIsFull(t *testing.T) {
	r := Full("r-1", "k", noon)
	r.Steps = 1
	noZero(t, "Response", reflect.ValueOf(r))
	noZero(t, "Record", reflect.ValueOf(fullRecord("r-1", 1)))
}

// noZero looks at every field that JSON keeps; of a list at its first element.
func noZero(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	if v.IsZero() {
		t.Errorf("%s is not set", path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		noZero(t, path, v.Elem())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Struct {
			noZero(t, path+"[0]", v.Index(0))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.Tag.Get("json") != "-" {
				noZero(t, fmt.Sprintf("%s.%s", path, f.Name), v.Field(i))
			}
		}
	}
}
