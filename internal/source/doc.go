// Package source turns bytes into events, and events into findings: what EventBridge delivers, what an API answered,
// what someone saved to a file.
//
// Everything read here was written by strangers, in part by the attacker that the finding is about. So nothing is
// guessed: a resource becomes a target only where the finding names it without contradiction, with an account and a
// Region of its own. All else is said in Finding.Unresolved, for a person.
package source
