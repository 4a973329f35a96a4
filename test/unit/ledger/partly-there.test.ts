import { expect, it } from 'vitest'
import { createChunks, listChunks, newChunk } from '../../../shared/ledger/chunks.ts'
import { listQuarantine, quarantine } from '../../../shared/ledger/quarantine.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'

/** A repetition may find some rows of a transaction stored already: it must store the others, and change none. */
it('planning again stores the chunks that are missing and leaves the others as they are', async () => {
  const ledger = memoryLedgerTable()
  const chunks = Array.from({ length: 250 }, (_, i) => {
    const chunk = { kind: 'segment', segment: i, totalSegments: 250 } as const
    return newChunk('r', 'copy', `s${String(i).padStart(5, '0')}`, chunk, 1)
  })
  const done = chunks.filter((_, i) => i % 60 === 0).map((chunk) => ({ ...chunk, state: 'done' as const }))
  await createChunks(ledger, done)
  await createChunks(ledger, chunks)
  const stored = await listChunks(ledger, 'r', 'copy')
  expect(stored.map(({ id }) => id).sort()).toEqual(chunks.map(({ id }) => id))
  expect(stored.filter(({ state }) => state === 'done')).toHaveLength(done.length)
})

it('a page that is repeated lists the items that are not listed yet and leaves the others as they are', async () => {
  const ledger = memoryLedgerTable()
  const items = Array.from({ length: 250 }, (_, i) => ({
    ...{ key: { pk: { S: String(i).padStart(3, '0') } }, migration: 'm', reason: 'first', at: 1 },
  }))
  const before = items.filter((_, i) => i % 60 === 0)
  await quarantine(ledger, 'r', before)
  await quarantine(
    ledger,
    'r',
    items.map((item) => ({ ...item, reason: 'second', at: 2 })),
  )
  const listed = await listQuarantine(ledger, 'r')
  expect(listed.map(({ key }) => (key.pk as { S: string }).S).sort()).toEqual(items.map(({ key }) => key.pk.S))
  expect(listed.filter(({ reason }) => reason === 'first')).toHaveLength(before.length)
})
