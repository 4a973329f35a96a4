import { changeControl, withCommand } from '../ledger/control.ts'
import { type Lease, readLease } from '../ledger/lease.ts'
import { knownByMs } from '../phases/owner.ts'
import type { OperatorEngine } from './engine.ts'
import { OperatorError } from './errors.ts'
import { given, refuseOverSomebody, type Wish } from './people.ts'
import { statusOfOwner, sweepOwner, trySweep } from './sweep.ts'

/** What unlocking a destination would do. `stop`: end the execution that owns it, and then free it. */
export type UnlockPlan = { does: 'nothing' } | { does: 'free' | 'stop'; lease: Lease }

/** How often, and for how long, it is asked whether an execution that was stopped has ended, ms. */
const probeEveryMs = 2_000
const endsWithinMs = 30_000

/**
 * What unlocking would do: frees the lease of an execution that has ended, and of no other.
 * @param stopOwner whether the execution that owns it may be stopped.
 * @throws OperatorError `owner-alive` naming the owner while it runs, or may do so, and must not be stopped.
 */
export async function planUnlock(engine: OperatorEngine, { stopOwner }: { stopOwner: boolean }): Promise<UnlockPlan> {
  const lease = await readLease(engine.ledger, engine.deployment.destinationTable)
  if (!lease?.held) return { does: 'nothing' }
  const status = await statusOfOwner(lease, engine)
  if (status === 'ended') return { does: 'free', lease }
  if (status === 'unknown' && (await isForgotten(lease, engine)))
    throw ownerAlive(
      `${ownerWords(lease)}, which Step Functions does not know. It has just begun, or is gone with its stack, so there is nothing to stop. It counts as ended from ${iso(lease.since + knownByMs)}; repeat the command then.`,
    )
  if (stopOwner) return { does: 'stop', lease }
  const { flag } = engine.deployment
  const isAlive = status === 'running' ? 'which runs' : 'and Step Functions does not say whether it runs'
  const advice =
    status === 'running'
      ? `Wait for it (\`segue watch${flag}\`), let it end at its checkpoints (\`segue pause${flag}\`), or stop it (\`segue unlock --stop-owner${flag}\`).`
      : `Try again; or stop it (\`segue unlock --stop-owner${flag}\`).`
  throw ownerAlive(`${ownerWords(lease)}, ${isAlive}. ${advice}`)
}

/**
 * Frees the lease on the destination, so that the run can be resumed: stops its owner first where the plan says so, and
 * leaves the rest to one pass of the sweep, which never frees that of a living one. The fence rises: nothing that the owner left
 * behind begins a write 10 seconds later.
 * @param shown the plan that was shown and confirmed. No execution but its own is stopped.
 * @returns whether anything was freed.
 * @throws OperatorError `somebody-acted`; `owner-alive`, also where another execution owns the destination by now.
 */
export async function unlock(
  engine: OperatorEngine,
  shown: UnlockPlan,
  wish: Wish = {},
): Promise<{ freed: Lease | undefined }> {
  const { ledger, executions, deployment } = engine
  const plan = await planUnlock(engine, { stopOwner: shown.does === 'stop' })
  if (plan.does === 'nothing') {
    // A run that is running according to its row, and has no owner. If that fails, whoever resumes it does the same.
    await trySweep(engine)
    return { freed: undefined }
  }
  const { lease } = plan
  if (shown.does === 'nothing' || !isSameOwner(shown.lease, lease))
    throw ownerAlive(
      `${ownerWords(lease)}, which has taken it in the meantime. Nothing was changed. Repeat the command.`,
    )
  const asked = await given('unlock', wish, engine)
  await changeControl(ledger, lease.run, (control) => {
    refuseOverSomebody(control, asked, wish)
    return withCommand(control, control.command, asked)
  })
  if (plan.does === 'stop') {
    await executions.stop(lease.execution, `segue unlock --stop-owner${asked.by ? `, by ${asked.by}` : ''}`)
    await untilEnded(lease, engine)
  }
  const swept = await Promise.allSettled([sweepOwner(lease, engine)])
  const now = await readLease(ledger, deployment.destinationTable)
  if (!now?.held) return { freed: lease }
  // An abort that could not be taken a step further, as for want of a permission, keeps no lease.
  if (swept[0].status === 'rejected') throw swept[0].reason
  throw ownerAlive(`${ownerWords(now)}; it was not freed. Try again.`)
}

const isSameOwner = (a: Lease, b: Lease) => a.execution === b.execution && a.fence === b.fence

async function untilEnded(lease: Lease, engine: OperatorEngine): Promise<void> {
  const { runtime } = engine
  const until = runtime.clock() + endsWithinMs
  while ((await statusOfOwner(lease, engine)) !== 'ended') {
    if (runtime.clock() >= until)
      throw ownerAlive(`${ownerWords(lease)}; it was told to stop, and has not ended yet. Repeat the command.`)
    await runtime.sleep(probeEveryMs)
  }
}

/** `Run x holds beta since 2026-11-26T03:00:00Z, fence 4; its owner is execution …` */
export function ownerWords({ run, table, since, fence, execution }: Lease): string {
  return `Run ${run} holds ${table} since ${iso(since)}, fence ${fence}; its owner is execution ${execution}`
}

/** Whether Step Functions says that it does not know an execution, rather than nothing. */
const isForgotten = ({ execution }: Lease, { executions }: OperatorEngine) =>
  executions.describe(execution).then(
    ({ ended }) => ended === 'FORGOTTEN',
    () => false,
  )

const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+/, '')

const ownerAlive = (message: string) => new OperatorError('owner-alive', message)
