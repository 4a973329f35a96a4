import fc from 'fast-check'
import { NumberValue } from '../../../shared/migrations/index.ts'
import { attributes, type Made, sourceAttributes } from './values.ts'
import type { Wire, WireItem } from './wire.ts'

// biome-ignore lint/suspicious/noExplicitAny: migrations without types are what this is about.
type Any = any

/** What a migration makes of one source item, and what must become of it. */
export interface Recipe {
  up(item: Any): unknown
  /** The items to be stored if the service takes all of them; `unfit`: the source item must be set aside. */
  outputs(source: WireItem): WireItem[] | 'unfit'
  /** It may be set aside even so. */
  lenient?: boolean
}

/** A source item, under its key. */
export interface Hostile extends Recipe {
  pk: string
  source: WireItem
}

const digits = '12345678901234567890123456789012345678'
const wrapped = (times: number, core: unknown): unknown => (times === 0 ? core : [wrapped(times - 1, core)])
const wrappedInMaps = (times: number, core: unknown): unknown =>
  times === 0 ? core : { m: wrappedInMaps(times - 1, core) }
const lists = (times: number, core: Wire): Wire => (times === 0 ? core : { L: [lists(times - 1, core)] })
const maps = (times: number, core: Wire): Wire => (times === 0 ? core : { M: { m: maps(times - 1, core) } })
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
const thrower = () => {
  throw new RangeError('hostile')
}
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const walk = (value: Any): Any => {
  if (Array.isArray(value)) return value.map(walk)
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, walk(each)])) : value
}
const shallow = (item: object) =>
  Object.fromEntries(Object.entries(item).map(([n, v]) => [n, isObject(v) && !Array.isArray(v) ? { ...v } : v]))

const same = (source: WireItem) => [source]
const unfit = () => 'unfit' as const
const stored = (up: Recipe['up'], outputs: Recipe['outputs'] = same): Recipe => ({ up, outputs })
const either = (up: Recipe['up']): Recipe => ({ up, outputs: same, lenient: true })
const aside = (up: Recipe['up']): Recipe => ({ up, outputs: unfit })
const adding = (name: string, value: unknown, wire: Wire): Recipe =>
  stored(
    (i) => ({ ...i, [name]: value }),
    (source) => [{ ...source, [name]: wire }],
  )
const of = (item: Any): string => item['#pk']
const under = (source: WireItem, change: (pk: string) => string): WireItem => ({
  ...source,
  '#pk': { S: change((source['#pk'] as { S: string }).S) },
})

/** Each by itself, so that nothing depends on chance. */
const known: Recipe[] = [
  stored((i) => i),
  stored((i) => ({ ...i })),
  stored((i) => Object.assign(Object.create(null), i)),
  stored((i) => new Proxy(i, {})),
  stored((i) => [i]),
  stored((i) => Object.freeze(i)),
  stored((i) => ({ ...i, gone: undefined })),
  either((i) => structuredClone(i)),
  either((i) => JSON.parse(JSON.stringify(i))),
  either(walk),
  either(shallow),
  aside(revoked),
  aside((i) => new Proxy(i, { ownKeys: thrower })),
  aside((i) => [i, revoked()]),
  aside((i) => [i, null]),
  aside((i) => new Array(2).fill(i)),
  aside(() => new Array(1)),
  aside(async (i) => i),
  aside(() => thrower()),
  aside(() => {
    throw revoked()
  }),
  aside((i) => i['#pk']),
  aside((i) => new Map(Object.entries(i))),
  // Keys: moved, two of them, twice the same, none, of another type, too long.
  stored(
    (i) => ({ ...i, '#pk': `${of(i)} moved` }),
    (source) => [under(source, (pk) => `${pk} moved`)],
  ),
  stored(
    (i) => [i, { ...i, '#pk': `${of(i)}!` }],
    (source) => [source, under(source, (pk) => `${pk}!`)],
  ),
  stored(
    (i) => ({ ...i, '#pk': of(i).padEnd(2_048, 'x') }),
    (source) => [under(source, (pk) => pk.padEnd(2_048, 'x'))],
  ),
  stored(
    () => [],
    () => [],
  ),
  stored(
    () => undefined,
    () => [],
  ),
  aside((i) => [i, { ...i }]),
  aside((i) => ({ ...i, '#pk': undefined })),
  aside((i) => ({ ...i, '#pk': '' })),
  aside((i) => ({ ...i, '#pk': 1 })),
  aside((i) => ({ ...i, '#pk': [of(i)] })),
  aside((i) => ({ ...i, '#pk': of(i).padEnd(2_049, 'x') })),
  aside((i) => [i, { ...i, '#pk': '' }]),
  // Numbers.
  adding('x', NumberValue.from(`-0.${digits}`), { N: `-0.${digits}` }),
  adding('x', 9007199254740993n, { N: '9007199254740993' }),
  adding('x', new Set([1n, NumberValue.from(digits)]), { NS: ['1', digits] }),
  adding('x', 5e-324, { N: '5e-324' }),
  adding('x', 1e126, { N: '1e126' }),
  adding('x', 10n ** 38n + 1n, { N: String(10n ** 38n + 1n) }),
  adding('x', -(10n ** 126n), { N: '-1E126' }),
  adding('x', NumberValue.from('1E-131'), { N: '1E-131' }),
  adding('x', NumberValue.from(`${digits}.0`), { N: `${digits}.0` }),
  adding('x', NumberValue.from(`${digits}.9`), { N: `${digits}.9` }),
  aside((i) => ({ ...i, x: (NumberValue.from(digits) as Any) + 1 })),
  // Depth: the service takes 32 levels.
  ...[30, 31, 32, 33].flatMap((levels) => [
    adding('x', wrapped(levels, 1), lists(levels, { N: '1' })),
    adding('x', wrapped(levels, []), lists(levels, { L: [] })),
    adding('x', wrappedInMaps(levels, 'x'), maps(levels, { S: 'x' })),
    adding('x', wrappedInMaps(levels, {}), maps(levels, { M: {} })),
  ]),
  aside((i) => {
    const ring: Any = {}
    ring.ring = ring
    return { ...i, ring }
  }),
  // Names.
  adding('é'.repeat(32_767), 1, { N: '1' }),
  adding('é'.repeat(32_768), 1, { N: '1' }),
  adding('x', { ['é'.repeat(32_768)]: 1 }, { M: { ['é'.repeat(32_768)]: { N: '1' } } }),
  aside((i) => ({ ...i, '': 1 })),
  aside((i) => ({ ...i, '\ud83d': 1 })),
  // Only the service knows of the index that was added after the run began.
  adding('late', 'fine', { S: 'fine' }),
  adding('late', '', { S: '' }),
  adding('late', 1, { N: '1' }),
  stored(
    (i) => [i, { ...i, '#pk': `${of(i)}!`, late: '' }],
    (source) => [source, { ...under(source, (pk) => `${pk}!`), late: { S: '' } }],
  ),
]

