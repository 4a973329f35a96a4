import type { Head } from '../../../shared/ledger/heads.ts'
import type { LedgerTable, Row } from '../../../shared/ledger/table.ts'
import type { Claim, Decision } from '../../../shared/live/decide.ts'
import type { LiveEngine } from '../../../shared/live/engine.ts'
import type { ListedShard } from '../../../shared/live/listed-shards.ts'
import type { LiveTables, Mapping, Stream, StreamRecord } from '../../../shared/live/ports.ts'
import type { ViolationName } from '../violation.ts'
import type { Sabotage } from './sabotage.ts'

/** A head that knows of the claim and never asks to be settled. */
function noted(head: Head | undefined, { key, source, seq, op }: Claim): Head {
  const seen = head?.sources[source]
  const sources = { ...head?.sources, [source]: seen !== undefined && seen > seq ? seen : seq }
  return {
    key,
    op: head?.op ?? (op === 'delete' ? 'put' : op),
    sources,
    contested: false,
    version: (head?.version ?? 0) + 1,
  }
}

/** What is left of a record of a change, not a removal, without its old image. */
const blind = ({ old, ...record }: StreamRecord): StreamRecord => (record.new || !old ? record : { ...record, old })

/** A verification, during which nothing changes, may count what is wrong before the destination itself is checked. */
const wrong: ViolationName[] = ['lost', 'stale', 'resurrected', 'tally', 'unverified']

function withoutOff(row: Row | undefined): Row | undefined {
  if (!row) return row
  const { off: _, ...on } = row
  return on as Row
}

