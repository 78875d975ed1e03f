// Package neverblock says which addresses and names must never be blocked, because that would be an outage and not a containment. Everything in
// it is a pure function that answers with the reason, or with "" for what may be blocked.
//
// What belongs to the account is not known here: it is read by the playbook and given. Nor does the package hold a copy of AWS's published ranges,
// which change every few days: a playbook reads the prefix lists that AWS keeps in each Region, and the network that the finding itself names
// an address to be in is held against Amazon's and those of shared proxies.
package neverblock
