import { Stack } from 'aws-cdk-lib'
import { CfnPolicy } from 'aws-cdk-lib/aws-iam'
import type { IConstruct } from 'constructs'
import { acknowledge } from './acknowledge.ts'

/** Why a resource with a wildcard is as narrow as it can be. Actions never have one. */
const reasons: [resource: RegExp, reason: string][] = [
  [
    /^\*$/,
    'X-Ray, the delivery of logs, the lists that preflight reads, ListStreams and, in a VPC, network interfaces take no narrower resource.',
  ],
  [/Function\w+\.Arn>:\*$/, 'Versions of one function: an execution continues to invoke those it began with.'],
  [/:execution:.*:\*$/, 'Executions of one machine: they have no ARN before they are started.'],
  [/:stack\/\*$/, 'Stacks that used the ledger before this one: they are not known when it is deployed.'],
  [/(:domain\/[^/]+|Arn>)\/\*$/, 'The indices of one domain: their names are known when a run begins.'],
  [/\/(manifests|results|aws\/lambda)\/\*$/, 'Objects under one prefix of one bucket.'],
]

/** Says these reasons to cdk-nag (AwsSolutions-IAM5) for every policy in `scope`; a wildcard without one stays a finding. */
export function acknowledgeWildcards(scope: IConstruct): void {
  for (const policy of scope.node.findAll().filter((child) => child instanceof CfnPolicy)) {
    const document = Stack.of(policy).resolve(policy.policyDocument) as { Statement: { Resource: unknown }[] }
    for (const resource of new Set(document.Statement.flatMap(({ Resource }) => Resource).map(flat))) {
      const reason = reasons.find(([pattern]) => pattern.test(resource))?.[1]
      if (reason) acknowledge(policy, `AwsSolutions-IAM5[Resource::${resource}]`, reason)
    }
  }
}

/** A reference to a resource in the words of cdk-nag's findings. */
function flat(value: unknown): string {
  if (typeof value === 'string') return value
  const { 'Fn::Join': join, 'Fn::GetAtt': attribute, Ref: ref } = value as Record<string, never>
  if (join) return (join[1] as unknown[]).map(flat).join(join[0])
  if (attribute) return `<${attribute[0]}.${attribute[1]}>`
  if (ref) return `<${ref}>`
  return JSON.stringify(value)
}
