import type { Call, Court } from '../../../shared/dynamodb/sdk/calls.ts'
import { readControl } from '../../../shared/ledger/control.ts'
import type { StopReason } from '../../../shared/ledger/fencing.ts'
import type { LedgerTable, Put, Row } from '../../../shared/ledger/table.ts'
import type { LiveFencing } from '../../../shared/live/fencing.ts'
import type { SweepEngine } from '../../../shared/phases/sweep.ts'
import type { Ask } from '../../../shared/runtime/retry.ts'
import type { Sabotage } from './sabotage.ts'

/** The same ledger, whose commits write the control row another way. */
function controlling(ledger: LedgerTable, change: (put: Put) => Put): LedgerTable {
  const commit: LedgerTable['commit'] = (puts) =>
    ledger.commit(puts.map((put) => (put.row.sk === 'CONTROL' ? change(put) : put)))
  return { ...ledger, commit }
}

function withoutQuiet({ row: { quiet: _, ...row }, expect }: Put): Put {
  return { row: row as Row, expect }
}

/** The same ledger, in which nobody has ever told a run to stop. */
function untold(ledger: LedgerTable): LedgerTable {
  const get: LedgerTable['get'] = async (pk, sk) => {
    const row = await ledger.get(pk, sk)
    return row && sk === 'CONTROL' ? { ...row, command: 'run' } : row
  }
  const anyCommand = ({ row, expect }: Put): Put => {
    if (typeof expect !== 'object') return { row, expect }
    const { command: _, ...rest } = expect
    return { row, expect: rest }
  }
  return { ...controlling(ledger, anyCommand), get }
}

/** The same ledger, in which no commit raises the fence of such rows. */
function keepingFences(ledger: LedgerTable, of = ['CONTROL', 'LEASE']): LedgerTable {
  const commit: LedgerTable['commit'] = (puts) =>
    ledger.commit(
      puts.map(({ row, expect }) =>
        of.includes(row.sk) && typeof expect === 'object' && expect.fence !== undefined
          ? { row: { ...row, fence: expect.fence }, expect }
          : { row, expect },
      ),
    )
  return { ...ledger, commit }
}

/** Ways of breaking how a run is told to stop. */
export const controlSabotages: Sabotage[] = [
  {
    name: 'a lease that undoes what people have told a run',
    module: '../../../shared/phases/lease.ts',
    change: ({ takeLease }) => ({
      takeLease: (execution: string, request: unknown, engine: { ledger: LedgerTable }) =>
        takeLease(execution, request, { ...engine, ledger: untold(engine.ledger) }),
    }),
    by: ['command'],
  },
  {
    name: 'quiet lost by a resume that copies nothing',
    module: '../../../shared/ledger/owner.ts',
    change: ({ beginOwner }) => ({
      beginOwner: (ledger: LedgerTable, ...rest: unknown[]) => beginOwner(controlling(ledger, withoutQuiet), ...rest),
    }),
    by: ['quiet'],
  },
  {
    name: 'no stop on halt',
    module: '../../../shared/ledger/owner.ts',
    change: ({ endOwner, endFromOutside }) => ({
      endOwner: (ledger: LedgerTable, ...rest: unknown[]) => endOwner(keepingFences(ledger), ...rest),
      endFromOutside: (ledger: LedgerTable, ...rest: unknown[]) => endFromOutside(keepingFences(ledger), ...rest),
    }),
    // Slices read in the row of the run, too, that it has ended.
    and: {
      module: '../../../shared/ledger/fencing.ts',
      change: ({ liveStopReason }) => ({
        stopReason(ledger: LedgerTable, task: { run: string }, ...rest: unknown[]): StopReason {
          const whyStop: StopReason = liveStopReason(ledger, task, ...rest)
          return async () =>
            (await whyStop()) ?? ((await readControl(ledger, task.run)).command === 'pause' ? 'paused' : undefined)
        },
      }),
    },
    profile: 'slow',
    by: ['write after stop'],
  },
  {
    name: 'live changes stopped by the end of an owner',
    module: '../../../shared/ledger/owner.ts',
    change: ({ endOwner }) => ({
      endOwner: (ledger: LedgerTable, ...rest: unknown[]) => endOwner(keepingFences(ledger, ['LEASE']), ...rest),
    }),
    by: ['unbounded'],
  },
  {
    name: 'first attempt unasked',
    module: '../../../shared/runtime/retry.ts',
    change: ({ retry }) => ({
      retry(operation: string, runtime: unknown, attempt: unknown, exhausted: unknown, ask?: Ask) {
        let isFirst = true
        const askLater = async () => {
          if (!isFirst) await ask?.()
          isFirst = false
        }
        return retry(operation, runtime, attempt, exhausted, askLater)
      },
    }),
    // And each of the calls of a page is one.
    and: {
      module: '../../../shared/dynamodb/sdk/calls.ts',
      change: ({ sendAll }) => ({
        sendAll: (count: number, calls: Call[], court: Court) => sendAll(count, calls, court),
      }),
    },
    profile: 'slow',
    by: ['write after stop', 'write after abort'],
    from: 290,
  },
  {
    name: 'an abort announced early',
    module: '../../../shared/phases/sweep.ts',
    // As if no slice and no live batch lasted any time.
    change: ({ sweep }) => ({
      sweep: (engine: SweepEngine) => sweep({ ...engine, liveSeconds: -65, sliceSeconds: -60 }),
    }),
    profile: 'slow',
    by: ['write after abort'],
    from: 362,
  },
  {
    name: 'an execution that is not there yet taken for one that has ended',
    module: '../../../shared/phases/owner.ts',
    change: ({ ownerStatus }) => ({
      ownerStatus: (owner: object, engine: unknown) => ownerStatus({ ...owner, since: 0 }, engine),
    }),
    by: ['two owners'],
    from: 92,
  },
  {
    name: 'a watchdog that ends no run',
    module: '../../../shared/ledger/owner.ts',
    change: () => ({ endFromOutside: async () => undefined }),
    by: ['lease kept'],
  },
  {
    name: 'live changes that obey a pause',
    module: '../../../shared/live/fencing.ts',
    change: ({ liveFencing }) => ({
      liveFencing(ledger: LedgerTable, ...rest: unknown[]): LiveFencing {
        const fencing: LiveFencing = liveFencing(ledger, ...rest)
        return async () => {
          const permit = await fencing()
          if ((await readControl(ledger, permit.run.id)).command === 'pause') throw new Error('It is paused.')
          return permit
        }
      },
    }),
    profile: 'slow',
    by: ['unbounded'],
    from: 391,
  },
  {
    name: 'a stream monitor that obeys a pause',
    module: '../../../shared/ledger/fencing.ts',
    change: ({ stopReason }) => ({ liveStopReason: stopReason }),
    profile: 'slow',
    by: ['unbounded'],
    from: 391,
  },
]
