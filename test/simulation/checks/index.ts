import { isDeepStrictEqual } from 'node:util'
import { encodeKey, keyOf } from '../../../shared/dynamodb/key.ts'
import type { RunRecord } from '../../../shared/ledger/runs.ts'
import { documentsOf } from '../../../shared/live/tickets/documents.ts'
import { newestBuildOf } from '../../../shared/phases/index-lost.ts'
import { item } from '../../contract/samples.ts'
import type { Deployment } from '../deployment.ts'
import { type Violation, violation } from '../violation.ts'
import { indexDefinitions } from '../workload/indices.ts'

/**
 * I10: nothing moves any more, so each index of the newest build holds the document of every item of the destination, and no
 * other one. A document that a late write may bring back is left out while its burial is not due.
 */
export async function checkIndices(
  run: RunRecord,
  { world, destination, ledger, search }: Deployment,
): Promise<Violation | undefined> {
  if (!search || !run.index) return undefined
  const build = await newestBuildOf(run, ledger.memory)
  world.hit(`path: build ${build.state} at the end`)
  if (build.state !== 'ready') return undefined
  const { schema } = destination.memory
  const buried = new Set(
    ledger.memory
      .rows()
      .filter(({ pk, done }) => pk.startsWith(`BURIAL#${build.run}.index.${build.n}#`) && !done)
      .map(({ key }) => key as string),
  )
  if (buried.size > 0) world.hit('path: burial not done at the end')
  const make = documentsOf(build, indexDefinitions, schema)
  const expected = new Map(
    indexDefinitions.map(({ alias }) => [alias, new Map<string, { key: string; json: string }>()]),
  )
  for (const attributes of destination.memory.items()) {
    const key = keyOf(schema, attributes)!
    for (const { alias, made } of make(key, item(schema, key, attributes)))
      if (made.kind === 'document')
        expected
          .get(alias)!
          .set(JSON.stringify([made.place.id, made.place.routing]), { key: encodeKey(key), json: made.json })
  }
  for (const { alias } of indexDefinitions) {
    const { name } = build.indices[alias]!
    const wanted = expected.get(alias)!
    for (const { id, routing, document, version } of search.store.memory.documents(name)) {
      const place = JSON.stringify([id, routing])
      const one = wanted.get(place)
      const { key } = document.segue as { key: string }
      wanted.delete(place)
      if (buried.has(key)) continue
      if (!one)
        return violation('not indexed', `${alias} has a document of ${key}, version ${version}, and no item makes it`, {
          keys: [key],
        })
      if (!isDeepStrictEqual(JSON.parse(one.json), document))
        return violation(
          'not indexed',
          `${alias} has a document of ${key}, version ${version}, that is not as its item`,
          { keys: [key] },
        )
    }
    for (const { key } of wanted.values())
      if (!buried.has(key)) return violation('not indexed', `${alias} lacks the document of ${key}`, { keys: [key] })
  }
  world.hit('path: indices are exact')
  return undefined
}
