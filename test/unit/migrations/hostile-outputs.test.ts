import vm from 'node:vm'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { Item, Migration } from '../../../shared/migrations/index.ts'
import { migrateItem } from '../../../shared/migrations/migrate-item.ts'
import { migration, pkAndSk, raw } from './fixtures.ts'

const secret = 'jane@example.com'

function reasonOf(parts: Partial<Migration>): string {
  const migrated = migrateItem([migration(parts)], pkAndSk, raw({ secret: { S: secret } }))
  expect(migrated.kind).toBe('quarantined')
  const { reason } = migrated as { reason: string }
  expect(reason).not.toContain('jane')
  return reason
}

const withOutput = (attributes: object) =>
  reasonOf({ up: () => Object.assign({ pk: 'a', sk: 'b' }, attributes), target: z.looseObject({ pk: z.string() }) })
const refusing = () => {
  throw new RangeError(secret)
}
const revoked = (target: object) => {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}
const wrapped = (times: number, core: unknown): unknown => (times === 0 ? core : { a: wrapped(times - 1, core) })

describe('an output that throws when it is looked at is a reason, and nothing leaves `migrateItem`', () => {
  it.each<[string, unknown]>([
    ['a revoked proxy', revoked({})],
    ['a revoked proxy of a list', revoked([])],
    ['a revoked proxy of a function', revoked(() => {})],
    ['a getter', Object.defineProperty({}, 'x', { enumerable: true, get: refusing })],
    ['a proxy that refuses its keys', new Proxy({}, { ownKeys: refusing })],
    ['a proxy that refuses its prototype', new Proxy({}, { getPrototypeOf: refusing })],
    ['a proxy of a set', new Proxy(new Set(['a']), {})],
    ['a proxy of bytes', new Proxy(new Uint8Array(2), {})],
    ['what only looks like bytes', Object.create(Uint8Array.prototype)],
    ['what only looks like a set', Object.create(Set.prototype)],
    ['a list whose iterator throws', Object.assign([1], { [Symbol.iterator]: refusing })],
    ['a class whose name throws', Object.create({ constructor: Object.defineProperty({}, 'name', { get: refusing }) })],
  ])('%s', (_, value) => {
    expect(withOutput({ nested: { value } })).toMatch(/^output(: | threw )/)
    expect(withOutput({ value: [value] })).toMatch(/^output(: | threw )/)
    expect(reasonOf({ up: () => value })).toMatch(/^(up|output)(: | threw )/)
    expect(reasonOf({ up: () => [value] })).toMatch(/^(up|output)(: | threw )/)
  })

  it('a list of outputs that throws', () => {
    expect(reasonOf({ up: () => new Proxy([], { get: refusing }) })).toMatch(/^up threw RangeError/)
  })

  it('what `up` throws, however it is made', () => {
    const stackless = Object.assign(new Error('x'), { stack: 5 })
    for (const thrown of [
      revoked({}),
      revoked(new Error('x')),
      new Proxy(new Error('x'), { get: refusing }),
      stackless,
    ]) {
      const up = () => {
        throw thrown
      }
      expect(reasonOf({ up })).toMatch(/^up threw /)
    }
  })

  it('an answer of a schema that is none', () => {
    const validating = (result: unknown): Migration['source'] => ({
      '~standard': { version: 1, vendor: 'test', validate: () => result as never },
    })
    const hostile = [undefined, null, { issues: 7 }, { issues: [revoked({})] }, { issues: [{ path: 7 }] }, revoked({})]
    for (const result of hostile) {
      expect(reasonOf({ source: validating(result) })).toMatch(/^source schema/)
      expect(reasonOf({ target: validating(result) })).toMatch(/^target schema/)
    }
  })
})

describe('an output is quarantined for', () => {
  it.each([['é'.repeat(32_768)], ['x'.repeat(65_536)]])('a name over 65,535 bytes, at the top and nested', (name) => {
    const reason = /: DynamoDB cannot store an attribute name of 0 or over 65,535 bytes$/
    expect(withOutput({ [name]: 1 })).toMatch(reason)
    expect(withOutput({ m: [{ [name]: 1 }] })).toMatch(reason)
  })

  it('half a character in a name', () => {
    expect(withOutput({ m: { '\ud83d': 1 } })).toBe(
      'output: at `m`: DynamoDB cannot store an attribute name with a lone surrogate, which is not UTF-8',
    )
  })

  it.each([{}, []])('%j inside 31 wraps, which counts as a level', (core) => {
    expect(withOutput({ a: wrapped(31, core) })).toContain('more than 32 levels')
    expect(withOutput({ a: wrapped(32, 1) })).toContain('more than 32 levels')
    const fits = [wrapped(30, core), wrapped(31, 1), wrapped(31, new Set(['a']))]
    for (const a of fits)
      expect(migrateItem([migration({ up: (item) => ({ ...(item as object), a }) })], pkAndSk, raw()).kind).toBe(
        'migrated',
      )
  })

  it('what it would inherit', () => {
    const inherits = Object.create(Object.assign(Object.create(null), { lost: 1 }))
    expect(withOutput({ m: inherits })).toBe('output: at `m`: DynamoDB cannot store object')
  })
})

it('an object without a prototype, or of another realm, is plain', () => {
  const m = Object.assign(Object.create(null), { other: vm.runInNewContext('({ a: [1] })') })
  const result = migrateItem([migration({ up: (item) => ({ ...(item as object), m }) })], pkAndSk, raw())
  expect(result).toMatchObject({ kind: 'migrated' })
})

it('an `applies` that changes its argument changes nothing', () => {
  const meddling = (says: boolean) =>
    migration({
      id: 'meddling',
      applies(item: Item) {
        ;(item.deep as Item).x = 'changed'
        delete item.secret
        return says
      },
    })
  for (const says of [true, false]) {
    const item = raw({ secret: { S: 'kept' }, deep: { M: { x: { S: 'kept' } } } })
    const result = migrateItem([meddling(says), migration({ id: 'next' })], pkAndSk, item)
    expect((result as { outputs: (typeof item)[] }).outputs[0]?.attributes()).toEqual(item.attributes())
  }
})

it('a target schema that changes the output changes nothing', () => {
  const meddling: Migration['target'] = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => ({ value: Object.assign(value as object, { x: 1 }) }),
    },
  }
  const result = migrateItem([migration({ target: meddling })], pkAndSk, raw())
  expect((result as { outputs: ReturnType<typeof raw>[] }).outputs[0]?.attributes()).toEqual(raw().attributes())
})
