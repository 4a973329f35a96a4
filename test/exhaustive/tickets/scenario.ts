import type { Attributes } from '../../../shared/dynamodb/attributes.ts'
import { bucketOf } from '../../../shared/ledger/keys.ts'
import { ticketBuckets, ticketId } from '../../../shared/ledger/tickets.ts'
import { buryDue, ticketLists } from '../../../shared/live/tickets/bury.ts'
import { sendChanged } from '../../../shared/live/tickets/send.ts'
import type { Write } from '../../../shared/search/ports.ts'
import { type Actor, type Explored, explore } from '../explore.ts'
import type { Call, Unit } from '../unit.ts'
import { type Begin, engineOf, type Rule } from './ports.ts'
import {
  alias,
  burials,
  type Change,
  changed,
  documentsOf,
  emptyStore,
  foreign,
  forgotten,
  goneAlias,
  key,
  landed,
  type Store,
  wrong,
} from './store.ts'

export interface Scenario {
  /** The application makes so many changes, each any of these. */
  changes: number
  any: Change[]
  /** How many times whoever takes records may be taken for dead: it begins again, and its late twin continues. @default 1 */
  forks?: number
  /** Answers of bulks that may be lost. @default 0 */
  losses?: number
  /** How many times the index forgets its deletes. @default 1 */
  restarts?: number
  /** How many times another program writes into the index, before the last change. @default 0 */
  foreigns?: number
  /** How long whoever takes tickets may be at work, in steps of the clock. @default 1 */
  lifetime?: number
  /** Steps that the clock takes at least. @default 0 */
  ticks?: number
  /** The pass and the walk of Bury have ended before the first change. */
  isFilled?: boolean
  /** A bulk of the pass of an earlier build, whose index is gone, is still under way. */
  stale?: boolean
}

/** Explores a scenario, whole or with one rule left out. */
export function explored(scenario: Scenario, without?: Rule): Promise<Explored> {
  const { losses = 0, forks = 1, lifetime = 1, isFilled, stale } = scenario
  const start = isFilled ? filled(emptyStore(losses)) : emptyStore(losses)
  if (stale) start.flying = [{ write: staleWrite(without), until: lifetime }]
  const actors: Actor<Store>[] = [
    application(scenario),
    feed(lifetime, without),
    network(),
    restarts(scenario),
    monitor(lifetime, without),
    clock(scenario, lifetime),
  ]
  if (scenario.foreigns) actors.push(others(scenario))
  if (!isFilled) actors.push(pass(lifetime), quiet(without))
  if (!isFilled && without !== 'the pass is buried') actors.push(bury(lifetime, without))
  return explore(start, actors, forks, wrong)
}

function application({ changes, any }: Scenario): Actor<Store> {
  return {
    name: 'application',
    unit: (index, at) =>
      index === changes || any.every((each) => !changed(at, each))
        ? 'end'
        : (call) => call((store) => any.flatMap((each) => changed(store, each) ?? []).map((next) => [next, 0])),
  }
}

/**
 * The pass that fills the build: sends version 1 of the item, on a page as old as one likes, until it is answered. An
 * attempt without an answer may still land.
 */
function pass(lifetime: number): Actor<Store> {
  return once('pass', (call) =>
    call((store) => {
      const seen = [...new Set([store.item, ...store.before])]
      const answered = seen.map((item) => versionOne(item).reduce((at, write) => landed(at, write)[0], store))
      const lost = seen.flatMap(versionOne).map((write) => ({ write, until: store.now + lifetime }))
      return answered.flatMap((after): [Store, unknown][] => [
        [after, 0],
        ...lost.map((each): [Store, unknown] => [{ ...after, flying: [...after.flying, each] }, 0]),
      ])
    }),
  )
}

function filled(store: Store): Store {
  return { ...versionOne(store.item).reduce((at, write) => landed(at, write)[0], store), isQuiet: true }
}

function versionOne(item: Attributes | undefined): Write[] {
  return documentsOf(item).flatMap(({ through, made }) =>
    made.kind === 'document' ? [{ op: 'index', alias: through, json: made.json, ...made.place, version: 1 }] : [],
  )
}

/** Of the pass of an earlier build: what the item was before this one began. */
function staleWrite(without: Rule | undefined): Write {
  const to = without === 'every build has an alias of its own' ? alias : goneAlias
  return { op: 'index', alias: to, id: 'a', routing: 'court', version: 1, json: 'good of an earlier build' }
}

