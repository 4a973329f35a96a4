import { expect, it } from 'vitest'
import { writeApplied } from '../../../shared/ledger/applied.ts'
import { endBurial } from '../../../shared/ledger/burials.ts'
import { beginCapture } from '../../../shared/ledger/capture.ts'
import { createChunks, newChunk, replaceChunk } from '../../../shared/ledger/chunks.ts'
import { writeControl } from '../../../shared/ledger/control.ts'
import { recordDifferences } from '../../../shared/ledger/differences.ts'
import { replaceHead } from '../../../shared/ledger/heads.ts'
import { rememberHeavy } from '../../../shared/ledger/heavy.ts'
import { writeLag } from '../../../shared/ledger/lag.ts'
import { writeLease } from '../../../shared/ledger/lease.ts'
import { quarantine, replaceEntry } from '../../../shared/ledger/quarantine.ts'
import { createRun, updateRun } from '../../../shared/ledger/runs.ts'
import { saveCursors, writePolledAt } from '../../../shared/ledger/shards.ts'
import type { LedgerTable } from '../../../shared/ledger/table.ts'
import { replaceTicket } from '../../../shared/ledger/tickets.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { aRun } from '../cli/fixtures.ts'

/** The time of a write, ms; and when a row expires that is kept for so many days from then, s. */
const now = Date.UTC(2026, 10, 26)
const days = (count: number) => Date.UTC(2026, 10, 26 + count) / 1_000

const key = { pk: { S: 'a' } }
const run = aRun()
const chunk = newChunk('r', 'copy', 's00000', { kind: 'segment', segment: 0, totalSegments: 1 }, now)
const head = { key, op: 'delete' as const, sources: {}, contested: false, version: 1 }
const entry = { key, migration: 'm', reason: 'why', at: now }
const place = { pass: 'verify.1', chunk: 's00000', epoch: 1, before: 0 } as const
const difference = { kind: 'missing' as const, key, sources: [key], attributes: [], at: now }
const ticket = { key, version: 2, sent: 1, raisedAt: 1 }
const lease = { table: 'd', held: true, run: 'r', execution: 'arn', fence: 1, since: now }

it.each<[string, (ledger: LedgerTable) => Promise<unknown>]>([
  ['a chunk', (ledger) => createChunks(ledger, [chunk])],
  [
    'a chunk of which nothing is older than its last checkpoint',
    async (ledger) => {
      await createChunks(ledger, [{ ...chunk, updatedAt: 1 }])
      await replaceChunk(ledger, { ...chunk, epoch: 1 }, { epoch: 0, state: 'open' })
    },
  ],
  ['a head', (ledger) => replaceHead(ledger, 'r', head, undefined, now)],
  [
    'a head that has changed',
    async (ledger) => {
      await replaceHead(ledger, 'r', head, undefined, 1)
      await replaceHead(ledger, 'r', { ...head, version: 2 }, head, now)
    },
  ],
  ['a quarantined item', (ledger) => quarantine(ledger, 'r', [entry])],
  ['an entry of the quarantine list', (ledger) => replaceEntry(ledger, 'r', undefined, entry)],
  ['a ticket', (ledger) => replaceTicket(ledger, 'r.index.1', ticket, undefined, now)],
  ['a difference', (ledger) => recordDifferences(ledger, 'r', 1, [difference], place)],
  ['the cursor of a shard', (ledger) => saveCursors(ledger, 'r', [{ shard: 's', closed: false }], now)],
])('%s is kept for 60 days after it was written last', async (_, write) => {
  const ledger = memoryLedgerTable()
  await write(ledger)
  expect(ledger.rows().map(({ expiresAt }) => expiresAt)).toEqual([days(60)])
})

it('a ticket is kept as long as its rejection and its burial, which are stored with it', async () => {
  const ledger = memoryLedgerTable()
  await replaceTicket(ledger, 'r.index.1', ticket, undefined, now, { rejections: { court: 'why' }, buryAt: 1 })
  await endBurial(ledger, 'r.index.1', { key, due: 1 }, now)
  expect(ledger.rows().map(({ expiresAt }) => expiresAt)).toEqual([days(60), days(60), days(60)])
})

it('the cursor of an ended shard is kept for two days, longer than the stream keeps its records', async () => {
  const ledger = memoryLedgerTable()
  await saveCursors(ledger, 'r', [{ shard: 's', closed: true }], now)
  expect(ledger.rows().map(({ expiresAt }) => expiresAt)).toEqual([days(2)])
})

it('runs, leases, captures and applied migrations stay', async () => {
  const ledger = memoryLedgerTable()
  await createRun(ledger, run)
  await updateRun(ledger, run.id, (before) => ({ ...before, phase: 'Copy' }))
  await writeControl(ledger, run.id, undefined, { command: 'run', fence: 1 })
  await writeLease(ledger, undefined, lease)
  await beginCapture(ledger, run.id, { since: now, stream: 'arn' })
  await writeLag(ledger, run.id, { seconds: 0, guard: 'ok', at: now })
  await writePolledAt(ledger, run.id, now)
  await rememberHeavy(ledger, 's', { pk: key.pk, items: 1, run: 'run00001', seenAt: now })
  await writeApplied(ledger, { name: 'd' }, ['one'], run.id)
  expect(ledger.rows()).toHaveLength(8)
  expect(ledger.rows().filter(({ expiresAt }) => expiresAt !== undefined)).toEqual([])
})
