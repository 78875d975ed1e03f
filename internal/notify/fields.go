package notify

import (
	"slices"
	"strings"

	"parry/internal/strictyaml"
)

// form is what a field of a channel holds.
type form int

const (
	aText         form = iota
	aSecret            // names one: see Secrets
	aTextOrSecret      // an address, which may hold a secret
	texts
	pairs // of text
	aNumber
	aTruth
)

// field is one field of a type of channels, in the file and in the schema.
type field struct {
	name  string
	form  form
	need  bool
	oneOf []string // of a text
	doc   string
}

// values are the fields of one channel as the file has them. Those that are not there are empty.
type values struct {
	text    map[string]string // texts, and secrets once they are read
	secrets map[string]*strictyaml.Node
	texts   map[string][]string
	pairs   map[string]map[string]string
	number  map[string]int
	truth   map[string]bool
}

// readFields reads a channel's own fields.
func readFields(n *strictyaml.Node, typ channelType) (values, error) {
	v := values{map[string]string{}, map[string]*strictyaml.Node{}, map[string][]string{}, map[string]map[string]string{}, map[string]int{}, map[string]bool{}}
	known := []string{"name", "type"}
	for _, f := range typ.fields {
		known = append(known, f.name)
	}
	if err := n.Only("a channel of type "+typ.name, known...); err != nil {
		return v, err
	}
	for _, f := range typ.fields {
		at := n.Get(f.name)
		if at == nil {
			if f.need {
				return v, n.Errorf("a channel of type %s needs %s: %s", typ.name, f.name, f.doc)
			}
			continue
		}
		if err := v.read(n, at, f); err != nil {
			return v, err
		}
	}
	return v, nil
}

func (v values) read(n, at *strictyaml.Node, f field) (err error) {
	switch f.form {
	case aText, aSecret, aTextOrSecret:
		s, err := at.String(f.name)
		switch {
		case err != nil:
			return err
		case s == "" || strings.ContainsAny(s, "\r\n"):
			return at.Errorf("%s is one line of text", f.name)
		case f.form == aSecret && !isSecretRef(s):
			return at.Errorf("%s is a secret, which does not stand in the file: say where it is with %s", f.name, secretForms)
		case len(f.oneOf) > 0 && !slices.Contains(f.oneOf, s):
			return at.Errorf("%s is one of %s, not %q%s", f.name, strings.Join(f.oneOf, ", "), s, strictyaml.DidYouMean(s, f.oneOf))
		}
		if v.text[f.name] = s; f.form == aSecret || f.form == aTextOrSecret && isSecretRef(s) {
			v.secrets[f.name] = at
		}
	case texts:
		if v.texts[f.name], err = n.Texts(f.name); err == nil && len(v.texts[f.name]) == 0 {
			err = at.Errorf("%s is a list of at least one", f.name)
		}
		return err
	case pairs:
		if !at.IsMap() {
			return at.Errorf("%s is a mapping of texts, not %s", f.name, at.Describe())
		}
		of := map[string]string{}
		for _, p := range at.Fields {
			if of[p.Key], err = p.Node.String(f.name + "." + p.Key); err != nil {
				return err
			}
		}
		v.pairs[f.name] = of
	case aNumber:
		num, ok := at.Value.(int64)
		if !ok || num < 1 || num > 1<<31-1 {
			return at.Errorf("%s is a number from 1 on, not %s", f.name, at.Describe())
		}
		v.number[f.name] = int(num)
	case aTruth:
		b, ok := at.Value.(bool)
		if !ok {
			return at.Errorf("%s is true or false, not %s", f.name, at.Describe())
		}
		v.truth[f.name] = b
	}
	return nil
}
