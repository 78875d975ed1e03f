// Package parry is the domain of an automated security response for AWS. It imports the standard library only.
//
// The files are the way of the data, in this order:
//
//	event    what came in: an EventBridge envelope, its bytes untouched
//	finding  what it says: an OCSF finding, with the resources it can be acted on
//	ocsf     the finding as an event of OCSF, for whoever reads that
//	rule     who wants it: which playbooks answer, on which tier
//	call     the one form of everything that is done to AWS
//	plan     what would put it right: the calls that are missing
//	decide   whether to do it, ask, or tell
//	respond  the whole path on one page
//	apply    carrying out what was approved, and nothing else
//	undo     taking it back
//	response the life of one answer to one finding
//	record   what is remembered of each step
//	store    where it is remembered
//	error    the kinds of failure that someone branches on
//
// Two ideas carry it. A call is data: plan, approval, permission, audit and undo are made from the same value.
// A playbook is a desired state: the plan is what is missing from it, so applying twice does nothing.
package parry
