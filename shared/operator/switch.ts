import { createSwitch, readSwitch } from '../ledger/switch.ts'
import type { Switch } from '../ledger/switch-row.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { OperatorEngine } from './engine.ts'
import { OperatorError } from './errors.ts'

type Engine = Pick<OperatorEngine, 'deployment' | 'switches' | 'runtime'>

/**
 * The switch of the deployment's tables; `undefined` if it was never made.
 * @throws OperatorError `no-switch-table`
 */
export async function showSwitch(engine: Engine): Promise<Switch | undefined> {
  return readSwitch(switchesOf(engine), tablesOf(engine))
}

/**
 * Makes the switch, open at the table that applications use now. One that is there stays as it is.
 * @param start `table` is one of the deployment's two.
 * @returns it, and whether it is new.
 * @throws OperatorError `no-switch-table`
 */
export async function makeSwitch(
  engine: Engine,
  start: Pick<Switch, 'table' | 'maxAgeSeconds' | 'writeSeconds'>,
): Promise<{ made: Switch; isNew: boolean }> {
  const switches = switchesOf(engine)
  const before = await readSwitch(switches, tablesOf(engine))
  if (before) return { made: before, isNew: false }
  return { made: await createSwitch(switches, tablesOf(engine), start, engine.runtime.clock()), isNew: true }
}

function tablesOf({ deployment: { sourceTable, destinationTable } }: Engine): [string, string] {
  return [sourceTable, destinationTable]
}

function switchesOf({ switches, deployment }: Engine): LedgerTable {
  if (switches) return switches
  throw new OperatorError(
    'no-switch-table',
    `There is no table for the switch of ${deployment.name}: an earlier version deployed it. Deploy it again.`,
  )
}
