import { isDeepStrictEqual } from 'node:util'
import { forEachFunction } from '../../shared/config/functions-and-permissions.ts'
import { keyOf } from '../../shared/dynamodb/key.ts'
import { type Build, readBuilds } from '../../shared/ledger/builds.ts'
import { buildPk, runPk } from '../../shared/ledger/keys.ts'
import type { checkPass } from '../../shared/phases/check-pass.ts'
import type { Held } from '../../shared/phases/lease.ts'
import type { Planned } from '../../shared/phases/plan-pass.ts'
import type { Swept } from '../../shared/phases/sweep.ts'
import type { EngineEvent } from '../../shared/runtime/events.ts'
import { type MemoryTable, memoryTable } from '../memory/table.ts'
import { Absence } from './absence.ts'
import { AlarmChecks } from './checks/alarms.ts'
import { Checks } from './checks/checks.ts'
import { ControlChecks } from './checks/control.ts'
import { LedgerChecks } from './checks/ledger.ts'
import { DestinationWatch, sourceWatch } from './checks/writes.ts'
import { type Deployment, destinationTable, releasesOf, type Searching, sourceTable } from './deployment.ts'
import { Dice } from './dice.ts'
import { StepFunctions } from './interpreter/step-functions.ts'
import type { Sandbox } from './lambda/sandbox.ts'
import { type Lambda, LambdaService } from './lambda/service.ts'
import { functionArn, machinesOf } from './machines.ts'
import { Operator } from './operator.ts'
import type { Request, Settings } from './settings.ts'
import { consistent } from './stores/consistency.ts'
import { LedgerStore } from './stores/ledger.ts'
import { EventSourceMapping } from './stores/mapping.ts'
import { Replica } from './stores/replica.ts'
import { SearchStore } from './stores/search.ts'
import { TableStream } from './stores/stream.ts'
import { tableStore } from './stores/table.ts'
import type { About } from './story.ts'
import { lambdasOf } from './tasks.ts'
import { type Violation, violation } from './violation.ts'
import { ChangeLog } from './workload/changes.ts'
import { Crowd } from './workload/crowd.ts'
import { IndexWriters } from './workload/index-writers.ts'
import { drawKeys, drawPopulation, indexKeys, makeItem, type Population, refuses } from './workload/items.ts'
import { Meddler } from './workload/meddler.ts'
import { Writers } from './workload/writers.ts'
import { epoch, World } from './world.ts'

/** Bounds of one run: far more than any needs. */
const MOST_EVENTS = { quick: 600_000, slow: 3_000_000 }
const MOST_MS = { quick: 24 * 3_600_000, slow: 21 * 24 * 3_600_000 }

export interface Result {
  seed: number
  violation: Violation | undefined
  counts: [name: string, times: number][]
  virtualMs: number
  events: number
  items: number
  /** Where the story was asked for. */
  story: string[]
}

/** An offline run reads the table some seconds after it began: of what changed before, so much does not show yet. */
const lateOffline = 0.3

/** More than the clocks of two environments differ. */
const skewMs = 7_000

/**
 * One whole run, from an empty destination to the last check. The same request gives the same run, event by event.
 * @param about what the story is told of; without, none is.
 */
