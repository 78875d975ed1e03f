package expr

import (
	"errors"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"parry/internal/policydoc"
)

// policyFunctions read and edit IAM policy documents: package policydoc. A document is its text; "" is none, of which
// nothing is public and nothing to be taken out. One that cannot be read for certain is an error, which
// policy.problem tells beforehand.
func policyFunctions(t *Types) []cel.EnvOption {
	str, boolean, strs := cel.StringType, cel.BoolType, cel.ListType(cel.StringType)
	statement := t.Record("policy.Statement", map[string]*types.Type{
		"index": types.IntType, "sid": types.StringType, "verdict": types.StringType, "accounts": strs, "why": types.StringType,
		"deputy": types.BoolType,
	})
	admin := t.Record("policy.Admin", map[string]*types.Type{
		"index": types.IntType, "sid": types.StringType, "why": types.StringType, "conditional": types.BoolType,
	})
	seen := []*cel.Type{str, str, strs}
	having := func(name string, has func(policydoc.Judgement) bool) cel.EnvOption {
		return policyFunction(name, seen, cel.ListType(statement), func(args []any) (any, error) {
			return judged(args, has)
		})
	}
	return []cel.EnvOption{
		// policy.problem(doc) says why a document cannot be read, "" if it can.
		policyFunction("policy.problem", []*cel.Type{str}, str, func(args []any) (any, error) {
			_, err := readPolicy(args[0])
			if err != nil {
				return err.Error(), nil
			}
			return "", nil
		}),
		// policy.canonical(doc) is one spelling of all that say the same, to compare by.
		policyFunction("policy.canonical", []*cel.Type{str}, str, func(args []any) (any, error) {
			d, err := readPolicy(args[0])
			if d == nil || err != nil {
				return "", err
			}
			return d.Canonical(), nil
		}),
		// policy.statements(doc, account, trusted) tells of every statement whom it lets in.
		having("policy.statements", func(policydoc.Judgement) bool { return true }),
		having("policy.publicStatements", has(policydoc.Public)),
		having("policy.foreignStatements", has(policydoc.Foreign)),
		having("policy.unsureStatements", has(policydoc.Unsure)),
		policyFunction("policy.withoutPublic", seen, str, edited((*policydoc.Document).WithoutPublic)),
		policyFunction("policy.withoutForeign", seen, str, edited((*policydoc.Document).WithoutForeign)),
		// policy.withDeny(doc, statement) adds a Deny statement, or puts it in the place of the one with its Sid.
		policyFunction("policy.withDeny", []*cel.Type{str, str}, str, func(args []any) (any, error) {
			return policydoc.WithDeny(args[0].(string), args[1].(string))
		}),
		policyFunction("policy.withoutSid", []*cel.Type{str, str}, str, func(args []any) (any, error) {
			d, err := readPolicy(args[0])
			if d == nil || err != nil {
				return "", err
			}
			return d.WithoutSid(args[1].(string))
		}),
		// policy.whyNotService(doc, service, action, resource, context) says why an AWS service may not do so in its own name, "" if it may.
		policyFunction("policy.whyNotService", []*cel.Type{str, str, str, str, cel.MapType(str, str)}, str, func(args []any) (any, error) {
			d, err := readPolicy(args[0])
			if d == nil || err != nil {
				return "there is no policy", err
			}
			use := policydoc.Use{Service: args[1].(string), Action: args[2].(string), Resource: args[3].(string), Context: map[string]string{}}
			for k, v := range args[4].(map[string]any) {
				use.Context[k] = v.(string)
			}
			return d.WhyNot(use), nil
		}),
		// policy.adminStatements(doc) are those of an identity policy that make an administrator.
		policyFunction("policy.adminStatements", []*cel.Type{str}, cel.ListType(admin), func(args []any) (any, error) {
			all := []any{}
			d, err := readPolicy(args[0])
			if d == nil || err != nil {
				return all, err
			}
			for _, a := range d.Admins() {
				all = append(all, map[string]any{"index": int64(a.Index), "sid": a.Sid, "why": a.Why, "conditional": a.Conditional})
			}
			return all, nil
		}),
		policyFunction("policy.withoutAdmin", []*cel.Type{str}, str, func(args []any) (any, error) {
			d, err := readPolicy(args[0])
			if d == nil || err != nil {
				return "", err
			}
			return d.WithoutAdmin(), nil
		}),
		policyFunction("policy.narrowAdmin", []*cel.Type{str, strs}, str, func(args []any) (any, error) {
			d, err := readPolicy(args[0])
			if d == nil || err != nil {
				return "", err
			}
			return d.NarrowAdmin(texts(args[1]))
		}),
		policyFunction("policy.requireMFA", []*cel.Type{str, boolean}, str, func(args []any) (any, error) {
			return policydoc.RequireMFA(args[0].(string), args[1].(bool)), nil
		}),
	}
}

// policyFunction declares a function over plain Go values.
func policyFunction(name string, in []*cel.Type, out *cel.Type, f func([]any) (any, error)) cel.EnvOption {
	return cel.Function(name, cel.Overload(name, in, out, cel.FunctionBinding(func(args ...ref.Val) ref.Val {
		plain := make([]any, len(args))
		for i, a := range args {
			v, err := toJSON(a)
			if err != nil {
				return types.WrapErr(err)
			}
			plain[i] = v
		}
		v, err := f(plain)
		if err != nil {
			return types.WrapErr(err)
		}
		return types.DefaultTypeAdapter.NativeToValue(v)
	})))
}

func has(v policydoc.Verdict) func(policydoc.Judgement) bool {
	return func(f policydoc.Judgement) bool { return f.Has(v) }
}

// readPolicy reads a document; there is none of "".
func readPolicy(v any) (*policydoc.Document, error) {
	if v.(string) == "" {
		return nil, nil
	}
	return policydoc.Parse(v.(string))
}

// viewed reads the arguments that most functions have: document, account, trusted.
func viewed(args []any) (*policydoc.Document, policydoc.Viewer, error) {
	v, bad := policydoc.NewViewer(args[1].(string), texts(args[2]))
	d, err := readPolicy(args[0])
	return d, v, errors.Join(bad, err)
}

func texts(v any) []string {
	all := []string{}
	for _, e := range v.([]any) {
		s, _ := e.(string)
		all = append(all, s)
	}
	return all
}

func edited(edit func(*policydoc.Document, policydoc.Viewer) string) func([]any) (any, error) {
	return func(args []any) (any, error) {
		d, v, err := viewed(args)
		if d == nil || err != nil {
			return "", err
		}
		return edit(d, v), nil
	}
}

func judged(args []any, has func(policydoc.Judgement) bool) (any, error) {
	all := []any{}
	d, v, err := viewed(args)
	if d == nil || err != nil {
		return all, err
	}
	for _, f := range d.Judge(v) {
		if !has(f) {
			continue
		}
		accounts := make([]any, len(f.Accounts))
		for i, a := range f.Accounts {
			accounts[i] = a
		}
		all = append(all, map[string]any{
			"index": int64(f.Index), "sid": f.Sid, "verdict": string(f.Verdict), "accounts": accounts, "why": f.Why, "deputy": f.Deputy,
		})
	}
	return all, nil
}
