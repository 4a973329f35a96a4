import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { type ISecurityGroup, type IVpc, SecurityGroup, type SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Function as Lambda, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import type { Options } from '../shared/config/options.ts'
import { liveLimitSeconds } from '../shared/live/limit.ts'
import { functionCode } from './bundle.ts'
import { logGroup } from './log-group.ts'
import { allow, type FunctionName, type Stores, storePermissions } from './permissions.ts'
import type { Invocable } from './workflow/tasks.ts'

export interface FunctionsProps {
  options: Options
  /** Absolute path of the user's migrations module. */
  migrations: string
  codeHash: string
  stores: Stores
  vpc?: IVpc
  vpcSubnets?: SubnetSelection
}

/** One Lambda: what a Task needs of it, and what others need to let it do more or be invoked. */
export interface SegueFunction extends Invocable {
  role: Role
  lambda: Lambda
  /** ARNs of all its versions: an execution goes on invoking those it began with after a deployment. */
  versionArns: string
}

/** Seconds a function may take. Those that list the chunks of a run get longer; the slice's limit is an option. */
const MINUTE = 60
const MINUTES = 5 * MINUTE
/** The most Lambda gives: these go through the stream or many items, and go on where they were. */
const QUARTER_HOUR = 15 * MINUTE

/** The Lambdas, one for each file of `functions/`; each has its own role and log group. */
export class Functions extends Construct {
  readonly byName: Record<FunctionName, SegueFunction>

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id)
    const { sliceSeconds, memoryMb, concurrency } = props.options
    const securityGroup = props.vpc && new SecurityGroup(this, 'SecurityGroup', { vpc: props.vpc })
    const add = (
      name: FunctionName,
      seconds: number,
      size?: { memorySize: number; reservedConcurrentExecutions?: number },
    ) => this.add(name, seconds, { memorySize: 512, ...size }, { ...props, securityGroup })
    this.byName = {
      preflight: add('preflight', MINUTE),
      // Lists the chunks of the runs before a new one.
      lease: add('lease', MINUTES),
      capture: add('capture', MINUTE),
      plan: add('plan', MINUTES),
      // Nested children do not count against a Map's own concurrency, so this is the cap.
      slice: add('slice', sliceSeconds, { memorySize: memoryMb, reservedConcurrentExecutions: concurrency }),
      'fail-chunk': add('fail-chunk', MINUTE),
      copied: add('copied', MINUTES),
      // Live changes have a reserve of their own: slices must not take their place.
      live: add('live', liveLimitSeconds, { memorySize: memoryMb, reservedConcurrentExecutions: concurrency }),
      // Reading a stream as fast as it is written to takes as much processor as applying it does.
      drain: add('drain', QUARTER_HOUR, { memorySize: memoryMb }),
      follow: add('follow', MINUTES, { memorySize: memoryMb }),
      // Both are as fast as their processor, which comes with the memory.
      settle: add('settle', QUARTER_HOUR, { memorySize: memoryMb }),
      repair: add('repair', QUARTER_HOUR, { memorySize: memoryMb }),
      finish: add('finish', MINUTES),
      halt: add('halt', MINUTES),
    }
  }

  private add(
    name: FunctionName,
    seconds: number,
    size: { memorySize: number; reservedConcurrentExecutions?: number },
    {
      options,
      migrations,
      codeHash,
      stores,
      vpc,
      vpcSubnets,
      securityGroup,
    }: FunctionsProps & { securityGroup: ISecurityGroup | undefined },
  ): SegueFunction {
    const scope = new Construct(this, name)
    const logs = logGroup(scope, options.logRetentionDays)
    const role = new Role(scope, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    const statements = [
      ...allow('logs', ['CreateLogStream', 'PutLogEvents'], logs.logGroupArn),
      ...storePermissions(name, stores),
      ...(vpc ? allow('ec2', NETWORK_ACTIONS, '*') : []),
    ]
    for (const statement of statements) role.addToPolicy(statement)
    const lambda = new Lambda(scope, 'Function', {
      description: `Segue: ${name}`,
      code: functionCode(name, migrations),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: Duration.seconds(seconds),
      ...size,
      environment: {
        SEGUE_OPTIONS: Stack.of(this).toJsonString(options),
        SEGUE_CODE_HASH: codeHash,
        SEGUE_LEDGER_TABLE: stores.ledger.tableName,
        SEGUE_MANIFEST_BUCKET: stores.manifests.bucketName,
        ...(stores.source.tableStreamArn && { SEGUE_STREAM: stores.source.tableStreamArn }),
      },
      role,
      logGroup: logs,
      loggingFormat: LoggingFormat.JSON,
      tracing: Tracing.ACTIVE,
      ...(vpc && { vpc }),
      ...(vpcSubnets && { vpcSubnets }),
      ...(securityGroup && { securityGroups: [securityGroup] }),
      // Executions under way go on with the versions they began with; a deployment must not take those away.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
    })
    return { arn: lambda.currentVersion.functionArn, versionArns: `${lambda.functionArn}:*`, seconds, role, lambda }
  }
}

/** What Lambda needs to put a function into a VPC; it takes no narrower resource than `*`. */
const NETWORK_ACTIONS = [
  'AssignPrivateIpAddresses',
  'CreateNetworkInterface',
  'DeleteNetworkInterface',
  'DescribeNetworkInterfaces',
  'DescribeSubnets',
  'UnassignPrivateIpAddresses',
]
