// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of a template as text
import { Stack } from 'aws-cdk-lib'
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions'
import { AttributeType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { describe, expect, it } from 'vitest'
import { Segue } from '../../../infra/index.ts'
import type { OptionsInput } from '../../../shared/config/options.ts'
import { emptyApp, migrations, options, resources, synth, text } from './synth.ts'

const reserves = (template: Template) =>
  Object.fromEntries(
    resources(template, 'AWS::Lambda::Function').flatMap(([, { Properties }]) =>
      Properties.ReservedConcurrentExecutions === undefined
        ? []
        : [[Properties.Description, Properties.ReservedConcurrentExecutions]],
    ),
  )

/** How many children of a split run at once, in every machine; 0 is all of them. */
const childrenAtOnce = (template: Template) =>
  resources(template, 'AWS::StepFunctions::StateMachine').flatMap(([, { Properties }]) =>
    [...text(Properties.DefinitionString).matchAll(/"ItemsPath":"\$\.slice\.children".*?"MaxConcurrency":(\d+)/g)].map(
      ([, most]) => Number(most),
    ),
  )

function withOptions(more: Partial<OptionsInput>): Stack {
  const stack = new Stack(emptyApp(), 'Stack')
  new Segue(stack, 'Segue', { options: { ...options, ...more }, migrations })
  return stack
}

describe('the concurrency of the account', () => {
  it('is reserved for slices and for live changes, and synth says which limit that needs', () => {
    const stack = withOptions({})
    expect(reserves(Template.fromStack(stack))).toEqual({ 'Segue: slice': 40, 'Segue: live': 40 })
    Annotations.fromStack(stack).hasInfo('/Stack/Segue', Match.stringLikeRegexp('reserves 80 .* must be 180 or more'))
  })

  it('is reserved for slices alone where the options say so', () => {
    const stack = withOptions({ reserve: 'slices', concurrency: 7 })
    expect(reserves(Template.fromStack(stack))).toEqual({ 'Segue: slice': 7 })
    Annotations.fromStack(stack).hasInfo('/Stack/Segue', Match.stringLikeRegexp('reserves 7 .* must be 107 or more'))
  })

  it('is not reserved in a small account: then the ranges of a split key take turns, so that nothing exceeds `concurrency`', () => {
    const stack = withOptions({ reserve: 'none', concurrency: 5 })
    const template = Template.fromStack(stack)
    expect(reserves(template)).toEqual({})
    expect(Annotations.fromStack(stack).findInfo('*', Match.anyValue())).toEqual([])
    expect(childrenAtOnce(template)).toEqual([1, 1, 1, 1])
    expect(childrenAtOnce(synth())).toEqual([0, 0, 0, 0])
  })
})

describe('the architecture of the Lambdas', () => {
  it.each([
    ['arm64', {}],
    ['x86_64', { architecture: 'x86_64' } as const],
  ])('is %s for all of them where the options say %j', (architecture, more) => {
    Template.fromStack(withOptions(more)).allResourcesProperties('AWS::Lambda::Function', {
      Architectures: [architecture],
    })
  })
})

describe('the logs of the state machines', () => {
  it("are under the prefix that spares the account's resource policy, with the names of stack and machine", () => {
    const names = resources(synth(), 'AWS::Logs::LogGroup').flatMap(([, { Properties = {} }]) =>
      Properties.LogGroupName ? [text(Properties.LogGroupName)] : [],
    )
    // The stack's own id: the group of a destroyed stack stays, and the stack must deploy again.
    const id = 'Select(2, Split(/, ${AWS::StackId}))'
    expect(names.sort()).toEqual([`/aws/vendedlogs/states/Stack-Chunk-${id}`, `/aws/vendedlogs/states/Stack-Run-${id}`])
  })
})

describe('another partition', () => {
  it('of GovCloud is named in every ARN that is known when the stack is synthesized', () => {
    const stack = new Stack(emptyApp(), 'Stack', { env: { account: '111122223333', region: 'us-gov-west-1' } })
    const sourceStream = 'arn:aws-us-gov:dynamodb:us-gov-west-1:111122223333:table/orders/stream/2026-01-01'
    new Segue(stack, 'Segue', { options: { ...options, sourceStream }, migrations })
    const template = Template.fromStack(stack)
    const written = JSON.stringify(template.toJSON())
    expect(written).not.toMatch(/arn:aws:/)
    expect(written).not.toMatch(/us-east-1|amazonaws\.com\.cn/)
    expect(written).toMatch(/:aws-us-gov:|\{"Ref":"AWS::Partition"\}/)
  })
})

describe('customer keys', () => {
  const partitionKey = { name: 'pk', type: AttributeType.STRING }
  const encrypted = (stack: Stack, id: string) =>
    new Table(stack, id, {
      partitionKey,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: new Key(stack, `${id}Key`),
    })

  /** Actions on a key in a template, with wildcards spelled out as far as they concern data and no key pairs. */
  function keyActions(template: Template, key: string, policy = ''): string[] {
    const spelled: Record<string, string[]> = {
      'kms:ReEncrypt*': ['kms:ReEncryptFrom', 'kms:ReEncryptTo'],
      'kms:GenerateDataKey*': ['kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext'],
    }
    const statements = resources(template, 'AWS::IAM::Policy')
      .filter(([id]) => id.includes(policy))
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
    const actions = statements
      .filter(({ Resource }: { Resource: unknown }) => text(Resource) === key)
      .flatMap(({ Action }: { Action: string | string[] }) => Action)
    return [...new Set(actions.flatMap((action: string) => spelled[action] ?? action))].sort() as string[]
  }

  it.each([
    ['slice', 'read and write', (table: Table, role: Role) => table.grantReadWriteData(role)],
    ['preflight', 'read', (table: Table, role: Role) => table.grantReadData(role)],
  ])('may be used by %s for what CDK itself grants to whoever may %s a table', (name, _, grant) => {
    const own = new Stack(emptyApp(), 'Own')
    grant(encrypted(own, 'New'), new Role(own, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }))
    const granted = keyActions(Template.fromStack(own), '${NewKey.Arn}')
    expect(granted).toContain('kms:DescribeKey')
    const template = synth((stack) => ({
      options: { sourceTable: 'orders' },
      destinationTable: encrypted(stack, 'New'),
    }))
    expect(keyActions(template, '${NewKey.Arn}', `Functions${name}`)).toEqual(granted)
  })
})
