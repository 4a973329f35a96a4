import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { type ISecurityGroup, type IVpc, SecurityGroup, type SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Function as Lambda, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import {
  type Deployed,
  type FunctionName,
  forEachDeployed,
  limitsOf,
} from '../shared/config/functions-and-permissions.ts'
import type { Options } from '../shared/config/options.ts'
import { functionCode } from './bundle.ts'
import { logGroup } from './log-group.ts'
import { allow, type Stores, storePermissions } from './policy-statements.ts'
import type { Invocable } from './workflow/tasks.ts'

export interface FunctionsProps {
  options: Options
  /** Absolute path of the user's migrations module. */
  migrations: string
  codeHash: string
  /** The module of index definitions and its hash; no value for a deployment without. */
  search?: { module: string; hash: string }
  stores: Stores
  vpc?: IVpc
  vpcSubnets?: SubnetSelection
}

/** One Lambda, with everything that Tasks and permissions need of it. */
export interface SegueFunction extends Invocable {
  role: Role
  lambda: Lambda
  /** ARNs of all its versions: after a deployment, an execution still invokes the versions it began with. */
  versionArns: string
}

/** The Lambdas, by the table of functions; each has its own role and log group. */
export class Functions extends Construct {
  readonly byName: Deployed<SegueFunction>
  /** Of the functions in a VPC; none outside. */
  readonly securityGroups: ISecurityGroup[]

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id)
    const securityGroup = props.vpc && new SecurityGroup(this, 'SecurityGroup', { vpc: props.vpc })
    this.securityGroups = securityGroup ? [securityGroup] : []
    const has = { search: props.search !== undefined }
    this.byName = forEachDeployed(has, (name) => this.add(name, { ...props, securityGroup }))
  }

  private add(
    name: FunctionName,
    {
      options,
      migrations,
      codeHash,
      search,
      stores,
      vpc,
      vpcSubnets,
      securityGroup,
    }: FunctionsProps & { securityGroup: ISecurityGroup | undefined },
  ): SegueFunction {
    const { seconds, memoryMb, reserved } = limitsOf(name, options)
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
      code: functionCode(name, migrations, search?.module),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: options.architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
      timeout: Duration.seconds(seconds),
      memorySize: memoryMb,
      ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
      environment: {
        // A frame of a stack trace names the source: the same line in every function, since each is another bundle.
        NODE_OPTIONS: '--enable-source-maps',
        SEGUE_OPTIONS: Stack.of(this).toJsonString(options),
        SEGUE_CODE_HASH: codeHash,
        SEGUE_STACK: Stack.of(this).stackId,
        SEGUE_LEDGER_TABLE: stores.ledger.tableName,
        SEGUE_MANIFEST_BUCKET: stores.manifests.bucketName,
        SEGUE_AUDIT_TABLE: stores.audit.tableName,
        ...(stores.source.tableStreamArn && { SEGUE_STREAM: stores.source.tableStreamArn }),
        ...(search && { SEGUE_SEARCH_HASH: search.hash }),
        ...(search &&
          stores.destination.tableStreamArn && { SEGUE_DESTINATION_STREAM: stores.destination.tableStreamArn }),
      },
      role,
      logGroup: logs,
      loggingFormat: LoggingFormat.JSON,
      tracing: Tracing.ACTIVE,
      ...(vpc && { vpc }),
      ...(vpcSubnets && { vpcSubnets }),
      ...(securityGroup && { securityGroups: [securityGroup] }),
      // An execution continues with the versions it began with; a deployment must not delete those.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
    })
    return { arn: lambda.currentVersion.functionArn, versionArns: `${lambda.functionArn}:*`, seconds, role, lambda }
  }
}

/** Actions that Lambda needs to run a function in a VPC; they allow no narrower resource than `*`. */
const NETWORK_ACTIONS = [
  'AssignPrivateIpAddresses',
  'CreateNetworkInterface',
  'DeleteNetworkInterface',
  'DescribeNetworkInterfaces',
  'DescribeSubnets',
  'UnassignPrivateIpAddresses',
]