/** Ways of breaking what live changes rely on. */
export const liveSabotages: Sabotage[] = [
  {
    name: 'copy that overwrites instead of inserting',
    module: '../../../shared/passes/copy.ts',
    change: ({ copyPass }) => ({ copyPass: (pass: object) => copyPass({ ...pass, offline: true }) }),
    by: wrong,
  },
  {
    name: 'no heads',
    module: '../../../shared/live/decide.ts',
    change: () => ({ decide: (head: Head | undefined, claim: Claim) => ({ kind: 'write', head: noted(head, claim) }) }),
    by: wrong,
  },
  {
    name: 'no settle',
    module: '../../../shared/live/settle-all.ts',
    change: () => ({ settleBuckets: async () => ({ outcome: 'done' }) }),
    by: [...wrong, 'quarantine'],
    from: 20,
  },
  {
    name: 'settle that does not wait for drain',
    module: '../../../infra/workflow/run.ts',
    change: ({ runMachine }) => ({
      runMachine(resources: unknown) {
        const machine = runMachine(resources)
        machine.States['Captured?'].Choices[0].Next = 'Settle from the start'
        return machine
      },
    }),
    by: [...wrong, 'quarantine'],
  },
  {
    name: 'settle that ignores quietAfter',
    module: '../../../shared/live/quiet.ts',
    change: ({ beginQuiet }) => ({
      beginQuiet(task: unknown, { ledger, runtime }: { ledger: LedgerTable; runtime: { clock: () => number } }) {
        return beginQuiet(task, { ledger, runtime: { clock: () => runtime.clock() + 3_600_000 } })
      },
    }),
    by: [...wrong, 'quarantine'],
    from: 176,
  },
  {
    name: 'settle without its condition',
    module: '../../../shared/live/settle.ts',
    change: ({ settleHead }) => ({
      settleHead(key: unknown, quiet: unknown, engine: LiveEngine) {
        const commit: LiveTables['commit'] = (writes) =>
          engine.tables.commit(writes.map(({ row, ...write }) => ({ ...write, row: { ...row, expect: 'any' } })))
        return settleHead(key, quiet, { ...engine, tables: { commit } })
      },
    }),
    by: [...wrong, 'quarantine', 'undrained'],
  },
  {
    name: 'a mapping that begins at LATEST',
    module: '../stores/mapping.ts',
    change: ({ EventSourceMapping }) => ({
      EventSourceMapping: class extends EventSourceMapping {
        startingPosition = 'LATEST'
      },
    }),
    // What the mapping never brought, drain waits for.
    by: ['unbounded', ...wrong],
  },
  {
    name: 'changes applied although capture is off',
    module: '../../../shared/live/fencing.ts',
    change: ({ liveFencing }) => ({
      liveFencing: (ledger: LedgerTable, ...rest: unknown[]) =>
        liveFencing(
          { ...ledger, get: async (pk: string, sk: string) => withoutOff(await ledger.get(pk, sk)) },
          ...rest,
        ),
    }),
    by: ['write after capture off'],
    from: 173,
  },
  {
    name: 'a disabled mapping left alone',
    module: '../../../shared/phases/monitor-stream.ts',
    change: ({ monitorStream }) => ({
      monitorStream: (table: string, ledger: LedgerTable, mapping: Mapping, ...rest: unknown[]) =>
        monitorStream(table, ledger, { ...mapping, set: async () => {} }, ...rest),
    }),
    by: ['unbounded'],
  },
  {
    name: 'live changes applied by other code than the run was begun with',
    module: '../../../shared/live/fencing.ts',
    change: ({ liveFencing }) => ({
      liveFencing(ledger: LedgerTable, destination: string, codeHash: string, clock: unknown) {
        const get: LedgerTable['get'] = async (pk, sk) => {
          const row = await ledger.get(pk, sk)
          return row && sk === 'RUN' ? { ...row, codeHash } : row
        }
        return liveFencing({ ...ledger, get }, destination, codeHash, clock)
      },
    }),
    by: [...wrong, 'quarantine', 'undrained'],
  },
  {
    name: 'a list of the ledger that ends with its first page',
    module: '../../../shared/ledger/pages.ts',
    change: () => ({ endOf: () => undefined }),
    by: [...wrong, 'quarantine', 'orphan', 'unverified'],
  },
  {
    name: 'heads that expire after an hour',
    module: '../../../shared/ledger/heads.ts',
    change: ({ headPut }) => ({
      headPut(run: string, next: Head, expected: Head | undefined, now: number) {
        const put = headPut(run, next, expected, now)
        return { ...put, row: { ...put.row, expiresAt: Math.floor(now / 1000) + 3_600 } }
      },
    }),
    by: [...wrong, 'quarantine', 'orphan', 'undrained', 'unbounded'],
    from: 60,
  },
  {
    name: 'contested heads dropped',
    module: '../../../shared/live/decide.ts',
    change: ({ decide }) => ({
      decide(head: Head | undefined, claim: Claim): Decision {
        const decision: Decision = decide(head, claim)
        return decision.kind === 'contest' ? { kind: 'contest', head: noted(head, claim) } : decision
      },
    }),
    // What is to settle a refused item's other outputs is dropped, too.
    by: [...wrong, 'quarantine', 'orphan', 'undrained'],
  },
  {
    name: 'sequence numbers of different source items compared',
    module: '../../../shared/live/decide.ts',
    change: ({ decide }) => ({
      decide(head: Head | undefined, claim: Claim): Decision {
        if (!head || head.contested || head.sources[claim.source] !== undefined) return decide(head, claim)
        const newest = Object.values(head.sources).every((seq) => seq < claim.seq)
        return { kind: newest ? 'write' : 'contest', head: { ...noted(head, claim), op: newest ? claim.op : head.op } }
      },
    }),
    by: wrong,
  },
  {
    name: 'the old image ignored',
    module: '../../../shared/live/changes.ts',
    change: ({ changesOf, coalesce }) => ({
      changesOf: (record: StreamRecord, engine: unknown) => changesOf(blind(record), engine),
      coalesce: (records: StreamRecord[], engine: unknown) => coalesce(records.map(blind), engine),
    }),
    // Without it a cure is not told from any other change.
    by: [...wrong, 'quarantine', 'undrained'],
  },
  {
    name: 'every shard that replaces another taken for one of later changes only',
    module: '../../../shared/live/shard-drains.ts',
    change: ({ ShardDrains }) => ({
      ShardDrains: class extends ShardDrains {
        list(listed: ListedShard[], listedAt: number) {
          return super.list(
            listed.filter(({ cursor }) => cursor.parent === undefined),
            listedAt,
          )
        }
      },
    }),
    by: ['undrained'],
  },
  {
    name: 'changes that the stream has forgotten taken for older ones',
    module: '../../../shared/live/listed-shards.ts',
    change: ({ listShards }) => ({
      listShards: (stream: unknown, run: string, ledger: unknown, clock: () => number) =>
        listShards(stream, run, ledger, () => clock() - 72 * 3_600_000),
      keepsFrom: () => true,
    }),
    profile: 'slow',
    by: ['undrained', ...wrong],
    from: 37,
  },
  {
    name: 'an empty read of the stream taken for its end',
    module: '../../../shared/live/retrying-ports.ts',
    change: ({ retryingStream }) => ({
      retryingStream(...args: unknown[]): Stream {
        const stream: Stream = retryingStream(...args)
        const open: Stream['open'] = async (shard, after) => {
          const reader = await stream.open(shard, after)
          return {
            async next() {
              const answer = await reader.next()
              return { ...answer, closed: answer.closed || answer.records.length === 0 }
            },
          }
        }
        return { ...stream, open }
      },
    }),
    by: [...wrong, 'quarantine', 'undrained'],
  },
]
