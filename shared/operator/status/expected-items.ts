import { coverageOf } from '../../facts/coverage.ts'
import { listChunks } from '../../ledger/chunks.ts'
import { type PassKind, passes, passIdOf } from '../../ledger/passes.ts'
import type { RunRecord } from '../../ledger/runs.ts'
import type { OperatorEngine } from '../engine.ts'
import type { Expect } from './read.ts'

type Where = Pick<OperatorEngine, 'ledger' | 'describeTable'>

/**
 * How many items a pass will read, asked once for each pass. Where the table of passes names the table's own count, it is
 * about six hours old, and 0 for a table that was filled since; where it names a tally of the copy, live changes have
 * moved it since. 0 tells nothing, and neither does a failure: it is an estimate, and a run can be watched without.
 */
export function expectedItems(engine: Where): Expect {
  const known = new Map<string, Promise<number | undefined>>()
  return (run, pass) => {
    const name = `${run.id} ${pass}`
    const asked = known.get(name) ?? ask(engine, run, pass).then((items) => (items > 0 ? items : undefined))
    known.set(name, asked)
    return asked.catch(() => {
      known.delete(name)
      return undefined
    })
  }
}

async function ask({ ledger, describeTable }: Where, run: RunRecord, pass: PassKind): Promise<number> {
  const { table, expected } = passes[pass]
  if (expected.from === 'its table') return (await describeTable(run[table])).itemCount
  const { tallies } = coverageOf(await listChunks(ledger, run.id, passIdOf(run, expected.from)), run.segments)
  return tallies[expected.tally]
}
