import { writeAlias } from '../facts/builds.ts'
import { enteredAt, enterPhase } from '../facts/phase.ts'
import { resumeCommand } from '../facts/resumable.ts'
import {
  type Build,
  type BuiltIndex,
  beginBuild,
  beginBuildFeed,
  changeBuild,
  getBuild,
  inState,
  isGivenUp,
  loseBuild,
  readBuilds,
} from '../ledger/builds.ts'
import { readCapture } from '../ledger/capture.ts'
import { compareAndSet } from '../ledger/compare-and-set.ts'
import { readControl } from '../ledger/control.ts'
import { buildKey } from '../ledger/feeds.ts'
import { isDriving } from '../ledger/fencing.ts'
import { keepDays } from '../ledger/keys.ts'
import { type RunRecord, readRun } from '../ledger/runs.ts'
import type { LedgerTable } from '../ledger/table.ts'
import { feedBegins, startCapture } from '../live/capture.ts'
import type { Mapping, Stream } from '../live/ports.ts'
import { isWhole } from '../live/tickets/whole.ts'
import { definitionHash, forbiddenSettings, type LoadedIndex } from '../migrations/load-indices.ts'
import type { Runtime } from '../runtime/ports.ts'
import { SearchError } from '../search/errors.ts'
import type { Search } from '../search/ports.ts'
import { retryingSearch } from '../search/retrying-search.ts'
import { type Ended, endIfTold, haltRun, notDriving } from './halt.ts'
import { flat, settingsWhileBuilding } from './index-settings.ts'
import { captureGivesUpMs, captureWaitSeconds } from './waits.ts'

/**
 * A build that is older than this is not continued: rows of its tickets expire {@link keepDays} days after they were written,
 * and Bury needs every one of them.
 */
const buildKeptMs = (keepDays - 10) * 86_400_000

/** How long before its feed begins the row of a build must be in the ledger: clocks differ, and times of records are coarse. */
const knownMs = 2_000

export interface PrepareIndexEngine {
  ledger: LedgerTable
  runtime: Runtime
  /** Without retries. */
  search: Search
  definitions: readonly LoadedIndex[]
  /** Hash of the module of the definitions. */
  searchHash: string
  /** The stream of the table that is indexed. */
  stream: Pick<Stream, 'arn' | 'shards'>
  /** From that stream to the function that brings changes into the indices. */
  mapping: Mapping
  slackMs: number
}

export interface Prepared {
  outcome: 'prepared'
  /** Names of its indices. */
  indices: string[]
  /** Indices of builds that nothing is brought into any more, and that are still there. Nothing deletes them. */
  leftBehind: string[]
}

type Task = { run: string; fence: number }

/**
 * Makes sure that the run has a build of these definitions, with indices that are those it began with, and that changes of the
 * destination are brought into it; the pass may then begin. Continues a build that is not whole yet, and begins another one where
 * it was lost, has other definitions, or is too old. Call again while `waiting`. Deletes no index.
 */
export async function prepareIndex(
  task: Task,
  engine: PrepareIndexEngine,
): Promise<Prepared | { outcome: 'waiting'; seconds: number } | Ended> {
  const run = await enterPhase(task, 'Prepare index', engine)
  const told = await endIfTold(task, run, engine)
  if (told) return told
  const off = await streamOff(run, engine)
  if (off) return haltRun({ ...task, error: 'index-refused', cause: off }, engine)
  const search = retryingSearch(engine.search, engine.runtime)
  try {
    const build = await theBuild(task, { ...engine, search })
    if (!build) return notDriving(task, run)
    const feed = await startFeed(task, build, run, engine)
    if (feed) return feed
    const indices = namesOf(build)
    return { outcome: 'prepared', indices, leftBehind: await leftBehind(build, engine.ledger, search) }
  } catch (error) {
    // What may pass is retried by the state machine.
    if (!SearchError.is(error) || error.retryable) throw error
    const cause = `Search indices cannot be made: ${error.message} \`${resumeCommand(run)}\` continues once that is corrected.`
    return haltRun({ ...task, error: 'index-refused', cause }, engine)
  }
}

