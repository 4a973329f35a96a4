import fc from 'fast-check'
import { NumberValue } from '../../../shared/migrations/index.ts'
import type { Wire, WireItem } from './wire.ts'

/**
 * A value as a migration may make it, and what must be on the wire. `unfit`: no attribute value says the same. What the
 * service makes of the rest (38 digits, 32 levels, 400 KB), it says itself.
 */
export interface Made {
  /** A new one on each call: migrations are run several times. */
  make(): unknown
  wire: Wire | 'unfit'
}

const digits = '12345678901234567890123456789012345678'
/** Names that look like something else: members of every object, expressions, paths, placeholders, code. */
const oddNames = ['__proto__', 'constructor', 'toString', 'then', '#x', ':y', "'; --", '\\', 'a.b', 'a[0]', ' ']
const name = fc
  .oneof(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }), fc.constantFrom(...oddNames))
  // DynamoDB Local 3.3.1 now and then reads a name that JSON escapes, such as `"`, as `\`: where the escape falls onto the
  // end of a buffer.
  .filter((each) => [...each].every((unit) => unit >= ' ' && unit !== '"'))
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('', 'é'.repeat(50), '💥', '1', 'null'),
)
const numberText = fc.oneof(
  fc.constantFrom('0', '-0', '-1.5', digits, `-0.${digits}`, '1E125', '-1E-130', '00.10', '+7'),
  fc
    .tuple(fc.bigInt({ min: 1n - 10n ** 38n, max: 10n ** 38n - 1n }), fc.integer({ min: -130, max: 88 }))
    .map(([n, e]) => `${n}E${e}`),
)

const stores = (make: () => unknown, wire: Wire): Made => ({ make, wire })
const unfit = (make: () => unknown): Made => ({ make, wire: 'unfit' })
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const thrower = () => {
  throw new RangeError('hostile')
}
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const numeric: fc.Arbitrary<Made> = fc.oneof(
  // Beyond these the service has no numbers; `known` in recipes.ts crosses its limits.
  fc
    .double({ min: -1e125, max: 1e125, noNaN: true })
    .filter((n) => n === 0 || Math.abs(n) > 1e-130)
    .map((n) => stores(() => n, { N: String(n) })),
  fc.maxSafeInteger().map((n) => stores(() => n, { N: String(n) })),
  fc.bigInt({ min: 1n - 10n ** 38n, max: 10n ** 38n - 1n }).map((n) => stores(() => n, { N: String(n) })),
  numberText.map((N) => stores(() => NumberValue.from(N), { N })),
)

const unfitValue: fc.Arbitrary<Made> = fc.constantFrom(
  unfit(() => Number.NaN),
  unfit(() => Number.NEGATIVE_INFINITY),
  unfit(() => '\ud83d'),
  unfit(() => new Date(0)),
  unfit(() => new Map([['a', 1]])),
  unfit(() => /x/),
  unfit(() => Symbol('x')),
  unfit(() => () => 1),
  unfit(
    () =>
      new (class Money {
        amount = 1
      })(),
  ),
  unfit(() => new Set()),
  unfit(() => new Set(['a', 1])),
  unfit(() => new Set([1, 1n])),
  unfit(() => new Set([NumberValue.from('1.0'), 1])),
  unfit(() => new Set([[1]])),
  unfit(() => new Set(['a', '\ud83d'])),
  unfit(() => new Set([Buffer.from('x'), new Uint8Array([120])])),
  unfit(() => new Proxy(new Set(['a']), {})),
  unfit(() => new Array(2)),
  // biome-ignore lint/suspicious/noSparseArray: that is what it is about.
  unfit(() => [1, , 2]),
  unfit(() => [undefined]),
  unfit(revoked),
  unfit(() => new Proxy([], { get: thrower })),
  unfit(() => Object.defineProperty({}, 'x', { enumerable: true, get: thrower })),
  unfit(() => structuredClone({ id: NumberValue.from(digits) })),
  unfit(() => ({ ...NumberValue.from(digits) })),
  unfit(() => ({ '': 1 })),
  unfit(() => ({ '\udc00': 1 })),
)

