package hub

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"parry"
)

// The names under which a published finding keeps what ASFF has no place for. Source: ProductFields in "Optional top-level ASFF
// attributes", Security Hub User Guide. UserDefinedFields belong to the customer; there the name "parry" marks our own updates.
const (
	fieldKey      = "parry/key"
	fieldLeftOut  = "parry/left-out"
	fieldUnmapped = "parry/unmapped/"
)

// fields are the finding's own words: its source, type, rule and ids, and then what the source's decoder kept, as far as there is room.
func fields(f parry.Finding, rule string) map[string]string {
	m := map[string]string{}
	put := func(k, v string) {
		k = cut(k, maxFieldKey)
		if v := text(v, maxFieldValue); v != nil && len(m) < maxFields-1 { // one is kept for what is left out
			m[k] = *v
		}
	}
	put(fieldKey, f.Key())
	put("parry/source", f.Metadata.Product.Name)
	put("parry/type", f.Type())
	put("parry/rule", rule)
	put("parry/finding-id", f.Info.UID)
	put("parry/event-id", f.Metadata.UID)
	put("parry/generator", f.Metadata.Product.Feature)
	put("parry/status", f.Status)
	put("parry/quiet", f.Quiet)
	put("parry/unresolved", strings.Join(f.Unresolved, "; "))
	put("parry/comment", f.Comment)
	if f.Count > 0 {
		put("parry/count", strconv.Itoa(f.Count))
	}
	if c := f.Compliance; c != nil {
		put("parry/control", c.Control)
		put("parry/standards", strings.Join(c.Standards, ", "))
	}
	who(f, put)
	for _, k := range slices.Sorted(maps.Keys(f.Unmapped)) {
		put(fieldUnmapped+k, f.Unmapped[k])
	}
	return m
}

// who tells who called what from where, in findings that CloudTrail tells.
func who(f parry.Finding, put func(k, v string)) {
	if a := f.API; a != nil {
		put("parry/api", a.Operation)
		if a.Service != nil {
			put("parry/service", a.Service.Name)
		}
		if a.Response != nil {
			put("parry/error", a.Response.Error)
		}
	}
	if a := f.Actor; a != nil && a.User != nil {
		put("parry/user", oneOf(a.User.UIDAlt, a.User.UID, a.User.Name))
		put("parry/credential", a.User.Credential)
	}
	if f.Src != nil {
		put("parry/from", oneOf(f.Src.IP, f.Src.Domain))
	}
}