export async function runSeed(request: Request, about?: About): Promise<Result> {
  const world = new World(request, about)
  const dice = new Dice(request.seed, 'workload')
  const population = drawPopulation(dice, world.further)
  const source = memoryTable(population.schema, sourceTable)
  for (const key of drawKeys(dice, population, world.settings.items, request.share ?? 1))
    source.store(makeItem(dice, population, key, 1))
  const items = source.size
  const isLive = !world.settings.offline && !request.still

  const stream = new TableStream(world, source)
  const replica = isLive
    ? new Replica(world, source, world.dice, 'path: stale read')
    : new Replica(world, source, world.further, 'path: stale read offline', lateOffline)
  if (!isLive) changeJustBefore(world.further, source, population, replica)
  const changes = new ChangeLog(source, () => world.now)
  source.onChange = (change) => {
    changes.note(change)
    replica.note(change)
    stream.note(change)
  }
  /** The run that holds the lease, and since when its changes are the stream's; clocks may differ by `skewMs`. */
  let holder: unknown
  let phase: unknown
  const enter = (next: unknown) => {
    if (next !== phase) operator.entered(next)
    if (next !== phase && next === 'Bury') deployment.search?.store.restartSoon()
    phase = next
  }
  let since = Number.POSITIVE_INFINITY
  const captures = () => world.now > since + skewMs
  const writers = isLive ? new Writers(world, source, population, captures) : undefined

  let stepFunctions: StepFunctions
  let mapping: EventSourceMapping
  const ledger = new LedgerStore(() => world.now)
  if (!consistent.ledger) ledger.remember(world)
  const ledgerChecks = new LedgerChecks(world, () => stepFunctions)
  const controlChecks = new ControlChecks(world, ledgerChecks)
  const alarmChecks = new AlarmChecks(world, ledger)
  const watch = new DestinationWatch(world, ledgerChecks, controlChecks, writers)
  ledger.onSend = (puts, by) => ledgerChecks.onSend(puts, by)
  ledger.onCommit = (puts, by) => {
    ledgerChecks.onCommit(puts, by)
    controlChecks.onCommit(puts, by)
    world.capacity.onCommit(puts, by, ledgerChecks.chunks.values())
    alarmChecks.onCommit(puts)
    for (const { row } of puts) {
      if (row.sk === 'RUN') enter(row.phase)
      const { indices, quiet } = row as unknown as Build
      if (row.pk === buildPk(destinationTable) && quiet)
        deployment.search?.store.quiet(Object.values(indices).map(({ name }) => name))
      if (row.sk === 'CAPTURE' && row.pk === holder) {
        since = row.since as number
        stream.trimLater(row.pk, world.now - skewMs)
      }
      if (row.sk !== 'LEASE' || holder === runPk(row.run as string)) continue
      holder = runPk(row.run as string)
      since = Number.POSITIVE_INFINITY
      writers?.withdrawClaims()
    }
  }
  const destination = memoryTable({ ...population.schema, indexKeys }, destinationTable)
  destination.refuses = refuses
  const copies = new Replica(world, destination, world.further, 'path: stale read of the destination')
  const searching = world.settings.search ? world.beside('search') : undefined
  const feedStream =
    searching && new TableStream(searching, destination, { records: 'index stream', shards: 'index shards' })
  destination.onChange = (change) => {
    copies.note(change)
    feedStream?.note(change)
  }
  let feed: EventSourceMapping
  const meddler = new Meddler(world, source, destination, population)
  const releases = releasesOf(world)
  const deployment: Deployment = {
    world,
    source: { ...tableStore(world, source, sourceWatch(world, writers)), replica },
    destination: { ...tableStore(world, destination, watch), replica: copies },
    ledger,
    stream,
    mapping: () => mapping,
    ...(searching &&
      feedStream && {
        search: {
          world: searching,
          store: new SearchStore(searching),
          stream: feedStream,
          mapping: () => feed,
          changed: new Set(),
        },
      }),
    copiedAt: 0,
    plannedAt: new Map(),
    firstCopiedAt: 0,
    releases,
    release: world.settings.startsOver ? releases.flawed : releases.right,
    deploy(release) {
      deployment.release = release
      stepFunctions.machines = machinesOf(release, seconds, world.settings)
    },
    stepFunctions: () => stepFunctions,
  }
  const lambdas = lambdasOf(deployment)
  const seconds = forEachFunction((name) => lambdas[name].seconds)
  const service = new LambdaService(world, (event, by) => observe(world, event, by))
  mapping = new EventSourceMapping(world, stream, service, lambdas.live)
  if (searching && feedStream)
    feed = new EventSourceMapping(searching, feedStream, service, lambdas['index-feed'], 'index')
  const byArn = new Map<string, Lambda>(
    Object.values(releases).flatMap((release) =>
      Object.values(lambdasOf(deployment, release)).map(
        (lambda) => [functionArn(lambda.name, release), lambda] as const,
      ),
    ),
  )
  const { search } = deployment
  if (search) search.store.watch = controlChecks
  if (search?.world.strikes('index deleted')) deleteSometime(search, ledger)
  if (search) search.store.writers = new IndexWriters(search.world, destination, search.changed, search.store.restart)
  stepFunctions = new StepFunctions(world, service, new Map(), byArn)
  deployment.deploy(deployment.release)
  const crowd = new Crowd(world, ledger)
  let meddles = world.settings.meddled && meddler.comesEarly
  stepFunctions.onAnswer = (state, answer, input) => {
    if (state === 'Settle' && (answer as { outcome: string }).outcome === 'settled') {
      checks.whenSettled((input as unknown as { lease: Held }).lease.run)
      if (meddles) meddler.plant()
      meddles = false
    }
    if (state.startsWith('Plan')) notePlanned(deployment, answer as unknown as Planned)
    const copied = answer as unknown as Awaited<ReturnType<typeof checkPass>>
    if (state !== 'Check copy' || copied.outcome !== 'covered') return
    deployment.copiedAt = copied.at
    crowd.beforeSettling((input as unknown as { lease: Held }).lease.run)
    deployment.firstCopiedAt ||= copied.at
  }

  const absence = new Absence(world)
  const checks = new Checks(deployment, ledgerChecks, changes, meddler.planted)
  const operator = new Operator({
    deployment,
    watch,
    checks,
    writers,
    meddler,
    crowd,
    invoke: () => service.run(lambdas['monitor-stream'], {}),
    ...(searching && { monitorFeed: () => service.run(lambdas['monitor-stream'], { feed: 'index' }) }),
    async sweep() {
      const began = world.now
      if (absence.isAt(began)) return
      const swept = (await service.run(lambdas.watchdog, {})) as unknown as Swept
      ledgerChecks.swept(swept, began)
      await alarmChecks.watch()
    },
    aborted() {
      if (world.strikes('crash after an abort'))
        world.scheduler.after(world.further.between(0, 5_000), () => service.crash(lambdas.live))
    },
    startedOver() {
      deployment.deploy(releases.right)
      deployment.firstCopiedAt = 0
      if (!isLive && source.size > 0) for (let i = dice.whole(1, 20); i > 0; i--) changeOne(dice, source, population)
    },
    ...(world.settings.offline && { spoil: () => spoilSome(dice, source, population, world.settings.items) }),
  })
  let run: string | undefined
  operator.drive().then(
    (finished) => {
      run = finished
      world.scheduler.stop()
    },
    (error: Error) => world.violated(violation('defect', String(error.stack))),
  )
  await toTheEnd(world)
  if (world.violations.length === 0) await toTheEnd(world) // What lingers lands.
  if (world.violations.length === 0) {
    if (run === undefined)
      world.violated(violation('unbounded', 'nothing is left to happen, and the run has not finished'))
    else if (!operator.hasHandedOver) checks.atTheEnd(run)
  }
  const overBudget = world.violations.length === 0 ? world.capacity.atTheEnd() : undefined
  if (overBudget) world.violated(overBudget)
  return {
    seed: request.seed,
    violation: world.violations[0],
    counts: [...world.counters.counts],
    virtualMs: world.now - epoch,
    events: world.scheduler.events,
    items,
    story: world.story.lines,
  }
}

