import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import type { KeySchema } from '../../../shared/dynamodb/key.ts'
import { rawItem } from '../../../shared/dynamodb/raw-item.ts'
import { type Item, type Migration, NumberValue } from '../../../shared/migrations/index.ts'
import { migrateItem } from '../../../shared/migrations/migrate-item.ts'
import { migration, pkAndSk, raw } from './fixtures.ts'

const secret = 'jane@example.com'

/** Why an item full of secrets is quarantined; the reason must not give one away. */
function reasonOf(parts: Partial<Migration>, schema: KeySchema = pkAndSk): string {
  const item = raw({
    status: { S: secret },
    lines: { L: [{ M: { price: { S: secret } } }] },
    by: { M: { [secret]: { N: '1' } } },
  })
  const migrated = migrateItem([migration(parts)], schema, item)
  expect(migrated.kind).toBe('quarantined')
  const { reason } = migrated as { reason: string }
  expect(reason).not.toContain('jane')
  return reason
}

const returning = (output: unknown) => reasonOf({ up: () => output })
const withOutput = (attributes: object) => returning({ pk: 'a', sk: 'b', ...attributes })

describe.each([
  ['zod', z],
  ['zod/mini', mini as unknown as typeof z],
])('an item is quarantined by a schema of %s', (_, z) => {
  it('when it fails the source schema', () => {
    expect(reasonOf({ source: z.object({ status: z.number() }) })).toBe('source schema: at `status`: expected number')
  })

  it('when an output fails the target schema', () => {
    expect(reasonOf({ target: z.object({ missing: z.boolean() }) })).toBe(
      'target schema: at `missing`: expected boolean',
    )
  })

  it('with the place, but no position in a list, no value and no key of a map that may be data', () => {
    const lines = z.array(z.object({ price: z.number() }))
    expect(reasonOf({ source: z.object({ lines }) })).toBe('source schema: at `lines[].price`: expected number')
    expect(reasonOf({ source: z.object({ by: z.record(z.string(), z.string()) }) })).toBe(
      'source schema: at `by.*`: expected string',
    )
    expect(reasonOf({ source: z.object({ status: z.literal('open') }) })).toBe(
      'source schema: at `status`: invalid_value',
    )
    expect(reasonOf({ source: z.strictObject({ pk: z.string() }) })).toBe(
      'source schema: at the item: unrecognized_keys',
    )
  })

  it('with the number of further issues', () => {
    expect(reasonOf({ source: z.object({ status: z.number(), pk: z.number() }) })).toMatch(/ \(and 1 more\)$/)
  })

  it('when the schema is asynchronous or throws', () => {
    const refinement = { async: async () => true, throws: () => JSON.parse(secret) }
    const asynchronous = z.object({ status: z.string().check(z.refine(refinement.async)) })
    const throwing = z.object({ status: z.string().check(z.refine(refinement.throws)) })
    expect(reasonOf({ source: asynchronous })).toBe(
      'source schema returned a promise; it must be synchronous and not throw',
    )
    expect(reasonOf({ target: throwing })).toBe(
      'target schema returned a promise; it must be synchronous and not throw',
    )
  })
})

describe('an item is quarantined when `up`', () => {
  it('throws, with the class of the error and the place, not the message', () => {
    const up = (item: Item) => {
      throw new RangeError(`bad ${item.status}\n    at fake (${secret}:1:1)`)
    }
    expect(reasonOf({ up })).toMatch(/^up threw RangeError at quarantine\.test\.ts:\d+$/)
  })

  it('throws what is no error, an error named after data, or a forged stack', () => {
    expect(reasonOf({ up: throwing(secret) })).toBe('up threw something that is not an Error')
    expect(reasonOf({ up: throwing(Object.assign(new Error('x'), { name: secret })) })).toMatch(
      /^up threw an Error at /,
    )
    const forged = Object.assign(new Error('later'), { stack: `Error: first\n    at fake (${secret}:1:1)` })
    expect(reasonOf({ up: throwing(forged) })).toBe('up threw Error')
  })

  it('returns a promise, even one that rejects', async () => {
    expect(reasonOf({ up: async () => ({ pk: 'a' }) })).toBe(
      'up returned a promise; it must be synchronous and not throw',
    )
    // Vitest fails the file on an unhandled rejection.
    expect(reasonOf({ up: () => Promise.reject(new Error(secret)) })).toBe(
      'up returned a promise; it must be synchronous and not throw',
    )
    await new Promise(setImmediate)
  })

  it.each<[unknown, string]>([
    [secret, 'string'],
    [7, 'number'],
    [false, 'boolean'],
    [[secret], 'string'],
    [[null], 'null'],
    [[[]], 'array'],
    [new Date(0), 'Date'],
    [new Map(), 'Map'],
  ])('returns %j', (output, what) => {
    expect(returning(output)).toBe(`up: expected items or nothing, got ${what}`)
  })
})

