// Package doctor looks at an account or an organization and says what of Parry's ground is ready, missing or risky. It only reads: every
// client is made with a middleware that lets no other call out. It knows what package deploy renders and holds AWS against that, so there is
// no second account of what a role, a rule or a guardrail should be.
package doctor
