import { readFileSync } from 'node:fs'
import path from 'node:path'
import * as z from 'zod/mini'
import { optionsSchema, requestSchema } from '../../shared/config/options.ts'
import { type DocComment, docCommentsOf } from './doc-comments.ts'

const source = readFileSync(path.resolve(import.meta.dirname, '../../shared/config/options.ts'), 'utf8')

/** `docs/options.md`: every option of a deployment and every field of a run's input, from their schemas. */
export function optionsPage(): string {
  return `# Options

Written by \`npm run docs\` from \`shared/config/options.ts\`. Unknown names are refused, here and in a run's input.

## Of a deployment

They live in \`cdk.json\` under the context key \`segue\`, or are given to the construct as \`options\`. A change needs \`cdk deploy\`.

${table(optionsSchema, docCommentsOf(source, 'optionsSchema'))}

## Of one run

The input of an execution of the \`Run\` state machine. \`{}\` runs everything pending. \`segue run\` has a flag for each but
\`only\`, which \`segue verify\` and \`segue repair\` set, and \`by\` and \`why\`, which it fills in by itself and from \`--reason\`.

${table(requestSchema, docCommentsOf(source, 'requestSchema'))}
`
}

/** As JSON Schema describes one property; of all its words only those that our schemas use. */
interface Property {
  type: string
  default?: unknown
  enum?: string[]
  minimum?: number
  maximum?: number
  minLength?: number
  pattern?: string
}

function table(schema: z.core.$ZodType, comments: Map<string, DocComment>): string {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' }) as {
    properties?: Record<string, Property>
    required?: string[]
  }
  const rows = Object.entries(properties).map(([name, property]) => {
    const comment = comments.get(name)
    if (!comment) throw new Error(`Expected a doc comment above \`${name}\` in shared/config/options.ts, got none`)
    const { sentences, defaultText } = comment
    const isRequired = required.includes(name)
    if (property.default !== undefined && defaultText?.split(' ')[0] !== String(property.default))
      throw new Error(
        `Expected the comment of \`${name}\` to begin its default with ${property.default}, got ${defaultText}`,
      )
    if (isRequired === (defaultText !== undefined))
      throw new Error(`Expected \`@default\` exactly where an option may be left out, got otherwise for \`${name}\``)
    return `| \`${name}\` | ${sentences} | ${defaultText ?? '*required*'} | ${range(name, property)} |`
  })
  return ['| Name | Meaning | Default | Value |', '|---|---|---|---|', ...rows].join('\n')
}

/** The unit is the last word of the name. */
const units = { Seconds: 'seconds', Days: 'days', Mb: 'MB' }

function range(name: string, { type, enum: choices, minimum, maximum, minLength, pattern }: Property): string {
  if (choices) return choices.map((choice) => `\`${choice}\``).join(' or ')
  if (type === 'boolean') return '`true` or `false`'
  if (type === 'string') {
    const start = pattern?.match(/^\^(.*)\.\*$/)?.[1]
    if (start) return `text that begins with \`${start}\``
    return minLength === undefined ? 'text' : `text of at least ${minLength} characters`
  }
  const unit = Object.entries(units).find(([ending]) => name.endsWith(ending))?.[1]
  const number = (value: number | undefined) => value?.toLocaleString('en') ?? '…'
  return `${number(minimum)} to ${number(maximum)}${unit ? ` ${unit}` : ''}`
}
