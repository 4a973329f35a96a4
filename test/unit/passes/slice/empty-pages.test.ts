import { expect, it } from 'vitest'
import type { Page, QueryRequest, ScanRequest, Table } from '../../../../shared/dynamodb/ports.ts'
import { createChunks, newChunk } from '../../../../shared/ledger/chunks.ts'
import { fill, runId, world } from './world.ts'

/** The same read, with an empty page before each of its pages and behind the last. All but that one have a `next`. */
function withEmptyPages<R extends ScanRequest | QueryRequest>(read: (request: R) => Promise<Page>) {
  let empty = 0
  let pages = 0
  return {
    pages: () => ({ empty, all: pages }),
    async read(request: R): Promise<Page> {
      const page = await read(request)
      const first = page.items[0]?.key
      const isEmpty = pages++ % 2 === 0 || !first
      if (isEmpty) empty++
      if (!first) return page
      // Before its first item lies a key that nothing has.
      if (isEmpty)
        return { items: [], next: { pk: first.pk, sk: { S: `${(first.sk as { S: string }).S.slice(0, -1)} ` } } }
      return { ...page, next: page.items.at(-1)!.key }
    },
  }
}

/** A walk over one chunk whose reads come with empty pages. */
async function walk(w: ReturnType<typeof world>, chunk: string) {
  const pass = w.engine().openPass({} as never, 'copy', async () => {})
  const scan = withEmptyPages<ScanRequest>((request) => pass.table.scan(request))
  const query = withEmptyPages<QueryRequest>((request) => pass.table.query(request))
  const table: Table = { ...pass.table, scan: scan.read, query: query.read }
  const outcome = await w.slice(chunk, { openPass: () => ({ ...pass, table }) })
  return { outcome, scan: scan.pages(), query: query.pages() }
}

it('an empty page with a next does not end a segment, at its beginning, in the middle or at its end', async () => {
  const w = world({ split: false })
  fill(w, 300, 200)
  await w.plan()
  const { outcome, scan } = await walk(w, 's00000')
  expect(outcome).toEqual({ outcome: 'done' })
  expect(scan.empty).toBeGreaterThan(3)
  expect(w.destination.items()).toEqual(w.source.items())
  expect((await w.chunks())[0]).toMatchObject({ state: 'done', tallies: { read: 500 } })
})

it('nor does it end a range of a key', async () => {
  const w = world()
  fill(w, 500)
  await w.plan()
  const range = { kind: 'range', pk: { S: 'hot' } } as const
  await createChunks(w.ledger, [newChunk(runId, 'copy', 's00000.1', range, 0)])
  const { outcome, query } = await walk(w, 's00000.1')
  expect(outcome).toEqual({ outcome: 'done' })
  expect(query.empty).toBeGreaterThan(3)
  expect(w.destination.items()).toEqual(w.source.items())
})
