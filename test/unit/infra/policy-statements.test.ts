// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of a template as text
import { describe, expect, it } from 'vitest'
import { options, plain, type Resource, resources, synth, text } from './synth.ts'

const sourceStream = 'arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/2026-11-21'
const template = synth({ options: { ...options, sourceStream } })

/** Every statement of every policy of a role, one `action resource` a line. */
function granted(role: string): string[] {
  const policies = resources(template, 'AWS::IAM::Policy').filter(([, { Properties }]) =>
    Properties.Roles.some((given: { Ref: string }) => plain(given.Ref) === role),
  )
  return policies.flatMap(([, policy]) => lines(policy)).sort()
}

function lines({ Properties }: Resource): string[] {
  return Properties.PolicyDocument.Statement.flatMap(
    (statement: { Effect: string; Action: string | string[]; Resource: unknown }) => {
      expect(statement.Effect).toBe('Allow')
      const targets = [statement.Resource].flat().map(short)
      return [statement.Action].flat().flatMap((action) => targets.map((target) => `${action} ${target}`))
    },
  )
}

/** Resources by the words of the tables below. */
function short(resource: unknown): string {
  return text(resource)
    .replace(/^arn:\$\{AWS::Partition\}:\w+:\$\{AWS::Region\}:\$\{AWS::AccountId\}:/, '')
    .replace(/\$\{SegueFunctions(\w+?)Function\.Arn\}:\*/, 'function $1, every version')
    .replace(/Select\(6, Split\(:, \$\{SegueWorkflow(\w+)Machine\}\)\)/, '$1')
    .replace(/\$\{SegueWorkflow(\w+)Machine\}/, 'machine $1')
    .replace(/\$\{SegueFunctions\w+Logs\.Arn\}/, 'own logs')
    .replace('${SegueLedger.Arn}', 'ledger')
    .replace('${SegueManifests.Arn}', 'bucket')
    .replace('${SegueAudit.Arn}', 'audit')
    .replace('${SegueAlarmsTopic}', 'topic')
    .replace('${SegueAlarmsKey.Arn}', 'key of the topic')
    .replace(sourceStream, 'stream')
    .replace(/\$\{SegueCaptureMapping\}/, 'of the stream')
    .replace(/^table\/orders$/, 'source')
    .replace(/^table\/orders-new$/, 'destination')
}

const everyFunction = [
  'logs:CreateLogStream own logs',
  'logs:PutLogEvents own logs',
  'xray:PutTelemetryRecords *',
  'xray:PutTraceSegments *',
]

const ledger = ['dynamodb:GetItem ledger', 'dynamodb:PutItem ledger', 'dynamodb:Query ledger']

/** What applies live changes: reads source items again, writes a destination item with its head. */
const settling = [
  ...everyFunction,
  ...ledger,
  'dynamodb:BatchGetItem source',
  'dynamodb:DeleteItem destination',
  'dynamodb:PutItem destination',
]

const stream = ['dynamodb:DescribeStream stream', 'dynamodb:GetRecords stream', 'dynamodb:GetShardIterator stream']

const everyMachine = [
  'events:DescribeRule rule/StepFunctionsGetEventsForStepFunctionsExecutionRule',
  'events:PutRule rule/StepFunctionsGetEventsForStepFunctionsExecutionRule',
  'events:PutTargets rule/StepFunctionsGetEventsForStepFunctionsExecutionRule',
  'logs:CreateLogDelivery *',
  'logs:DeleteLogDelivery *',
  'logs:DescribeLogGroups *',
  'logs:DescribeResourcePolicies *',
  'logs:GetLogDelivery *',
  'logs:ListLogDeliveries *',
  'logs:PutResourcePolicy *',
  'logs:UpdateLogDelivery *',
  'states:DescribeExecution execution:Chunk:*',
  'states:StartExecution machine Chunk',
  'states:StopExecution execution:Chunk:*',
  'xray:GetSamplingRules *',
  'xray:GetSamplingTargets *',
  'xray:PutTelemetryRecords *',
  'xray:PutTraceSegments *',
]

