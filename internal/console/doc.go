// Package console is the web console: what waits for a person, what was done and why, how long it took, and the switch that stops everything.
//
// Pages are made on the server and need no JavaScript to be read or decided on; where there is some, they renew themselves when something
// happens. Whatever comes from outside, such as the name of a bucket or the title of a finding, is shown as text and never as markup, with what
// cannot be seen made visible.
package console
