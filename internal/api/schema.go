package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"parry"
)

// fields are what the domain's types and their fields mean, by name: made from their comments.
//
//go:embed fields.json
var fields []byte

const refs = "#/components/schemas/"

var problemType = reflect.TypeFor[Problem]()

// shortWaiting is what the door takes for the state of what waits, too.
const shortWaiting stateAsk = "waiting"

// The domain's own words as schemas. In requests and answers they are texts and numbers; these types say which.
type (
	stateAsk     string
	stateWord    string
	tierWord     string
	moveWord     string
	outcomeWord  string
	riskWord     string
	onWord       string
	nanosecondsN int64
)

// Schema implements huma.SchemaProvider.
func (stateAsk) Schema(huma.Registry) *huma.Schema {
	return words(append([]parry.State{parry.State(shortWaiting)}, parry.States()...))
}

// Schema implements huma.SchemaProvider.
func (stateWord) Schema(huma.Registry) *huma.Schema { return words(parry.States()) }

// Schema implements huma.SchemaProvider.
func (tierWord) Schema(huma.Registry) *huma.Schema {
	return words([]string{parry.TierAlert.String(), parry.TierApprove.String(), parry.TierAuto.String()})
}

// Schema implements huma.SchemaProvider.
func (moveWord) Schema(huma.Registry) *huma.Schema {
	all := map[parry.Move]bool{}
	for _, t := range parry.Transitions() {
		all[t.Move] = true
	}
	return words(slices.Sorted(maps.Keys(all)))
}

// Schema implements huma.SchemaProvider.
func (outcomeWord) Schema(huma.Registry) *huma.Schema {
	return words([]parry.OutcomeState{parry.Intended, parry.Made, parry.Already, parry.CallFail, parry.Reverted})
}

// Schema implements huma.SchemaProvider. A plan without a playbook has no risk.
func (riskWord) Schema(huma.Registry) *huma.Schema {
	return words([]parry.Risk{"", parry.RiskLow, parry.RiskMedium, parry.RiskHigh})
}

// Schema implements huma.SchemaProvider.
func (onWord) Schema(huma.Registry) *huma.Schema {
	return words([]parry.On{parry.OnResource, parry.OnActor})
}

// Schema implements huma.SchemaProvider.
func (nanosecondsN) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeInteger, Format: "int64", Description: nanoseconds}
}

const nanoseconds = "in nanoseconds"

func words[T ~string](all []T) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, w := range all {
		s.Enum = append(s.Enum, string(w))
	}
	return s
}

// registry keeps schemas by the names of their types, with the domain's words as above.
func registry() huma.Registry {
	r := huma.NewMapRegistry(refs, huma.DefaultSchemaNamer)
	for from, to := range map[reflect.Type]reflect.Type{
		reflect.TypeFor[parry.State](): reflect.TypeFor[stateWord](), reflect.TypeFor[parry.Tier](): reflect.TypeFor[tierWord](),
		reflect.TypeFor[parry.Move](): reflect.TypeFor[moveWord](), reflect.TypeFor[parry.OutcomeState](): reflect.TypeFor[outcomeWord](),
		reflect.TypeFor[parry.Risk](): reflect.TypeFor[riskWord](), reflect.TypeFor[parry.On](): reflect.TypeFor[onWord](),
		reflect.TypeFor[time.Duration](): reflect.TypeFor[nanosecondsN](),
	} {
		r.RegisterTypeAlias(from, to)
	}
	return r
}

// describe makes the schemas true to what is sent, and says what each field means.
func describe(doc *huma.OpenAPI, texts []byte) error {
	var said map[string]string
	if err := json.Unmarshal(texts, &said); err != nil {
		return parry.Errorf(parry.Fault, "the texts of the fields cannot be read: %w", err)
	}
	asked := bodies(doc)
	all := doc.Components.Schemas
	delete(all.Map(), "ErrorModel") // the library's own form of errors is never sent
	delete(all.Map(), "ErrorDetail")
	for name, s := range all.Map() {
		t := all.TypeFromRef(refs + name)
		if s.Description == "" {
			s.Description = said[t.Name()]
		}
		for _, f := range reflect.VisibleFields(t) {
			prop := s.Properties[jsonName(f)]
			if prop == nil || f.Anonymous {
				continue
			}
			if strings.Contains(f.Tag.Get("json"), ",omit") && f.Tag.Get("nullable") == "" {
				prop.Nullable = false // one that is nil is not sent
			}
			text := said[owner(t, f).Name()+"."+f.Name]
			switch {
			case text == "":
			case prop.Description == "":
				prop.Description = text
			case prop.Description == nanoseconds:
				prop.Description = text + "; " + nanoseconds
			}
		}
		if !asked[name] {
			s.AdditionalProperties = nil // fields may be added to what is sent
		}
	}
	return nil
}

// bodies are the schemas of requests.
func bodies(doc *huma.OpenAPI) map[string]bool {
	all := map[string]bool{}
	for _, p := range doc.Paths {
		for _, op := range []*huma.Operation{p.Get, p.Post, p.Delete} {
			if op != nil && op.RequestBody != nil {
				all[strings.TrimPrefix(op.RequestBody.Content[jsonType].Schema.Ref, refs)] = true
			}
		}
	}
	return all
}

// owner is the type in which a field stands, which may be one that its type embeds.
func owner(t reflect.Type, f reflect.StructField) reflect.Type {
	for _, i := range f.Index[:len(f.Index)-1] {
		t = t.Field(i).Type
	}
	return t
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// written is the document as text, the same each time.
func written(doc *huma.OpenAPI) ([]byte, error) {
	var b bytes.Buffer
	text, err := json.Marshal(doc)
	if err == nil {
		err = json.Indent(&b, text, "", "  ")
	}
	if err != nil {
		return nil, parry.Errorf(parry.Fault, "the document of the API cannot be written: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// Document is the OpenAPI document, with what the fields mean from texts, as fields.json has it.
func Document(texts []byte) ([]byte, error) {
	s, err := newServer(Options{}, http.NewServeMux(), texts)
	if err != nil {
		return nil, err
	}
	return s.doc, nil
}
