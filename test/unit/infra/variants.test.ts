// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of a template as text
import { type Stack, Tags } from 'aws-cdk-lib'
import { AttributeType, StreamViewType, Table, TableEncryption, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Vpc } from 'aws-cdk-lib/aws-ec2'
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { describe, expect, it } from 'vitest'
import { OptionsError } from '../../../shared/config/errors.ts'
import { options, plain, type Resource, resources, synth, text } from './synth.ts'

const partitionKey = { name: 'pk', type: AttributeType.STRING }

/** Who may do what with a key: actions by role. */
function keyUsers(template: ReturnType<typeof synth>, key: string): Record<string, string[]> {
  const uses = resources(template, 'AWS::IAM::Policy').flatMap(([, { Properties }]) =>
    Properties.PolicyDocument.Statement.filter(({ Resource }: { Resource: unknown }) => text(Resource) === key).map(
      ({ Action }: { Action: string | string[] }) => [plain(Properties.Roles[0].Ref), [Action].flat()],
    ),
  )
  return Object.fromEntries(uses)
}

describe('options', () => {
  it('that are unknown, missing or out of range fail the synthesis, all in one sentence', () => {
    expect(() => synth({ options: { sourceTable: 'orders', sliceSeconds: 901, speed: 'high' } as never })).toThrow(
      OptionsError,
    )
    expect(() => synth({ options: { sourceTable: 'orders', sliceSeconds: 901, speed: 'high' } as never })).toThrow(
      /destinationTable.*sliceSeconds.*unknown option `speed`/,
    )
  })

  it.each([[options], [JSON.stringify(options)]])('are read from the context `segue`, as %j', (segue) => {
    const template = synth({ options: undefined } as never, { segue })
    expect(template.toJSON().Outputs.SourceTable.Value).toBe('orders')
  })

  it('that are not JSON are refused', () => {
    expect(() => synth({ options: undefined } as never, { segue: '{sourceTable' })).toThrow(OptionsError)
  })

  it('name a migrations module that exists', () => {
    expect(() => synth({ migrations: '/nowhere/migrations.ts' })).toThrow(/`migrations`: expected a module/)
  })
})

