import { Stack } from 'aws-cdk-lib'
import { Vpc } from 'aws-cdk-lib/aws-ec2'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { AwsSolutionsChecks } from 'cdk-nag'
import { describe, expect, it } from 'vitest'
import { Segue, type SegueProps } from '../../../infra/index.ts'
import { emptyApp, migrations, options } from './synth.ts'

function findings(props: (stack: Stack) => Partial<SegueProps>, change?: (segue: Segue) => void): string[] {
  const app = emptyApp()
  const stack = new Stack(app, 'Stack')
  const segue = new Segue(stack, 'Segue', { options, migrations, ...props(stack) })
  change?.(segue)
  const { violations } = new AwsSolutionsChecks(app).validateScope(segue)
  return violations.map(({ ruleName }) => ruleName)
}

describe('AwsSolutions', () => {
  it('finds nothing that is not acknowledged with a reason', () => {
    expect(findings(() => ({}))).toEqual([])
  })

  it('finds nothing with a key and a VPC of the customer', () => {
    const props = (stack: Stack) => ({ encryptionKey: new Key(stack, 'Key'), vpc: new Vpc(stack, 'Vpc') })
    expect(findings(props as never)).toEqual([])
  })

  it('finds a wildcard that nobody gave a reason for', () => {
    const widen = ({ machines }: Segue) =>
      machines.run.addToRolePolicy(new PolicyStatement({ actions: ['dynamodb:*'], resources: ['table/*'] }))
    expect(findings(() => ({}), widen)).toEqual([
      'AwsSolutions-IAM5[Action::dynamodb:*]',
      'AwsSolutions-IAM5[Resource::table/*]',
    ])
  })
})
