import type { Json, JsonObject } from '../search/json.ts'

/**
 * Settings of an index while it is built, those below `index`: nobody searches it, and what it loses is written again only as long
 * as the pass lasts. So nothing is refreshed or copied to a replica, and a document is on disk before it counts as written.
 */
const whileBuilding = {
  refresh_interval: '-1',
  number_of_replicas: 0,
  auto_expand_replicas: false,
  'translog.durability': 'request',
} as const

/** How long deletes are remembered, also afterwards: the longer, the fewer late writes bring a document back. */
const always = { gc_deletes: '1h' } as const

/** @param settings of its definition. */
export function settingsWhileBuilding(settings: JsonObject): JsonObject {
  return { ...flat(settings), ...whileBuilding, ...always }
}

/** What gives an index the settings of its definition, or the default, in place of those that it had while it was built. */
export function settingsAfterwards(settings: JsonObject): Record<string, string | number | boolean | null> {
  const defined = flat(settings)
  return Object.fromEntries(
    Object.keys(whileBuilding).map((name) => [name, (defined[name] ?? null) as string | number | boolean | null]),
  )
}

/** `{ a: { b: 1 } }` and `{ 'a.b': 1 }` are the same to OpenSearch, and together they contradict each other. */
export function flat(settings: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]): [string, Json][] =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(flat(value)).map(([inner, each]) => [`${name}.${inner}`, each])
        : [[name, value]],
    ),
  )
}
