import type { Chunk, RangeChunk } from '../../../shared/chunks/chunk.ts'
import type { KeyValue } from '../../../shared/dynamodb/attributes.ts'
import type { Key } from '../../../shared/dynamodb/key.ts'
import type { Page, Table } from '../../../shared/dynamodb/ports.ts'
import type { ChunkRecord } from '../../../shared/ledger/chunks.ts'
import type { LedgerTable, Row } from '../../../shared/ledger/table.ts'
import type { LiveEngine } from '../../../shared/live/engine.ts'
import type { Sabotage } from './sabotage.ts'

/** The same ledger, whose commits expect nothing. */
function unconditional(ledger: LedgerTable): LedgerTable {
  return { ...ledger, commit: (puts) => ledger.commit(puts.map(({ row }) => ({ row, expect: 'any' }))) }
}

/** The same engine, to which no row of the ledger says what was refused. */
function forgetful(engine: LiveEngine): LiveEngine {
  const get: LedgerTable['get'] = async (pk, sk) => {
    const row = await engine.ledger.get(pk, sk)
    if (!row) return undefined
    const { refused: _, ...rest } = row
    return rest as Row
  }
  return { ...engine, ledger: { ...engine.ledger, get } }
}

/** The same ledger, which has no whole keys yet, and takes others. */
function forgettingWholeKeys(ledger: LedgerTable): LedgerTable {
  return {
    ...unconditional(ledger),
    get: async (pk, sk) => (sk.startsWith('WHOLE#') ? undefined : ledger.get(pk, sk)),
  }
}

