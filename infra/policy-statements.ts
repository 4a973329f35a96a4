import { Arn, ArnFormat, Stack } from 'aws-cdk-lib'
import { type IRole, Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct, IConstruct } from 'constructs'
import {
  type Deployed,
  type FunctionName,
  functionNames,
  functions,
  type Permissions,
} from '../shared/config/functions-and-permissions.ts'

/** The part of a table that is used here; CDK's `Table`, `TableV2` and imported tables have it. */
export interface StoredTable {
  readonly tableName: string
  readonly tableArn: string
  /** Set where the stream is enabled. Without it live changes cannot be captured, and runs must be offline. */
  readonly tableStreamArn?: string | undefined
  readonly encryptionKey?: IKey | undefined
}

export interface Stores {
  source: StoredTable
  destination: StoredTable
  ledger: StoredTable
  audit: StoredTable
  manifests: Bucket
  /** Where the deployment builds indices of the destination. */
  search?: {
    /** ARN of the domain. No value where it is none of AWS: then no permission is needed. */
    domainArn: string | undefined
  }
}

/** Prefix, in the bucket, of the manifests that `plan` writes. */
export const MANIFESTS_PREFIX = 'manifests'

/** The statements that let a function use the tables and the bucket, and the customer keys that encrypt them. */
export function storePermissions(
  name: FunctionName,
  { source, destination, ledger, audit, manifests, search }: Stores,
): PolicyStatement[] {
  const may: Permissions = functions[name].may
  const indexed = search && destination.tableStreamArn
  return [
    ...allow('dynamodb', may.source, source.tableArn),
    ...allow('dynamodb', may.destination, destination.tableArn),
    ...allow('dynamodb', may.ledger, ledger.tableArn),
    ...allow('dynamodb', may.audit, audit.tableArn),
    ...allow('s3', may.manifests, manifests.arnForObjects(`${MANIFESTS_PREFIX}/*`)),
    ...allow('cloudformation', may.stacks, anyStack(manifests)),
    ...(may.anywhere ? [new PolicyStatement({ actions: [...may.anywhere], resources: ['*'] })] : []),
    ...(source.tableStreamArn ? allow('dynamodb', may.stream, source.tableStreamArn) : []),
    ...(search ? allow('dynamodb', may.indexed, destination.tableArn) : []),
    ...(indexed ? allow('dynamodb', may.destinationStream, indexed) : []),
    ...(search?.domainArn ? allow('es', may.search, `${search.domainArn}/*`) : []),
    ...useKey((may.source || may.stream) && source.encryptionKey, READ),
    ...useKey(
      may.destination || (search && (may.indexed || may.destinationStream)) ? destination.encryptionKey : undefined,
      may.destination?.some(isWrite) ? WRITE : READ,
    ),
    ...useKey(may.ledger && ledger.encryptionKey, WRITE),
    ...useKey(may.audit && audit.encryptionKey, WRITE),
    ...useKey(may.manifests && manifests.encryptionKey, WRITE),
  ]
}

/** The ARN of every stack of this account and region: a stack that used the ledger may be gone, and so has no other ARN. */
function anyStack(scope: IConstruct): string {
  return Stack.of(scope).formatArn({ service: 'cloudformation', resource: 'stack', resourceName: '*' })
}

/**
 * Lets functions check whether an execution is alive. In policies of their own, because the machine needs the functions
 * first.
 */
export function allowDescribingRuns(scope: Construct, run: IStateMachine, deployed: Deployed<{ role: IRole }>): void {
  for (const name of functionNames) {
    const { runs }: Permissions = functions[name].may
    const statements = allow('states', runs, executionsOf(run))
    const role = deployed[name]?.role
    if (role && statements.length > 0) new Policy(scope, `Runs-${name}`, { roles: [role], statements })
  }
}

/** The ARN of every execution of a machine; with a label, of every child execution of that Distributed Map. */
export function executionsOf(machine: IStateMachine, label?: string): string {
  const { resourceName = '' } = Arn.split(machine.stateMachineArn, ArnFormat.COLON_RESOURCE_NAME)
  return Stack.of(machine).formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${resourceName}${label ? `/${label}` : ''}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  })
}

const isWrite = (action: string) => /^(BatchWrite|Delete|PartiQL|Put)/.test(action)
/**
 * What CDK's tables and buckets grant of their keys (`Table.grantReadWriteData`), with `ReEncrypt*` and `GenerateDataKey*`
 * spelled out, because no action here has a wildcard; key pairs are left out.
 */
const READ = ['Decrypt', 'DescribeKey']
const WRITE = [...READ, 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'ReEncryptFrom', 'ReEncryptTo']

/** No statement without a customer key. The key's policy must delegate to IAM, as those of CDK's keys do. */
export function useKey(key: IKey | undefined, actions = WRITE): PolicyStatement[] {
  return key ? allow('kms', actions, key.keyArn) : []
}

export function allow(
  service: string,
  actions: readonly string[] | undefined,
  ...resources: string[]
): PolicyStatement[] {
  if (!actions) return []
  return [new PolicyStatement({ actions: actions.map((action) => `${service}:${action}`), resources })]
}
