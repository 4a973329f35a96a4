// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of a template as text
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { SFNClient } from '@aws-sdk/client-sfn'
import { STSClient } from '@aws-sdk/client-sts'
import { marshall } from '@aws-sdk/util-dynamodb'
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { describe, expect, it, vi } from 'vitest'
import { runCli } from '../../../cli/program.ts'
import { Segue } from '../../../infra/index.ts'
import { rememberHeavy } from '../../../shared/ledger/heavy.ts'
import { runKeyPut } from '../../../shared/ledger/run-keys.ts'
import { sdkLedgerTable } from '../../../shared/ledger/sdk-table.ts'
import { aRun, aSegment, memoryTerminal, store } from '../cli/fixtures.ts'
import { done, finished } from '../cli/set-up.ts'
import { recorder } from '../wire/recorder.ts'
import { emptyApp, migrations, resources, text } from './synth.ts'

/** The clients of the commands, which record every call. */
let clients: ReturnType<typeof recordingClients>
vi.mock('../../../cli/clients.ts', () => ({ openClients: () => clients.clients }))

const machine = 'arn:aws:states:us-east-1:000000000000:stateMachine:Run'
const outputs = {
  ...{
    SourceTable: 'alpha',
    DestinationTable: 'beta',
    LedgerTable: 'ledger',
    SwitchTable: 'switches',
    ManifestBucket: 'b',
    AuditTable: 'audit',
  },
  ...{ RunStateMachineArn: machine, ChunkStateMachineArn: 'c', CaptureMapping: 'mapping', PreflightFunction: 'f' },
}
const config = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
const key = { AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })) }
const schema = [
  { AttributeName: 'pk', KeyType: 'HASH' },
  { AttributeName: 'sk', KeyType: 'RANGE' },
]

/** Clients of a service in which executions run, or have ended. */
function recordingClients(execution: { status: string }) {
  const called = new Set<string>()
  const tables: Record<string, string> = {
    alpha: 'source',
    beta: 'destination',
    ledger: 'ledger',
    switches: 'switches',
    audit: 'audit',
  }
  const mapping = { State: 'Enabled' }
  const db = recorder(({ operation, body }) => {
    const { TableName, TransactItems = [] } = body
    if (operation === 'ExecuteStatement') {
      expect(body.Statement).toMatch(/^INSERT INTO "audit" /)
      called.add('dynamodb:PartiQLInsert audit')
      return { body: {} }
    }
    // A transaction needs the permissions of its parts.
    for (const each of TransactItems) called.add(`dynamodb:${Object.keys(each)[0]}Item ledger`)
    if (TransactItems.length === 0) called.add(`dynamodb:${operation} ${tables[TableName]}`)
    switch (operation) {
      case 'DescribeTable':
        return {
          body: {
            Table: { TableName, TableArn: `arn:${TableName}`, TableStatus: 'ACTIVE', KeySchema: schema, ...key },
          },
        }
      case 'Scan': {
        const Items = TableName === 'alpha' ? [marshall({ pk: 'a', sk: 'a' })] : []
        return { body: { Items, Count: Items.length, ScannedCount: Items.length } }
      }
      case 'Query':
        return TableName === 'ledger' ? undefined : { body: { Items: [], Count: 0, ScannedCount: 0 } }
    }
    return undefined
  })
  const answers: Record<string, (input: never) => object> = {
    DescribeStacks: () => ({
      Stacks: [
        {
          StackName: 'Night',
          Outputs: Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
        },
      ],
    }),
    DescribeExecution: () => execution,
    ListExecutions: () => ({ executions: [] }),
    StartExecution: () => ({ executionArn: 'arn:run:new' }),
    StopExecution: () => {
      execution.status = 'ABORTED'
      return {}
    },
    GetEventSourceMapping: () => mapping,
    UpdateEventSourceMapping: ({ Enabled }: { Enabled: boolean }) => {
      mapping.State = Enabled ? 'Enabled' : 'Disabled'
      return {}
    },
    Invoke: () => ({ Payload: { transformToString: () => 'null' } }),
    GetCallerIdentity: () => ({ Arn: 'arn:alice' }),
  }
  const on: Record<string, string> = {
    ...{ DescribeStacks: 'cloudformation:DescribeStacks stack', GetCallerIdentity: '' },
    ...{ DescribeExecution: 'states:DescribeExecution runs', StopExecution: 'states:StopExecution runs' },
    ...{ ListExecutions: 'states:ListExecutions machine', StartExecution: 'states:StartExecution machine' },
    GetEventSourceMapping: 'lambda:GetEventSourceMapping mapping',
    UpdateEventSourceMapping: 'lambda:UpdateEventSourceMapping mapping',
    Invoke: 'lambda:InvokeFunction preflight',
  }
  const recording = <C extends { send: unknown }>(client: C): C =>
    Object.assign(client, {
      send: async (command: { constructor: { name: string }; input: never }) => {
        const name = command.constructor.name.replace('Command', '')
        const action = on[name]
        if (action === undefined) throw new Error(`Nobody expects ${name}`)
        if (action !== '') called.add(action)
        return answers[name]!(command.input)
      },
    })
  return {
    called,
    ledger: sdkLedgerTable(db.client, 'ledger'),
    forget: () => called.clear(),
    clients: {
      cloudFormation: recording(new CloudFormationClient(config)),
      dynamodb: db.client,
      lambda: recording(new LambdaClient(config)),
      stepFunctions: recording(new SFNClient(config)),
      sts: recording(new STSClient(config)),
    },
  }
}

