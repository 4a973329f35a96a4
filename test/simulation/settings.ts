import { MAX_ROUNDS } from '../../infra/workflow/history.ts'
import { functions } from '../../shared/config/functions-and-permissions.ts'
import { Dice } from './dice.ts'
import { drawRates, type Fault, manyTimes, type Rates } from './faults.ts'

export const profiles = ['mixed', 'calm', 'rough', 'over', 'slow'] as const
/**
 * `mixed` is what a full run uses; `calm` has no faults, `rough` three times as many; with `over` people always start over;
 * `slow` has the times and sizes of production, and tables that are slow and change their speed.
 */
export type Profile = (typeof profiles)[number]

/** Slack given to the stream: more than a read may be stale (20 s) and the clocks of two environments differ (6 s). */
export const slackMs = 30_000

const scaleOf: Record<Profile, number> = { mixed: 1, calm: 0, rough: 3, over: 1, slow: 1 }

/** What is asked of a run besides its seed: how hard, and for a shorter story, what is left out. */
export interface Request {
  seed: number
  profile: Profile
  without?: readonly Fault[]
  /** Leaves out what people do meanwhile: pauses, aborts, second starts. */
  unattended?: boolean
  /** Leaves out what the application writes meanwhile. */
  still?: boolean
  /** Share of the items that are made. @default 1 */
  share?: number
}

/** How large, slow and faulty the world of one seed is. Times are milliseconds unless the name says otherwise. */
export interface Settings {
  rates: Rates
  /** From then on nothing goes wrong any more, so that a run must come to its end. */
  calmAfter: number
  sliceSeconds: number
  splitAfterSeconds: number
  concurrency: number
  segments: number
  /** After so many slices a chunk continues in a fresh execution; seldom is a chunk as long as the real number. */
  rounds: number
  /** How many times longer than in the quick world people, the application, storms and outages take. */
  tempo: number
  /** How often people get each chance to interfere. */
  disturbances: number
  /** Most items of the source, by weight; half of it is the least. */
  items: Partial<Record<number, number>>
  /** Tables change their speed, and have a capacity. */
  changesPace: boolean
  /** People limit what the passes take of the tables, and say otherwise later. */
  budgeted: boolean
  /** One request without its items. */
  requestMs: number
  /** Most items that fit a page, as the 1 MB bound has it for large ones. */
  pageItems: number
  readMsPerItem: number
  writeMsPerItem: number
  /** At some time people give the run up, empty the destination, and begin another. */
  startsOver: boolean
  /** No live changes are captured, and none happen. */
  offline: boolean
  /** Shards of the stream when it begins. */
  shards: number
  /** Longest that a record takes to show; a shard that is silent for `silenceSeconds` has nothing more to show. */
  streamLagMs: number
  silenceSeconds: number
  /** How coarse the stream's times and how stale its reads may be, as the functions are told. */
  slackMs: number
  /** Longest that the mapping takes to change, and that one of its pollers takes to begin. */
  mappingMs: number
  batchRecords: number
  /** Batches of one shard under way at once. */
  parallelBatches: number
  liveSeconds: number
  drainSeconds: number
  settleSeconds: number
  repairSeconds: number
  /** Between two probes of the stream monitor. */
  monitorMs: number
  /** Longest that a record of the stream waits to be delivered when all is well. */
  pollMs: number
  /** Every migration has an `inverse`. No source item then claims the destination key of another: no inverse knows of it. */
  invertible: boolean
  /** The deployment has index definitions: each run builds indices of the destination. */
  search: boolean
  /** Somebody else writes to the destination once it is settled, and again once nothing moves. */
  meddled: boolean
}

export function drawSettings(dice: Dice, request: Request): Settings {
  const quick = drawQuick(dice, request)
  return request.profile === 'slow'
    ? {
        ...quick,
        ...production(new Dice(request.seed, 'production'), quick, new Dice(request.seed, 'slots').pick([0, 2, 4])),
      }
    : quick
}