type Shell = (entries: [string, unknown][]) => object

/** Ways to make one plain object. An attribute that is `undefined` is absent. */
const shells: Shell[] = [
  (entries) => Object.fromEntries(entries),
  (entries) => Object.assign(Object.create(null), Object.fromEntries(entries)),
  (entries) => ({ ...Object.fromEntries(entries) }),
  (entries) => new Proxy(Object.fromEntries(entries), {}),
  (entries) => Object.freeze({ ...Object.fromEntries(entries), [Symbol('x')]: 1 }),
  (entries) => ({ ...Object.fromEntries(entries), 'never there': undefined }),
]

/** Values of every kind, nested some levels. */
export const { made } = fc.letrec<{ made: Made; plain: Made }>((tie) => ({
  made: fc.oneof({ weight: 9, arbitrary: tie('plain') }, { weight: 1, arbitrary: unfitValue }),
  plain: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    numeric,
    text.map((S) => stores(() => S, { S })),
    fc.boolean().map((BOOL) => stores(() => BOOL, { BOOL })),
    fc.constant(stores(() => null, { NULL: true })),
    fc.uint8Array({ maxLength: 4 }).map((bytes) => stores(() => Buffer.from(bytes), { B: base64(bytes) })),
    fc.uniqueArray(text, { minLength: 1, maxLength: 4 }).map((SS) => stores(() => new Set(SS), { SS })),
    fc
      .uniqueArray(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), { minLength: 1, maxLength: 4 })
      .map((all) => stores(() => new Set(all.map(mixed)), { NS: all.map(String) })),
    fc
      .uniqueArray(fc.uint8Array({ maxLength: 3 }), { minLength: 1, maxLength: 4, selector: base64 })
      .map((all) => stores(() => new Set(all.map((bytes) => new Uint8Array(bytes))), { BS: all.map(base64) })),
    fc.tuple(fc.array(tie('made'), { maxLength: 3 }), fc.boolean()).map(([all, proxied]) => listOf(all, proxied)),
    fc
      .tuple(
        fc.uniqueArray(fc.tuple(name, tie('made')), { maxLength: 3, selector: ([each]) => each }),
        fc.constantFrom(...shells),
      )
      .map(([entries, shell]) => mapOf(entries, shell)),
  ),
}))

/** The same whole number as a bigint, as a number where that is exact, or as an exact number. */
function mixed(n: bigint): unknown {
  if (n % 2n === 0n) return n
  const number = Number(n)
  return Number.isSafeInteger(number) ? number : NumberValue.from(n)
}

function listOf(all: Made[], proxied: boolean): Made {
  const make = () => {
    const list = all.map((each) => each.make())
    return proxied ? new Proxy(list, {}) : list
  }
  const L = all.map(({ wire }) => wire)
  return { make, wire: L.includes('unfit') ? 'unfit' : { L: L as Wire[] } }
}

function mapOf(entries: [string, Made][], shell: Shell): Made {
  const make = () => shell(entries.map(([each, value]) => [each, value.make()]))
  const fits = entries.every(([, { wire }]) => wire !== 'unfit')
  const M = () => Object.fromEntries(entries.map(([each, { wire }]) => [each, wire as Wire]))
  return { make, wire: fits ? { M: M() } : 'unfit' }
}

const key = ['#pk', 'late']
const others = (names: [string, unknown][]) => names.filter(([each]) => !key.includes(each))

/** Attributes of a migration's output, beside its key. */
export const attributes: fc.Arbitrary<[string, Made][]> = fc
  .uniqueArray(fc.tuple(name, made), { minLength: 1, maxLength: 4, selector: ([each]) => each })
  .map((entries) => others(entries) as [string, Made][])

/** Attributes of a source item, beside its key. The service refuses a few. */
export const sourceAttributes: fc.Arbitrary<WireItem> = attributes.map((entries) =>
  Object.fromEntries(entries.flatMap(([each, { wire }]) => (wire === 'unfit' ? [] : [[each, wire]]))),
)
