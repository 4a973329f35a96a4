import {
  type Fate,
  fateOf,
  mayWriteInto,
  readSwitch,
  sealSwitch,
  takeStep,
  undoSwitch,
} from '../../../shared/ledger/switch.ts'
import { type Switch, switchKey } from '../../../shared/ledger/switch-row.ts'
import type { Row } from '../../../shared/ledger/table.ts'
import { type Actor, type Explored, explore, type State } from '../explore.ts'
import type { Call, Unit } from '../unit.ts'
import { application, Lost, type Rule, switchesOf } from './ports.ts'
import {
  applied,
  commit,
  emptyStore,
  isDrained,
  movedTo,
  msOf,
  type Store,
  switchIn,
  tables,
  taken,
  tickMs,
  written,
  wrong,
} from './store.ts'

export interface Scenario {
  /** An application that follows the switch makes so many writes. @default 1 */
  writes?: number
  /** What is in the row. @default a copy is old after one tick, and a write ends within two */
  row?: Pick<Switch, 'maxAgeSeconds' | 'writeSeconds'>
  /** Somebody who does not follow it writes alpha so many times. @default 0 */
  late?: number
  /** So many times the tables are to be switched. @default 1 */
  cutovers?: number
  /** How often a cutover is undone for no reason that the driver knows. @default 0 */
  undos?: number
  /** Answers of puts and of alias requests that may be lost: whoever waited for one is no more. @default 0 */
  losses?: number
  /** Who may be taken for dead once: it begins again, and its late twin continues. */
  dead?: 'driver' | 'live'
  /** A repair is at work. */
  repairs?: boolean
  /**
   * There is a search index. `undone`: an earlier cutover was undone while a request was moving its aliases, and nobody has
   * checked them yet.
   */
  searches?: true | 'undone'
  /** A request that moves aliases may land for so many ticks. @default 1 */
  requestTicks?: number
  /** The switch has been made before, and goes back. */
  rollsBack?: boolean
  /** The driver may stop: a pause, or its execution is stopped. */
  stops?: boolean
  /** Ticks of the clock besides those that somebody waits for. @default 0 */
  ticks?: number
  /** Ticks after which no more is explored: whoever may be late may be so any number of times. @default 8 */
  horizon?: number
}

/** A write of Segue lands this long after whoever sends it was allowed to, at the latest, ms. */
const landingMs = 2 * tickMs
type Switches = ReturnType<typeof switchesOf>

const ofRollback: Rule = 'a rollback lists what it loses once nothing can be written'

/** Explores a scenario, whole or with one rule left out. */
export function explored(scenario: Scenario, without?: Rule): Promise<Explored> {
  const { row = { maxAgeSeconds: 5, writeSeconds: 10 }, losses = 0, undos = 0, dead, rollsBack, searches } = scenario
  const actors = [
    ...(rollsBack ? [rollback(without)] : [driver(scenario, without)]),
    sweep(without),
    live(scenario, without),
    writers(scenario, without),
    network(),
    clock(scenario),
  ]
  if (scenario.late) actors.push(disobedient(scenario.late))
  if (scenario.repairs) actors.push(repair(without))
  if (searches) actors.push(reconciler(scenario, without))
  const table = rollsBack ? 'beta' : 'alpha'
  const held = searches === 'undone' && { aliasUntil: tickMs }
  const aliases = searches && { aliases: searches === 'undone' ? 'beta' : table }
  const start = { ...emptyStore({ table, ...row, ...held }), losses, undos, ...aliases }
  return explore(start, actors.map(untilAstray), dead ? 1 : 0, wrong)
}

/** Somebody checks the aliases later. That they were astray at all is what counts. */
function untilAstray(actor: Actor<Store>): Actor<Store> {
  return { ...actor, unit: (index, store) => (store.isAstray ? 'end' : actor.unit(index, store)) }
}