describe('what a customer brings', () => {
  it('tables of the same stack need no names', () => {
    const template = synth((stack) => ({
      options: {},
      sourceTable: new TableV2(stack, 'Old', { partitionKey: { name: 'pk', type: AttributeType.STRING } }),
      destinationTable: new Table(stack, 'New', { partitionKey: { name: 'pk', type: AttributeType.STRING } }),
    }))
    const { Outputs } = template.toJSON()
    expect([Outputs.SourceTable, Outputs.DestinationTable].map(({ Value }) => text(Value))).toEqual([
      '${Old}',
      '${New}',
    ])
    for (const [, { Properties }] of resources(template, 'AWS::Lambda::Function'))
      expect(text(Properties.Environment.Variables.SEGUE_OPTIONS)).toContain('"sourceTable":"${Old}"')
  })

  it.each([
    ['without a stream: runs of it are offline', undefined, 0],
    ['with a stream', StreamViewType.NEW_AND_OLD_IMAGES, 1],
  ])('a source %s', (_, dynamoStream, mappings) => {
    const kinds = [
      (stack: Stack) => new TableV2(stack, 'Old', { partitionKey, ...(dynamoStream && { dynamoStream }) }),
      (stack: Stack) => new Table(stack, 'Old', { partitionKey, ...(dynamoStream && { stream: dynamoStream }) }),
    ]
    for (const table of kinds) {
      const template = synth((stack) => ({
        options: { destinationTable: 'orders-new' },
        sourceTable: table(stack),
      }))
      expect(resources(template, 'AWS::Lambda::EventSourceMapping')).toHaveLength(mappings)
      expect('SourceStream' in template.toJSON().Outputs).toBe(mappings === 1)
    }
  })

  it('tags do not touch the mapping, which a deployment would turn off', () => {
    const stream = 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026-01-01T00:00:00.000'
    const template = synth((stack) => {
      Tags.of(stack).add('cost-center', '42')
      return { options: { ...options, sourceStream: stream } }
    })
    const [[, mapping]] = resources(template, 'AWS::Lambda::EventSourceMapping') as [[string, Resource]]
    expect(mapping.Properties).not.toHaveProperty('Tags')
    expect(resources(template, 'AWS::Lambda::Function')[0]?.[1].Properties.Tags).toContainEqual({
      Key: 'cost-center',
      Value: '42',
    })
  })

  it('a key encrypts the ledger and the bucket, and whoever uses those may use it', () => {
    const template = synth((stack) => ({ encryptionKey: new Key(stack, 'Key') }))
    template.hasResourceProperties('AWS::DynamoDB::Table', { SSESpecification: { SSEType: 'KMS' } })
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }],
      },
    })
    const users = keyUsers(template, '${Key.Arn}')
    expect(Object.keys(users).sort()).toEqual([
      'SegueFunctionscaptureRole',
      'SegueFunctionscheckpassRole',
      'SegueFunctionsdrainRole',
      'SegueFunctionsfailchunkRole',
      'SegueFunctionsfinishRole',
      'SegueFunctionshaltRole',
      'SegueFunctionsleaseRole',
      'SegueFunctionsliveRole',
      'SegueFunctionsmonitorstreamRole',
      'SegueFunctionsplanRole',
      'SegueFunctionspreflightRole',
      'SegueFunctionsrepairRole',
      'SegueFunctionssettleRole',
      'SegueFunctionssliceRole',
      'SegueFunctionswatchdogRole',
      'SegueWorkflowRunMachineRole',
    ])
  })

  it('keys of the tables may be used as far as the tables are: the source key to decrypt only', () => {
    const table = (stack: never, id: string) =>
      new Table(stack, id, {
        partitionKey: { name: 'pk', type: AttributeType.STRING },
        encryption: TableEncryption.CUSTOMER_MANAGED,
        encryptionKey: new Key(stack, `${id}Key`),
      })
    const template = synth((stack) => ({
      options: {},
      sourceTable: table(stack as never, 'Old'),
      destinationTable: table(stack as never, 'New'),
    }))
    const read = ['kms:Decrypt', 'kms:DescribeKey']
    const write = [
      ...read,
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'kms:GenerateDataKeyWithoutPlaintext',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    ]
    const readers = ['preflight', 'lease', 'capture', 'slice', 'live', 'drain', 'monitorstream', 'settle', 'repair']
    expect(keyUsers(template, '${OldKey.Arn}')).toEqual(
      Object.fromEntries(readers.map((name) => [`SegueFunctions${name}Role`, read])),
    )
    expect(keyUsers(template, '${NewKey.Arn}')).toEqual({
      SegueFunctionspreflightRole: read,
      SegueFunctionsleaseRole: read,
      SegueFunctionssliceRole: write,
      SegueFunctionsliveRole: write,
      SegueFunctionssettleRole: write,
      SegueFunctionsrepairRole: write,
    })
  })

  it('a ledger takes the place of a new one, with its key, and the other key stays that of the bucket', () => {
    const template = synth((stack) => ({
      encryptionKey: new Key(stack, 'Key'),
      ledger: Table.fromTableAttributes(stack, 'Earlier', {
        tableName: 'ledger-of-last-year',
        encryptionKey: new Key(stack, 'EarlierKey'),
      }),
      options: { ...options, sourceStream: 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026' },
    }))
    expect(
      resources(template, 'AWS::DynamoDB::Table')
        .map(([id]) => plain(id))
        .sort(),
    ).toEqual(['SegueAudit', 'SegueSwitch'])
    expect(template.toJSON().Outputs.LedgerTable.Value).toBe('ledger-of-last-year')
    for (const [, { Properties }] of resources(template, 'AWS::Lambda::Function'))
      expect(Properties.Environment.Variables.SEGUE_LEDGER_TABLE).toBe('ledger-of-last-year')
    expect(Object.keys(keyUsers(template, '${EarlierKey.Arn}'))).toHaveLength(15)
    expect(keyUsers(template, '${EarlierKey.Arn}').SegueFunctionshaltRole).toContain('kms:Encrypt')
    // Of the bucket: who writes manifests, the Map, and the mapping for what the live function gives up. Of the topic: the watchdog.
    expect(Object.keys(keyUsers(template, '${Key.Arn}')).sort()).toEqual([
      'SegueFunctionsliveRole',
      'SegueFunctionsplanRole',
      'SegueFunctionswatchdogRole',
      'SegueWorkflowRunMachineRole',
    ])
  })

  it('the table of a switch that applications follow already takes the place of a new one', () => {
    const template = synth((stack) => ({ switchTable: Table.fromTableName(stack, 'Followed', 'switch-of-last-year') }))
    expect(
      resources(template, 'AWS::DynamoDB::Table')
        .map(([id]) => plain(id))
        .sort(),
    ).toEqual(['SegueAudit', 'SegueLedger'])
    expect(template.toJSON().Outputs.SwitchTable.Value).toBe('switch-of-last-year')
  })

  it('a VPC holds every function', () => {
    const template = synth((stack) => ({ vpc: new Vpc(stack, 'Vpc') }))
    for (const [, { Properties }] of resources(template, 'AWS::Lambda::Function').filter(([id]) =>
      id.startsWith('Segue'),
    ))
      expect(Properties.VpcConfig.SubnetIds.length).toBeGreaterThan(0)
  })

  it('a permissions boundary is on every role', () => {
    const template = synth((stack) => ({
      permissionsBoundary: ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'developers'),
    }))
    for (const [id, { Properties }] of resources(template, 'AWS::IAM::Role'))
      expect(text(Properties.PermissionsBoundary), id).toMatch(/policy\/developers$/)
  })
})
