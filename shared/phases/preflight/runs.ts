import { type Control, readControl } from '../../ledger/control.ts'
import { isAborted } from '../../ledger/fencing.ts'
import { type Lease, readLease } from '../../ledger/lease.ts'
import { findRun, type RunRecord } from '../../ledger/runs.ts'
import { afterLoss, whyChangesLost } from '../last-run.ts'
import { ownerStatus } from '../owner.ts'
import type { ExecutionStatus } from '../ports.ts'
import type { Found } from './finding.ts'
import { probe, type RunSubject, unknown } from './probe.ts'

/** The last run into the destination, and how its owner stands. */
export interface LastRun {
  lease: Lease
  run: RunRecord
  control: Control
  /** No value: nobody holds the lease. */
  owner?: ExecutionStatus
  /** Whether its execution is of another stack, which may be gone. */
  isElsewhere: boolean
}

async function lastRunOf({ ledger, options, executions, runtime, stack }: RunSubject): Promise<LastRun | undefined> {
  const lease = await readLease(ledger, options.destinationTable)
  const run = lease && (await findRun(ledger, lease.run))
  if (!run) return undefined
  const control = await readControl(ledger, run.id)
  const isElsewhere = lease.stack !== undefined && lease.stack !== stack
  return {
    ...{ lease, run, control, isElsewhere },
    ...(lease.held && { owner: await ownerStatus(lease, { executions, runtime }) }),
  }
}

export const anotherRun = probe<{ last: LastRun | undefined }, RunSubject>({
  finds: 'another run into the destination',
  asks: 'the ledger, DescribeExecution',
  blocks: 'yes, while it runs, may run, or is being aborted',
  clear: '`segue watch`, `segue pause`, or `segue unlock --stop-owner`.',
  ask: async (subject) => ({ last: await lastRunOf(subject) }),
  judge: ({ last }) => (last ? besideRun(last) : []),
})

export function besideRun({ lease, run, control, owner, isElsewhere }: LastRun): Found[] {
  const about = { since: lease.since, ...(control.by !== undefined && { whose: control.by }) }
  if (isAborted(run, control) && run.state !== 'aborted')
    return [
      {
        ...about,
        what: `Run ${run.id} is being aborted, and something of it may still write to ${lease.table}`,
        blocks: true,
        clear: 'Wait until `segue status` says that it is aborted.',
        error: 'told-to-stop',
      },
    ]
  if (owner === undefined) return []
  switch (owner) {
    case 'running':
      return [
        {
          ...about,
          what: `Run ${run.id} holds ${lease.table}; its execution is ${lease.execution}`,
          blocks: true,
          clear:
            'Wait for it (`segue watch`), let it end at its checkpoints (`segue pause`), or stop it (`segue unlock --stop-owner`).',
          error: 'run-in-progress',
        },
      ]
    case 'ended':
      return [
        {
          ...about,
          what: `Run ${run.id} holds ${lease.table}, and its execution has ended`,
          blocks: false,
          clear: 'Nothing: the next run takes over. `segue unlock` frees it now.',
        },
      ]
    case 'unknown':
      // Lease asks whether that stack is gone, which this function may not.
      if (isElsewhere)
        return [unknown(`another run into ${lease.table}`, 'states:DescribeExecution', 'it does not say')]
      return [
        {
          ...about,
          what: `Run ${run.id} holds ${lease.table}, and Step Functions does not say whether its execution ${lease.execution} still runs`,
          blocks: true,
          clear:
            'Try again: one that has just begun is known within seconds. Or stop it (`segue unlock --stop-owner`).',
          error: 'run-in-progress',
        },
      ]
  }
}

export const changesLost = probe<{ lost: string | undefined }>({
  finds: 'a run that cannot be resumed, because its live changes were off or stopped for 23 hours',
  asks: 'the ledger',
  blocks: 'yes, for a resume',
  clear: 'Start anew: `segue capture off`, empty the destination, `segue run`.',
  when: ({ request }) => request.resume,
  async ask({ ledger, options, runtime }) {
    const lease = await readLease(ledger, options.destinationTable)
    const run = lease && (await findRun(ledger, lease.run))
    return { lost: run && (await whyChangesLost(run, ledger, runtime.clock())) }
  },
  judge: ({ lost }, { destination }): Found[] =>
    lost === undefined
      ? []
      : [
          {
            what: lost,
            blocks: true,
            clear: afterLoss(destination.name),
            error: 'changes-lost',
          },
        ],
})