/** Random attributes beside those of the source, put in by one of these ways. */
const ways: ((item: object, entries: [string, unknown][]) => unknown)[] = [
  (i, entries) => ({ ...i, ...Object.fromEntries(entries) }),
  (i, entries) => Object.fromEntries([...Object.entries(i), ...entries]),
  (i, entries) => [new Proxy({ ...i, ...Object.fromEntries(entries) }, {})],
  (i, entries) => {
    for (const [name, value] of entries)
      Object.defineProperty(i, name, { value, enumerable: true, configurable: true, writable: true })
    return i
  },
]

const random: fc.Arbitrary<Recipe> = fc.tuple(attributes, fc.constantFrom(...ways)).map(([entries, way]) => ({
  up: (i) =>
    way(
      i,
      entries.map(([name, { make }]) => [name, make()]),
    ),
  outputs: (source) => {
    const wires = entries.map(([name, { wire }]): [string, Made['wire']] => [name, wire])
    if (wires.some(([, wire]) => wire === 'unfit')) return 'unfit'
    return [{ ...source, ...(Object.fromEntries(wires) as WireItem) }]
  },
}))

/** 400 KB, to the byte, of several kinds of bytes: the service says where it ends. `pk` and `x` weigh as they are spelled. */
const large: ((pk: string, over: number) => Hostile)[] = [
  (pk, over) => filled(pk, 'x'.repeat(409_600 - 4 - pk.length + over)),
  (pk, over) => filled(pk, 'é'.repeat((409_600 - 4 - pk.length + over) >> 1)),
  (pk, over) => filled(pk, '\u0001'.repeat(409_600 - 4 - pk.length + over)),
  (pk, over) => {
    const size = 409_600 - 4 - pk.length + over
    const make = (): Any => ({ '#pk': pk, x: new Uint8Array(size) })
    const wire = { '#pk': { S: pk }, x: { B: Buffer.alloc(size).toString('base64') } }
    return { pk, source: { '#pk': { S: pk } }, up: make, outputs: () => [wire] }
  },
  (pk, over) => {
    // Each element is a number of two bytes, and one byte of the list.
    const count = Math.floor((409_600 - 4 - pk.length - 3 + over * 3) / 3)
    const wire = { '#pk': { S: pk }, x: { L: Array.from({ length: count }, () => ({ N: '7' })) } }
    return {
      pk,
      source: { '#pk': { S: pk } },
      up: () => ({ '#pk': pk, x: new Array(count).fill(7) }),
      outputs: () => [wire],
    }
  },
]

function filled(pk: string, x: string): Hostile {
  const source = { '#pk': { S: pk } }
  return { pk, source, up: () => ({ '#pk': pk, x }), outputs: () => [{ ...source, x: { S: x } }] }
}

/**
 * Hostile items, always the same ones: a quarter of them by the known recipes in turn, the rest at random.
 * @param mostLarge how many of about 400 KB.
 */
export function hostileItems(count: number, mostLarge: number): Hostile[] {
  const sources = fc.sample(sourceAttributes, { numRuns: count, seed: 7 })
  const recipes = fc.sample(random, { numRuns: count, seed: 8 })
  const every = Math.ceil(count / mostLarge)
  return sources.map((rest, i) => {
    const pk = `item ${i}`
    const n = Math.floor(i / every)
    if (i % every === 0) return large[n % large.length]!(pk, (Math.floor(n / large.length) % 5) - 2)
    const recipe = i % 4 === 0 ? known[(i / 4) % known.length]! : recipes[i]!
    return { pk, source: { ...rest, '#pk': { S: pk } }, ...recipe }
  })
}