/** A world in which everything takes seconds: many runs fit into a minute. */
function drawQuick(dice: Dice, request: Request): Settings {
  const further = new Dice(request.seed, 'further rates')
  const searching = new Dice(request.seed, 'search rates')
  const rates = drawRates(dice, further, searching, new Set(request.without), scaleOf[request.profile])
  const pacing = dice.whole(5, 15)
  // Where slices are long, retries end before they do.
  const sliceSeconds = dice.chance(0.15) ? 45 : pacing
  // A key is split only where slots are free.
  const concurrency = dice.whole(1, 4) + new Dice(request.seed, 'slots').pick([0, 2, 4, 8])
  const pageItems = dice.whole(4, 12)
  const silenceSeconds = dice.pick([1, 2, 5, 10, 20])
  const startsOver =
    dice.chance(request.profile === 'over' ? 1 : 0.12) && request.profile !== 'calm' && !request.unattended
  const pageMs = (pacing * 1000) / dice.between(9, 18)
  return {
    rates,
    calmAfter: dice.between(5, 30) * 60_000,
    sliceSeconds,
    splitAfterSeconds: Math.max(1, Math.floor(pacing / dice.whole(6, 13))),
    concurrency,
    segments: dice.whole(1, 6),
    rounds: drawRounds(request),
    tempo: 1,
    disturbances: 1,
    items: { 0: 4, 1: 2, 60: 9, 250: 25, 400: 60 },
    changesPace: false,
    // In `slow`, one page may take a minute of a budget, and the oracle does not allow for that yet.
    budgeted: request.profile !== 'slow' && new Dice(request.seed, 'budgets').chance(0.4),
    requestMs: dice.between(2, 12),
    pageItems,
    readMsPerItem: pageMs / pageItems,
    writeMsPerItem: pageMs / pageItems / dice.between(2, 8),
    // Where live changes are captured, a new run waits longer than most of what an old one sent is under way.
    offline: dice.chance(startsOver ? 0.6 : 0.12),
    startsOver,
    shards: dice.whole(1, 3),
    streamLagMs: silenceSeconds * 600,
    silenceSeconds,
    slackMs,
    mappingMs: dice.pick([2_000, 30_000, 180_000]),
    batchRecords: dice.pick([1, 4, 10, 25]),
    parallelBatches: dice.pick([1, 2, 4]),
    liveSeconds: dice.whole(8, 40),
    // Drain is told nothing by an invocation that has not listened for so long.
    drainSeconds: silenceSeconds + dice.pick([8, 40 + silenceSeconds]),
    settleSeconds: dice.pick([6, 15, 60, 900]),
    repairSeconds: dice.pick([2, 4, 60]),
    pollMs: dice.pick([10, 100, 400]),
    monitorMs: dice.between(30_000, 300_000),
    ...drawFurther(request, startsOver),
  }
}

function drawRounds({ seed }: Request): number {
  const dice = new Dice(seed, 'rounds')
  return dice.chance(0.15) ? dice.whole(2, 4) : MAX_ROUNDS
}

/** So many worlds have a search cluster: building indices doubles what a run does. */
const searchShare = 0.3

/** What was added later, of a generator of its own: the other settings of a seed stay as they were. */
function drawFurther({ seed }: Request, startsOver: boolean): Pick<Settings, 'invertible' | 'meddled' | 'search'> {
  const dice = new Dice(seed, 'further settings')
  const search = new Dice(seed, 'search settings').chance(searchShare)
  const drawn = { invertible: dice.chance(0.35), meddled: dice.chance(0.25) && !startsOver, search }
  return dice.chance(0.1) ? { ...drawn, ...productionLike() } : drawn
}

/** Margins as they are deployed: the live function has its five minutes, and silence is no shorter than slack. */
function productionLike(): Partial<Settings> {
  const silenceSeconds = slackMs / 1000
  return {
    liveSeconds: functions.live.seconds,
    silenceSeconds,
    streamLagMs: silenceSeconds * 600,
    drainSeconds: functions.drain.seconds,
    settleSeconds: functions.settle.seconds,
    repairSeconds: functions.repair.seconds,
  }
}

/** What one request is less likely to meet, of the many that a page of 1,000 items takes. */
const requestShare = 0.2

/** The times and sizes that are deployed, as docs/architecture.md has them. */
function production(dice: Dice, { rates, calmAfter }: Settings, spare: number): Partial<Settings> {
  const tempo = dice.between(10, 60)
  return {
    rates: { ...rates, ...Object.fromEntries(manyTimes.map((fault) => [fault, rates[fault] * requestShare])) },
    calmAfter: Math.min(calmAfter * tempo, 12 * 3_600_000),
    sliceSeconds: 900,
    splitAfterSeconds: 300,
    tempo,
    disturbances: 3,
    segments: dice.pick([1, 1, 2, 4]),
    concurrency: dice.pick([1, 2, 4]) + spare,
    items: { 1: 2, 300: 25, 800: 45, 1500: 28 },
    changesPace: true,
    pageItems: 1_000,
    readMsPerItem: dice.between(0.2, 2),
    writeMsPerItem: dice.between(0.2, 2),
    silenceSeconds: 60,
    streamLagMs: 36_000,
    batchRecords: dice.pick([1, 10, 100]),
    liveSeconds: 300,
    drainSeconds: 900,
    settleSeconds: 900,
    repairSeconds: 900,
    monitorMs: 300_000,
  }
}
