// Not wired yet: no command closes a switch or commits it, and slices, live changes and repair do not ask it. Only tests call
// takeStep, sealSwitch, undoSwitch, fateOf and mayWriteInto; what is said of Segue here holds once their callers exist.
import type { Clock } from '../runtime/ports.ts'
import { compareAndSet } from './compare-and-set.ts'
import { LedgerError } from './errors.ts'
import { trustedMs } from './fencing.ts'
import { type Switch, switchKey } from './switch-row.ts'
import { afterStep, clockSlackMs, closingMs, type Step, whyNot } from './switch-steps.ts'
import type { LedgerTable, Row } from './table.ts'

/**
 * The switch of two tables, in a table of its own: applications may read that one, and no other row of Segue.
 * @returns `undefined` if it was never made.
 */
export async function readSwitch(
  switches: LedgerTable,
  tables: readonly [string, string],
): Promise<Switch | undefined> {
  const { pk, sk } = switchKey(tables)
  const row = await switches.get(pk, sk)
  return row && switchOf(row)
}

function switchOf({ pk: _pk, sk: _sk, ...row }: Row): Switch {
  return row as unknown as Switch
}

/**
 * Makes the switch of two tables, open at one of them. One that is there stays as it is.
 * @param table the one that applications use now.
 * @returns the stored one.
 */
export async function createSwitch(
  switches: LedgerTable,
  tables: readonly [string, string],
  { table, maxAgeSeconds, writeSeconds }: Pick<Switch, 'table' | 'maxAgeSeconds' | 'writeSeconds'>,
  now: number,
): Promise<Switch> {
  const numbers = { maxAgeSeconds, writeSeconds }
  const made: Switch = { generation: 1, tables: tables.toSorted(), table, mode: 'open', ...numbers, switchedAt: now }
  await switches.commit([{ row: rowOf(made), expect: 'absent' }])
  return (await readSwitch(switches, tables)) as Switch
}

function rowOf(next: Switch): Row {
  return { ...switchKey(next.tables as [string, string]), ...(next as object) } as Row
}

/**
 * Takes one step from the switch that was read, by compare and set on its generation. So of all who read the same one, one
 * takes a step; the others read again and obey.
 * @returns the switch after it; `undefined` if it is no longer as it was read.
 * @throws LedgerError `illegal-transition` if the step may not be taken from there.
 */
export async function takeStep(switches: LedgerTable, read: Switch, step: Step): Promise<Switch | undefined> {
  const reason = whyNot(read, step)
  if (reason) throw new LedgerError('illegal-transition', `The switch cannot ${step.step}: ${reason}.`)
  const next = afterStep(read, step)
  const stored = await switches.commit([{ row: rowOf(next), expect: { generation: read.generation } }])
  return stored ? next : undefined
}

const sealAttempts = 10

/**
 * Stores the time after which no write that follows the closed switch can land, counted from now: whoever calls this has read
 * that it is closed, and its put may have landed only just before.
 *
 * Live changes apply nothing later than that time. They believe what they read for {@link trustedMs}; so it must be known that
 * long before it comes, or a change later than it could meet somebody who does not know of it yet. If DynamoDB took too
 * long to respond, or somebody who is gone may not have checked that, a later time is stored.
 * @returns the switch after it; `undefined` if it is no longer as it was read.
 */
export async function sealSwitch(switches: LedgerTable, read: Switch, clock: Clock): Promise<Switch | undefined> {
  if (isKnownInTime(read, clock())) return read
  let current = read
  for (let tries = 0; tries < sealAttempts; tries++) {
    const at = clock()
    const sealed = await takeStep(switches, current, { step: 'seal', at, until: at + closingMs(read) })
    if (!sealed || isKnownInTime(sealed, clock())) return sealed
    current = sealed
  }
  throw new LedgerError(
    'lost-race',
    `The switch was sealed ${sealAttempts} times, and each time DynamoDB took longer to respond than the seal may take. Try again.`,
  )
}

function isKnownInTime({ until = 0 }: Switch, now: number): boolean {
  return now + trustedMs + clockSlackMs <= until
}

/**
 * Opens a closed switch at the table that is still the active one, whoever closed it.
 * @returns the switch as it is then. If it is open at another table than was the active one, somebody committed first.
 */
export function undoSwitch(
  switches: LedgerTable,
  tables: readonly [string, string],
  clock: Clock,
): Promise<Switch | undefined> {
  return compareAndSet(`The switch of ${tables.join(' and ')}`, async () => {
    const read = await readSwitch(switches, tables)
    if (read?.mode !== 'closed') return { done: read }
    const undone = await takeStep(switches, read, { step: 'undo', at: clock() })
    return undone && { done: undone }
  })
}

/**
 * What becomes of a change of one table, of which the other is made.
 * - `apply`: write it to the other table.
 * - `hold`: do not, and do not acknowledge it. It came after the last change that may be applied; whether it is applied or
 *   listed depends on how the closing ends.
 * - `applied`: acknowledge it. The other table is the active one, and became so with everything up to `until`.
 * - `list`: name it, and acknowledge it. It came too late, from somebody who does not follow the switch. Applied now, it could
 *   overwrite what an application has written since.
 */
export type Fate = 'apply' | 'hold' | 'applied' | 'list'

/**
 * @param to the table that the change would be written to.
 * @param at when it was made, ms since the epoch, as its record says: rounded down to the second.
 */
export function fateOf({ table, mode, until, appliedUntil }: Switch, to: string, at: number): Fate {
  if (table === to) return appliedUntil !== undefined && at <= appliedUntil ? 'applied' : 'list'
  return mode !== 'open' && until !== undefined && at > until ? 'hold' : 'apply'
}

/**
 * Whether somebody of Segue may begin a write into this table: nobody may once applications use it. What began before must have ended by
 * then, so nobody may while the tables are being switched, either; live changes and the driver of the switch itself may, as
 * {@link fateOf} says.
 */
export function mayWriteInto({ table, mode }: Pick<Switch, 'table' | 'mode'>, into: string): boolean {
  return mode === 'open' && table !== into
}