/** Why no change would come into a build: one that is begun would be lost, and so would the next. */
async function streamOff(run: RunRecord, { stream }: PrepareIndexEngine): Promise<string | undefined> {
  if ((await stream.shards()).enabled) return undefined
  return `Changes of ${run.destination} cannot be brought into its indices: its stream ${stream.arn}, which is deployed, is turned off. Enable the stream of ${run.destination}, deploy with the ARN it has now, then \`${resumeCommand(run)}\`.`
}

/** @returns the build to fill, whose indices exist; `undefined` if another execution drives the run. */
async function theBuild(task: Task, engine: PrepareIndexEngine): Promise<Build | undefined> {
  for (;;) {
    const build = (await continued(task, engine)) ?? (await begin(task, engine))
    if (!build || build.state === 'building') return build
    await createIndices(build, engine)
    const made = await found(build, engine)
    if (made) return made
  }
}

/** The newest build of the run, if it is not whole yet and can become so. */
async function continued({ run }: Task, engine: PrepareIndexEngine): Promise<Build | undefined> {
  const { ledger, runtime, searchHash } = engine
  const build = (await buildsOf(run, engine)).at(-1)
  if (!build || build.state === 'ready' || isGivenUp(build) || build.hash !== searchHash) return undefined
  if (build.state === 'preparing') return build
  if (runtime.clock() - build.begunAt > buildKeptMs) {
    await loseBuild(ledger, build, 'expired', runtime.clock())
    return undefined
  }
  return (await isWhole(build, engine)) ? build : undefined
}

/** The builds of a run, in order. */
async function buildsOf(id: string, { ledger }: Pick<PrepareIndexEngine, 'ledger'>): Promise<Build[]> {
  const { run } = await readRun(ledger, id)
  return (await readBuilds(ledger, run.destination)).filter((build) => build.run === id).sort((a, b) => a.n - b.n)
}

/**
 * Begins a build: reserves the names of its indices, and ends the builds of other definitions, whose changes nothing can bring
 * into them any more.
 */
function begin(task: Task, engine: PrepareIndexEngine): Promise<Build | undefined> {
  const { ledger, runtime, definitions, searchHash } = engine
  return compareAndSet<Build | undefined>(`The builds of run ${task.run}`, async () => {
    const [{ run, version }, control] = await Promise.all([readRun(ledger, task.run), readControl(ledger, task.run)])
    if (!isDriving(task, run) || control.fence !== task.fence) return { done: undefined }
    const builds = await buildsOf(run.id, engine)
    const n = (builds.at(-1)?.n ?? 0) + 1
    const now = runtime.clock()
    const indices = Object.fromEntries(
      definitions.map((definition): [string, BuiltIndex] => [
        definition.alias,
        { name: `${definition.alias}-${definitionHash(definition, searchHash)}-${run.id}-${n}` },
      ]),
    )
    const build = { table: run.destination, run: run.id, n, hash: searchHash, indices }
    const next = { ...build, state: 'preparing', begunAt: now, stateAt: now } as const
    const begun = await beginBuild(ledger, { run, version, control }, next, builds)
    return begun && { done: begun }
  })
}

/** Creates the indices that a build has reserved. One that is there is of an earlier attempt. */
async function createIndices({ indices }: Build, { definitions, search }: PrepareIndexEngine): Promise<void> {
  for (const { alias, settings, mappings } of definitions) {
    const { name } = indices[alias]!
    await search.createIndex(name, {
      settings: settingsWhileBuilding(settings),
      mappings,
      aliases: [writeAlias(name)],
    })
  }
}

/**
 * Stores the UUIDs of the new indices, and from when on changes are brought into them. Gives a build up whose indices are not as
 * they are defined: nothing changes them, so the next attempt needs new ones.
 * @returns `undefined` if the build was given up meanwhile.
 */