/** All that each role may do. Whoever widens a role widens this table, and says so in review. */
const table: Record<string, string[]> = {
  SegueFunctionspreflightRole: [
    ...everyFunction,
    'dynamodb:DescribeTable destination',
    'dynamodb:DescribeTable source',
    'dynamodb:DescribeTimeToLive destination',
    'dynamodb:GetItem ledger',
    'dynamodb:Query source',
    'dynamodb:Scan destination',
    'dynamodb:Scan source',
    'states:DescribeExecution execution:Run:*',
    // Only lists and look-ups, which IAM allows no narrower resource.
    'application-autoscaling:DescribeScalableTargets *',
    'backup:ListBackupJobs *',
    'cloudtrail:LookupEvents *',
    'dynamodb:ListBackups *',
    'dynamodb:ListExports *',
    'dynamodb:ListImports *',
    'lambda:ListEventSourceMappings *',
  ],
  SegueFunctionsleaseRole: [
    ...everyFunction,
    'dynamodb:DescribeTable destination',
    'dynamodb:DescribeTable source',
    'dynamodb:GetItem ledger',
    'dynamodb:ListTagsOfResource source',
    'dynamodb:PutItem ledger',
    'dynamodb:Query ledger',
    'dynamodb:Scan destination',
    'dynamodb:TagResource destination',
    'states:DescribeExecution execution:Run:*',
    'cloudformation:DescribeStacks stack/*',
  ],
  SegueFunctionscaptureRole: [
    ...everyFunction,
    ...ledger,
    'dynamodb:DescribeStream stream',
    'lambda:GetEventSourceMapping event-source-mapping:of the stream',
    'lambda:UpdateEventSourceMapping event-source-mapping:of the stream',
  ],
  SegueFunctionsliveRole: [
    ...settling,
    ...stream,
    'dynamodb:ListStreams *',
    's3:ListBucket bucket',
    's3:PutObject bucket/aws/lambda/*',
  ],
  SegueFunctionsdrainRole: [...everyFunction, ...ledger, ...stream],
  SegueFunctionsmonitorstreamRole: [
    ...everyFunction,
    ...ledger,
    ...stream,
    'lambda:GetEventSourceMapping event-source-mapping:of the stream',
    'lambda:UpdateEventSourceMapping event-source-mapping:of the stream',
  ],
  SegueFunctionswatchdogRole: [
    ...everyFunction,
    ...ledger,
    'lambda:GetEventSourceMapping event-source-mapping:of the stream',
    'lambda:UpdateEventSourceMapping event-source-mapping:of the stream',
    'states:DescribeExecution execution:Run:*',
    'dynamodb:PartiQLInsert audit',
    'sns:Publish topic',
    'kms:Decrypt key of the topic',
    'kms:GenerateDataKey key of the topic',
  ],
  SegueFunctionssettleRole: settling,
  SegueFunctionsrepairRole: settling,
  SegueFunctionsplanRole: [
    ...everyFunction,
    'dynamodb:GetItem ledger',
    'dynamodb:PutItem ledger',
    'dynamodb:Query ledger',
    's3:PutObject bucket/manifests/*',
  ],
  SegueFunctionssliceRole: [
    ...everyFunction,
    'dynamodb:BatchGetItem destination',
    'dynamodb:BatchGetItem source',
    'dynamodb:BatchWriteItem destination',
    'dynamodb:GetItem ledger',
    'dynamodb:PartiQLInsert destination',
    'dynamodb:PutItem destination',
    'dynamodb:PutItem ledger',
    'dynamodb:Query destination',
    'dynamodb:Query ledger',
    'dynamodb:Query source',
    'dynamodb:Scan destination',
    'dynamodb:Scan source',
  ],
  SegueFunctionsfailchunkRole: [...everyFunction, 'dynamodb:GetItem ledger', 'dynamodb:PutItem ledger'],
  SegueFunctionscheckpassRole: [
    ...everyFunction,
    'dynamodb:GetItem ledger',
    'dynamodb:PutItem ledger',
    'dynamodb:Query ledger',
  ],
  SegueFunctionsfinishRole: [
    ...everyFunction,
    'dynamodb:GetItem ledger',
    'dynamodb:PutItem ledger',
    'dynamodb:Query ledger',
  ],
  SegueFunctionshaltRole: [
    ...everyFunction,
    'dynamodb:GetItem ledger',
    'dynamodb:PutItem ledger',
    'dynamodb:Query ledger',
  ],
  SegueWorkflowChunkMachineRole: [
    ...everyMachine,
    'lambda:InvokeFunction function failchunk, every version',
    'lambda:InvokeFunction function slice, every version',
  ],
  SegueWorkflowRunMachineRole: [
    ...everyMachine,
    'lambda:InvokeFunction function capture, every version',
    'lambda:InvokeFunction function checkpass, every version',
    'lambda:InvokeFunction function drain, every version',
    'lambda:InvokeFunction function failchunk, every version',
    'lambda:InvokeFunction function finish, every version',
    'lambda:InvokeFunction function halt, every version',
    'lambda:InvokeFunction function lease, every version',
    'lambda:InvokeFunction function monitorstream, every version',
    'lambda:InvokeFunction function plan, every version',
    'lambda:InvokeFunction function preflight, every version',
    'lambda:InvokeFunction function repair, every version',
    'lambda:InvokeFunction function settle, every version',
    'lambda:InvokeFunction function slice, every version',
    's3:AbortMultipartUpload bucket/results/*',
    's3:GetObject bucket/manifests/*',
    's3:GetObject bucket/results/*',
    's3:ListMultipartUploadParts bucket/results/*',
    's3:PutObject bucket/results/*',
    'states:DescribeExecution execution:Run:*',
    'states:RedriveExecution execution:Run/Copy:*',
    'states:RedriveExecution execution:Run/Orphans:*',
    'states:RedriveExecution execution:Run/Verify:*',
    'states:StartExecution machine Run',
    'states:StopExecution execution:Run:*',
  ],
}