/** Ways of breaking slices, chunks and the ledger. */
export const copySabotages: Sabotage[] = [
  {
    name: 'unfenced slices',
    module: '../../../shared/ledger/chunks.ts',
    change: ({ replaceChunk }) => ({
      replaceChunk: (ledger: LedgerTable, ...rest: unknown[]) => replaceChunk(unconditional(ledger), ...rest),
    }),
    by: ['overlap', 'lost', 'tally', 'early quiet', 'unverified'],
  },
  {
    name: 'a checkpoint before the writes are acknowledged',
    module: '../../../shared/passes/slice/in-flight.ts',
    change: ({ InFlightPages }) => ({
      InFlightPages: class extends InFlightPages {
        add(work: Promise<unknown>, cursor: unknown) {
          this.cursor = cursor ?? this.cursor
          return super.add(work, cursor)
        }
      },
    }),
    by: ['lost', 'tally', 'quarantine', 'unverified'],
  },
  {
    name: 'slices of other code than the run was begun with',
    // Both when they begin and before each request.
    module: '../../../shared/phases/handlers/slice.ts',
    change: ({ sliceHandler }) => ({
      sliceHandler(world: { ledger: LedgerTable; codeHash: string }) {
        const { ledger, codeHash } = world
        const get: LedgerTable['get'] = async (pk, sk) => {
          const row = await ledger.get(pk, sk)
          return row && sk === 'RUN' ? { ...row, codeHash } : row
        }
        return sliceHandler({ ...world, ledger: { ...ledger, get } })
      },
    }),
    by: ['stale', 'lost', 'tally', 'quarantine', 'orphan', 'resurrected'],
  },
  {
    name: 'an offline copy with reads that may be stale',
    module: '../../../shared/chunks/read-chunk.ts',
    change: ({ readChunk }) => ({
      readChunk: (table: Table, chunk: Chunk, after: unknown, limit: number) =>
        readChunk(table, chunk, after, limit, false),
    }),
    by: ['lost', 'stale', 'orphan', 'tally', 'quarantine'],
  },
  {
    name: 'reads by key that may be stale',
    module: '../stores/consistency.ts',
    change: () => ({ consistent: { get: false, ledger: true } }),
    by: ['lost', 'stale', 'resurrected', 'orphan', 'tally', 'quarantine', 'unverified'],
  },
  {
    name: 'reads of the ledger that may be stale',
    module: '../stores/consistency.ts',
    change: () => ({ consistent: { get: true, ledger: false } }),
    by: [
      'lost',
      'stale',
      'resurrected',
      'orphan',
      'tally',
      'quarantine',
      'undrained',
      'overlap',
      'two owners',
      'early quiet',
    ],
  },
  {
    name: 'an empty page that ends a walk',
    module: '../../../shared/chunks/read-chunk.ts',
    change: ({ readChunk }) => ({
      async readChunk(...args: unknown[]) {
        const page: Page = await readChunk(...args)
        return page.items.length > 0 ? page : { items: [] }
      },
    }),
    by: ['lost', 'stale', 'orphan', 'tally', 'quarantine', 'unverified'],
  },
  {
    name: 'unprocessed keys of a batch ignored',
    module: '../../../shared/dynamodb/sdk/calls.ts',
    change: () => ({
      readAll: async (_: string, keys: unknown[], call: (open: unknown[]) => Promise<{ items: unknown[] }>) =>
        (await call(keys)).items,
    }),
    by: ['lost', 'stale', 'resurrected', 'orphan', 'tally', 'quarantine', 'unverified'],
  },
  {
    name: 'pages in flight not awaited after a failure',
    module: '../../../shared/passes/slice/in-flight.ts',
    change: ({ InFlightPages }) => ({
      InFlightPages: class extends InFlightPages {
        readonly #pages: Promise<unknown>[] = []
        add(work: Promise<unknown>, cursor: unknown) {
          this.#pages.push(work)
          return super.add(work, cursor)
        }
        drain() {
          return Promise.race([super.drain(), Promise.all(this.#pages)])
        }
      },
    }),
    by: ['early quiet'],
    from: 21,
  },
  {
    name: 'a reopened chunk that loses its deadline',
    module: '../../../shared/ledger/chunks.ts',
    change: ({ replaceChunk }) => ({
      replaceChunk(ledger: LedgerTable, next: ChunkRecord, expected: { state: string }) {
        const { deadline: _, undrained: __, ...rest } = next
        return replaceChunk(ledger, expected.state === 'failed' ? rest : next, expected)
      },
    }),
    by: ['early quiet'],
    from: 19,
  },
  {
    name: 'unprocessed items ignored',
    module: '../../../shared/dynamodb/retrying-table.ts',
    change: ({ retrying }) => ({
      retrying: (table: Table, runtime: unknown) => {
        const ignoring = (write: Table['put']) => async (items: Parameters<Table['put']>[0]) =>
          (await write(items)).map((result) => (result === 'retry' ? 'written' : result))
        return retrying({ ...table, put: ignoring(table.put), insert: ignoring(table.insert) }, runtime)
      },
    }),
    by: ['lost', 'tally', 'unverified'],
  },
  {
    name: 'items that the service refuses, without a judge',
    module: '../../../shared/dynamodb/judge.ts',
    change: () => ({ judge: (write: () => Promise<unknown>) => write() }),
    by: ['unbounded'],
  },
  {
    name: 'a refusal of every request taken for one of the item',
    module: '../../../shared/dynamodb/judge.ts',
    change: ({ judge }) => ({ judge: (write: unknown) => judge(write, async () => true) }),
    by: ['quarantine', 'lost', 'tally', 'unverified'],
    from: 21,
  },
  {
    name: 'a refusal cleared without a write',
    module: '../../../shared/live/quarantine.ts',
    change: ({ quarantineLists, recheckQuarantined }) => ({
      quarantineLists: (engine: LiveEngine) =>
        quarantineLists(engine, (key: Key) => recheckQuarantined(key, forgetful(engine))),
    }),
    by: ['quarantine', 'tally', 'unverified'],
  },
  {
    name: '`\\uffff` as the greatest sort key',
    module: '../../../shared/chunks/order.ts',
    change: ({ maxKeyValue }) => ({
      maxKeyValue: (type: string) => (type === 'S' ? { S: '\uffff' } : maxKeyValue(type)),
    }),
    by: ['overlap', 'tally', 'unverified'],
  },
  {
    name: 'ranges closed on both ends',
    module: '../../../shared/chunks/read-chunk.ts',
    change: ({ readChunk }) => ({
      async readChunk(
        table: Table,
        chunk: Chunk,
        after: unknown,
        limit: number,
        consistent: boolean,
        wholeKeys: ReadonlySet<string>,
      ) {
        const page: Page = await readChunk(table, chunk, after, limit, consistent, wholeKeys)
        if (chunk.kind === 'segment' || after || !chunk.after) return page
        const before = await table.query({ pk: chunk.pk, upTo: chunk.after, limit: 1, reverse: true, consistent })
        return { ...page, items: [...before.items, ...page.items] }
      },
    }),
    by: ['tally'],
  },
  {
    name: 'a scan that reads whole keys, too',
    module: '../../../shared/chunks/read-chunk.ts',
    change: ({ readChunk }) => ({
      readChunk: (table: Table, chunk: Chunk, after: unknown, limit: number, consistent: boolean) =>
        readChunk(table, chunk, after, limit, consistent),
    }),
    by: ['tally'],
  },
  {
    name: 'whole keys chosen again when a pass is planned again',
    module: '../../../shared/ledger/whole-keys.ts',
    change: ({ fixWholeKeys }) => ({
      fixWholeKeys: (ledger: LedgerTable, ...rest: unknown[]) => fixWholeKeys(forgettingWholeKeys(ledger), ...rest),
    }),
    by: ['tally', 'gap', 'overlap', 'unverified'],
  },
  {
    name: 'whole keys that nothing walks',
    module: '../../../shared/chunks/segments.ts',
    change: ({ rootsFor }) => ({ rootsFor: (segments: number) => rootsFor(segments, []) }),
    by: ['gap'],
  },
  {
    name: 'a gap at a cut',
    module: '../../../shared/chunks/split.ts',
    change: ({ splitChunk }) => ({
      splitChunk: (...args: unknown[]) => {
        const children: { id: string; chunk: Chunk }[] = splitChunk(...args)
        const last = children.at(-1)!.chunk as RangeChunk
        last.after = justAbove(last.after!)
        return children
      },
    }),
    by: ['gap'],
  },
  {
    name: 'a run that was given up and may write on',
    module: '../../../shared/phases/fence-earlier-runs.ts',
    change: () => ({ fenceEarlierRuns: async (_: LedgerTable, lease: object) => lease }),
    profile: 'over',
    by: ['stale', 'lost', 'resurrected', 'orphan', 'tally', 'quarantine'],
    from: 76,
  },
  {
    name: 'a split recorded without its children',
    module: '../../../shared/ledger/chunks.ts',
    change: ({ recordSplit }) => ({
      recordSplit: (ledger: LedgerTable, parent: unknown) => recordSplit(ledger, parent, []),
    }),
    by: ['gap'],
  },
  {
    name: 'differences that stay listed when their page is verified again',
    module: '../../../shared/ledger/chunks.ts',
    change: () => ({ isCounted: () => true }),
    by: ['tally'],
  },
]

function justAbove(value: KeyValue): KeyValue {
  if ('S' in value) return { S: `${value.S}\u0000` }
  if ('N' in value)
    return {
      N: value.N.startsWith('-') ? String(Number(value.N) / 2) : `${value.N}${value.N.includes('.') ? '' : '.'}1`,
    }
  return { B: new Uint8Array([...value.B, 0]) }
}
