import { beforeEach, expect, it } from 'vitest'
import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import { rawItem } from '../../../shared/dynamodb/raw-item.ts'
import { createChunks, newChunk } from '../../../shared/ledger/chunks.ts'
import type { PassId } from '../../../shared/ledger/passes.ts'
import { createRun, type RunRecord } from '../../../shared/ledger/runs.ts'
import { openPass } from '../../../shared/passes/open-pass.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { memoryTable } from '../../memory/table.ts'
import { aRun } from '../cli/fixtures.ts'
import { migration } from '../migrations/fixtures.ts'
import { schema } from './slice/world.ts'

let underWay = 0
let writes = 0
beforeEach(() => {
  underWay = 0
  writes = 0
})

/** The same port, of which each call takes so many turns of the event loop. */
function slow<T extends object>(port: T, turns: number): T {
  return new Proxy(port, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown
      if (typeof member !== 'function') return member
      return async (...args: unknown[]) => {
        underWay++
        if (['commit', 'put', 'insert'].includes(String(name))) writes++
        for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
        underWay--
        return member.apply(target, args)
      }
    },
  })
}

const item = (sk: string, rest: Attributes = {}): Attributes => ({ pk: { S: 'a' }, sk: { S: sk }, ...rest })
/** `bad` cannot be migrated; each of the others has a twin. */
const twins = migration({
  id: 'twins',
  up(each) {
    const { sk, ...rest } = each as { sk: string }
    if (sk === 'bad') throw new Error('bad')
    return [each, { ...rest, sk: `${sk} twin` }] as never
  },
  inverse: ({ pk, sk }) => ({ pk, sk: String(sk).replace(/ twin$/, '') }),
})

interface Case {
  pass: PassId
  offline?: boolean
  /** Turns of a call to the ledger and to a table: whichever is slower shows what is not awaited. */
  turns: [ledger: number, table: number]
  /** Whether the service refuses one of the items. */
  refuses?: boolean
}

const cases = (
  [
    [30, 1],
    [1, 30],
  ] as Case['turns'][]
).flatMap((turns): Case[] => [
  { pass: 'copy', offline: false, turns },
  { pass: 'copy', offline: true, turns },
  { pass: 'copy', offline: false, turns, refuses: true },
  { pass: 'verify.1', turns },
  { pass: 'orphans.1', turns },
])

it.each(cases)(
  'a page counts once everything it does is acknowledged: %j',
  async ({ pass, offline = false, turns, refuses }) => {
    const source = memoryTable(schema, 'source')
    const destination = memoryTable(schema, 'destination')
    const ledger = memoryLedgerTable()
    for (const sk of ['1', '2', '3', 'bad']) source.store(item(sk))
    if (refuses) destination.refuses = ({ sk }) => ((sk as { S: string }).S === '2 twin' ? 'refused' : undefined)
    if (pass !== 'copy') for (const sk of ['1', 'stranger']) destination.store(item(sk))
    const run: RunRecord = {
      ...aRun(),
      schema,
      source: 'source',
      destination: 'destination',
      pending: ['twins'],
      offline,
    }
    await createRun(ledger, run)
    await createChunks(ledger, [newChunk(run.id, pass, 's00000', { kind: 'segment', segment: 0, totalSegments: 1 }, 0)])
    const runtime = { clock: () => 0, random: () => 0.5, sleep: async () => {}, emit: () => {} }
    const [ledgerTurns, tableTurns] = turns
    const open = (name: string) => slow(name === 'source' ? source : destination, tableTurns)
    const passes = { ledger: slow(ledger, ledgerTurns), runtime, open, migrations: [twins], sliceMs: 1_000 }
    const { table, apply } = openPass(run, pass, async () => {}, passes)
    const items = (table.name === 'source' ? source : destination).items().map((each) => rawItem(schema, each))
    const tallies = await apply(items, { pass, chunk: 's00000', epoch: 1, before: 0 })
    expect(underWay).toBe(0)
    expect(tallies.read).toBe(items.length)
    expect(writes).toBeGreaterThan(0)
  },
)