/** Each cutover: close, seal, wait, drain, move the aliases, commit. Whoever loses a race obeys. */
function driver(scenario: Scenario, without: Rule | undefined): Actor<Store> {
  const { cutovers = 1, searches, stops = false, dead } = scenario
  return {
    name: 'driver',
    mayFork: dead === 'driver',
    unit: (index) =>
      // A late twin ends with its unit.
      index >= cutovers
        ? 'end'
        : unlessLost(async (call) => {
            const port = switchesOf(call, without)
            const read = await readSwitch(port.switches, tables)
            if (read?.table !== 'alpha') return
            const sealed = await closed(read, 'cutover', port, without)
            if (!sealed) return
            const wait = await waited(call, sealed, stops)
            if (wait === 'stopped') return
            const ready = searches ? await movedAliases(call, sealed, 'beta', port, scenario, without) : sealed
            if (ready) await takeStep(port.switches, ready, { step: 'commit', at: wait.now })
          }),
  }
}

function unlessLost(unit: Unit<Store>): Unit<Store> {
  return (call) =>
    unit(call).catch((error) => {
      if (!(error instanceof Lost)) throw error
    })
}

/** The closed and sealed switch, closed by this one or by another. */
async function closed(
  read: Switch,
  task: 'cutover' | 'rollback',
  { switches, clock }: Switches,
  without: Rule | undefined,
): Promise<Switch | undefined> {
  const close = { step: 'close', at: clock(), task, run: 'r' } as const
  const row = read.mode === 'closed' ? read : await takeStep(switches, read, close)
  if (!row) return undefined
  const from = clock()
  const isBlind = without === 'a seal is known before its time comes'
  const sealed = await sealSwitch(switches, row, isBlind ? () => from : clock)
  const isEager = without === 'closing waits for writes that have begun' || without === ofRollback
  if (!sealed || !isEager) return sealed
  // It is stored with an earlier time.
  const stored = await readSwitch(switches, tables)
  return stored?.mode === 'closed' ? stored : undefined
}

/** Waits until no write can land any more, and, before a cutover, until everything up to then is applied. */
async function waited(
  call: Call<Store>,
  { until = 0, task }: Switch,
  stops: boolean,
): Promise<'stopped' | { now: number }> {
  return call((store) => {
    const isOver = msOf(store) > until && (task === 'rollback' || isDrained(store, until))
    return [
      ...(isOver ? [[store, { now: msOf(store) }] as [Store, unknown]] : []),
      ...(stops ? [[store, 'stopped'] as [Store, unknown]] : []),
    ]
  })
}

/** Holds the aliases for as long as a request may land, and moves them. */
async function movedAliases(
  call: Call<Store>,
  row: Switch,
  to: string,
  { switches }: Switches,
  { requestTicks = 1 }: Scenario,
  without: Rule | undefined,
): Promise<Switch | undefined> {
  const requestMs = requestTicks * tickMs
  const isHasty = without === 'one at a time moves aliases'
  const free = isHasty ? -1 : (row.aliasUntil ?? -1)
  const at = await call<number>((store) => (msOf(store) > free ? [[store, msOf(store)]] : []), 'joined')
  const { aliasUntil: _, ...hasty } = row
  const held = await takeStep(switches, isHasty ? hasty : row, { step: 'hold aliases', at, aliasUntil: at + requestMs })
  if (!held) return undefined
  const result = await call<'moved' | 'lost'>((store) => {
    // Its sender is no more by then.
    if (msOf(store) > at + requestMs) return []
    const moved = movedTo(store, to)
    if (store.losses === 0) return [[moved, 'moved']]
    const losses = store.losses - 1
    const requests = [...store.requests, { to, until: at + requestMs }]
    return [
      [moved, 'moved'],
      [{ ...moved, losses }, 'lost'],
      [{ ...store, losses, requests }, 'lost'],
    ]
  })
  if (result === 'lost') throw new Lost()
  return held
}

