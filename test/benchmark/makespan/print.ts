import { duration, grouped } from '../../../shared/runtime/text.ts'
import { type Dollars, dollarsOf } from './dollars.ts'
import { type Cell, dawson, fortyGigabytes, goal, grid, ratio, workloadOf } from './grid.ts'
import { others, type Policy, segue, variants } from './policy.ts'
import { type Outcome, simulate } from './simulate.ts'
import { cold, type Workload, warmFor } from './workload.ts'

type Say = (line: string) => void

const all = [segue, ...Object.values(variants), ...others]

/** Each cell has its heavy keys at other places with each seed; the worst of them is shown. */
const seeds = [1, 2, 3]

export function printMakespans(say: Say): void {
  say(
    `Copy's makespan: × is how many times the least possible, ${goal.seconds} s apart. The worst of ${seeds.length} places of the keys.`,
  )
  table(
    say,
    [
      'items',
      'skew',
      'workers',
      'into',
      'least',
      'Segue',
      '×',
      'nested',
      'transitions',
      'waiting',
      '× known',
      '× by the wall clock',
      'transitions',
      '× slots not counted',
      'transitions',
      ...others.map(({ name }) => name),
    ],
    lazily(grid, (cell) => [row(cell)]),
  )
  say('')
  say('16 M items of 2.5 KB, one key of 5 M, 40 workers')
  byPolicy(say, [
    ['fresh', fortyGigabytes({})],
    ['growing', fortyGigabytes(cold)],
    ['warm', fortyGigabytes(warmFor(40))],
    ['warm, split for heat', fortyGigabytes({ ...warmFor(40), heatMinutes: 5 })],
    ['fresh, key known', fortyGigabytes({ isKnown: true })],
  ])
  say('')
  say('1 G items, skew 1.2, 1,000 workers that copy 250 items a second, into a warm table')
  byPolicy(say, [
    ['one partition', slow],
    ['split for heat', { ...slow, heatMinutes: 5 }],
  ])
  say('')
  say("13.8 M items of 1 KB, one key of 5 M, 1,000 workers, 40,000 write units: DAWSON's night")
  byPolicy(say, [['', dawson()]])
}

const slow = { ...workloadOf({ items: 1_000_000_000, skew: 1.2, workers: 1_000, destination: 'warm' }, 1), speed: 250 }

function row(cell: Cell): string[] {
  const { items, skew, workers, destination } = cell
  const engine = worst(segue, cell)
  const load = workloadOf(cell, 1)
  const [wall, without] = [simulate(load, variants.byWallClock), simulate(load, variants.withoutSlots)]
  const known = simulate({ ...load, isKnown: true }, segue)
  return [
    ...[short(items), String(skew), grouped(workers), destination, time(engine.leastSeconds), time(engine.seconds)],
    ...[times(engine), short(engine.nested), short(engine.transitions), short(engine.mostWaiting)],
    ...[times(known), times(wall), short(wall.transitions), times(without), short(without.transitions)],
    ...others.map((policy) => verdict(simulate(load, policy))),
  ]
}

function worst(policy: Policy, cell: Cell): Outcome {
  const each = seeds.map((seed) => simulate(workloadOf(cell, seed), policy))
  return each.reduce((a, b) => (ratio(a) >= ratio(b) ? a : b))
}

function byPolicy(say: Say, loads: [string, Workload][]): void {
  table(
    say,
    ['into', 'policy', 'least', 'makespan', '×', 'nested', 'transitions', 'waiting', 'dollars'],
    lazily(loads, ([name, load]) => all.map((policy) => [name, ...outcomeRow(load, policy)])),
  )
}

function outcomeRow(load: Workload, policy: Policy): string[] {
  const outcome = simulate(load, policy)
  const { units, lambda, transitions, warming } = dollarsOf(load, outcome)
  return [
    ...[policy.name, time(outcome.leastSeconds), time(outcome.seconds), verdict(outcome), short(outcome.nested)],
    ...[short(outcome.transitions), short(outcome.mostWaiting), money(units + lambda + transitions + warming)],
  ]
}

/** One table of somebody's. */
export function printOne(what: 'makespan' | 'cost', load: Workload, say: Say): void {
  if (what === 'makespan') byPolicy(say, [['', load]])
  else
    costTable(
      say,
      all.map((policy) => [[policy.name], load, policy]),
    )
}

export function printCosts(say: Say): void {
  say(
    'US dollars at the prices of shared/operator/plan/prices.ts; warming up at an assumed price. One place of the keys.',
  )
  costTable(
    say,
    grid.flatMap((cell) =>
      [segue, variants.withoutSlots, others[0]!].map((policy): CostRow => {
        const { items, skew, workers, destination } = cell
        return [[short(items), String(skew), grouped(workers), destination, policy.name], workloadOf(cell, 1), policy]
      }),
    ),
    ['items', 'skew', 'workers', 'into'],
  )
}

type CostRow = [label: string[], load: Workload, policy: Policy]

function costTable(say: Say, rows: CostRow[], labels: string[] = []): void {
  table(
    say,
    [...labels, 'policy', 'makespan', 'units', 'Lambda', 'transitions', 'warming', 'in all'],
    lazily(rows, ([label, load, policy]) => {
      const outcome = simulate(load, policy)
      const dollars = dollarsOf(load, outcome)
      const parts = (['units', 'lambda', 'transitions', 'warming'] satisfies (keyof Dollars)[]).map((of) => dollars[of])
      const sum = money(parts.reduce((a, b) => a + b))
      return [[...label, `${time(outcome.seconds)}${failure(outcome)}`, ...parts.map(money), sum]]
    }),
  )
}

function failure({ failedItems, isEndless }: Outcome): string {
  if (isEndless) return ' endless'
  return failedItems > 0 ? ' fails' : ''
}

function verdict(outcome: Outcome): string {
  return failure(outcome).trim() || times(outcome)
}

const times = (outcome: Outcome) => (outcome.isEndless ? 'endless' : ratio(outcome).toFixed(2))
const time = (seconds: number) => duration(seconds * 1_000)
const money = (dollars: number) => `$${dollars < 100 ? dollars.toFixed(2) : grouped(dollars)}`

function short(count: number): string {
  if (count < 10_000) return grouped(count)
  const power = Math.min(4, Math.floor(Math.log10(count) / 3))
  return `${Number((count / 1_000 ** power).toPrecision(3))} ${['', 'k', 'M', 'G', 'T'][power]}`
}

function* lazily<T>(all: readonly T[], rows: (each: T) => string[][]): Generator<string[]> {
  for (const each of all) yield* rows(each)
}

/** Prints each row once it is known: a whole table takes minutes. */
function table(say: Say, head: string[], rows: Iterable<string[]>): void {
  const line = (cells: string[]) =>
    `| ${cells.map((cell, column) => cell.padStart(head[column]!.length)).join(' | ')} |`
  say(line(head))
  say(`|${head.map((cell) => '-'.repeat(cell.length + 1)).join(':|')}:|`)
  for (const row of rows) say(line(row))
}
