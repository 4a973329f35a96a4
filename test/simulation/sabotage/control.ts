import { readControl } from '../../../shared/ledger/control.ts'
import type { LedgerTable, Put, Row } from '../../../shared/ledger/table.ts'
import type { LiveFencing } from '../../../shared/live/fencing.ts'
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
  },
  {
    name: 'a stream monitor that obeys a pause',
    module: '../../../shared/ledger/fencing.ts',
    change: ({ stopReason }) => ({ liveStopReason: stopReason }),
    profile: 'slow',
    by: ['unbounded'],
  },
]
