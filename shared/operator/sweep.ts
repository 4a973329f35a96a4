import { functions } from '../config/functions-and-permissions.ts'
import type { Lease } from '../ledger/lease.ts'
import { ownerStatus } from '../phases/owner.ts'
import type { ExecutionStatus, Executions } from '../phases/ports.ts'
import { type Swept, sweep, youngMs } from '../phases/sweep.ts'
import type { OperatorEngine } from './engine.ts'

/** The most that a slice may take, seconds; taken where the deployment does not say. */
export const mostSliceSeconds = 900

type Engine = Pick<OperatorEngine, 'ledger' | 'runtime' | 'executions' | 'deployment' | 'mapping' | 'indexMapping'>

/**
 * One pass of the sweep that the watchdog does every minute, so that commands do not depend on it: ends what nobody drives,
 * and takes an abort a step further. The clock of the engine must be that of the service: an abort is announced by it.
 */
export function sweepNow(engine: Engine): Promise<Swept> {
  const { ledger, runtime, executions, deployment, mapping, indexMapping } = engine
  const { sliceSeconds } = (deployment.options ?? {}) as { sliceSeconds?: unknown }
  return sweep({
    ledger,
    runtime,
    executions: asked(executions),
    destination: deployment.destinationTable,
    mappings: [mapping, indexMapping].flatMap((each) => each ?? []),
    liveSeconds: Math.max(functions.live.seconds, functions['index-feed'].seconds),
    sliceSeconds: typeof sliceSeconds === 'number' ? sliceSeconds : mostSliceSeconds,
  })
}

/**
 * The same for a command that does not need it: whatever fails, as for want of a permission, the watchdog does within a
 * minute.
 */
export async function trySweep(engine: Engine): Promise<void> {
  await sweepNow(engine).catch(() => {})
}

/**
 * The same for what depends on it: frees a lease whose owner has ended, so that nothing it left behind writes. A sweep leaves a
 * younger one alone, whose execution the service may not know yet: waits until it does not.
 */
export async function sweepOwner(lease: Lease, engine: Engine): Promise<Swept> {
  await engine.runtime.sleep(Math.max(0, lease.since + youngMs - engine.runtime.clock()))
  return sweepNow(engine)
}

/** Whether an owner is at work, by what Step Functions says twice; `unknown` for whatever keeps it from telling. */
export function statusOfOwner(
  owner: { execution: string; since: number },
  { executions, runtime }: Pick<OperatorEngine, 'executions' | 'runtime'>,
): Promise<ExecutionStatus> {
  return ownerStatus(owner, { executions: asked(executions), runtime })
}

/** The executions as the sweep asks for them. */
const asked = ({ describe }: OperatorEngine['executions']): Executions => ({
  status: (execution) =>
    describe(execution).then(
      ({ status, ended }) => (ended === 'FORGOTTEN' ? 'absent' : status),
      () => 'unknown',
    ),
})
