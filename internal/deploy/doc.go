// Package deploy writes what it takes to run Parry natively in an AWS organization: CloudFormation templates for the hub, for each Region
// and for every account, the state machine, policies that guard it all, and what keeps the record. One file, org.yaml, says what is
// wanted; everything else is derived: a role's policy from its playbook, an event rule's pattern from Parry's own rules, the machine
// from the table of transitions.
//
// Render makes the files; Up, Status and Down carry them out through CloudFormation and StackSets.
package deploy
