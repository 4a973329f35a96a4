import type { Attributes, AttributeValue } from '../dynamodb/attributes.ts'
import { utf8Bytes } from '../dynamodb/item-size.ts'
import { canonicalNumber } from '../dynamodb/number.ts'
import { UnstorableError } from './errors.ts'
import { guarded, guardName, isNumberValue, NumberValue, valueName } from './number-value.ts'

/**
 * An attribute value as a migration sees it. A DynamoDB number is a `number` if JavaScript can hold it exactly,
 * otherwise a {@link NumberValue}; sets are `Set`, binary values are `Uint8Array`.
 */
export type Value = string | number | bigint | boolean | null | NumberValue | Uint8Array | Set<Scalar> | Value[] | Item
type Scalar = string | number | bigint | NumberValue | Uint8Array

/** An item as a migration sees it: plain values by attribute name. */
export type Item = { [name: string]: Value }

/**
 * The most levels of values; an attribute of the item is the first. Source: "Quotas in Amazon DynamoDB", nested
 * attribute depth.
 */
const maxDepth = 32

/** Source: "Quotas in Amazon DynamoDB", attribute names: 64 KB, where DynamoDB Local 3.3.1 takes 65,535 bytes. */
const maxNameBytes = 65_535

/**
 * The plain values of an item. A deep copy: changing it does not change the attributes. Written here because
 * `unmarshall` loses an attribute named `__proto__`.
 * @param mark called for each set and for bytes. @default guarded: no copy of them can pass for a map
 */
export function toItem(attributes: Attributes, mark: Mark = guarded): Item {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, toValue(value, mark)]))
}

type Mark = <T extends Set<Scalar> | Uint8Array>(value: T) => T

function toValue(value: AttributeValue, mark: Mark): Value {
  if ('S' in value) return value.S
  if ('N' in value) return toNumber(value.N)
  if ('M' in value) return toItem(value.M, mark)
  if ('L' in value) return value.L.map((each) => toValue(each, mark))
  if ('BOOL' in value) return value.BOOL
  if ('NULL' in value) return null
  if ('SS' in value) return mark(new Set(value.SS))
  if ('NS' in value) return mark(new Set(value.NS.map(toNumber)))
  if ('B' in value) return mark(new Uint8Array(value.B))
  return mark(new Set(value.BS.map((bytes) => mark(new Uint8Array(bytes)))))
}

function toNumber(text: string): number | NumberValue {
  const number = Number(text)
  const printed = String(number)
  const exact = printed === text || canonicalNumber(printed) === canonicalNumber(text)
  return exact ? number : NumberValue.from(text)
}

/**
 * The attributes of a migration's output. An `undefined` attribute is absent. Stricter than `marshall`, which drops
 * functions, turns a set of mixed types into strings, refuses a set of short and long numbers, and quotes values in its
 * errors.
 * @throws UnstorableError naming the first attribute DynamoDB could not store, and why.
 */
export function toAttributes(item: object): Attributes {
  return mapAttributes(item, [], 0)
}

function mapAttributes(map: object, path: Path, depth: number): Attributes {
  const entries: [string, AttributeValue][] = []
  for (const [name, value] of Object.entries(map)) {
    if (value === undefined) continue
    if (name === valueName || name === guardName)
      throw new UnstorableError(path, 'a copy of a set, of bytes or of an exact number')
    if (name === '' || utf8Bytes(name) > maxNameBytes)
      throw new UnstorableError(path, 'an attribute name of 0 or over 65,535 bytes')
    if (!name.isWellFormed())
      throw new UnstorableError(path, 'an attribute name with a lone surrogate, which is not UTF-8')
    entries.push([name, toAttribute(value, [...path, name], depth)])
  }
  return Object.fromEntries(entries)
}

type Path = readonly PropertyKey[]

function toAttribute(value: unknown, path: Path, depth: number): AttributeValue {
  // An empty list or map counts as a level too, as in DynamoDB Local 3.3.1.
  const levels = Array.isArray(value) || isPlainObject(value) ? depth + 2 : depth + 1
  if (levels > maxDepth) throw new UnstorableError(path, `more than ${maxDepth} levels of lists and maps`)
  if (value === null) return { NULL: true }
  if (typeof value === 'string') return { S: string(value, path) }
  if (typeof value === 'boolean') return { BOOL: value }
  if (isNumeric(value)) return { N: number(value, path) }
  if (value instanceof Uint8Array) return { B: new Uint8Array(value) }
  if (value instanceof Set) return toSet([...value], path)
  if (Array.isArray(value))
    return { L: Array.from(value, (element, i) => toAttribute(element, [...path, i], depth + 1)) }
  if (isPlainObject(value)) return { M: mapAttributes(value, path, depth + 1) }
  throw new UnstorableError(path, describe(value))
}

function toSet(members: unknown[], path: Path): AttributeValue {
  if (members.length === 0) throw new UnstorableError(path, 'an empty set')
  if (members.every((member) => typeof member === 'string')) return { SS: members.map((text) => string(text, path)) }
  if (members.every(isNumeric))
    return {
      NS: distinct(
        members.map((member) => number(member, path)),
        path,
      ),
    }
  if (members.every((member) => member instanceof Uint8Array)) {
    distinct(
      members.map((bytes) => Buffer.from(bytes).toString('base64')),
      path,
    )
    return { BS: members.map((bytes) => new Uint8Array(bytes)) }
  }
  throw new UnstorableError(path, 'a set that is not all strings, all numbers or all binary')
}

function distinct(members: string[], path: Path): string[] {
  if (new Set(members).size < members.length) throw new UnstorableError(path, 'a set with one value twice')
  return members
}

function string(text: string, path: Path): string {
  if (!text.isWellFormed()) throw new UnstorableError(path, 'a string with a lone surrogate, which is not UTF-8')
  return text
}

function isNumeric(value: unknown): value is number | bigint | NumberValue {
  return typeof value === 'number' || typeof value === 'bigint' || isNumberValue(value)
}

function number(value: number | bigint | NumberValue, path: Path): string {
  const text = canonicalNumber(isNumberValue(value) ? digitsOf(value) : String(value))
  if (text === undefined) throw new UnstorableError(path, 'a number out of range (38 digits, 1E-130 to 9.99E+125)')
  return text
}

function digitsOf({ [valueName]: digits }: NumberValue): string {
  return typeof digits === 'string' ? digits : ''
}

export function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype = Object.getPrototypeOf(value)
  // The prototype of another realm, such as a `vm` context, also has the properties that every object inherits.
  return prototype === null || (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf'))
}

/** The type of a value, without its content: `string`, `array`, `Date`. */
export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value !== 'object') return typeof value
  // Read from the prototype: `constructor` may be an attribute.
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name
  return typeof name === 'string' && /^\w{1,40}$/.test(name) ? name : 'object'
}
