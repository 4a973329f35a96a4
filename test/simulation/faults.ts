import type { Dice } from './dice.ts'

/**
 * Everything that can go wrong, with its chance: per request for what happens to requests, per item for what happens to
 * single statements, per invocation or per execution for the others. Real services are a hundred times better.
 */
export const baseRates = {
  /** A slow answer. */
  slow: 0.006,
  /** No answer within the client's 10 s; the request may land before or after that. */
  'no answer': 0.0006,
  throttled: 0.012,
  /** Up to a minute and a half in which one table throttles half of its requests, or all: per seed. */
  storm: 0.2,
  /** Up to a minute in which a table refuses every write as invalid: per table and seed. */
  'everything refused': 0.06,
  'error before effect': 0.005,
  /** The effect happened, its answer was lost. */
  'error after effect': 0.006,
  /** Another transaction has the rows. */
  conflict: 0.004,
  /** A transaction with a head that is long under way. */
  'slow transaction': 0.03,
  /** Of one item of a batch. */
  unprocessed: 0.012,
  'failed statement': 0.004,
  /** The statement was applied, and said that it failed. */
  'lost statement': 0.004,
  'crash before request': 0.0006,
  'crash with request in flight': 0.0009,
  'crash after answer': 0.0006,
  /** Of a write of copy: the process dies, the write lands, if it does not land at once, up to a minute after its time. */
  'crash while writing': 0.014,
  /** The process stands still for seconds and goes on. */
  stall: 0.0008,
  /** The rest of the account uses up all concurrency for a quarter of an hour or more: per seed. */
  'account busy': 0.02,
  /** Every invocation of a slice fails for minutes, longer than its retries last: per seed. */
  outage: 0.04,
  'service exception': 0.01,
  /** The state machine is told of an error; the invocation goes on. */
  'lost invocation': 0.012,
  /** The state machine hears nothing until its own time-out. */
  'silent invocation': 0.004,
  /** The same invocation a second time, at once or minutes later. */
  'duplicate invocation': 0.012,
  /** A read of the stream that answers nothing though there is something. */
  'empty answer': 0.1,
  /** The mapping stays disabled, or goes on changing, for up to three quarters of an hour when it is to be enabled: per seed. */
  'mapping stuck': 0.03,
  /** A deployment changes the mapping, and so disables it, once within twenty minutes: per seed. */
  'mapping deployed': 0.25,
  /** A batch of the stream that waits for up to minutes. */
  'late batch': 0.012,
  /** A batch that is delivered again right after it was acknowledged, or again much later beside others. */
  'batch twice': 0.015,
  'late duplicate': 0.02,
  /** The mapping takes it for failed and delivers it again, while the first invocation goes on. */
  'lost batch': 0.012,
  /** A start of a nested execution that fails before, or after it has started. */
  'start failed': 0.006,
  'start unanswered': 0.006,
  'manifest unreadable': 0.02,
  'results unwritable': 0.02,
  /** An aborted execution whose nested executions are not stopped with it. */
  'orphaned execution': 0.3,
  /** Clocks of environments differ by seconds: per environment. */
  'clock skew': 0.3,
} as const

/** What was added later: it draws from generators of its own, so that the stories of older seeds stay as they were. */
const furtherRates = {
  /** Up to a minute and a half in which a table takes no write of one part of its keys, for lack of capacity: per table and seed. */
  'partition throttled': 0.12,
  /** Up to a minute in which a table denies every write of one part of its keys: per table and seed. */
  'partition denied': 0.2,
  /** Step Functions does not say whether an execution runs. */
  'status unknown': 0.1,
  /** A page without items that is not the last. */
  'empty page': 0.02,
  /** A batch of keys of which some are left unprocessed, now and then all. */
  'unprocessed keys': 0.05,
  /** Step Functions does not know an execution yet, for up to three minutes: per execution. */
  'execution not there': 0.25,
  /** In the first seconds after an abort whoever applies live changes dies, and what is under way lands much later: per abort. */
  'crash after an abort': 0.6,
  /** Nothing sweeps for ten minutes to an hour: per seed. */
  'watchdog absent': 0.15,
} as const

/** What befalls the search cluster, likewise. */
const searchRates = {
  /** It starts again several times, and forgets the versions of deleted documents: per seed. */
  'cluster restarts': 0.5,
  /** Of one write of a bulk. */
  'indexing pressure': 0.004,
  'shard away': 0.004,
  /** Of a bulk of the pass: the process dies, and the bulk lands up to a minute after its time. */
  'crash while indexing': 0.08,
  /** A bulk without an answer that takes effect most of a minute later. */
  'late bulk': 0.02,
  /** The bulk took effect, its answer was lost. */
  'bulk answer lost': 0.03,
  /** Somebody deletes an index while it is built: per seed. */
  'index deleted': 0.15,
} as const

export type Fault = keyof typeof baseRates | keyof typeof furtherRates | keyof typeof searchRates

const oldFaults = Object.keys(baseRates) as (keyof typeof baseRates)[]
const furtherFaults = Object.keys(furtherRates) as (keyof typeof furtherRates)[]
const searchFaults = Object.keys(searchRates) as (keyof typeof searchRates)[]
export const allFaults: Fault[] = [...oldFaults, ...furtherFaults, ...searchFaults]

export function isFurther(fault: Fault): boolean {
  return fault in furtherRates
}

/** The faults that befall one request, as one draw decides them. */
export const requestFaults = [
  'slow',
  'no answer',
  'throttled',
  'error before effect',
  'error after effect',
  'crash before request',
  'crash with request in flight',
  'crash after answer',
  'stall',
] as const satisfies Fault[]

/** What can befall each request, statement or batch: the longer a run takes, the more often. */
export const manyTimes: readonly Fault[] = [
  ...requestFaults,
  'conflict',
  'slow transaction',
  'unprocessed',
  'failed statement',
  'lost statement',
  'crash while writing',
]

export type RequestFault = (typeof requestFaults)[number]

export type Rates = Record<Fault, number>

/**
 * The rates of one seed: a level for all, and each fault left out now and then, because some failures need another fault
 * to be absent. Source: "Swarm Testing", Groce and others, 2012.
 * @param further of the faults that were added later.
 * @param search of those of the search cluster.
 */
export function drawRates(dice: Dice, further: Dice, search: Dice, left: ReadonlySet<Fault>, scale: number): Rates {
  const level = scale * Number(dice.weighted({ 0: 6, 0.4: 20, 1: 54, 2.5: 20 }))
  const all = { ...baseRates, ...furtherRates, ...searchRates }
  const rates = {} as Rates
  const diceOf = (fault: Fault) => (fault in searchRates ? search : isFurther(fault) ? further : dice)
  for (const fault of allFaults) {
    const out = diceOf(fault).chance(0.15)
    rates[fault] = out || left.has(fault) ? 0 : Math.min(0.6, all[fault] * level)
  }
  return rates
}
