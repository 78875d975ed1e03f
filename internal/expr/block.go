package expr

import (
	"cel.dev/cel-go/cel"

	"parry/internal/neverblock"
)

// blockFunctions judge addresses and names before they are blocked: package neverblock.
func blockFunctions() []cel.EnvOption {
	str, strs := cel.StringType, cel.ListType(cel.StringType)
	text := func(f func(string) string) func([]any) (any, error) {
		return func(args []any) (any, error) { return f(args[0].(string)), nil }
	}
	against := func(f func(string, []string) string) func([]any) (any, error) {
		return func(args []any) (any, error) { return f(args[0].(string), texts(args[1])), nil }
	}
	return []cel.EnvOption{
		// block.whyNotAddress(ip, own) says why an address must never be blocked, "" if it may be.
		policyFunction("block.whyNotAddress", []*cel.Type{str, strs}, str, against(neverblock.Address)),
		// block.whyNotNetwork(as) says the same of the autonomous system that it is in, by its number.
		policyFunction("block.whyNotNetwork", []*cel.Type{str}, str, text(neverblock.Network)),
		// block.whyNotDomain(name, own) says why a name and all under it must never be blocked, "" if they may be.
		policyFunction("block.whyNotDomain", []*cel.Type{str, strs}, str, against(neverblock.Domain)),
		// block.cidr(ip) is an address as a range of one; block.name(s) is a name as it is compared. "" for what is none.
		policyFunction("block.cidr", []*cel.Type{str}, str, text(neverblock.CIDR)),
		policyFunction("block.name", []*cel.Type{str}, str, text(neverblock.Name)),
		// block.within(ip, cidr) tells whether an address is in a range.
		policyFunction("block.within", []*cel.Type{str, str}, cel.BoolType, func(args []any) (any, error) {
			return neverblock.Within(args[0].(string), args[1].(string)), nil
		}),
	}
}
