import { isIP } from 'node:net'
import type { Json, JsonObject } from './json.ts'

/**
 * Why a mapping does not take a document, by rules that follow OpenSearch 2.19.6; `undefined` if it takes it. They know
 * the types below, and take anything for the others, for dates of a format of their own, and for a field that a dynamic
 * mapping would add. The cluster is the judge: these rules are for tests without one.
 */
export function mappingProblem(mappings: JsonObject, document: Json, routing?: string): string | undefined {
  if (!isObject(document)) return 'the document is no object'
  const metadata = Object.keys(document).find((name) => metadataFields.has(name))
  if (metadata) return `\`${metadata}\` is a field of OpenSearch itself`
  if (routing === undefined && requiresRouting(mappings)) return 'no routing, and the mapping requires one'
  return objectProblem(mappings, document, '', { routing, dynamic: mappings.dynamic })
}

/** Whether no document is written, read or deleted without a routing. */
export function requiresRouting({ _routing: routing }: JsonObject): boolean {
  return isObject(routing) && (routing.required === true || routing.required === 'true')
}

interface Place {
  routing: string | undefined
  /** Of the nearest object above that says so. */
  dynamic: Json | undefined
}

const metadataFields = new Set([
  '_id',
  '_index',
  '_routing',
  '_source',
  '_field_names',
  '_ignored',
  '_seq_no',
  '_version',
])

function objectProblem(mapping: JsonObject, object: JsonObject, path: string, above: Place): string | undefined {
  const place = { ...above, dynamic: mapping.dynamic ?? above.dynamic }
  for (const [name, value] of Object.entries(object)) {
    const [first = '', ...rest] = name.split('.')
    if (name === '' || [first, ...rest].includes('')) return `${at(path)}: a field name with an empty part`
    // `a.b` is the field `b` of the object `a`.
    const inner: Json = rest.length > 0 ? { [rest.join('.')]: value } : value
    const field = isObject(mapping.properties) ? own(mapping.properties, first) : undefined
    const problem = isObject(field)
      ? fieldProblem(field, inner, path ? `${path}.${first}` : first, place)
      : place.dynamic === 'strict'
        ? `${at(path)}: a field that the strict mapping does not have`
        : undefined
    if (problem) return problem
  }
  return undefined
}

/** A list is each of its members; `null` is no value. */
function fieldProblem(field: JsonObject, value: Json, path: string, place: Place): string | undefined {
  if (value === null || field.enabled === false) return undefined
  if (Array.isArray(value) && field.type !== 'geo_point') {
    for (const member of value) {
      const problem = fieldProblem(field, member, path, place)
      if (problem) return problem
    }
    return undefined
  }
  const type = field.type ?? 'object'
  if (type === 'object' || type === 'nested')
    return isObject(value) ? objectProblem(field, value, path, place) : `${at(path)}: expected an object`
  if (type === 'join') return joinProblem(field, value, path, place)
  const takes = scalars[String(type)]
  if (takes && (isObject(value) || !(field.ignore_malformed === true || takes(value, field))))
    return `${at(path)} (${type}): the value does not fit`
  for (const [name, inner] of Object.entries(isObject(field.fields) ? field.fields : {})) {
    const problem = isObject(inner) && fieldProblem(inner, value, `${path}.${name}`, place)
    if (problem) return problem
  }
  return undefined
}

type Takes = (value: Json, field: JsonObject) => boolean

const whole = (bits: number): Takes => {
  const most = 2 ** (bits - 1)
  return (value) => isNumeric(value, (number) => Math.trunc(number) >= -most && Math.trunc(number) < most)
}
const fraction =
  (most: number): Takes =>
  (value) =>
    isNumeric(value, (number) => Math.abs(number) <= most)

/** The longest term of Lucene, bytes of UTF-8. */
const maxTermBytes = 32_766

const scalars: Readonly<Record<string, Takes>> = {
  long: whole(64),
  integer: whole(32),
  short: whole(16),
  byte: whole(8),
  double: fraction(Number.MAX_VALUE),
  float: fraction(3.4028234663852886e38),
  half_float: fraction(65_504),
  scaled_float: fraction(Number.MAX_VALUE),
  boolean: (value) => typeof value === 'boolean' || value === 'true' || value === 'false' || value === '',
  text: () => true,
  keyword: (value, { ignore_above: above }) =>
    (typeof above === 'number' && String(value).length > above) || Buffer.byteLength(String(value)) <= maxTermBytes,
  date: (value, { format }) =>
    format !== undefined || typeof value === 'number' || (typeof value === 'string' && isDate(value)),
  ip: (value) => typeof value === 'string' && isIP(value) > 0,
}

/** A number, or the text of one: OpenSearch coerces unless told not to. An empty text is no value. */
function isNumeric(value: Json, inRange: (number: number) => boolean): boolean {
  if (value === '') return true
  if (typeof value === 'string' && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) return false
  return (typeof value === 'number' || typeof value === 'string') && inRange(Number(value))
}

/** `strict_date_optional_time || epoch_millis`. */
function isDate(text: string): boolean {
  if (/^\d{5,}$/.test(text)) return true
  const [, year, month = '01', day = '01'] =
    /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(?:[01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?)?(?:Z|[+-]\d\d:?\d\d)?)?)?)?$/.exec(
      text,
    ) ?? []
  if (year === undefined || Number(month) < 1 || Number(month) > 12 || Number(day) < 1) return false
  const leap = Number(year) % 4 === 0 && (Number(year) % 100 !== 0 || Number(year) % 400 === 0)
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][Number(month) - 1] ?? 0
  return Number(day) <= days
}

/** A child names its parent, and has the parent's routing. */
function joinProblem(field: JsonObject, value: Json, path: string, { routing }: Place): string | undefined {
  const relations = isObject(field.relations) ? field.relations : {}
  const name = isObject(value) ? value.name : value
  const children = Object.values(relations).flat()
  if (typeof name !== 'string' || !(Object.hasOwn(relations, name) || children.includes(name)))
    return `${at(path)} (join): no such relation`
  if (!children.includes(name)) return undefined
  if (!isObject(value) || value.parent === undefined) return `${at(path)} (join): a child without its parent`
  return routing === undefined ? `${at(path)} (join): a child without a routing` : undefined
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** Names of a mapping are code, not data. */
const at = (path: string) => (path ? `at \`${path}\`` : 'at the document')
