package main

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
)

// The naive way: the event is decoded with encoding/json, and each rule's pattern is walked beside it. It knows the operators, and
// takes arrays as any of their elements.

func naive(patterns []object, event []byte) (n int, err error) {
	var e object
	if err := json.Unmarshal(event, &e); err != nil {
		return 0, err
	}
	for _, p := range patterns {
		if naiveObject(p, e) {
			n++
		}
	}
	return n, nil
}

func naiveObject(p object, v any) bool {
	if elements, ok := v.(list); ok {
		return slices.ContainsFunc(elements, func(e any) bool { return naiveObject(p, e) })
	}
	o, _ := v.(object)
	for k, want := range p {
		if k == "$or" {
			if !slices.ContainsFunc(want.(list), func(alternative any) bool { return naiveObject(alternative.(object), v) }) {
				return false
			}
			continue
		}
		got, there := o[k]
		switch want := want.(type) {
		case object:
			if !naiveObject(want, got) {
				return false
			}
		case list:
			if !slices.ContainsFunc(want, func(c any) bool { return naiveLeaf(c, got, there) }) {
				return false
			}
		}
	}
	return true
}

func naiveLeaf(c, got any, there bool) bool {
	if elements, ok := got.(list); ok {
		return slices.ContainsFunc(elements, func(e any) bool { return naiveLeaf(c, e, true) })
	}
	operator, ok := c.(object)
	if !ok {
		return there && c == got
	}
	text, _ := got.(string)
	for name, operand := range operator {
		switch name {
		case "exists":
			return there == operand.(bool)
		case "prefix", "suffix":
			return there && naiveAffix(name, operand, text)
		case "equals-ignore-case":
			return strings.EqualFold(text, operand.(string))
		case "wildcard":
			return naiveWildcard(operand.(string), text)
		case "cidr":
			network, _ := netip.ParsePrefix(operand.(string))
			ip, err := netip.ParseAddr(text)
			return err == nil && network.Masked().Contains(ip)
		case "numeric":
			n, ok := got.(float64)
			return ok && naiveNumeric(operand.(list), n)
		case "anything-but":
			return there && !naiveAny(operand, got)
		}
	}
	return false
}

func naiveAffix(name string, operand any, text string) bool {
	if o, ok := operand.(object); ok {
		operand, text = strings.ToLower(o["equals-ignore-case"].(string)), strings.ToLower(text)
	}
	if name == "prefix" {
		return strings.HasPrefix(text, operand.(string))
	}
	return strings.HasSuffix(text, operand.(string))
}

func naiveAny(operand, got any) bool {
	switch operand := operand.(type) {
	case list:
		return slices.ContainsFunc(operand, func(o any) bool { return naiveAny(o, got) })
	case object:
		for name, inner := range operand {
			if many, ok := inner.(list); ok {
				return slices.ContainsFunc(many, func(o any) bool { return naiveLeaf(object{name: o}, got, true) })
			}
		}
		return naiveLeaf(operand, got, true)
	}
	return operand == got
}

func naiveWildcard(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	for i, part := range parts {
		at := strings.Index(text, part)
		if at < 0 || i == 0 && at != 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return parts[len(parts)-1] == "" || text == ""
}

func naiveNumeric(operand list, n float64) bool {
	for i := 0; i+1 < len(operand); i += 2 {
		limit := operand[i+1].(float64)
		if op := operand[i].(string); !(op == ">" && n > limit || op == ">=" && n >= limit || op == "<" && n < limit || op == "<=" && n <= limit || op == "=" && n == limit) {
			return false
		}
	}
	return true
}
