import path from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { Segue } from '../../../infra/index.ts'

export const migrations = path.join(import.meta.dirname, 'no-migrations.ts')
export const options = { sourceTable: 'orders', destinationTable: 'orders-new' }

/** An app whose Lambdas are not bundled: that takes seconds and is tried by `bundle.test.ts` and by deploying. */
export function emptyApp(context: Record<string, unknown> = {}): App {
  return new App({ context: { 'aws:cdk:bundling-stacks': [], ...context } })
}

/** The template of a stack that holds a Segue and whatever `props` makes beside it. */
export function synth(
  props: object | ((stack: Stack) => object) = {},
  context: Record<string, unknown> = {},
): Template {
  const stack = new Stack(emptyApp(context), 'Stack')
  new Segue(stack, 'Segue', { options, migrations, ...(typeof props === 'function' ? props(stack) : props) })
  return Template.fromStack(stack)
}

/** A resource of a template, as far as tests look at it. */
export interface Resource {
  Type: string
  // biome-ignore lint/suspicious/noExplicitAny: properties are whatever CloudFormation takes
  Properties: any
  DeletionPolicy?: string
}

export function resources(template: Template, type: string): [id: string, resource: Resource][] {
  return Object.entries(template.findResources(type)) as [string, Resource][]
}

/** Logical ids without the hash that CDK appends. */
export const plain = (id: string) => id.replace(/[0-9A-F]{8}$/, '')

/** An intrinsic function as text: `${Ledger.Arn}`, `arn:${AWS::Partition}:s3:::…`. */
export function text(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const [[name, argument]] = Object.entries(value) as [[string, never]]
  if (name === 'Ref') return `\${${plain(argument)}}`
  if (name === 'Fn::GetAtt') return `\${${plain(argument[0])}.${argument[1]}}`
  if (name === 'Fn::Join') return (argument[1] as unknown[]).map(text).join(argument[0])
  if (name === 'Fn::Select') return `Select(${argument[0]}, ${text(argument[1])})`
  if (name === 'Fn::Split') return `Split(${argument[0]}, ${text(argument[1])})`
  return JSON.stringify(value)
}
