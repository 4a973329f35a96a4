import { Annotations, CfnOutput, Stack } from 'aws-cdk-lib'
import { CfnGlobalTable, Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import { type IGrantable, type IManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { OptionsError } from '../shared/config/errors.ts'
import { type Options, type OptionsInput, parseOptions } from '../shared/config/options.ts'
import { accountLimit } from './account-limit.ts'
import { Capture } from './capture.ts'
import { codeHash } from './code-hash.ts'
import { Functions } from './functions.ts'
import { ledgerTable } from './ledger-table.ts'
import { manifestBucket } from './manifest-bucket.ts'
import { type CommandResources, grantLooking, grantOperating } from './people.ts'
import { allowDescribingRuns, type StoredTable } from './policy-statements.ts'
import { StateMachines } from './state-machines.ts'
import { version } from './version.ts'
import { Watchdog } from './watchdog.ts'
import { acknowledgeWildcards } from './wildcards.ts'

type TableNames = 'sourceTable' | 'destinationTable'

export interface SegueProps {
  /**
   * If you pass `sourceTable` or `destinationTable`, leave out the option of that name.
   * @default the context `segue`: an object in cdk.json, or JSON from `-c segue='{…}'`
   */
  options?: Omit<OptionsInput, TableNames> & Partial<Pick<OptionsInput, TableNames>>
  /** Absolute path of the module that exports the migrations. */
  migrations: string
  /**
   * The table to read. If a customer key encrypts it, give the key too, here and for the destination:
   * `Table.fromTableAttributes(scope, 'Old', { tableArn, tableStreamArn, encryptionKey })`.
   * @default the table of this account and region that `options.sourceTable` names
   */
  sourceTable?: StoredTable
  /** The table to write. @default the table of this account and region that `options.destinationTable` names */
  destinationTable?: StoredTable
  /**
   * The ledger of an earlier stack, which knows what its runs did, and which migrations each table has been through:
   * `Table.fromTableName(scope, 'Ledger', 'name')`. One stack at a time uses a ledger. If a customer key encrypts it, give the
   * key too. @default a new table
   */
  ledger?: StoredTable
  /** Encrypts the bucket of manifests, and a new ledger. @default keys that AWS manages */
  encryptionKey?: IKey
  /**
   * The VPC of the functions. They must reach DynamoDB, DynamoDB Streams, S3, Lambda, Step Functions and CloudFormation through NAT: an
   * endpoint for DynamoDB Streams has no private DNS name. Source: "AWS PrivateLink for DynamoDB Streams", Developer Guide.
   * @default outside any VPC
   */
  vpc?: IVpc
  /** @default the VPC's private subnets */
  vpcSubnets?: SubnetSelection
  /** Applied to every role. @default none */
  permissionsBoundary?: IManagedPolicy
}

/**
 * Everything that migrates one table into another. At most one per stack, because the CLI finds it by the stack's outputs.
 * Nothing has a fixed physical name, so an account can hold many such stacks.
 * @throws OptionsError naming each option that is wrong, missing or unknown, or a migrations module that is not there.
 */
export class Segue extends Construct {
  readonly sourceTable: StoredTable
  readonly destinationTable: StoredTable
  readonly ledger: StoredTable
  /** Start an execution of its `run` with `{}` to run the pending migrations. */
  readonly machines: { readonly run: StateMachine; readonly chunk: StateMachine }
  readonly #commands: CommandResources

  constructor(scope: Construct, id: string, props: SegueProps) {
    super(scope, id)
    const { migrations, encryptionKey } = props
    const options = parseOptions({
      ...(props.options ?? contextOptions(this)),
      ...(props.sourceTable && { sourceTable: props.sourceTable.tableName }),
      ...(props.destinationTable && { destinationTable: props.destinationTable.tableName }),
    })
    if (props.permissionsBoundary) PermissionsBoundary.of(this).apply(props.permissionsBoundary)

    this.sourceTable = props.sourceTable ? withItsStream(props.sourceTable) : namedSource(this, options)
    this.destinationTable = props.destinationTable ?? Table.fromTableName(this, 'Destination', options.destinationTable)
    this.ledger = props.ledger ?? ledgerTable(this, encryptionKey)
    const manifests = manifestBucket(this, encryptionKey)

    const { byName: functions } = new Functions(this, 'Functions', {
      options,
      migrations,
      codeHash: codeHash(migrations),
      stores: { source: this.sourceTable, destination: this.destinationTable, ledger: this.ledger, manifests },
      ...(props.vpc && { vpc: props.vpc }),
      ...(props.vpcSubnets && { vpcSubnets: props.vpcSubnets }),
    })
    const { tableStreamArn: streamArn } = this.sourceTable
    const capture = streamArn && new Capture(this, 'Capture', { streamArn, functions, manifests })
    this.machines = new StateMachines(this, 'Workflow', { options, functions, manifests })
    this.#commands = {
      ...{ source: this.sourceTable, destination: this.destinationTable, ledger: this.ledger },
      ...{
        run: this.machines.run,
        preflight: functions.preflight.versionArns,
        mapping: capture ? capture.mappingArn : undefined,
      },
    }
    new Watchdog(this, 'Watchdog', functions.watchdog)
    allowDescribingRuns(this, this.machines.run, functions)
    acknowledgeWildcards(this)
    const limit = accountLimit(options)
    if (limit) Annotations.of(this).addInfo(limit)

    this.output('SourceTable', options.sourceTable)
    this.output('DestinationTable', options.destinationTable)
    this.output('LedgerTable', this.ledger.tableName)
    this.output('ManifestBucket', manifests.bucketName)
    this.output('Version', version)
    this.output('Options', Stack.of(this).toJsonString(options))
    this.output('RunStateMachineArn', this.machines.run.stateMachineArn)
    this.output('ChunkStateMachineArn', this.machines.chunk.stateMachineArn)
    this.output('PreflightFunction', functions.preflight.arn)
    if (streamArn) this.output('SourceStream', streamArn)
    if (capture) this.output('CaptureMapping', capture.mapping)
  }

  /**
   * Lets a role see how runs stand, by `segue status`, `watch`, `diff`, `report` and `quarantine list`, and change nothing. It must name the
   * stack (`--stack`): it may describe no other.
   */
  grantLook(grantee: IGrantable): void {
    grantLooking(grantee, this.#commands)
  }

  /** Lets a role give every command of `segue`. It must name the stack (`--stack`): it may describe no other. */
  grantOperate(grantee: IGrantable): void {
    grantOperating(grantee, this.#commands)
  }

  /** An output of the stack with exactly this name, independent of the ids of the constructs above. */
  private output(name: string, value: string): void {
    new CfnOutput(this, name, { value }).overrideLogicalId(name)
  }
}

/** A `TableV2` names a stream even if it has none; then this leaves the stream out. */
function withItsStream(table: StoredTable): StoredTable {
  const resource = table instanceof TableV2 ? table.node.defaultChild : undefined
  if (!(resource instanceof CfnGlobalTable) || Stack.of(resource).resolve(resource.streamSpecification)) return table
  const { tableName, tableArn, encryptionKey } = table
  return { tableName, tableArn, encryptionKey }
}

/** The source by its name, and by its stream's ARN where the options give it. */
function namedSource(scope: Construct, { sourceTable: tableName, sourceStream: tableStreamArn }: Options): StoredTable {
  if (!tableStreamArn) return Table.fromTableName(scope, 'Source', tableName)
  const tableArn = Stack.of(scope).formatArn({ service: 'dynamodb', resource: 'table', resourceName: tableName })
  return Table.fromTableAttributes(scope, 'Source', { tableArn, tableStreamArn })
}

function contextOptions(scope: Construct): object {
  const given: unknown = scope.node.tryGetContext('segue') ?? {}
  try {
    const options: unknown = typeof given === 'string' ? JSON.parse(given) : given
    if (typeof options === 'object' && options !== null) return options
  } catch {}
  throw new OptionsError([`expected an object or its JSON, got ${JSON.stringify(given)}`])
}
