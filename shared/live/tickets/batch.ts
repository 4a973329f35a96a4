import { encodeKey } from '../../dynamodb/key.ts'
import { type FedBuild, fedBuilds } from '../../facts/builds.ts'
import { readBuilds } from '../../ledger/builds.ts'
import { trusted } from '../../ledger/fencing.ts'
import type { RunRecord } from '../../ledger/runs.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import type { Runtime } from '../../runtime/ports.ts'
import type { Ask } from '../../runtime/retry.ts'
import { SearchError } from '../../search/errors.ts'
import { LiveError } from '../errors.ts'
import { ownerOf } from '../fencing.ts'
import type { StreamRecord } from '../ports.ts'
import type { Changed } from './decide.ts'
import type { TicketEngine } from './engine.ts'
import { sendChanged } from './send.ts'
import { isWhole, type WholeEngine } from './whole.ts'

/** Items sent together: their documents are in memory at once, and one read takes no more keys. */
const itemsAtOnce = 100

export interface FeedEngine extends Pick<WholeEngine, 'search'> {
  ledger: LedgerTable
  runtime: Runtime
  /** The table that is indexed. */
  table: string
  /** Hash of the definitions of this deployment. */
  hash: string | undefined
  /** The engine that feeds one build; it calls `ask` before each bulk and each attempt. */
  engineOf: (run: RunRecord, build: FedBuild, ask: Ask) => Promise<TicketEngine>
}

/**
 * Brings the items of a batch of records into the builds that are fed: the records of one item combined, those from before a
 * build began left out. Builds are read after the records were delivered. So a record of a build that begins later is never
 * acknowledged without it: its changes begin later than anybody can hold an older list.
 *
 * Whether the indices are there is asked before any ticket is taken: while the domain is away, a batch that comes again and
 * again takes none. A build whose index is gone is recorded as lost and holds up no other.
 * @throws LiveError or SearchError, once every build was tried. Nothing of the batch is then acknowledged, so all of it comes
 * again, which is harmless.
 */
export async function feedBuilds(records: readonly StreamRecord[], engine: FeedEngine): Promise<void> {
  const { ledger, runtime, table } = engine
  const { run } = await ownerOf(ledger, table)
  const builds = fedBuilds(await readBuilds(ledger, table), run.id)
  const due = builds.map((build) => ({ build, changed: changedSince(build.since, records) }))
  const fed = due.filter(({ changed }) => changed.length > 0)
  const other = fed.find(({ build }) => build.hash !== engine.hash)?.build
  if (other)
    throw new LiveError(
      'definitions-changed',
      `Build ${other.n} of run ${run.id} was begun with other index definitions than these. Deploy those it was begun with, or build anew.`,
    )
  const permitted = trusted(runtime.clock, () => ownerOf(ledger, table))
  const ask: Ask = async () => {
    const { run: now } = await permitted()
    if (now.id !== run.id)
      throw new LiveError('fenced', `Run ${now.id} has replaced run ${run.id}. The change comes again for it.`)
  }
  const failures: unknown[] = []
  for (const { build, changed } of fed)
    await feed(run, build, changed, ask, engine).catch((error) => void failures.push(error))
  if (failures.length > 0) throw failures[0]
  const oldest = Math.min(...records.map(({ at }) => at))
  const lagMs = Math.max(0, runtime.clock() - oldest)
  for (const { build, changed } of fed)
    runtime.emit({ code: 'index.batch', run: run.id, build: build.n, items: changed.length, lagMs })
}

async function feed(run: RunRecord, build: FedBuild, changed: Changed[], ask: Ask, engine: FeedEngine): Promise<void> {
  if (!(await isWhole(build, engine))) return
  const tickets = await engine.engineOf(run, build, ask)
  try {
    for (let i = 0; i < changed.length; i += itemsAtOnce) {
      await ask()
      await sendChanged(changed.slice(i, i + itemsAtOnce), tickets)
    }
  } catch (error) {
    const isMissing = SearchError.is(error) && error.code === 'search-not-found'
    if (!isMissing || (await isWhole(build, engine))) throw error
  }
}

/** The items of the records from a moment on, each with its newest record. */
function changedSince(since: number, records: readonly StreamRecord[]): Changed[] {
  const changed = new Map<string, Required<Changed>>()
  for (const { key, seq, at } of records) {
    if (at < since) continue
    const id = encodeKey(key)
    const before = changed.get(id)
    if (!before || before.seq < seq) changed.set(id, { key, seq })
  }
  return [...changed.values()]
}
