import { Annotations, CfnOutput, Stack } from 'aws-cdk-lib'
import { CfnGlobalTable, Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Connections, type IConnectable, type IVpc, type SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import { type IGrantable, type IManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Topic } from 'aws-cdk-lib/aws-sns'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { OptionsError } from '../shared/config/errors.ts'
import { type OptionsInput, parseOptions } from '../shared/config/options.ts'
import { accountLimit } from './account-limit.ts'
import { Alarms } from './alarms.ts'
import { auditTable } from './audit-table.ts'
import { codeHash } from './code-hash.ts'
import { Feed } from './feed.ts'
import { Functions } from './functions.ts'
import { manifestBucket } from './manifest-bucket.ts'
import { type CommandResources, grantFollowing, grantLooking, grantOperating } from './people.ts'
import { allowDescribingRuns, type StoredTable } from './policy-statements.ts'
import { ledgerTable, switchTable } from './retained-table.ts'
import { rolesThatSearch, type SearchDomain, searchOf } from './search.ts'
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
   * Absolute path of the module that exports index definitions (`defineIndex`). Their indices are built of the destination, whose
   * stream must be on. @default no indices
   */
  search?: string
  /** The domain of the indices: CDK's `Domain` is one. If you pass it, leave out `options.searchEndpoint`. */
  searchDomain?: SearchDomain
  /**
   * The ledger of an earlier stack, which knows what its runs did, and which migrations each table has been through:
   * `Table.fromTableName(scope, 'Ledger', 'name')`. One stack at a time uses a ledger. If a customer key encrypts it, give the
   * key too. @default a new table
   */
  ledger?: StoredTable
  /**
   * The table that an earlier stack made for the switch, where applications follow it already: `Table.fromTableName(scope, 'Switch', 'name')`.
   * If a customer key encrypts it, give the key too. @default a new table
   */
  switchTable?: StoredTable
  /**
   * Encrypts the bucket of manifests, a new ledger and table of the switch, the audit, and the topic of alarms. CloudWatch must be allowed to use it, or its alarms
   * reach nobody: a key of the same app is told so. @default keys that AWS manages, and for the topic one of its own
   */
  encryptionKey?: IKey
  /**
   * The VPC of the functions. They must reach DynamoDB, DynamoDB Streams, S3, Lambda, Step Functions and CloudFormation through NAT: an
   * endpoint for DynamoDB Streams has no private DNS name. Source: "AWS PrivateLink for DynamoDB Streams", Developer Guide.
   * Preflight asks AWS Backup, Application Auto Scaling and CloudTrail, too; what it does not reach it does not know.
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
export class Segue extends Construct implements IConnectable {
  readonly sourceTable: StoredTable
  readonly destinationTable: StoredTable
  readonly ledger: StoredTable
  /** Holds the row that says which of the two tables applications use: see `dynamodb-segue/switch`. */
  readonly switchTable: StoredTable
  /** Start an execution of its `run` with `{}` to run the pending migrations. */
  readonly machines: { readonly run: StateMachine; readonly chunk: StateMachine }
  /** Of the functions in a VPC: `domain.connections.allowFrom(segue, Port.HTTPS)`. */
  readonly connections: Connections
  /** Gets a message for each alarm that begins, lasts or ends (docs/alarms.md): `segue.alarms.addSubscription(…)`. */
  readonly alarms: Topic
  readonly #commands: CommandResources

  constructor(scope: Construct, id: string, props: SegueProps) {
    super(scope, id)
    const { migrations, encryptionKey } = props
    const options = parseOptions({
      ...(props.options ?? contextOptions(this)),
      ...(props.sourceTable && { sourceTable: props.sourceTable.tableName }),
      ...(props.destinationTable && { destinationTable: props.destinationTable.tableName }),
      ...(props.searchDomain && { searchEndpoint: `https://${props.searchDomain.domainEndpoint}` }),
    })
    if (props.permissionsBoundary) PermissionsBoundary.of(this).apply(props.permissionsBoundary)

    const { sourceStream, destinationStream } = options
    this.sourceTable = props.sourceTable
      ? withItsStream(props.sourceTable)
      : namedTable(this, 'Source', options.sourceTable, sourceStream)
    this.destinationTable = props.destinationTable
      ? withItsStream(props.destinationTable)
      : namedTable(this, 'Destination', options.destinationTable, destinationStream)
    this.ledger = props.ledger ?? ledgerTable(this, encryptionKey)
    this.switchTable = props.switchTable ?? switchTable(this, encryptionKey)
    const audit = auditTable(this, encryptionKey)
    const manifests = manifestBucket(this, encryptionKey)

    const search =
      props.search === undefined
        ? undefined
        : searchOf(this, props.search, options, this.destinationTable.tableStreamArn, props.searchDomain)
    const tables = { source: this.sourceTable, destination: this.destinationTable, ledger: this.ledger, audit }

    const { byName: functions, securityGroups } = new Functions(this, 'Functions', {
      options,
      migrations,
      codeHash: codeHash(migrations),
      ...(search && { search }),
      stores: { ...tables, manifests, ...(search && { search }) },
      ...(props.vpc && { vpc: props.vpc }),
      ...(props.vpcSubnets && { vpcSubnets: props.vpcSubnets }),
    })
    this.connections = new Connections({ securityGroups })
    const { tableStreamArn: streamArn } = tables.source
    const feeding = { functions, manifests }
    const capture =
      streamArn && new Feed(this, 'Capture', { feed: 'source', streamArn, applier: functions.live, ...feeding })
    const indexFeed = functions['index-feed']
    const index =
      search &&
      indexFeed &&
      new Feed(this, 'IndexFeed', { feed: 'index', streamArn: search.streamArn, applier: indexFeed, ...feeding })
    this.machines = new StateMachines(this, 'Workflow', { options, functions, manifests })
    this.#commands = {
      ...tables,
      switches: this.switchTable,
      run: this.machines.run,
      preflight: functions.preflight.versionArns,
      mappings: [capture, index].flatMap((feed) => (feed ? [feed.mappingArn] : [])),
    }
    new Watchdog(this, 'Watchdog', functions.watchdog)
    const alarms = new Alarms(this, 'Alarms', {
      ...{ functions, encryptionKey, email: options.alarmEmail, isLive: streamArn !== undefined },
    })
    this.alarms = alarms.topic
    allowDescribingRuns(this, this.machines.run, functions)
    acknowledgeWildcards(this)
    const limit = accountLimit(options, { search: search !== undefined })
    if (limit) Annotations.of(this).addInfo(limit)

    this.output('SourceTable', options.sourceTable)
    this.output('DestinationTable', options.destinationTable)
    this.output('LedgerTable', this.ledger.tableName)
    this.output('SwitchTable', this.switchTable.tableName)
    this.output('ManifestBucket', manifests.bucketName)
    this.output('AuditTable', audit.tableName)
    this.output('AlarmsTopic', alarms.topic.topicArn)
    // Not `Version`: the logical id is the output's name, and the user's own stack may have an output of that one.
    this.output('SegueVersion', version)
    this.output('Options', Stack.of(this).toJsonString(options))
    this.output('RunStateMachineArn', this.machines.run.stateMachineArn)
    this.output('ChunkStateMachineArn', this.machines.chunk.stateMachineArn)
    this.output('PreflightFunction', functions.preflight.arn)
    if (streamArn) this.output('SourceStream', streamArn)
    if (capture) this.output('CaptureMapping', capture.mapping)
    if (index) this.output('IndexMapping', index.mapping)
    if (search) this.output('SearchRoles', rolesThatSearch(functions).join(' '))
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

  /** Lets an application follow the switch: it reads which of the two tables is active. What it does with them is not granted here. */
  grantFollow(grantee: IGrantable): void {
    grantFollowing(grantee, this.switchTable)
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

/** A table by its name, and by its stream's ARN where the options give it. */
function namedTable(scope: Construct, id: string, tableName: string, tableStreamArn: string | undefined): StoredTable {
  if (!tableStreamArn) return Table.fromTableName(scope, id, tableName)
  const tableArn = Stack.of(scope).formatArn({ service: 'dynamodb', resource: 'table', resourceName: tableName })
  return Table.fromTableAttributes(scope, id, { tableArn, tableStreamArn })
}

function contextOptions(scope: Construct): object {
  const given: unknown = scope.node.tryGetContext('segue') ?? {}
  try {
    const options: unknown = typeof given === 'string' ? JSON.parse(given) : given
    if (typeof options === 'object' && options !== null) return options
  } catch {}
  throw new OptionsError([`expected an object or its JSON, got ${JSON.stringify(given)}`])
}