/** Gives commands, one after the other, and returns what they called; `run` is what is in the ledger. */
async function calledBy(run: Parameters<typeof aRun>[0], status: string, ...commands: string[]): Promise<string[]> {
  clients = recordingClients({ status })
  const isDone = run?.state === 'finished'
  await store(clients.ledger, aRun(run), isDone ? done : [aSegment(0, 1), aSegment(1, 1)], {
    held: run?.state === undefined,
    since: 0,
  })
  await clients.ledger.commit([runKeyPut('beta', 'nightly', 'run00001')])
  // A plan counts the keys that filled a slice before.
  await rememberHeavy(clients.ledger, 'alpha', { pk: { S: 'hot' }, items: 9, run: 'run00000', seenAt: 0 })
  clients.forget()
  const { openDeployment } = await import('../../../cli/open.ts')
  const engine = await openDeployment({ stack: 'Night' })
  let now = Date.now()
  // A minute of waiting is no longer than any other time here.
  const sleep = async (ms: number) => {
    now += ms
  }
  const runtime = { ...engine.runtime, clock: () => now, sleep }
  for (const command of commands) {
    const { terminal, errors } = memoryTerminal()
    const code = await runCli(command.split(' '), { open: async () => ({ ...engine, runtime }), terminal })
    if (code === 1) throw new Error(`segue ${command}: ${errors.join()}`)
  }
  return [...clients.called]
}

const stopped = { state: 'stopped', because: 'halted', reason: 'no' } as const
const looking = [
  'status',
  'watch',
  'watch --for 1s',
  'diff',
  'report --out .segue/grants',
  'quarantine list',
  'switch show',
]

async function whatLookingCalls(): Promise<string[]> {
  return [
    ...(await calledBy(undefined, 'RUNNING', 'status', 'watch --for 1s')),
    ...(await calledBy(finished, 'SUCCEEDED', ...looking)),
    // Who looks may not invoke the preflight function, which alone knows what was done in the console.
    ...(await calledBy(finished, 'SUCCEEDED', 'audit')).filter((line) => !line.startsWith('lambda:')),
  ]
}

async function whatOperatingCalls(): Promise<string[]> {
  return [
    ...(await calledBy(
      undefined,
      'RUNNING',
      'plan',
      'pause',
      'pause --at 05:00Z',
      'abort --yes',
      'unlock --stop-owner --yes',
      'resume',
    )),
    ...(await calledBy(
      stopped,
      'FAILED',
      'resume',
      'run --resume',
      'run',
      'plan --resume',
      'run --key nightly',
      'unlock',
    )),
    ...(await calledBy(
      finished,
      'SUCCEEDED',
      'run --key nightly',
      'run --key weekly',
      'verify',
      'repair --yes',
      'capture off --yes',
      'switch create --yes',
    )),
  ]
}

