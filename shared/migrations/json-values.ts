import type { Json, JsonObject } from '../search/json.ts'
import { UnindexableError } from './errors.ts'
import { guardName, isNumberValue, valueName } from './number-value.ts'
import { describe, isPlainObject } from './values.ts'

/** More than an item has, and less than a stack takes: a value that holds itself ends here. */
const maxDepth = 64

/**
 * The plain JSON of a document, each value read once. A field that is `undefined` is absent. Stricter than
 * `JSON.stringify`, which turns sets and bytes into objects, `NaN` into `null`, and drops functions.
 * @throws UnindexableError naming the first field that JSON cannot hold, and why.
 */
export function toJson(document: object): JsonObject {
  return jsonObject(document, [], 0)
}

type Path = readonly PropertyKey[]

function jsonObject(object: object, path: Path, depth: number): JsonObject {
  const entries: [string, Json][] = []
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined) continue
    if (name === valueName || name === guardName)
      throw new UnindexableError(path, 'a copy of a set, of bytes or of an exact number')
    if (name === '') throw new UnindexableError(path, 'a field without a name')
    entries.push([text(name, path), json(value, [...path, name], depth + 1)])
  }
  return Object.fromEntries(entries)
}

function json(value: unknown, path: Path, depth: number): Json {
  if (depth > maxDepth) throw new UnindexableError(path, `more than ${maxDepth} levels of lists and objects`)
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string') return text(value, path)
  if (typeof value === 'number' || typeof value === 'bigint') return number(value, path)
  if (isNumberValue(value))
    throw new UnindexableError(path, 'a number with more digits than a double holds; write it as text')
  if (value instanceof Set) throw new UnindexableError(path, 'a set; write it as a list, `[...set]`')
  if (value instanceof Uint8Array) throw new UnindexableError(path, 'bytes; write them as text, such as base64')
  if (Array.isArray(value)) return Array.from(value, (member, i) => listed(member, [...path, i], depth + 1))
  if (isPlainObject(value)) return jsonObject(value, path, depth)
  throw new UnindexableError(path, describe(value))
}

/** A list has no absent members: JSON would write `null`. */
function listed(member: unknown, path: Path, depth: number): Json {
  if (member === undefined) throw new UnindexableError(path, 'undefined in a list')
  return json(member, path, depth)
}

function number(value: number | bigint, path: Path): number {
  const double = Number(value)
  if (!Number.isFinite(double)) throw new UnindexableError(path, 'a number that is not finite')
  if (typeof value === 'bigint' && BigInt(double) !== value)
    throw new UnindexableError(path, 'a number with more digits than a double holds; write it as text')
  return double
}

function text(value: string, path: Path): string {
  if (!value.isWellFormed()) throw new UnindexableError(path, 'text with a lone surrogate, which is not UTF-8')
  return value
}
