import { readBuilds } from '../../../../shared/ledger/builds.ts'
import { createChunks, newChunk } from '../../../../shared/ledger/chunks.ts'
import { type Control, changeControl, writeControl } from '../../../../shared/ledger/control.ts'
import { writeLease } from '../../../../shared/ledger/lease.ts'
import { createRun, getRun, updateRun } from '../../../../shared/ledger/runs.ts'
import type { MappingState } from '../../../../shared/live/ports.ts'
import { defineIndex } from '../../../../shared/migrations/index.ts'
import { loadIndices } from '../../../../shared/migrations/load-indices.ts'
import { type PrepareIndexEngine, prepareIndex } from '../../../../shared/phases/prepare-index.ts'
import type { Search } from '../../../../shared/search/ports.ts'
import { memoryLedgerTable } from '../../../memory/ledger-table.ts'
import { MemorySearch } from '../../../memory/search.ts'
import { lease, run, task } from '../driven-run.ts'

export { task }

export const definitions = loadIndices({
  default: [
    defineIndex({
      alias: 'cases',
      settings: { refresh_interval: '30s', translog: { durability: 'async' } },
      mappings: { properties: { v: { type: 'long' } } },
      id: ({ pk }) => String(pk),
      document: ({ v }) => ({ v }),
    }),
    defineIndex({
      alias: 'users',
      mappings: { properties: {} },
      id: () => undefined,
      document: () => undefined,
    }),
  ],
})

/** The same cluster, with other answers to some calls. */
export function answering(search: MemorySearch, answers: Partial<Search>): Search {
  return new Proxy<Search>(search, {
    get(_, name) {
      const value = Reflect.get(name in answers ? answers : search, name)
      return typeof value === 'function' ? value.bind(search) : value
    },
  })
}

/** A run whose verification has ended, and a cluster. */
export async function indexing() {
  const time = { now: Date.UTC(2026, 10, 26) }
  const runtime = {
    clock: () => time.now,
    random: () => 0.5,
    sleep: async (ms: number) => {
      time.now += ms
    },
    emit: () => {},
  }
  const ledger = memoryLedgerTable()
  await createRun(ledger, { ...run, phase: 'Orphans', startedAt: time.now })
  await writeLease(ledger, undefined, lease)
  await writeControl(ledger, 'r', undefined, { command: 'run', fence: 4 })
  let seed = 7
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647
    return seed / 2_147_483_647
  }
  const search = new MemorySearch({ clock: runtime.clock, random })
  const mapping = { is: 'Disabled' as MappingState, stuck: false }
  const engine: PrepareIndexEngine = {
    ledger,
    runtime,
    search,
    definitions,
    searchHash: 'hash of the module',
    stream: { arn: 'arn:stream', shards: async () => ({ enabled: true, shards: [] }) },
    mapping: {
      state: async () => mapping.is,
      async set(enabled) {
        if (!mapping.stuck) mapping.is = enabled ? 'Enabled' : 'Disabled'
      },
    },
    slackMs: 60_000,
  }
  return {
    time,
    ledger,
    search,
    mapping,
    engine,
    runtime,
    builds: () => readBuilds(ledger, 'd'),
    run: () => getRun(ledger, 'r'),
    change: (change: object) => updateRun(ledger, 'r', (before) => ({ ...before, ...change })),
    control: (change: Partial<Control>) => changeControl(ledger, 'r', (before) => ({ ...before, ...change })),
    prepareOnce: (change: Partial<PrepareIndexEngine> = {}) => prepareIndex(task, { ...engine, ...change }),
    /** After a halt: the execution drives the run again. */
    async resumed() {
      await updateRun(ledger, 'r', (before) => ({ ...before, state: 'running' }))
      await changeControl(ledger, 'r', (before) => ({ ...before, fence: 4 }))
    },
    /** As the machine does it: again while it is to wait. */
    async prepare(change: Partial<PrepareIndexEngine> = {}) {
      for (;;) {
        const outcome = await prepareIndex(task, { ...engine, ...change })
        if (outcome.outcome !== 'waiting') return outcome
        time.now += outcome.seconds * 1000
      }
    },
    chunk: (change: object = {}) =>
      createChunks(ledger, [
        { ...newChunk('r', 'index.1', 's00000', { kind: 'segment', segment: 0, totalSegments: 1 }, 1), ...change },
      ]),
  }
}