/** The records of the item, in order. */
function feed(lifetime: number, without: Rule | undefined): Actor<Store> {
  return {
    name: 'feed',
    mayFork: true,
    unit(index, store) {
      if (store.log.length <= index) return 'end'
      return async (call) => {
        // Of several records of one item, which may come in one batch, the last counts. What is known of quiet may be old.
        const { seq, ...begin } = await call<Begin & { seq: string }>(
          (at) =>
            at.log
              .slice(index)
              .flatMap((seq) =>
                (at.isQuiet ? [false, true] : [false]).map((isQuiet): [Store, unknown] => [
                  at,
                  { seq, isQuiet, now: at.now },
                ]),
              ),
          'joined',
        )
        await sendChanged([{ key, seq }], engineOf(call, without, lifetime, begin))
      }
    },
  }
}

/** Bulks without an answer land, or never do. */
function network(): Actor<Store> {
  return {
    name: 'network',
    repeats: true,
    unit: (_, { flying }) =>
      flying.length === 0
        ? 'end'
        : (call) =>
            call((store) =>
              store.flying.flatMap(({ write, until }, i): [Store, unknown][] => {
                const left = { ...store, flying: store.flying.toSpliced(i, 1) }
                return store.now < until
                  ? [
                      [landed(left, write)[0], 0],
                      [left, 0],
                    ]
                  : [[left, 0]]
              }),
            ),
  }
}

/** The index forgets its deletes. */
function restarts({ restarts = 1 }: Scenario): Actor<Store> {
  return {
    name: 'restart',
    unit: (index, at) =>
      index === restarts || !forgotten(at) ? 'end' : (call) => call((store) => [[forgotten(store) ?? store, 0]]),
  }
}

/** Only before the last change: what another program leaves after it, no record tells of. */
function others({ foreigns, changes }: Scenario): Actor<Store> {
  return {
    name: 'another program',
    may: ({ at }) => at.application!.unit < changes,
    unit: (index) =>
      index === foreigns ? 'end' : (call) => call((store) => [store, ...foreign(store)].map((next) => [next, 0])),
  }
}

/** No version 1 can land any more. */
function quiet(without: Rule | undefined): Actor<Store> {
  return {
    ...once('quiet', (call) => call((store) => [[{ ...store, isQuiet: true }, 0]])),
    may: ({ at, store }) =>
      without === 'burying waits until the pass is quiet' ||
      (at.pass!.unit === 1 && store.flying.every(({ write }) => write.version > 1)),
  }
}

function begin(call: Call<Store>): Promise<Begin> {
  return call((at) => [[at, { now: at.now, isQuiet: at.isQuiet }]], 'joined')
}

/** The walk over the tickets: of the only partition that has one. */
function bury(lifetime: number, without: Rule | undefined): Actor<Store> {
  const walk: Unit<Store> = async (call) => {
    const engine = engineOf(call, without, lifetime, await begin(call))
    const list = ticketLists(engine)[bucketOf(ticketId(engine.build, key).sk, ticketBuckets)]!
    for (const { work } of await list.workOf(await engine.ledger.query(list.pk, ''))) await work()
  }
  return { ...once('bury', walk), may: ({ store }) => store.isQuiet }
}

/** The monitor, as long as there is something left to bury. */
function monitor(lifetime: number, without: Rule | undefined): Actor<Store> {
  const isOff = without === 'the monitor buries what the walk cannot'
  return {
    name: 'monitor',
    repeats: true,
    may: ({ store }) => burials(store).some((due) => due <= store.now),
    unit: (_, store) =>
      isOff || burials(store).length === 0
        ? 'end'
        : async (call) => {
            const engine = engineOf(call, without, lifetime, await begin(call))
            await buryDue(0, { ...engine, deadline: { remainingMs: () => 60_000 }, whyStop: async () => undefined })
          },
  }
}

/** Time passes once all whose time is up by then have ended; late twins are no more then. */
function clock({ ticks = 0 }: Scenario, lifetime: number): Actor<Store> {
  return {
    name: 'clock',
    repeats: true,
    unit: (_, store) =>
      store.now < ticks || burials(store).some((due) => due > store.now)
        ? (call) => call((at) => [[{ ...at, now: at.now + 1 }, 0]])
        : 'end',
    may: ({ at, store }) => {
      const isOver = (from: number) => from + lifetime <= store.now + 1
      return (
        !Object.values(at).some(({ history }) => history.some(isAnswer) && isOver(history.find(isAnswer)!.now)) &&
        store.flying.every(({ until }) => until > store.now + 1)
      )
    },
  }
}

const isAnswer = (answer: unknown): answer is { now: number } =>
  typeof answer === 'object' && answer !== null && 'now' in answer

function once(name: string, unit: Unit<Store>): Actor<Store> {
  return { name, unit: (index) => (index === 0 ? unit : 'end') }
}
