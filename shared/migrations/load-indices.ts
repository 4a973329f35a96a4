import { createHash } from 'node:crypto'
import { utf8Bytes } from '../dynamodb/item-size.ts'
import { markField, markMapping } from '../search/item-mark.ts'
import type { Json, JsonObject } from '../search/json.ts'
import { requiresRouting } from '../search/mapping-rules.ts'
import { SearchModuleError, UnindexableError } from './errors.ts'
import type { IndexDefinition } from './index-definition.ts'
import { toJson } from './json-values.ts'
import { defaultExport } from './module-export.ts'
import { showThrown } from './reasons.ts'
import { describe, isPlainObject } from './values.ts'

/**
 * The most bytes of an alias. An index name has 255 at most, and takes 60 for the hash, the run, the number of the build
 * and the end of the alias that it is written through.
 */
const maxAliasBytes = 195

/** A definition as it was loaded: what it is created with, in plain JSON. */
export interface LoadedIndex extends IndexDefinition {
  readonly settings: JsonObject
  readonly mappings: JsonObject
}

/**
 * Checks the index definitions of a user's module, as far as possible without an item, and returns them in the order of
 * its default export, with the defaults of their mappings and the mark of the item.
 * @throws SearchModuleError saying which definition is wrong and what was expected.
 */
export function loadIndices(module: unknown): LoadedIndex[] {
  const exported = defaultExport(module)
  if (!Array.isArray(exported))
    throw new SearchModuleError(
      `Expected the search module to default-export an array of index definitions, got ${describe(exported)}`,
    )
  const loaded = exported.map((definition, index) => {
    try {
      return load(definition)
    } catch (error) {
      if (!SearchModuleError.is(error)) throw error
      throw new SearchModuleError(`Index definition ${index + 1} (${label(definition)}): ${error.message}`)
    }
  })
  const aliases = loaded.map(({ alias }) => alias)
  const twice = aliases.find((alias, i) => aliases.indexOf(alias) < i)
  if (twice)
    throw new SearchModuleError(`Expected every index definition to have its own alias, got \`${twice}\` twice`)
  return loaded
}

/**
 * The first eight hex digits of the hash of a definition: they are part of the name of its index. Changes with its alias,
 * settings and mappings, and with the code of the module, whatever the order of the fields.
 * @param codeHash of the bundled module.
 */
export function definitionHash({ alias, settings, mappings }: LoadedIndex, codeHash: string): string {
  const text = JSON.stringify([alias, sorted(settings), sorted(mappings), codeHash])
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

function label(definition: unknown): string {
  const alias = (definition as { alias?: unknown } | null | undefined)?.alias
  return typeof alias === 'string' ? `\`${alias}\`` : 'without an alias'
}

function load(definition: unknown): LoadedIndex {
  const wrong = (problem: string) => new SearchModuleError(problem)
  if (!isPlainObject(definition)) throw wrong(`expected what defineIndex returns, got ${describe(definition)}`)
  const { alias, settings = {}, mappings, id, routing, document, ...others } = definition as Record<string, unknown>
  const [stranger] = Object.keys(others)
  if (stranger) throw wrong(`expected alias, settings, mappings, id, routing and document, got \`${stranger}\``)
  const problem = aliasProblem(alias)
  if (problem) throw wrong(problem)
  if (typeof id !== 'function') throw wrong(`expected \`id\` to be a function, got ${describe(id)}`)
  if (routing !== undefined && typeof routing !== 'function')
    throw wrong(`expected \`routing\` to be a function, got ${describe(routing)}`)
  if (typeof document !== 'function') throw wrong(`expected \`document\` to be a function, got ${describe(document)}`)
  const plain = {
    settings: settingsOf(plainJson('settings', settings)),
    mappings: mappingsOf(plainJson('mappings', mappings)),
  }
  if (requiresRouting(plain.mappings) && routing === undefined)
    throw wrong('its mapping requires a routing, so expected a function `routing`')
  return { ...(definition as IndexDefinition), ...plain }
}

function aliasProblem(alias: unknown): string | undefined {
  if (typeof alias !== 'string' || alias === '') return 'expected `alias` to be a name'
  if (alias !== alias.toLowerCase())
    return 'expected `alias` without capital letters: the names of its indices begin with it'
  if (utf8Bytes(alias) > maxAliasBytes)
    return `expected \`alias\` to have at most ${maxAliasBytes} bytes: the names of its indices have 60 more, and 255 at most`
  return /^[a-z0-9][a-z0-9._-]*$/.test(alias)
    ? undefined
    : 'expected `alias` to be lower-case letters, digits, `-`, `_` and `.`'
}

function plainJson(name: string, value: unknown): JsonObject {
  if (!isPlainObject(value)) throw new SearchModuleError(`expected \`${name}\` to be an object, got ${describe(value)}`)
  try {
    return toJson(value)
  } catch (error) {
    throw new SearchModuleError(`\`${name}\` ${UnindexableError.is(error) ? error.message : showThrown(error)}`)
  }
}

/** What a pipeline would do to documents no check could tell from damage; one of searches could hide documents. */
export const forbiddenSettings = ['default_pipeline', 'final_pipeline', 'search.default_pipeline'] as const

/** Settings below `index`: `{ index: { x } }`, `{ 'index.x': … }` and `{ x }` are the same to OpenSearch. */
function settingsOf({ index, ...rest }: JsonObject): JsonObject {
  if (index !== undefined && !isPlainObject(index))
    throw new SearchModuleError('expected `settings.index` to be an object')
  const all = Object.entries({ ...(index as JsonObject | undefined), ...rest }).map(([name, value]) => [
    name.replace(/^index\./, ''),
    value,
  ])
  const settings = Object.fromEntries(all) as JsonObject
  const bad = namesIn(settings).find(
    (name) => forbiddenSettings.some((each) => each === name) || /^blocks(\.|$)/.test(name),
  )
  if (bad)
    throw new SearchModuleError(
      `expected \`settings\` without \`${bad}\`: the index must hold the documents as they are made`,
    )
  return settings
}

/** `{ a: { b: 1 } }` and `{ 'a.b': 1 }` are the same to OpenSearch. */
function namesIn(settings: JsonObject): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [
    name,
    ...(isPlainObject(value) ? namesIn(value as JsonObject).map((inner) => `${name}.${inner}`) : []),
  ])
}

function mappingsOf(mappings: JsonObject): JsonObject {
  const { _source: source, properties = {} } = mappings
  if (source !== undefined)
    throw new SearchModuleError('expected `mappings` without `_source`: documents are compared whole')
  if (!isPlainObject(properties) || Array.isArray(properties))
    throw new SearchModuleError('expected `mappings.properties` to be an object')
  if (Object.keys(properties).some((name) => name === markField || name.startsWith(`${markField}.`)))
    throw new SearchModuleError(`expected \`mappings\` without \`${markField}\`, the field that Segue adds`)
  return {
    dynamic: false,
    // Where a mapping is dynamic after all: a text that looks like a date would make the field a date for every document.
    date_detection: false,
    ...mappings,
    properties: { ...(properties as JsonObject), [markField]: markMapping },
  }
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((name) => [name, sorted(value[name] as Json)]),
  )
}