/** What a role may do, one `action resource` a line. */
function granted(grant: (segue: Segue, role: Role) => void, props: (stack: Stack) => object = () => ({})): string[] {
  const stack = new Stack(emptyApp(), 'Stack')
  const options = { sourceTable: 'orders', destinationTable: 'orders-new', sourceStream: 'arn:stream' }
  const segue = new Segue(stack, 'Segue', { options, migrations, ...props(stack) })
  grant(segue, new Role(stack, 'Person', { assumedBy: new AccountRootPrincipal() }))
  const policies = resources(Template.fromStack(stack), 'AWS::IAM::Policy').filter(([id]) => id.startsWith('Person'))
  return policies
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
    .flatMap(({ Action, Resource }) => [Action].flat().map((action) => `${action} ${short(text(Resource))}`))
    .sort()
}

const names: [RegExp, string][] = [
  [/^\$\{AWS::StackId\}$/, 'stack'],
  [/table\/orders$/, 'source'],
  [/table\/orders-new$/, 'destination'],
  [/^\$\{SegueLedger\.Arn\}$/, 'ledger'],
  [/^\$\{SegueSwitch\.Arn\}$/, 'switches'],
  [/^\$\{SegueAudit\.Arn\}$/, 'audit'],
  [/execution:Select\(6, Split\(:, \$\{SegueWorkflowRunMachine\}\)\):\*$/, 'runs'],
  [/^\$\{SegueWorkflowRunMachine\}$/, 'machine'],
  [/event-source-mapping:\$\{SegueCaptureMapping\}$/, 'mapping'],
  [/^\$\{SegueFunctionspreflightFunction\.Arn\}:\*$/, 'preflight'],
  [/^\$\{Key\.Arn\}$/, 'key'],
]
const short = (resource: string) => names.find(([pattern]) => pattern.test(resource))?.[1] ?? resource

describe('what a role is granted', () => {
  it('to look is what the commands of a watcher call, and nothing else', async () => {
    expect(granted((segue, role) => segue.grantLook(role))).toEqual([...new Set(await whatLookingCalls())].sort())
  })

  it('to operate is what all commands call, and nothing else', async () => {
    const called = new Set([...(await whatLookingCalls()), ...(await whatOperatingCalls())])
    expect(granted((segue, role) => segue.grantOperate(role))).toEqual([...called].sort())
  })

  it('includes the key of the ledger, to read or to write', () => {
    const withKey = (stack: Stack) => ({ encryptionKey: new Key(stack, 'Key') })
    const keys = (lines: string[]) => lines.filter((line) => line.startsWith('kms:'))
    expect(keys(granted((segue, role) => segue.grantLook(role), withKey))).toEqual([
      'kms:Decrypt key',
      'kms:DescribeKey key',
    ])
    expect(keys(granted((segue, role) => segue.grantOperate(role), withKey))).toContain('kms:Encrypt key')
  })

  it('to follow the switch is to read it, and nothing else', () => {
    const withKey = (stack: Stack) => ({ encryptionKey: new Key(stack, 'Key') })
    expect(granted((segue, role) => segue.grantFollow(role))).toEqual(['dynamodb:GetItem switches'])
    expect(granted((segue, role) => segue.grantFollow(role), withKey)).toEqual([
      'dynamodb:GetItem switches',
      'kms:Decrypt key',
      'kms:DescribeKey key',
    ])
  })

  it('names no mapping where there is no stream', () => {
    const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Stack')
    const segue = new Segue(stack, 'Segue', { options: { sourceTable: 'orders', destinationTable: 'new' }, migrations })
    segue.grantOperate(new Role(stack, 'Person', { assumedBy: new AccountRootPrincipal() }))
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'))).not.toContain(
      'GetEventSourceMapping',
    )
  })
})
