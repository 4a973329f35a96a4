import { isOfWholeKey, segmentId } from '../chunks/chunk.ts'
import { rootsFor } from '../chunks/segments.ts'
import { spread } from '../chunks/spread.ts'
import type { KeyValue } from '../dynamodb/attributes.ts'
import { enterPhase } from '../facts/phase.ts'
import { getBuild } from '../ledger/builds.ts'
import { createChunks, eachChunk, getChunk, newChunk, replaceChunk } from '../ledger/chunks.ts'
import { changeControl } from '../ledger/control.ts'
import { listHeavy } from '../ledger/heavy.ts'
import { type PassId, type PassKind, passes, passIdOf } from '../ledger/passes.ts'
import { type RunRecord, updateRun } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import { fixWholeKeys, mostWholeKeys } from '../ledger/whole-keys.ts'
import type { Runtime } from '../runtime/ports.ts'
import { type Ended, endIfTold } from './halt.ts'
import type { ManifestStore } from './ports.ts'

export interface PlanEngine {
  ledger: LedgerTable
  manifests: ManifestStore
  runtime: Runtime
}

export interface Planned {
  outcome: 'planned'
  pass: PassId
  manifest: { bucket: string; key: string }
  chunks: number
}

/**
 * Makes sure that the chunks of a pass exist, and lists the chunks with work left for its Map. On resume the list holds
 * the open leaves of the tree; failed ones are opened again. Planning twice gives the same. A copy whose rows have
 * expired is not planned again: Check copy then halts the run. The heaviest keys known are roots of their own. Quiet of copy ends
 * before a chunk of it may write again; that of a build never ends, so nothing more is planned for it.
 */
export async function planPass(
  task: { run: string; fence: number; kind: PassKind },
  { ledger, manifests, runtime }: PlanEngine,
): Promise<Planned | Ended> {
  const { kind, fence } = task
  const { phase, numbered } = passes[kind]
  const change = numbered === 'verification' ? beginVerification : undefined
  const run = await enterPhase(task, phase, { ledger, runtime }, change)
  const ended = await endIfTold(task, run, { ledger, runtime })
  if (ended) return ended
  const pass = passIdOf(run, kind)
  const now = runtime.clock()
  const expected =
    (numbered === 'once' && run.planned) || (await isQuietBuild(run, kind, ledger))
      ? []
      : rootsFor(run.segments, await wholeKeysOf(run, kind, ledger))
  const lacking = new Map(expected.map(({ id, chunk }) => [id, chunk]))
  const open: string[] = []
  await eachChunk(ledger, run.id, pass, async (chunk) => {
    lacking.delete(chunk.id)
    if (chunk.state === 'failed') {
      const { reason: _, ...again } = chunk
      await replaceChunk(ledger, { ...again, state: 'open', updatedAt: now }, { epoch: chunk.epoch, state: 'failed' })
    } else if (chunk.state !== 'open') return
    open.push(chunk.id)
  })
  const roots = [...lacking].map(([id, chunk]) => newChunk(run.id, pass, id, chunk, now))
  await createChunks(ledger, roots)
  if (numbered === 'once') await updateRun(ledger, run.id, (before) => ({ ...before, planned: true }))
  open.push(...lacking.keys())
  if (kind === 'copy' && open.length > 0) await endQuiet(task, ledger)
  const items = inOrder(open).map((chunk) => ({ chunk }))
  const manifest = await manifests.write(`manifests/${run.id}/${pass}-${fence}.json`, items)
  return { outcome: 'planned', pass, manifest, chunks: items.length }
}

/**
 * The order in which chunks are begun: whole keys first, because the heaviest may take as long as everything else. Within
 * both, what is begun together is spread over the table.
 */
function inOrder(chunks: string[]): string[] {
  const { keys = [], segments = [] } = Object.groupBy(chunks.sort(), (id) => (isOfWholeKey(id) ? 'keys' : 'segments'))
  return [...spread(keys), ...spread(segments)]
}

/**
 * The heaviest partition keys known of the table of a pass. A Query walks them in the order that it documents, so the
 * pass covers them without relying on the order in which a scan returns the items of one key.
 */
async function wholeKeysOf(run: RunRecord, kind: PassKind, ledger: LedgerTable): Promise<KeyValue[]> {
  const pass = passIdOf(run, kind)
  const keys = await fixWholeKeys(ledger, run.id, pass, async () => {
    // An earlier version of Segue has planned it without: its segments may have read the keys already.
    if (await getChunk(ledger, run.id, pass, segmentId(0))) return []
    const heavy = run.split && run.schema.sk ? await listHeavy(ledger, run[passes[kind].table]) : []
    heavy.sort((a, b) => b.items - a.items)
    return heavy.slice(0, mostWholeKeys).map(({ pk }) => pk)
  })
  if (keys.length > 0 && run.wholeKeys?.[pass] === undefined)
    await updateRun(ledger, run.id, (before) => ({
      ...before,
      wholeKeys: { ...before.wholeKeys, [pass]: keys.length },
    }))
  return keys
}

/** Whether the pass is that of a build into which it must write nothing any more. */
async function isQuietBuild(
  { id, destination, index }: RunRecord,
  kind: PassKind,
  ledger: LedgerTable,
): Promise<boolean> {
  if (passes[kind].numbered !== 'build' || !index) return false
  return (await getBuild(ledger, { table: destination, run: id, n: index.build })).quiet === true
}

async function endQuiet({ run, fence }: { run: string; fence: number }, ledger: LedgerTable): Promise<void> {
  await changeControl(ledger, run, (control) => {
    if (control.quiet === undefined || control.fence !== fence) return control
    const { quiet: _, ...next } = control
    return next
  })
}

/** Begins a new verification, with its own chunks, unless the last one has not ended. */
function beginVerification(run: RunRecord): RunRecord {
  if (run.verification && !run.verification.ended) return run
  return { ...run, verification: { number: (run.verification?.number ?? 0) + 1, ended: false } }
}
