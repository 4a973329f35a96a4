// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of a template as text
import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { deployedNames } from '../../../shared/config/functions-and-permissions.ts'
import { options, plain, type Resource, resources, synth, text } from './synth.ts'

const template = synth({
  options: { sourceTable: 'orders', destinationTable: 'orders-new', sliceSeconds: 600, concurrency: 7 },
})
const files = deployedNames({ search: false }).toSorted()
const lambdas = resources(template, 'AWS::Lambda::Function').map(([, { Properties }]) => Properties)
const definitions = Object.fromEntries(
  resources(template, 'AWS::StepFunctions::StateMachine').map(([id, { Properties }]) => [
    plain(id),
    text(Properties.DefinitionString),
  ]),
)

describe('the audit', () => {
  it('is on demand, encrypted, restorable to any second, outlives the stack, and forgets nothing', () => {
    const [[, audit]] = resources(template, 'AWS::DynamoDB::Table').filter(([id]) => plain(id) === 'SegueAudit') as [
      [string, Resource],
    ]
    expect(audit).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true },
      },
    })
    expect(audit.Properties.TimeToLiveSpecification).toBeUndefined()
  })
})

describe('the ledger', () => {
  it('is on demand, encrypted, restorable to any second, and outlives the stack', () => {
    template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      },
    })
  })
})

describe('the table of the switch', () => {
  it('is kept and encrypted like the ledger, and nothing in it expires', () => {
    const all = template.findResources('AWS::DynamoDB::Table')
    const [[, ledger], [, switches]] = ['SegueLedger', 'SegueSwitch'].map((name) =>
      Object.entries(all).find(([id]) => id.startsWith(name)),
    ) as [[string, Resource], [string, Resource]]
    const { TimeToLiveSpecification: _, ...kept } = ledger.Properties
    expect(switches).toEqual({ ...ledger, Properties: kept })
  })
})

describe('the bucket', () => {
  it('is private, encrypted, and empties itself', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: {
        BucketEncryption: Match.anyValue(),
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 30, Status: 'Enabled' })] },
      },
    })
  })

  it('refuses requests without TLS', () => {
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    })
  })
})

describe('the functions', () => {
  it('are those of the table that need nothing, on Node 24 and arm64, log JSON, are traced, and know the deployment', () => {
    expect(lambdas.map(({ Description }) => Description).sort()).toEqual(files.map((name) => `Segue: ${name}`))
    for (const lambda of lambdas)
      expect(lambda).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        LoggingConfig: { LogFormat: 'JSON' },
        TracingConfig: { Mode: 'Active' },
      })
    for (const { Environment } of lambdas) {
      const { SEGUE_OPTIONS, SEGUE_CODE_HASH, SEGUE_STACK, SEGUE_LEDGER_TABLE, SEGUE_MANIFEST_BUCKET } =
        Environment.Variables
      expect(JSON.parse(SEGUE_OPTIONS)).toMatchObject({
        sourceTable: 'orders',
        sliceSeconds: 600,
        splitAfterSeconds: 200,
      })
      expect(SEGUE_CODE_HASH).toMatch(/^[0-9a-f]{64}$/)
      expect(text(SEGUE_STACK)).toBe('${AWS::StackId}')
      expect(text(SEGUE_LEDGER_TABLE)).toBe('${SegueLedger}')
      expect(text(SEGUE_MANIFEST_BUCKET)).toBe('${SegueManifests}')
    }
  })

  it('cap the slice at the concurrency of the options and at its time, and give live changes a reserve of their own', () => {
    const capped = lambdas.filter((lambda) => lambda.ReservedConcurrentExecutions !== undefined)
    const byName = capped.toSorted((a, b) => (a.Description < b.Description ? -1 : 1))
    expect(byName).toMatchObject([
      { Description: 'Segue: live', ReservedConcurrentExecutions: 7, MemorySize: 1769 },
      { Description: 'Segue: slice', ReservedConcurrentExecutions: 7, Timeout: 600, MemorySize: 1769 },
    ])
  })

  it('keep the versions that executions under way may still invoke', () => {
    const versions = resources(template, 'AWS::Lambda::Version')
    expect(versions).toHaveLength(files.length)
    for (const [, version] of versions) expect(version.DeletionPolicy).toBe('RetainExceptOnCreate')
  })
})

describe('the machines', () => {
  it('invoke published versions only', () => {
    for (const definition of Object.values(definitions)) {
      const invoked = [...definition.matchAll(/"Resource":"\$\{(\w+)\}"/g)].map(([, id]) => id)
      expect(invoked.length).toBeGreaterThan(2)
      for (const id of invoked) expect(id).toMatch(/CurrentVersion/)
    }
  })

  it('keep the Distributed Map, its reader and its ResultWriter in the template', () => {
    const run = JSON.parse(definitions.SegueWorkflowRunMachine!)
    expect(run.States.Copy).toMatchObject({
      MaxConcurrencyPath: '$.lease.concurrency',
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' } },
      ItemReader: { Resource: 'arn:${AWS::Partition}:states:::s3:getObject' },
      ResultWriter: { Parameters: { Bucket: '${SegueManifests}', Prefix: 'results' } },
    })
    expect(run.States.Copy.ItemProcessor.States['Copy: Slice'].TimeoutSeconds).toBe(630)
  })

  it('log errors without data, and are traced', () => {
    template.allResourcesProperties('AWS::StepFunctions::StateMachine', {
      StateMachineType: Match.absent(),
      LoggingConfiguration: Match.objectLike({ Level: 'ERROR', IncludeExecutionData: false }),
      TracingConfiguration: { Enabled: true },
    })
  })
})