async function found(build: Build, engine: PrepareIndexEngine): Promise<Build | undefined> {
  const { ledger, runtime, search, slackMs } = engine
  const refused = async (message: string) => {
    await loseBuild(ledger, build, 'refused', runtime.clock())
    return new SearchError('search-invalid-request', message)
  }
  const indices: Build['indices'] = {}
  for (const [alias, { name }] of Object.entries(build.indices)) {
    const [state, second] = await search.indices(writeAlias(name))
    if (!state || second || state.name !== name)
      throw await refused(`The index ${name} is not written through ${writeAlias(name)}: somebody else has made it.`)
    const shown = flat(state.settings)
    const added = forbiddenSettings.find((setting) => (shown[setting] ?? '_none') !== '_none')
    if (added)
      throw await refused(
        `The index ${name} has \`${added}\`, which its definition has not: a template of the domain adds it.`,
      )
    indices[alias] = { name, uuid: state.uuid }
  }
  const now = runtime.clock()
  const since = feedBegins({ clock: runtime.clock, slackMs })
  const made = await changeBuild(ledger, build, (read) =>
    read.state === 'preparing' ? { ...inState(read, 'building', now), indices, since } : read,
  )
  return made.state === 'building' ? made : undefined
}

/** @returns `undefined` once changes are brought into the build, and the pass may read. */
async function startFeed(
  task: Task,
  build: Build,
  run: RunRecord,
  engine: PrepareIndexEngine,
): Promise<{ outcome: 'waiting'; seconds: number } | Ended | undefined> {
  const { ledger, runtime, stream, mapping, slackMs } = engine
  const since = await feedFrom(build, engine)
  const feed = buildKey(build)
  const found = await startCapture({ feed }, { ledger, stream, mapping, clock: runtime.clock, slackMs }, since)
  if (found.outcome === 'on') return undefined
  if (found.state === undefined) return found
  const waitedMs = runtime.clock() - enteredAt(run, 'Prepare index')
  if (waitedMs < captureGivesUpMs) return { outcome: 'waiting', seconds: captureWaitSeconds(waitedMs) }
  const state = found.state === 'changing' ? 'still changing' : 'still Disabled'
  const cause = `Changes of ${run.destination} cannot be brought into its indices: ${captureGivesUpMs / 60_000} minutes after Segue asked for it, the event source mapping of their function is ${state}. Look at it in the Lambda console (its last processing result names the reason), then \`${resumeCommand(run)}\`.`
  return haltRun({ ...task, error: 'capture-not-on', cause }, engine)
}

/**
 * Stores when the feed of a build began, once its row has been seen in the ledger early enough: so that no batch which has read
 * the builds before holds such a change. It would acknowledge it, and the drain would wait for it without end. Where storing the
 * row took longer, the feed begins later.
 * @returns when it begins, ms since the epoch.
 */
function feedFrom(build: Build, { ledger, runtime, stream, slackMs }: PrepareIndexEngine): Promise<number> {
  return compareAndSet(`Build ${build.n} of run ${build.run}`, async () => {
    const capture = await readCapture(ledger, buildKey(build))
    if (capture) return { done: capture.since }
    const read = await getBuild(ledger, build)
    const isKnown = read.since !== undefined && runtime.clock() + knownMs <= read.since
    const since = isKnown ? read.since! : feedBegins({ clock: runtime.clock, slackMs })
    const begins = isKnown ? { stream: stream.arn, copyFrom: since + slackMs } : undefined
    return (await beginBuildFeed(ledger, read, since, begins)) && isKnown ? { done: since } : undefined
  })
}

/** The indices of builds that were given up, and of those of earlier runs, as far as they are there and nobody searches them. */
async function leftBehind({ table, run }: Build, ledger: LedgerTable, search: Search): Promise<string[]> {
  const names = (await readBuilds(ledger, table))
    .filter((each) => !each.served && (isGivenUp(each) || each.run !== run))
    .flatMap(namesOf)
  const there: string[] = []
  for (const name of names) if ((await search.indices(name)).length > 0) there.push(name)
  return there
}

function namesOf({ indices }: Build): string[] {
  return Object.values(indices).map(({ name }) => name)
}