function throwing(thrown: unknown) {
  return () => {
    throw thrown
  }
}

describe('an item is quarantined when `applies`', () => {
  it('throws or does not say yes or no', () => {
    expect(reasonOf({ applies: throwing(new TypeError(secret)) })).toMatch(
      /^applies threw TypeError at quarantine\.test\.ts:\d+$/,
    )
    expect(reasonOf({ applies: (async () => false) as never })).toBe(
      'applies returned a promise; it must be synchronous and not throw',
    )
    expect(reasonOf({ applies: (() => secret) as never })).toBe('applies: expected a boolean, got string')
    const map = { constructor: { name: secret } }
    expect(reasonOf({ applies: (() => map) as never })).toBe('applies: expected a boolean, got Object')
  })
})

describe('an item is quarantined when an output', () => {
  it('has no key, or one of another type', () => {
    expect(returning({ pk: 'a' })).toBe('output: key attribute `sk` is missing')
    expect(returning({ pk: 1, sk: 'b' })).toBe('output: key attribute `pk`: expected S, got N')
    expect(returning({ pk: 'a', sk: null })).toBe('output: key attribute `sk`: expected S, got NULL')
  })

  it('has an empty key, of text or of bytes', () => {
    const bytes: KeySchema = { pk: { name: 'pk', type: 'B' } }
    expect(withOutput({ pk: '' })).toBe('output: key attribute `pk` is empty')
    expect(reasonOf({ up: () => ({ pk: new Uint8Array() }) }, bytes)).toBe('output: key attribute `pk` is empty')
  })

  it('has too long a key, in bytes', () => {
    expect(migrates({ pk: 'é'.repeat(1_024), sk: 'é'.repeat(512) })).toBe(true)
    expect(withOutput({ pk: `${'é'.repeat(1_024)}x` })).toBe('output: key attribute `pk` is longer than 2,048 bytes')
    expect(withOutput({ sk: `${'é'.repeat(512)}x` })).toBe('output: key attribute `sk` is longer than 1,024 bytes')
  })

  it('holds what DynamoDB cannot store', () => {
    expect(withOutput({ lines: [{ price: Number.NaN }] })).toBe(
      'output: at `lines[].price`: DynamoDB cannot store a number out of range (38 digits, 1E-130 to 9.99E+125)',
    )
    expect(withOutput({ tags: new Set() })).toBe('output: at `tags`: DynamoDB cannot store an empty set')
    expect(withOutput({ f: () => secret })).toBe('output: at `f`: DynamoDB cannot store function')
  })

  it('is larger than 409,600 bytes', () => {
    const rest = 'pk'.length + 1 + 'sk'.length + 1 + 'text'.length
    expect(migrates({ pk: 'a', sk: 'b', text: 'x'.repeat(409_600 - rest) })).toBe(true)
    expect(withOutput({ text: 'x'.repeat(409_601 - rest) })).toBe('output: larger than 409,600 bytes')
  })

  it('has the key of another, however it is spelt', () => {
    const numbered: KeySchema = { pk: { name: 'n', type: 'N' } }
    const twins = [{ n: 1.5 }, { n: NumberValue.from('1.50') }]
    expect(reasonOf({ up: (item: Item) => [item, item] })).toBe('two outputs have the same key')
    expect(reasonOf({ up: () => twins }, numbered)).toBe('two outputs have the same key')
  })
})

function migrates(output: object): boolean {
  return (
    migrateItem([migration({ up: () => output })], pkAndSk, rawItem(pkAndSk, { pk: { S: 'a' }, sk: { S: 'b' } }))
      .kind === 'migrated'
  )
}