/** Somebody deletes an index, some time while it is built. */
function deleteSometime({ world, store }: Searching, ledger: LedgerStore): void {
  const { scheduler, dice, settings } = world
  const after = settings.tempo * dice.between(0, dice.pick([30_000, 120_000, 600_000]))
  let tries = 20
  const deleteOne = async (): Promise<void> => {
    const builds = (await readBuilds(ledger.memory, destinationTable)).filter(({ state }) => state === 'building')
    const names = builds.flatMap(({ indices }) => Object.values(indices)).map(({ name }) => name)
    if (names.length > 0) {
      world.hit('path: index deleted')
      await store.memory.deleteIndex(dice.pick(names))
    } else if (tries-- > 0) scheduler.after(30_000, () => void deleteOne())
  }
  scheduler.after(after, () => void deleteOne())
}

/** Notes when a pass is planned for the first time. */
function notePlanned({ plannedAt, world }: Deployment, planned: Planned): void {
  if (planned.outcome !== 'planned') return
  const [pass] = planned.manifest.key.split('-')
  if (!plannedAt.has(pass!)) plannedAt.set(pass!, world.now)
}

/** Changes moments before an offline run begins: a read that is not strongly consistent misses them for a while. */
function changeJustBefore(dice: Dice, source: MemoryTable, population: Population, replica: Replica): void {
  source.onChange = (change) => replica.note(change)
  if (dice.chance(0.7))
    for (let i = dice.whole(1, 20); i > 0 && source.size > 0; i--) changeOne(dice, source, population)
}

