import { coverageOf } from '../../facts/coverage.ts'
import { listChunks, type Walk } from '../../ledger/chunks.ts'
import type { RunRecord } from '../../ledger/runs.ts'
import type { OperatorEngine } from '../engine.ts'
import type { Expect } from './read.ts'

type Where = Pick<OperatorEngine, 'ledger' | 'describeTable'>

/**
 * How many items a walk will meet, asked once for each walk. For the copy the source's own count, about six hours old and
 * 0 for a table that was filled since; for the walks after it what the copy read and produced, which live changes have
 * moved since. 0 tells nothing, and neither does a failure: it is an estimate, and a run can be watched without.
 */
export function expectedItems(engine: Where): Expect {
  const known = new Map<string, Promise<number | undefined>>()
  return (run, walk) => {
    const name = `${run.id} ${walk}`
    const asked = known.get(name) ?? ask(engine, run, walk).then((items) => (items > 0 ? items : undefined))
    known.set(name, asked)
    return asked.catch(() => {
      known.delete(name)
      return undefined
    })
  }
}

async function ask({ ledger, describeTable }: Where, run: RunRecord, walk: Walk): Promise<number> {
  if (walk === 'copy') return (await describeTable(run.source)).itemCount
  const { tallies } = coverageOf(await listChunks(ledger, run.id, 'copy'), run.segments)
  return walk === 'verify' ? tallies.read : tallies.produced
}
