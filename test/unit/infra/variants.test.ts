// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of a template as text
import { AttributeType, Table, TableEncryption, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Vpc } from 'aws-cdk-lib/aws-ec2'
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { describe, expect, it } from 'vitest'
import { OptionsError } from '../../../shared/config/errors.ts'
import { options, plain, resources, synth, text } from './synth.ts'

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
      'SegueFunctionscopiedRole',
      'SegueFunctionsdrainRole',
      'SegueFunctionsfailchunkRole',
      'SegueFunctionsfinishRole',
      'SegueFunctionsfollowRole',
      'SegueFunctionshaltRole',
      'SegueFunctionsleaseRole',
      'SegueFunctionsliveRole',
      'SegueFunctionsplanRole',
      'SegueFunctionspreflightRole',
      'SegueFunctionsrepairRole',
      'SegueFunctionssettleRole',
      'SegueFunctionssliceRole',
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
    const readers = ['preflight', 'slice', 'live', 'drain', 'follow', 'settle', 'repair']
    expect(keyUsers(template, '${OldKey.Arn}')).toEqual(
      Object.fromEntries(readers.map((name) => [`SegueFunctions${name}Role`, ['kms:Decrypt']])),
    )
    const write = ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey']
    expect(keyUsers(template, '${NewKey.Arn}')).toEqual({
      SegueFunctionspreflightRole: ['kms:Decrypt'],
      SegueFunctionsleaseRole: ['kms:Decrypt'],
      SegueFunctionssliceRole: write,
      SegueFunctionsliveRole: write,
      SegueFunctionssettleRole: write,
      SegueFunctionsrepairRole: write,
    })
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