/** What somebody changes between two runs where nothing is captured. */
function changeOne(dice: Dice, source: MemoryTable, population: Population): void {
  const key = keyOf(source.schema, dice.pick(source.items()))!
  if (dice.chance(0.3) && source.size > 1) source.delete(key)
  else source.store(makeItem(dice, population, key, 2))
}

/** Items that were dropped, and new ones, cannot be migrated: the destination stays right, and verify must list them. */
function spoilSome(dice: Dice, source: MemoryTable, population: Population, sizes: Settings['items']): void {
  const dropped = source.items().filter((item) => isDeepStrictEqual(item.kind, { S: 'drop' }))
  const fresh = drawKeys(dice, population, sizes, 0.1).filter((key) => !source.find(key))
  for (const key of [...dropped.map((item) => keyOf(source.schema, item)!), ...fresh])
    source.store(makeItem(dice, population, key, 3, dice.pick(['throw', 'reject'])))
}

async function toTheEnd(world: World): Promise<void> {
  try {
    const scale = world.request.profile === 'slow' ? 'slow' : 'quick'
    const ended = await world.scheduler.run(MOST_EVENTS[scale], epoch + MOST_MS[scale])
    if (ended === 'too many events' || ended === 'too much time')
      world.violated(violation('unbounded', `${ended}: ${world.scheduler.events} events, ${world.now - epoch} ms`))
  } catch (error) {
    world.violated(violation('defect', String((error as Error).stack)))
  }
}

function observe(world: World, event: EngineEvent, sandbox: Sandbox): void {
  const by = sandbox.name
  if (event.code === 'chunk.split') world.capacity.split(sandbox, event.chunk, event.key)
  // A table that throttles is no reason to split.
  if (event.code === 'retry.waiting' && !/throttled|unprocessed/.test(event.reason)) sandbox.waits(event.waitMs)
  switch (event.code) {
    case 'slice.ended':
      world.hit(`slice: ${event.outcome}`)
      break
    case 'retry.waiting':
    case 'slice.checkpoint':
    case 'item.quarantined':
      break
    case 'run.phase':
      world.hit(`phase: ${event.phase}`)
      break
    default:
      world.hit(`engine: ${event.code}`)
  }
  const { story } = world
  if (!story.isTold) return
  if ('chunk' in event && story.isInvolved(event.chunk)) story.tell(by, `${event.code} ${JSON.stringify(event)}`)
  else if (event.code === 'run.phase') story.tell(by, `phase ${event.phase}`)
}
