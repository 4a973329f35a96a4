import { readCoverage } from '../../facts/coverage.ts'
import { type PassKind, passes } from '../../ledger/passes.ts'
import type { RunRecord } from '../../ledger/runs.ts'
import type { OperatorEngine } from '../engine.ts'
import type { Expect } from './read.ts'

type Where = Pick<OperatorEngine, 'ledger' | 'describeTable'>

/**
 * Estimates how many items a pass will read; read once for each pass. The table's own count is about six hours old, and 0
 * for a table filled since then. A tally of the copy does not include later live changes. 0 and a failure both count as
 * unknown: a run can be watched without the estimate.
 */
export function expectedItems(engine: Where): Expect {
  const known = new Map<string, Promise<number | undefined>>()
  return (run, pass) => {
    const name = `${run.id} ${pass}`
    const count = known.get(name) ?? read(engine, run, pass).then((items) => (items > 0 ? items : undefined))
    known.set(name, count)
    return count.catch(() => {
      known.delete(name)
      return undefined
    })
  }
}

async function read({ ledger, describeTable }: Where, run: RunRecord, pass: PassKind): Promise<number> {
  const { table, expected } = passes[pass]
  if (expected.from === 'its table') return (await describeTable(run[table])).itemCount
  const { tallies } = await readCoverage(ledger, run, expected.from)
  return tallies[expected.tally]
}
