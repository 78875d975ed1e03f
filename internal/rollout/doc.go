// Package rollout carries out what package deploy renders: it compares the templates with what CloudFormation has, shows what it would do, does
// that and nothing else, and takes it away again. Stacks are changed through change sets, accounts through StackSets with service-managed
// permissions; both are waited for.
package rollout