/** Goes back: what applications wrote into beta is listed first. */
function rollback(without: Rule | undefined): Actor<Store> {
  const back: Unit<Store> = async (call) => {
    const port = switchesOf(call, without)
    const read = await readSwitch(port.switches, tables)
    if (read?.table !== 'beta' || read.mode !== 'open') return
    const sealed = await closed(read, 'rollback', port, without)
    if (!sealed) return
    const { now } = (await waited(call, sealed, false)) as { now: number }
    await call((store) => [[{ ...store, exported: store.own }, 0]])
    await takeStep(port.switches, sealed, { step: 'commit', at: now })
  }
  return once('rollback', unlessLost(back))
}

/** Undoes what nobody drives any more, and sometimes what somebody does. */
function sweep(without: Rule | undefined): Actor<Store> {
  const isOff = without === 'whoever stops leaves the switch open'
  const isIdle = ({ at: { driver } }: State<Store>) => !driver || (driver.history.length === 0 && driver.unit > 0)
  return {
    name: 'sweep',
    repeats: true,
    may: (state) => !isOff && (state.store.undos > 0 || isIdle(state)),
    unit: (_, { rows, undos, ...store }) => {
      const { mode, table } = switchIn({ rows, undos, ...store })
      const isBold = without === 'nobody undoes after the commit' && table === 'beta' && undos > 0
      if (isBold) return (call) => call((at) => [[reverted(at), 0]])
      if (isOff || mode === 'open') return 'end'
      return unlessLost(async (call) => {
        const { switches, clock } = switchesOf(call, without)
        const counted = (at: Store): Store => ({ ...at, undos: Math.max(0, at.undos - 1) })
        await call((at) => [[counted(at), 0]], 'joined')
        await undoSwitch(switches, tables, clock)
      })
    },
  }
}

/** The store as if nothing had been committed. */
function reverted(store: Store): Store {
  const { pk, sk } = switchKey(tables)
  const row = { pk, sk, ...switchIn(store), table: 'alpha', generation: switchIn(store).generation + 1 }
  return commit({ ...store, undos: 0 }, [{ row: row as unknown as Row, expect: 'any' }]) as Store
}

/** While the switch is open, sees to it that the aliases name the index of the active table. */
function reconciler(scenario: Scenario, without: Rule | undefined): Actor<Store> {
  const isHasty = without === 'aliases are checked once nothing can move them'
  return {
    name: 'reconciler',
    repeats: true,
    unit: (_, store) =>
      switchIn(store).aliasUntil === undefined
        ? 'end'
        : unlessLost(async (call) => {
            const port = switchesOf(call, without)
            const row = (await readSwitch(port.switches, tables)) as Switch
            if (row.mode !== 'open') return
            const until = isHasty ? -1 : (row.aliasUntil ?? -1)
            const [aliases, at] = await call<[string, number]>((now) =>
              msOf(now) > until ? [[now, [now.aliases, msOf(now)]]] : [],
            )
            if (aliases !== row.table) await movedAliases(call, row, row.table, port, scenario, without)
            else await takeStep(port.switches, row, { step: 'release aliases', at: isHasty ? Infinity : at })
          }),
  }
}

/** The live function: asks before each record, and may then take as long as one likes to write. */
function live({ dead }: Scenario, without: Rule | undefined): Actor<Store> {
  return {
    name: 'live',
    mayFork: dead === 'live',
    repeats: true,
    // A late twin ends with its unit.
    unit: (index, store) =>
      index > 0 || store.taken === store.log.length
        ? 'end'
        : async (call) => {
            const { switches, clock } = switchesOf(call, without)
            const row = (await readSwitch(switches, tables)) as Switch
            const read = clock()
            const { seq, at } = await call<{ seq: number; at: number }>((now) => {
              const next = now.log[now.taken]
              // What was read is believed for one tick.
              if (!next || msOf(now) >= read + tickMs) return []
              return [[now, { seq: now.taken + 1, at: next.at * tickMs }]]
            })
            const fate = fateBy(row, at, without)
            if (fate === 'hold') return
            await call((now) => {
              if (fate === 'apply') return [[applied(now, seq), 0]]
              return [[taken(fate === 'list' ? listing(now, seq) : now, seq), 0]]
            })
          },
  }
}

