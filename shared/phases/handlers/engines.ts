import type { Build } from '../../ledger/builds.ts'
import { buildKey, type FeedName } from '../../ledger/feeds.ts'
import { type Code, continueUnless, stopReason } from '../../ledger/fencing.ts'
import { getRun, type RunRecord } from '../../ledger/runs.ts'
import { sourceFeed } from '../../live/applied.ts'
import type { DrainEngine } from '../../live/drain.ts'
import type { LiveEngine } from '../../live/engine.ts'
import type { Mapping } from '../../live/ports.ts'
import { retryingLiveTables } from '../../live/retrying-ports.ts'
import type { SettleEngine } from '../../live/settle-all.ts'
import { buildFeed } from '../../live/tickets/applied.ts'
import { documentsOf } from '../../live/tickets/documents.ts'
import { senderLifetimeMs, type TicketEngine } from '../../live/tickets/engine.ts'
import type { Deadline } from '../../runtime/ports.ts'
import type { Ask } from '../../runtime/retry.ts'
import type { Beating } from '../beat.ts'
import type { LiveWorld, MappingWorld, Migrating, SearchWorld, StreamWorld, Task, World } from './world.ts'

/** The engine that applies and settles live changes of a run. */
export async function liveEngine(world: LiveWorld & Migrating, run: RunRecord, ask?: Ask): Promise<LiveEngine> {
  const { ledger, runtime, openTable, liveTables } = world
  const { schema } = run
  const tables = liveTables({ name: run.destination, schema }, ask)
  return {
    run: run.id,
    schema,
    migrations: await pendingOf(run, world),
    source: openTable(run.source, schema, ask),
    tables: retryingLiveTables(tables, ledger, runtime, ask),
    ledger,
    runtime,
  }
}

/** The engine that settles and repairs a run, under its lease; it beats with its requests. */
export async function settleEngine(
  world: LiveWorld & Migrating,
  task: Task,
  deadline: Deadline,
  beat: Beating,
): Promise<SettleEngine> {
  const { ledger, runtime } = world
  const code = migrationsOf(world)
  const goOn = continueUnless(stopReason(ledger, task, code, runtime.clock))
  const ask: Ask = async (...about) => {
    await goOn(...about)
    await beat()
  }
  return { ...(await liveEngine(world, await getRun(ledger, task.run), ask)), deadline, code }
}

/** The engine that reads the stream of the source, beside the mapping that feeds the live function. */
export async function streamEngine(
  world: StreamWorld & Migrating,
  id: string,
  deadline: Deadline,
): Promise<DrainEngine> {
  const { ledger, runtime, openStream, silenceMs, slackMs } = world
  const run = await getRun(ledger, id)
  const { schema } = run
  const migrations = await pendingOf(run, world)
  return {
    ledger,
    runtime,
    ...sourceFeed({ ledger, run: id, schema, migrations }),
    stream: openStream(schema, 'source'),
    silenceMs,
    slackMs,
    deadline,
    code: migrationsOf(world),
  }
}

/** The engine that brings items into the indices of a build. */
export async function ticketEngine(
  world: SearchWorld,
  { destination, schema }: RunRecord,
  build: Build,
  ask?: Ask,
): Promise<TicketEngine> {
  const { ledger, runtime, openTable } = world
  return {
    build: buildKey(build),
    isQuiet: build.quiet === true,
    documentsOf: documentsOf(build, await world.indices(), schema),
    table: openTable(destination, schema, ask),
    search: await world.openSearch(),
    ...{ ledger, runtime, lifetimeMs: senderLifetimeMs },
    ...(ask && { ask }),
  }
}

/** The engine that reads the stream of the destination for one build, beside the mapping that feeds it. */
export async function buildStreamEngine(
  world: StreamWorld & SearchWorld,
  run: RunRecord,
  build: Build,
  deadline: Deadline,
): Promise<DrainEngine> {
  const { ledger, runtime, openStream, silenceMs, slackMs, searchHash } = world
  return {
    ...{ ledger, runtime, silenceMs, slackMs, deadline },
    ...buildFeed(await ticketEngine(world, run, build)),
    stream: openStream(run.schema, 'index'),
    code: { of: 'search', hash: searchHash ?? '' },
  }
}

/** The mapping of a feed. @throws Error where the deployment reads no such stream: its run machine never asks then. */
export function mappingOf({ mappings }: Pick<MappingWorld, 'mappings'>, feed: FeedName): Mapping {
  const mapping = mappings[feed]
  if (!mapping) throw new Error(`Expected the event source mapping of the ${feed} feed, got none. Deploy it again.`)
  return mapping
}

/** The migrations of this deployment, as the code that some work needs. */
export function migrationsOf({ codeHash }: Pick<World, 'codeHash'>): Code {
  return { of: 'migrations', hash: codeHash }
}

/** The index definitions of this deployment, likewise. */
export function definitionsOf({ searchHash = '' }: Pick<World, 'searchHash'>): Code {
  return { of: 'search', hash: searchHash }
}

/** The migrations of a run, in order. */
async function pendingOf({ pending }: RunRecord, { migrations }: Migrating) {
  return (await migrations()).filter(({ id }) => pending.includes(id))
}