describe('permissions', () => {
  it.each(Object.entries(table))('of %s are exactly these', (role, expected) => {
    expect(granted(role)).toEqual([...expected].sort())
  })

  it('are given to no role beside those of the table, nor by managed or inline policies', () => {
    const roles = resources(template, 'AWS::IAM::Role')
    expect(roles.map(([id]) => plain(id)).sort()).toEqual(Object.keys(table).sort())
    for (const [, { Properties }] of roles) {
      expect(Properties.ManagedPolicyArns).toBeUndefined()
      expect(Properties.Policies).toBeUndefined()
    }
  })

  it('have no action with a wildcard', () => {
    for (const [, policy] of resources(template, 'AWS::IAM::Policy'))
      for (const line of lines(policy)) expect(line.split(' ')[0]).not.toContain('*')
  })

  it('let nobody overwrite or delete a row of the audit, nor any row of any table that they do not name', () => {
    const all = resources(template, 'AWS::IAM::Policy').flatMap(([, policy]) => lines(policy))
    const onAudit = all.filter((line) => line.endsWith(' audit'))
    expect([...new Set(onAudit)]).toEqual(['dynamodb:PartiQLInsert audit'])
    const anywhere = all.filter((line) => /^dynamodb:.*(\*|table\/\*)$/.test(line))
    expect(anywhere.every((line) => /^dynamodb:(List|Describe)/.test(line))).toBe(true)
  })

  it('never write to the source', () => {
    const actions = Object.keys(table)
      .flatMap(granted)
      .filter((line) => line.endsWith(' source'))
    expect([...new Set(actions.map((line) => line.split(' ')[0]))].sort()).toEqual([
      'dynamodb:BatchGetItem',
      'dynamodb:DescribeTable',
      'dynamodb:ListTagsOfResource',
      'dynamodb:Query',
      'dynamodb:Scan',
    ])
  })
})