function fateBy(row: Switch, at: number, without: Rule | undefined): Fate {
  if (without === 'live changes do not write into the active table' && row.table === 'beta') return 'apply'
  if (without === 'live changes apply nothing later than the seal' && row.mode === 'closed') return 'apply'
  const fate = fateOf(row, 'beta', at)
  return fate === 'hold' && without === 'a change later than the seal is not acknowledged while the switch is closed'
    ? 'list'
    : fate
}

function listing(store: Store, seq: number): Store {
  return store.listed.includes(seq) ? store : { ...store, listed: [...store.listed, seq].toSorted() }
}

/** Makes the item of beta what alpha says, on condition that its head has not changed. */
function repair(without: Rule | undefined): Actor<Store> {
  return once('repair', async (call) => {
    const { switches, clock } = switchesOf(call, without)
    const row = (await readSwitch(switches, tables)) as Switch
    const asked = clock()
    if (!mayWriteInto(row, 'beta') && without !== 'repair does not write while the tables are switched, nor after')
      return
    const read = await call<{ by: string; seq: number }>((store) => [
      [store, { by: store.log.at(-1)?.by ?? 'copy', seq: store.beta.seq }],
    ])
    await call((store) => {
      if (msOf(store) > asked + landingMs || store.beta.seq !== read.seq) return [[store, 0]]
      return [[{ ...store, beta: { ...store.beta, by: read.by } }, 0]]
    })
  })
}

function writers({ writes = 1 }: Scenario, without: Rule | undefined): Actor<Store> {
  return {
    name: 'application',
    unit: (index) =>
      index === writes
        ? 'end'
        : async (call) => {
            const { sleep, read, write } = application(call, without)
            await sleep('joined')
            // A copy as old as one likes.
            await read()
            await sleep()
            await write(`write ${index + 1}`)
          },
  }
}

function disobedient(writes: number): Actor<Store> {
  return {
    name: 'somebody',
    unit: (index) =>
      index === writes ? 'end' : (call) => call((store) => [[written(store, 'alpha', `somebody ${index + 1}`), 0]]),
  }
}

/** What has no answer lands, or never does. */
function network(): Actor<Store> {
  return {
    name: 'network',
    repeats: true,
    unit: (_, { puts, requests }) =>
      puts.length + requests.length === 0
        ? 'end'
        : (call) =>
            call((store) => [
              ...store.puts.flatMap((put, i): [Store, unknown][] => {
                const left = { ...store, puts: store.puts.toSpliced(i, 1) }
                return [
                  [commit(left, put) ?? left, 0],
                  [left, 0],
                ]
              }),
              ...store.requests.flatMap(({ to, until }, i): [Store, unknown][] => {
                const left = { ...store, requests: store.requests.toSpliced(i, 1) }
                return msOf(store) > until
                  ? [[left, 0]]
                  : [
                      [movedTo(left, to), 0],
                      [left, 0],
                    ]
              }),
            ]),
  }
}

/** Time passes at any moment: nobody who acts can be relied on to be in time. */
function clock({ ticks = 0, horizon = 8 }: Scenario): Actor<Store> {
  return {
    name: 'clock',
    repeats: true,
    unit: (_, store) => {
      const { until = 0, aliasUntil = 0 } = switchIn(store)
      const isAwaited = Math.max(until, aliasUntil, ...store.requests.map((each) => each.until)) >= msOf(store)
      return store.now < ticks || (isAwaited && store.now < horizon)
        ? (call) => call((at) => [[{ ...at, now: at.now + 1 }, 0]])
        : 'end'
    },
  }
}

function once(name: string, unit: Unit<Store>): Actor<Store> {
  return { name, unit: (index) => (index === 0 ? unit : 'end') }
}
