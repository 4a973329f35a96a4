import type { AuditEntry, AuditEvent } from '../ledger/audit.ts'
import type { OperatorEngine } from './engine.ts'
import { OperatorError } from './errors.ts'
import type { CallsAnswer, ExecutionCall } from './findings.ts'
import { findLastRun } from './last-run.ts'
import type { NoAnswer } from './plan/pending.ts'

/** A command as it is recorded. */
export interface Recorded {
  /** With its flags. */
  what: string
  why?: string
}

/**
 * Gives a command, and records it: before, that it was asked for, and after, what became of it. A log that cannot be written
 * keeps nobody from stopping a run.
 * @param eventOf what became of it.
 * @param lost is told why the command is not recorded.
 */
export async function audited<T>(
  engine: Pick<OperatorEngine, 'audit' | 'deployment' | 'identity' | 'ledger' | 'runtime'>,
  { what, why }: Recorded,
  work: () => Promise<T>,
  { eventOf, lost }: { eventOf(result: T): AuditEvent; lost(reason: unknown): void },
): Promise<T> {
  const { audit, deployment, identity, runtime, ledger } = engine
  if (!audit) return work()
  const destination = deployment.destinationTable
  const by = await identity()
  const id = newId(runtime.random)
  const add = async (event: AuditEvent) => {
    const run = await findLastRun(ledger, destination).catch(() => undefined)
    const given = { ...(by !== undefined && { by }), ...(why !== undefined && { why }), ...(run && { run: run.id }) }
    await audit.add(destination, { at: runtime.clock(), id, event, what, ...given }).catch(lost)
  }
  await add('asked')
  try {
    const result = await work()
    await add(eventOf(result))
    return result
  } catch (error) {
    await add((error as { source?: string }).source === 'user' ? 'refused' : 'failed')
    throw error
  }
}

const newId = (random: () => number) =>
  Math.floor(random() * 36 ** 8)
    .toString(36)
    .padStart(8, '0')

/** Who did what, oldest first. */
export interface Audit {
  entries: AuditEntry[]
  /** What was done in the console; `unknown`, with the reason, where CloudTrail may not be asked. */
  console: ExecutionCall[] | { unknown: string }
}

/** A start or a stop so soon after a command of the same person was made by it, ms. */
const madeByCommandMs = 5 * 60_000

/**
 * The newest rows of the audit, and what was done in the console since the first of them.
 * @throws OperatorError `no-audit`.
 */
export async function readAudit(
  { audit, askCalls, deployment }: Pick<OperatorEngine, 'audit' | 'askCalls' | 'deployment'>,
  most: number,
): Promise<Audit> {
  if (!audit)
    throw new OperatorError(
      'no-audit',
      `${deployment.name} has no audit: an earlier version deployed it. Deploy it again.`,
    )
  const entries = await audit.newest(deployment.destinationTable, most)
  const answer: CallsAnswer | NoAnswer = askCalls
    ? await askCalls()
    : { outcome: 'unknown', reason: 'this deployment does not name its preflight function' }
  return { entries, console: consoleCalls(entries, answer) }
}

/** The calls that concern the executions of these entries and that no command explains. */
export function consoleCalls(entries: readonly AuditEntry[], answer: CallsAnswer | NoAnswer): Audit['console'] {
  if (answer.outcome === 'unknown') return { unknown: answer.reason }
  if (answer.outcome === 'refused') return { unknown: answer.cause }
  if ('unknown' in answer) return { unknown: answer.unknown }
  const machines = new Set(entries.flatMap(({ execution }) => (execution === undefined ? [] : [machineOf(execution)])))
  const since = entries[0]?.at ?? 0
  const commands = entries.filter(({ event }) => event === 'asked')
  const isExplained = ({ at, by }: ExecutionCall) =>
    commands.some((command) => command.by === by && at >= command.at - 5_000 && at - command.at < madeByCommandMs)
  return answer.calls
    .filter((call) => call.at >= since && machines.has(machineOf(call.execution)) && !isExplained(call))
    .toSorted((a, b) => a.at - b.at)
}

/** `arn:aws:states:region:account:execution:MACHINE:name` without the name. */
const machineOf = (execution: string) => execution.split(':').slice(0, 7).join(':')
