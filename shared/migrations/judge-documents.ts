import { SearchError } from '../search/errors.ts'
import type { Search, Write, WriteResult } from '../search/ports.ts'
import type { LoadedIndex } from './load-indices.ts'
import type { MadeDocument } from './make-document.ts'

/**
 * Judges the documents of a definition by writing them into an index of their own, which is deleted afterwards. One reason
 * or none for each.
 * @param search with retries, so that a busy cluster is tried again.
 * @param index the name of the new index.
 * @throws SearchError where the cluster refuses the definition, or a write for a reason that is none of the document.
 */
export async function judgeDocuments(
  search: Search,
  index: string,
  definition: LoadedIndex,
  made: readonly MadeDocument[],
): Promise<(string | undefined)[]> {
  try {
    const reasons = await judge(search, index, definition, made)
    await search.deleteIndex(index)
    return reasons
  } catch (error) {
    // The first error says what is wrong.
    await search.deleteIndex(index).catch(() => {})
    throw error
  }
}

async function judge(
  search: Search,
  index: string,
  { alias: name, settings, mappings }: LoadedIndex,
  made: readonly MadeDocument[],
): Promise<(string | undefined)[]> {
  const alias = `${index}-W`
  await search.createIndex(index, { settings, mappings, aliases: [alias] })
  // Each has a version of its own, the first the highest: a write that meets its own version was sent again.
  const writes = made.flatMap((one, item) =>
    one.kind === 'document'
      ? [
          {
            item,
            write: { op: 'index', alias, version: made.length - item, json: one.json, ...one.place } satisfies Write,
          },
        ]
      : [],
  )
  const results = await search.bulk(writes.map(({ write }) => write))
  const reasons = made.map((one) => (one.kind === 'quarantined' ? one.reason : undefined))
  for (const [i, { item, write }] of writes.entries())
    reasons[item] = reasonOf(name, write.version, results[i] as WriteResult)
  return reasons
}

function reasonOf(name: string, version: number, result: WriteResult): string | undefined {
  switch (result.kind) {
    case 'done':
      return undefined
    case 'conflict':
      return result.holds === version ? undefined : 'another of these items has the same id'
    case 'rejected':
    case 'too-large':
      return result.reason
    default:
      throw new SearchError(`search-${result.kind}`, `Judging documents of \`${name}\` failed: ${result.reason}`)
  }
}
