import { Stack } from 'aws-cdk-lib'
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { executionsOf, type StoredTable, useKey } from './policy-statements.ts'

/** What the commands of a watcher call: `status`, `watch`, `diff`, `report`, `quarantine list`, `switch show`. */
const look = {
  stack: ['cloudformation:DescribeStacks'],
  source: ['dynamodb:DescribeTable'],
  ledger: ['dynamodb:GetItem', 'dynamodb:Query'],
  switches: ['dynamodb:GetItem'],
  audit: ['dynamodb:Query'],
  machine: ['states:ListExecutions'],
  runs: ['states:DescribeExecution'],
} as const satisfies Actions

/** What all the other commands call besides. `plan` reads items; a run is started only into an empty table. */
const operate = {
  source: ['dynamodb:Query', 'dynamodb:Scan'],
  destination: ['dynamodb:DescribeTable', 'dynamodb:Scan'],
  ledger: ['dynamodb:PutItem'],
  switches: ['dynamodb:PutItem'],
  // It cannot overwrite: PartiQL inserts only where there is no such key.
  audit: ['dynamodb:PartiQLInsert'],
  machine: ['states:StartExecution'],
  runs: ['states:StopExecution'],
  mappings: ['lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping'],
  preflight: ['lambda:InvokeFunction'],
} as const satisfies Actions

type Resource =
  | 'stack'
  | 'source'
  | 'destination'
  | 'ledger'
  | 'switches'
  | 'audit'
  | 'machine'
  | 'runs'
  | 'mappings'
  | 'preflight'
type Actions = { readonly [R in Resource]?: readonly string[] }

/** What commands work on. */
export interface CommandResources {
  source: StoredTable
  destination: StoredTable
  ledger: StoredTable
  /** The table of the switch. */
  switches: StoredTable
  audit: StoredTable
  run: IStateMachine
  /** ARNs of the versions of the preflight function: a role of another stack must not change with each deployment. */
  preflight: string
  /** ARNs of the mappings of its feeds: none where it reads no stream. */
  mappings: string[]
}

/** Lets somebody see how a run stands, and change nothing. */
export function grantLooking(grantee: IGrantable, resources: CommandResources): void {
  grant(grantee, look, resources)
  const { ledger, switches, audit } = resources
  for (const { encryptionKey } of [ledger, switches, audit]) give(grantee, useKey(encryptionKey, READ))
}

/** Lets somebody give every command. */
export function grantOperating(grantee: IGrantable, resources: CommandResources): void {
  const { source, destination, ledger, switches, audit } = resources
  grant(grantee, look, resources)
  grant(grantee, operate, resources)
  for (const { encryptionKey } of [ledger, switches, audit]) give(grantee, useKey(encryptionKey))
  for (const { encryptionKey } of [source, destination]) give(grantee, useKey(encryptionKey, READ))
}

/** Lets an application read which table is active. */
export function grantFollowing(grantee: IGrantable, { tableArn, encryptionKey }: StoredTable): void {
  give(grantee, [new PolicyStatement({ actions: [...look.switches], resources: [tableArn] })])
  give(grantee, useKey(encryptionKey, READ))
}

const READ = ['Decrypt', 'DescribeKey']

function grant(grantee: IGrantable, actions: Actions, resources: CommandResources): void {
  const { source, destination, ledger, switches, audit, run, preflight, mappings } = resources
  const arns: Record<Resource, string[]> = {
    stack: [Stack.of(run).stackId],
    source: [source.tableArn],
    destination: [destination.tableArn],
    ledger: [ledger.tableArn],
    switches: [switches.tableArn],
    audit: [audit.tableArn],
    machine: [run.stateMachineArn],
    runs: [executionsOf(run)],
    mappings,
    preflight: [preflight],
  }
  for (const [resource, allowed] of Object.entries(actions) as [Resource, readonly string[]][]) {
    const of = arns[resource]
    if (of.length > 0) give(grantee, [new PolicyStatement({ actions: [...allowed], resources: of })])
  }
}

function give({ grantPrincipal }: IGrantable, statements: PolicyStatement[]): void {
  for (const statement of statements) grantPrincipal.addToPrincipalPolicy(statement)
}
