import { Aws, Stack } from 'aws-cdk-lib'
import { Policy } from 'aws-cdk-lib/aws-iam'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import { DefinitionBody, type IStateMachine, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { type Deployed, functionNames, isTask } from '../shared/config/functions-and-permissions.ts'
import type { Options } from '../shared/config/options.ts'
import { acknowledge } from './acknowledge.ts'
import type { SegueFunction } from './functions.ts'
import { logGroup, machineLogs } from './log-group.ts'
import { allow, executionsOf, MANIFESTS_PREFIX, useKey } from './policy-statements.ts'
import type { Machine } from './workflow/asl.ts'
import { ALL_AT_ONCE, chunkMachine } from './workflow/chunk.ts'
import { RESULTS_PREFIX } from './workflow/pass.ts'
import { runMachine } from './workflow/run.ts'

export interface StateMachinesProps {
  options: Options
  functions: Deployed<SegueFunction>
  manifests: Bucket
}

/** The machines `run` and `chunk`, from the definitions in `workflow/`. */
export class StateMachines extends Construct {
  readonly run: StateMachine
  readonly chunk: StateMachine

  constructor(scope: Construct, id: string, { options, functions, manifests }: StateMachinesProps) {
    super(scope, id)
    const chunkResources = {
      partition: Aws.PARTITION,
      functions,
      childrenAtOnce: options.reserve === 'none' ? 1 : ALL_AT_ONCE,
    }

    this.chunk = machine(this, 'Chunk', chunkMachine(chunkResources), options)
    invoking(this.chunk, [functions.slice, functions['fail-chunk']])
    startingChunks(this.chunk, this.chunk)

    const definition = runMachine({
      ...chunkResources,
      chunkMachineArn: this.chunk.stateMachineArn,
      bucket: manifests.bucketName,
    })
    this.run = machine(this, 'Run', definition, options)
    invoking(
      this.run,
      functionNames.filter(isTask).flatMap((name) => functions[name] ?? []),
    )
    startingChunks(this.run, this.chunk)
    mapping(this.run, definition, manifests)
  }
}

function machine(scope: Construct, id: string, definition: Machine, options: Options): StateMachine {
  const owner = new Construct(scope, id)
  const created = new StateMachine(owner, 'Machine', {
    comment: definition.Comment,
    definitionBody: DefinitionBody.fromString(Stack.of(scope).toJsonString(definition)),
    tracingEnabled: true,
    // Errors name the state that failed; the execution's own history has the rest.
    logs: {
      destination: logGroup(owner, options.logRetentionDays, machineLogs(owner)),
      level: LogLevel.ERROR,
      includeExecutionData: false,
    },
  })
  acknowledge(
    created,
    'AwsSolutions-SF1',
    'Step Functions keeps the history of Standard executions for 90 days; ALL would log each step of each chunk again.',
  )
  return created
}

function invoking({ role }: StateMachine, functions: SegueFunction[]): void {
  for (const statement of allow('lambda', ['InvokeFunction'], ...functions.map(({ versionArns }) => versionArns)))
    role.addToPrincipalPolicy(statement)
}

/**
 * Lets a machine run executions of `chunk` and wait for them (`.sync:2`). Step Functions checks the permission on the rule
 * when it creates the machine. Statements that name the machine come later, in a policy of their own. Source: "IAM policies for
 * Step Functions", Step Functions Developer Guide.
 */
function startingChunks(starter: StateMachine, chunk: IStateMachine): void {
  const rule = Stack.of(starter).formatArn({
    service: 'events',
    resource: 'rule',
    resourceName: 'StepFunctionsGetEventsForStepFunctionsExecutionRule',
  })
  for (const statement of allow('events', ['DescribeRule', 'PutRule', 'PutTargets'], rule))
    starter.role.addToPrincipalPolicy(statement)
  new Policy(starter, 'StartChunks', {
    roles: [starter.role],
    statements: [
      ...allow('states', ['StartExecution'], chunk.stateMachineArn),
      ...allow('states', ['DescribeExecution', 'StopExecution'], executionsOf(chunk)),
    ],
  })
}

/**
 * Lets the machine run Distributed Maps: it starts, watches and redrives their items, which are executions of itself.
 * Source: "IAM policies for using Distributed Map states", Step Functions Developer Guide.
 */
function mapping(run: StateMachine, { States }: Machine, manifests: Bucket): void {
  const labels = Object.values(States).flatMap((state) => (state.Type === 'Map' && state.Label ? [state.Label] : []))
  new Policy(run, 'Maps', {
    roles: [run.role],
    statements: [
      ...allow('states', ['StartExecution'], run.stateMachineArn),
      ...allow('states', ['DescribeExecution', 'StopExecution'], executionsOf(run)),
      ...allow('states', ['RedriveExecution'], ...labels.map((label) => executionsOf(run, label))),
      ...allow('s3', ['GetObject'], manifests.arnForObjects(`${MANIFESTS_PREFIX}/*`)),
      ...allow(
        's3',
        ['AbortMultipartUpload', 'GetObject', 'ListMultipartUploadParts', 'PutObject'],
        manifests.arnForObjects(`${RESULTS_PREFIX}/*`),
      ),
      ...useKey(manifests.encryptionKey),
    ],
  })
}
