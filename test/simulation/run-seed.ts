import { isDeepStrictEqual } from 'node:util'
import { forEachFunction } from '../../shared/config/functions-and-permissions.ts'
import { keyOf } from '../../shared/dynamodb/key.ts'
import { runPk } from '../../shared/ledger/keys.ts'
import type { copyEnded } from '../../shared/phases/check-copy.ts'
import type { EngineEvent } from '../../shared/runtime/events.ts'
import { type MemoryTable, memoryTable } from '../memory/table.ts'
import { Checks } from './checks/checks.ts'
import { LedgerChecks } from './checks/ledger.ts'
import { DestinationWatch, sourceWatch } from './checks/writes.ts'
import { type Deployment, destinationTable, flawed, mended, sourceTable } from './deployment.ts'
import { Dice } from './dice.ts'
import { optionsOf } from './environment.ts'
import { StepFunctions } from './interpreter/step-functions.ts'
import { type Lambda, LambdaService } from './lambda/service.ts'
import { functionArn, machinesOf } from './machines.ts'
import { Operator } from './operator.ts'
import type { Request, Settings } from './settings.ts'
import { LedgerStore } from './stores/ledger.ts'
import { EventSourceMapping } from './stores/mapping.ts'
import { Replica } from './stores/replica.ts'
import { SourceStream } from './stores/stream.ts'
import { tableStore } from './stores/table.ts'
import type { About } from './story.ts'
import { lambdasOf } from './tasks.ts'
import { type Violation, violation } from './violation.ts'
import { ChangeLog } from './workload/changes.ts'
import { drawKeys, drawPopulation, indexKeys, makeItem, type Population, refuses } from './workload/items.ts'
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

/** More than the clocks of two environments differ. */
const skewMs = 7_000

/**
 * One whole run, from an empty destination to the last check. The same request gives the same run, event by event.
 * @param about what the story is told of; without, none is.
 */
export async function runSeed(request: Request, about?: About): Promise<Result> {
  const world = new World(request, about)
  const dice = new Dice(request.seed, 'workload')
  const population = drawPopulation(dice)
  const source = memoryTable(population.schema, sourceTable)
  for (const key of drawKeys(dice, population, world.settings.items, request.share ?? 1))
    source.store(makeItem(dice, population, key, 1))
  const items = source.size
  const isLive = !world.settings.offline && !request.still

  const stream = new SourceStream(world, source)
  const changes = new ChangeLog(source, () => world.now)
  const replica = isLive ? new Replica(world, source) : undefined
  source.onChange = (change) => {
    changes.note(change)
    replica?.note(change)
    stream.note(change)
  }
  /** The run that holds the lease, and since when its changes are the stream's; clocks may differ by `skewMs`. */
  let holder: unknown
  let phase: unknown
  const enter = (next: unknown) => {
    if (next !== phase) operator.entered(next)
    phase = next
  }
  let since = Number.POSITIVE_INFINITY
  const captures = () => world.now > since + skewMs
  const writers = isLive ? new Writers(world, source, population, captures) : undefined

  let stepFunctions: StepFunctions
  let mapping: EventSourceMapping
  const ledger = new LedgerStore()
  const ledgerChecks = new LedgerChecks(world, () => stepFunctions)
  const watch = new DestinationWatch(world, ledgerChecks, writers)
  ledger.onCommit = (puts, by) => {
    ledgerChecks.onCommit(puts, by)
    for (const { row } of puts) {
      // An abort that comes after the run has finished is void.
      if (row.sk === 'RUN' && row.state === 'finished') watch.commanded('run')
      if (row.sk === 'RUN') enter(row.phase)
      if (row.sk === 'CAPTURE' && row.pk === holder) since = row.since as number
      if (row.sk !== 'LEASE' || holder === runPk(row.run as string)) continue
      holder = runPk(row.run as string)
      since = Number.POSITIVE_INFINITY
      writers?.withdrawClaims()
    }
  }
  const destination = memoryTable({ ...population.schema, indexKeys }, destinationTable)
  destination.refuses = refuses
  const deployment: Deployment = {
    world,
    source: { ...tableStore(world, source, sourceWatch(world, writers)), ...(replica && { replica }) },
    destination: tableStore(world, destination, watch),
    ledger,
    stream,
    mapping: () => mapping,
    copiedAt: 0,
    firstCopiedAt: 0,
    release: world.settings.startsOver ? flawed : mended,
    stepFunctions: () => stepFunctions,
  }
  const lambdas = lambdasOf(deployment)
  const functions = Object.values(lambdas)
  const seconds = forEachFunction((name) => lambdas[name].seconds)
  const service = new LambdaService(world, (event, by) => observe(world, event, by))
  mapping = new EventSourceMapping(world, stream, service, lambdas.live)
  const byArn = new Map<string, Lambda>(functions.map((lambda) => [functionArn(lambda.name), lambda]))
  stepFunctions = new StepFunctions(world, service, machinesOf(seconds, optionsOf(world).concurrency), byArn)
  stepFunctions.onAnswer = (state, answer) => {
    const copied = answer as unknown as Awaited<ReturnType<typeof copyEnded>>
    if (state !== 'Copied' || copied.outcome !== 'copied') return
    deployment.copiedAt = copied.at
    deployment.firstCopiedAt ||= copied.at
  }

  const checks = new Checks(deployment, ledgerChecks, changes)
  const operator = new Operator({
    deployment,
    watch,
    checks,
    writers,
    invoke: () => service.run(lambdas['monitor-stream'], {}),
    startedOver() {
      deployment.release = mended
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

function observe(world: World, event: EngineEvent, by: string): void {
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