describe('the stack', () => {
  it('keeps logs for as long as the options say', () => {
    template.resourceCountIs('AWS::Logs::LogGroup', files.length + 2)
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 })
    const longer = synth({ options: { sourceTable: 'orders', destinationTable: 'orders-new', logRetentionDays: 91 } })
    longer.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 120 })
  })

  it('gives nothing a fixed physical name', () => {
    const names = /^(TableName|BucketName|FunctionName|RoleName|LogGroupName|StateMachineName|GroupName)$/
    for (const [id, { Properties = {}, Type }] of Object.entries(
      template.toJSON().Resources as Record<string, Resource>,
    )) {
      // These name the function that they belong to.
      if (Type === 'AWS::Lambda::Version' || Type === 'AWS::Lambda::Permission') continue
      // A log group of a machine has the stack's own id in its name.
      if (JSON.stringify(Properties.LogGroupName ?? '').includes('AWS::StackId')) delete Properties.LogGroupName
      expect(
        Object.keys(Properties).filter((property) => names.test(property)),
        id,
      ).toEqual([])
    }
  })

  it('names no partition, region or account', () => {
    expect(JSON.stringify(template.toJSON())).not.toMatch(/arn:aws|amazonaws\.com\.|us-east-1|\b\d{12}\b/)
  })

  it('is found by its outputs', () => {
    const outputs = Object.entries(template.toJSON().Outputs as Record<string, { Value: unknown }>)
    expect(Object.fromEntries(outputs.map(([name, { Value }]) => [name, text(Value)]))).toEqual({
      SourceTable: 'orders',
      DestinationTable: 'orders-new',
      LedgerTable: '${SegueLedger}',
      SwitchTable: '${SegueSwitch}',
      ManifestBucket: '${SegueManifests}',
      RunStateMachineArn: '${SegueWorkflowRunMachine}',
      ChunkStateMachineArn: '${SegueWorkflowChunkMachine}',
      AuditTable: '${SegueAudit}',
      AlarmsTopic: '${SegueAlarmsTopic}',
      SegueVersion: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      Options: expect.stringContaining('"sliceSeconds":600'),
      // The version that executions invoke.
      PreflightFunction: expect.stringMatching(/preflight.*CurrentVersion/),
    })
  })
})

describe('capture', () => {
  const sourceStream = 'arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/2026-11-21'
  const template = synth({ options: { ...options, sourceStream } })

  it('maps the stream of the source, off until a run turns it on, from its beginning, and gives no record up', () => {
    const [[, mapping]] = resources(template, 'AWS::Lambda::EventSourceMapping') as [[string, Resource]]
    expect(mapping.Properties).toMatchObject({
      EventSourceArn: sourceStream,
      StartingPosition: 'TRIM_HORIZON',
      Enabled: false,
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: -1,
    })
    expect(JSON.stringify(mapping.Properties.DestinationConfig)).toContain('SegueManifests')
    // Of no version: a deployment would change the mapping, and turn it off.
    expect(JSON.stringify(mapping.Properties.FunctionName)).not.toContain('Version')
  })

  it('is named by an output, for the command that turns it off', () => {
    const [[id]] = resources(template, 'AWS::Lambda::EventSourceMapping') as [[string, Resource]]
    expect(template.toJSON().Outputs.CaptureMapping).toEqual({ Value: { Ref: id } })
  })

  it('names its stream in an output, for plans to compare with that of the table', () => {
    expect(template.toJSON().Outputs.SourceStream).toEqual({ Value: sourceStream })
  })

  it.each(['drain', 'monitor-stream'])(
    'gives %s, which reads all that the live function applies, as much processor',
    (name) => {
      template.hasResourceProperties('AWS::Lambda::Function', { Description: `Segue: ${name}`, MemorySize: 1769 })
    },
  )

  it('is not there without a stream', () => {
    const without = synth()
    expect(resources(without, 'AWS::Lambda::EventSourceMapping')).toEqual([])
    expect(without.toJSON().Outputs).not.toHaveProperty('SourceStream')
  })
})

describe('the watchdog', () => {
  it.each([
    [
      'with live changes',
      synth({
        options: { ...options, sourceStream: 'arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/2026' },
      }),
    ],
    ['without', synth()],
  ])('sweeps every minute, %s, and no sweep is retried or late', (_, template) => {
    const rules = resources(template, 'AWS::Events::Rule').map(([, { Properties }]) => Properties)
    const sweep = rules.filter(({ ScheduleExpression }) => ScheduleExpression === 'rate(1 minute)')
    expect(sweep).toHaveLength(1)
    const [target] = sweep[0]!.Targets
    expect(JSON.stringify(target.Arn)).toContain('watchdog')
    expect(target.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 })
    template.hasResourceProperties('AWS::Lambda::Function', { Description: 'Segue: watchdog', Timeout: 50 })
  })
})
