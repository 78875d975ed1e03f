"""Looks at IAM policies: reads one policy a line as JSON, answers one line each, a JSON array of what is wrong with it.

parliament reads the policy as a whole: actions, resources and conditions that do not exist or do not fit together, a "*" where an
action could be narrower. policy_sentry has a list of actions of its own; each action must be in it, and each resource of a statement
must be of a type that the action works on.
"""

import functools
import json
import sys

from parliament import analyze_policy_string
from policy_sentry.querying.actions import get_action_data
from policy_sentry.util.arns import does_arn_match


# Resource types that AWS's list and policy_sentry's have, and parliament's older one has not.
NEWER = {"redshift:DescribeClusters", "config:PutConfigurationRecorder"}
# Actions on a resource of one type or another: AWS's list marks both as needed, and parliament wants both in one statement. Source:
# "Actions, resources, and condition keys for Amazon DynamoDB" and "... for AWS Elastic Load Balancing V2", Service Authorization Reference.
EITHER = {"dynamodb:PutResourcePolicy", "dynamodb:GetResourcePolicy", "dynamodb:DeleteResourcePolicy", "elasticloadbalancing:ModifyListener"}


def outdated(f, policy):
    """Whether parliament does not know what it complains of."""
    if f.issue == "RESOURCE_MISMATCH":
        return all(d.get("action") in NEWER | EITHER for d in f.detail)
    # The prefix lists that AWS keeps are of an account that is called aws. Source: "AWS-managed prefix lists", Amazon VPC User Guide.
    return f.issue == "INVALID_ARN" and "Account expected" in str(f.detail) and ":aws:prefix-list/" in json.dumps(policy)


def by_parliament(policy):
    for f in analyze_policy_string(json.dumps(policy)).findings:
        # What a policy could be used for is no fault of its form: a playbook that edits bucket policies has to be able to.
        if "PRIVILEGE_ESCALATION" in f.issue or outdated(f, policy):
            continue
        yield f"parliament: {f.issue} {json.dumps(f.detail)}"


@functools.cache
def formats(action):
    """The forms of ARN that an action works on; none where policy_sentry does not know the action."""
    service, name = action.split(":")
    rows = (get_action_data(service, name) or {}).get(service, [])
    return frozenset(r["resource_arn_format"] for r in rows)


def service_of_two(action, arn):
    """Whether a resource is of a REST API. AWS's reference has two pages for the prefix "apigateway"; policy_sentry keeps the actions of the one
    for WebSocket and HTTP APIs. Source: "Amazon API Gateway Management" and "... Management V2", Service Authorization Reference."""
    return action.startswith("apigateway:") and arn.split("::", 1)[-1].startswith(("/restapis", "/account"))


def by_policy_sentry(policy):
    for statement in policy["Statement"]:
        for action in statement["Action"]:
            known = formats(action)
            if not known:
                yield f"policy_sentry: there is no action {action}"
                continue
            for arn in statement["Resource"]:
                if arn == "*":
                    if "*" not in known:
                        yield f"policy_sentry: {action} is on *, and could be on {sorted(known)}"
                elif service_of_two(action, arn):
                    continue
                elif not any(does_arn_match(arn, form) for form in known if form != "*"):
                    yield f"policy_sentry: {action} does not work on {arn}: {sorted(known)}"


for line in sys.stdin:
    policy = json.loads(line)
    print(json.dumps([*by_parliament(policy), *by_policy_sentry(policy)]), flush=True)
