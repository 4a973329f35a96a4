import { ExactValueError } from './errors.ts'

/**
 * Two enumerable properties of every value handed to a migration that is not plain data: an exact number, a set, bytes.
 * A copy that loses the type (clone, spread, JSON, iterating over entries) takes at least one of them along or fails on
 * it, and no output may hold either. So such a copy can never pass for a map.
 */
export const valueName = 'Segue value'
export const guardName = 'Segue value, not to be copied'

/** A function cannot be cloned, this one cannot be turned into JSON, and it cannot be stored under any name. */
const guard = Object.assign(() => {}, { toJSON: refuseJson })

function refuseJson(): never {
  throw new ExactValueError('JSON holds no sets, bytes or exact numbers', refuseJson)
}

/** Marks a set or bytes, in place. */
export function guarded<T extends Set<unknown> | Uint8Array>(value: T): T {
  Object.assign(value, { [valueName]: '', [guardName]: guard })
  return Object.defineProperty(value, 'toJSON', { value: refuseJson })
}

/**
 * The same symbol in every copy of this package. It is on the prototype, so copies made as plain objects do not have
 * it.
 */
const brand = Symbol.for('segue.NumberValue')

/**
 * A number that JavaScript cannot hold exactly. `${number}` and `.value` give its digits, `.toBigInt()` a bigint;
 * calculating with it, comparing and JSON throw. Write numbers of up to 38 digits with `NumberValue.from('…')` or as a
 * `bigint`.
 */
export class NumberValue {
  readonly [valueName]: string
  readonly [guardName] = guard

  /** @throws TypeError for a number that may have lost digits already. */
  constructor(digits: string | number | bigint) {
    if (typeof digits === 'number' && !(Math.abs(digits) <= Number.MAX_SAFE_INTEGER))
      throw new TypeError('Expected a number that JavaScript holds exactly. Write it as text or as a bigint.')
    this[valueName] = String(digits)
  }

  /** The same as `new NumberValue(digits)`. */
  static from(digits: string | number | bigint): NumberValue {
    return new NumberValue(digits)
  }

  get [brand](): true {
    return true
  }

  /** Its digits as written. */
  get value(): string {
    return this[valueName]
  }

  toString(): string {
    return this[valueName]
  }

  /** @throws SyntaxError where it has a fraction or an exponent. */
  toBigInt(): bigint {
    return BigInt(this[valueName])
  }

  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return this[valueName]
    const problem = 'Expected String(number) or number.toBigInt(), got an exact number calculated with or compared'
    throw new ExactValueError(problem, this[Symbol.toPrimitive])
  }
}

Object.defineProperty(NumberValue.prototype, 'toJSON', { value: refuseJson })

/** Whether a value is a {@link NumberValue}, of this or of another copy of the package. Its digits may be anything. */
export function isNumberValue(value: unknown): value is NumberValue {
  return typeof value === 'object' && value !== null && (value as { [brand]?: unknown })[brand] === true
}
