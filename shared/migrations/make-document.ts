import { utf8Bytes } from '../dynamodb/item-size.ts'
import { encodeKey, type Key, type KeySchema, keyAttributes } from '../dynamodb/key.ts'
import type { RawItem } from '../dynamodb/raw-item.ts'
import { itemMark, markField } from '../search/item-mark.ts'
import { requiresRouting } from '../search/mapping-rules.ts'
import { UnindexableError } from './errors.ts'
import { call, type Reason } from './guarded-call.ts'
import type { IndexDefinition } from './index-definition.ts'
import { toJson } from './json-values.ts'
import { describe, isPlainObject, toItem } from './values.ts'

/** The most bytes of an id. Source: OpenSearch 2.19.6, which refuses the whole bulk of a longer one. */
const maxIdBytes = 512

/** Where the document of an item is, if it has one. */
export interface DocumentPlace {
  id: string
  routing?: string
}

/**
 * What an index holds of an item.
 * - `document`: this JSON text, on one line. It carries the mark of the item.
 * - `none`: no document, at a place where one may have been.
 * - `never`: no item with this key has a document here.
 * - `quarantined`: it cannot be made. `place` is known unless it is the id or the routing that cannot; a
 *   document from before must go.
 */
export type MadeDocument =
  | { kind: 'document'; place: DocumentPlace; json: string }
  | { kind: 'none'; place: DocumentPlace }
  | { kind: 'never' }
  | { kind: 'quarantined'; place?: DocumentPlace; reason: string }

/**
 * Makes the document of an item. `reason` holds names and types, never contents of the item.
 * @param item `undefined` where there is none with this key any more.
 */
export function makeDocument(
  definition: IndexDefinition,
  schema: KeySchema,
  key: Key,
  item: RawItem | undefined,
): MadeDocument {
  const place = placeOf(definition, schema, key)
  if (place === undefined) return { kind: 'never' }
  if ('reason' in place) return { kind: 'quarantined', ...place }
  if (!item) return { kind: 'none', place }
  const made = call('document', () => definition.document(toItem(item.attributes())))
  if ('reason' in made) return { kind: 'quarantined', place, ...made }
  if (made.value === undefined || made.value === null) return { kind: 'none', place }
  // Getters and proxies run here, so this is guarded, too.
  const reduced = call('document', () => reduce(made.value))
  if ('reason' in reduced) return { kind: 'quarantined', place, ...reduced }
  if (typeof reduced.value !== 'string') return { kind: 'quarantined', place, ...reduced.value }
  const json = `{${JSON.stringify(markField)}:${JSON.stringify(itemMark(encodeKey(key)))}${reduced.value}`
  return { kind: 'document', place, json }
}

/** The rest of the text of an object that has a first field already. */
function reduce(value: unknown): string | Reason {
  if (!isPlainObject(value)) return { reason: `document: expected an object or nothing, got ${describe(value)}` }
  try {
    const document = toJson(value)
    const taken = Object.keys(document).find((name) => name === markField || name.startsWith(`${markField}.`))
    if (taken !== undefined) return { reason: `document: \`${markField}\` is the field that Segue adds` }
    const text = JSON.stringify(document)
    return text === '{}' ? '}' : `,${text.slice(1)}`
  } catch (error) {
    if (UnindexableError.is(error)) return { reason: `document ${error.message}` }
    throw error
  }
}

/** `undefined` where no item with this key has a document. */
function placeOf(definition: IndexDefinition, schema: KeySchema, key: Key): DocumentPlace | Reason | undefined {
  const keyItem = () => toItem(keyAttributes(schema, key))
  const id = call('id', () => definition.id(keyItem()))
  if ('reason' in id) return id
  if (id.value === undefined || id.value === null) return undefined
  const problem = textProblem('id', id.value)
  if (problem) return problem
  if (utf8Bytes(id.value) > maxIdBytes) return { reason: `id: longer than ${maxIdBytes} bytes` }
  const routing = call('routing', () => definition.routing?.(keyItem()))
  if ('reason' in routing) return routing
  if (routing.value === undefined || routing.value === null)
    return requiresRouting(definition.mappings)
      ? { reason: 'routing: none, and the mapping requires one' }
      : { id: id.value }
  return textProblem('routing', routing.value) ?? { id: id.value, routing: routing.value }
}

function textProblem(name: string, value: unknown): Reason | undefined {
  if (typeof value !== 'string') return { reason: `${name}: expected text, got ${describe(value)}` }
  if (value === '') return { reason: `${name}: empty` }
  return value.isWellFormed() ? undefined : { reason: `${name}: a lone surrogate, which is not UTF-8` }
}
