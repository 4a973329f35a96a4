import { capturePut } from './capture.ts'
import { compareAndSet } from './compare-and-set.ts'
import { type Control, controlPut } from './control.ts'
import { LedgerError } from './errors.ts'
import { buildKey } from './feeds.ts'
import { buildPk } from './keys.ts'
import { type RunRecord, runPut } from './runs.ts'
import { type BuildState, buildTransitions, mayChange } from './states.ts'
import type { LedgerTable, LedgerValue, Put, Row } from './table.ts'

/**
 * Why nothing is brought into a build any more. `replaced`: an index is gone, or another one has its name. `trimmed`: the
 * stream trimmed changes that were not in it yet. `stream changed`: the stream was turned off and on again. `expired`: rows of its
 * tickets may have expired before it was whole. `refused`:
 * OpenSearch did not make its indices as they are defined. `definitions`: a build of other definitions was begun.
 */
export type WhyBuildEnded = 'replaced' | 'trimmed' | 'stream changed' | 'expired' | 'refused' | 'definitions'

/** Names one build. */
export interface BuildId {
  /** The table that is indexed. */
  table: string
  run: string
  /** Counts the builds of a run from 1. Never used again. */
  n: number
}

/** An index of a build. */
export interface BuiltIndex {
  /** Reserved by the row before the index is created. */
  name: string
  /** An index that is deleted and created again has another one. No value: it may not exist yet. */
  uuid?: string
}

/** A set of new indices, one for each alias, made of one table by definitions of one hash. Times are ms since the epoch. */
export interface Build extends BuildId {
  /** Hash of the definitions. Other ones do not continue it. */
  hash: string
  state: BuildState
  because?: WhyBuildEnded
  begunAt: number
  /** When it entered this state. */
  stateAt: number
  /** Changes from this moment on are brought into it; the pass sees earlier ones. Never moved. */
  since?: number
  /** No write of its pass can land any more. Never taken back. */
  quiet?: true
  /** Applications search it: its alias leads to it. */
  served?: true
  /** By alias. */
  indices: { [alias: string]: BuiltIndex }
  /** An hour: every burial that was due before it is done. */
  buriedTo?: number
  /** Each write raises it. */
  rev: number
}

/** All builds of a table, in the order in which they began. */
export async function readBuilds(ledger: LedgerTable, table: string): Promise<Build[]> {
  const rows = await ledger.query(buildPk(table), '')
  return rows.map((row) => toBuild(table, row)).sort((a, b) => a.begunAt - b.begunAt || a.n - b.n)
}

/** @throws LedgerError `row-missing`. */
export async function getBuild(ledger: LedgerTable, id: BuildId): Promise<Build> {
  const { pk, sk } = keyOf(id)
  const row = await ledger.get(pk, sk)
  if (!row) throw new LedgerError('row-missing', `Run ${id.run} has no build ${id.n} of ${id.table} in this ledger.`)
  return toBuild(id.table, row)
}

/**
 * A put that replaces the build that was read, or stores a new one.
 * @param next made of the one that was read, so that no attribute is lost that this version does not know.
 * @throws LedgerError `illegal-transition` for a state that {@link buildTransitions} does not allow.
 */
export function buildPut(read: Build | undefined, next: Omit<Build, 'rev'>): Put {
  if (read && read.state !== next.state && !mayChange(buildTransitions, read.state, next.state))
    throw new LedgerError(
      'illegal-transition',
      `Build ${next.n} of run ${next.run} is ${read.state} and cannot become ${next.state}.`,
    )
  const { table: _, ...attributes } = next
  const row = { ...keyOf(next), ...attributes, rev: (read?.rev ?? 0) + 1 } as unknown as Row
  return { row, expect: read ? { rev: read.rev } : 'absent' }
}

/**
 * Changes a build by compare and set. Starts over when another writer changed it in between.
 * @param change returns its argument where nothing is to change.
 * @returns the build as it is then.
 * @throws LedgerError `row-missing`, `illegal-transition` or `lost-race`.
 */
export function changeBuild(ledger: LedgerTable, id: BuildId, change: (build: Build) => Build): Promise<Build> {
  return compareAndSet(`Build ${id.n} of run ${id.run}`, async () => {
    const read = await getBuild(ledger, id)
    const next = change(read)
    if (next === read) return { done: read }
    return (await ledger.commit([buildPut(read, next)])) ? { done: { ...next, rev: read.rev + 1 } } : undefined
  })
}

/** The rows of a run as they were read. Another execution that drives it since has changed one of them. */
export interface Driven {
  run: RunRecord
  version: number
  control: Control
}

/**
 * Begins a build, and ends those whose definitions are others.
 * @param others builds of the run.
 * @returns `undefined`, with nothing written, if another writer was first.
 */
export async function beginBuild(
  ledger: LedgerTable,
  { run, version, control }: Driven,
  next: Omit<Build, 'rev'>,
  others: readonly Build[],
): Promise<Build | undefined> {
  const ended = others.filter((each) => !isGivenUp(each) && each.hash !== next.hash)
  const begun = await ledger.commit([
    buildPut(undefined, next),
    ...ended.map((each) => buildPut(each, { ...inState(each, 'ended', next.begunAt), because: 'definitions' })),
    runPut(run, { ...run, index: { build: next.n, hash: next.hash } }, version),
    controlPut(run.id, control, control),
  ])
  return begun ? { ...next, rev: 1 } : undefined
}

/**
 * Records that no write of the pass of a build can land any more.
 * @returns `undefined`, with nothing written, if another writer was first.
 */
export async function beginBuildQuiet(
  ledger: LedgerTable,
  { run, control }: Pick<Driven, 'run' | 'control'>,
  build: Build,
): Promise<Build | undefined> {
  const quiet: Build = { ...build, quiet: true }
  const puts = [buildPut(build, quiet), controlPut(run.id, control, control)]
  return (await ledger.commit(puts)) ? { ...quiet, rev: build.rev + 1 } : undefined
}

/**
 * Records when the feed of a build begins: in the row of the build alone, or together with when its capture began, which nobody
 * moves afterwards.
 * @returns `false`, with nothing written, if another writer was first.
 */
export function beginBuildFeed(
  ledger: LedgerTable,
  build: Build,
  since: number,
  capture?: { stream: string; copyFrom: number },
): Promise<boolean> {
  const begins = buildPut(build, { ...build, since })
  return ledger.commit(capture ? [begins, capturePut(buildKey(build), { since, ...capture })] : [begins])
}

/** The build in a state that it enters now. */
export function inState(build: Build, state: BuildState, now: number): Build {
  return { ...build, state, stateAt: now }
}

/** Records that a build cannot become whole any more, and is fed no more. One that was given up before stays as it is. */
export function loseBuild(
  ledger: LedgerTable,
  id: BuildId,
  because: Exclude<WhyBuildEnded, 'definitions'>,
  now: number,
): Promise<Build> {
  return changeBuild(ledger, id, (build) => (isGivenUp(build) ? build : { ...inState(build, 'lost', now), because }))
}

/** Whether nothing is brought into a build any more. */
export function isGivenUp({ state }: Pick<Build, 'state'>): boolean {
  return state === 'lost' || state === 'ended'
}

function keyOf({ table, run, n }: BuildId): { pk: string; sk: string } {
  return { pk: buildPk(table), sk: `${run}#${String(n).padStart(3, '0')}` }
}

function toBuild(table: string, { pk: _pk, sk: _sk, ...build }: Row): Build {
  return { table, ...(build as { [name: string]: LedgerValue | undefined }) } as unknown as Build
}
