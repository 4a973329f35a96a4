import { randomUUID } from 'node:crypto'
import type { Write, WriteResult } from '../search/ports.ts'
import { searchClient } from '../search/sdk/client.ts'
import { sdkSearch } from '../search/sdk/search.ts'
import type { LoadedIndex } from './load-indices.ts'
import type { MadeDocument } from './make-document.ts'

/** Documents in one request: some of them may be large. */
const atOnce = 50

/** Judges the documents of a definition by writing them into an index of their own. One reason or none for each. */
export function byCluster(endpoint: string) {
  return async (
    { settings, mappings }: LoadedIndex,
    made: readonly MadeDocument[],
  ): Promise<(string | undefined)[]> => {
    const client = searchClient(endpoint)
    const search = sdkSearch(client)
    const index = `segue-check-${randomUUID()}`
    const alias = `${index}-W`
    const reasons = made.map((one) => (one.kind === 'quarantined' ? one.reason : undefined))
    const writes = made.flatMap((one, item) =>
      one.kind === 'document'
        ? [{ item, write: { op: 'index', alias, version: 1, json: one.json, ...one.place } satisfies Write }]
        : [],
    )
    try {
      await search.createIndex(index, { settings, mappings, aliases: [alias] })
      for (let from = 0; from < writes.length; from += atOnce) {
        const some = writes.slice(from, from + atOnce)
        const results = await search.bulk(some.map(({ write }) => write))
        for (const [i, { item }] of some.entries()) reasons[item] = reasonOf(results[i] as WriteResult)
      }
    } finally {
      await search.deleteIndex(index).finally(() => client.close())
    }
    return reasons
  }
}

function reasonOf(result: WriteResult): string | undefined {
  if (result.kind === 'done') return undefined
  return result.kind === 'conflict' ? 'another of these items has the same id' : result.reason
}
