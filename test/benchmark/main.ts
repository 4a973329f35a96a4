import { parseArgs } from 'node:util'
import { newTableWriteUnits } from '../../shared/operator/plan/units.ts'
import { printCosts, printMakespans, printOne } from './makespan/print.ts'
import type { Workload } from './makespan/workload.ts'

const usage = `npm run bench -- makespan | cost
  makespan  how long a copy takes, its executions and transitions: simulated by chunks, beside other policies
  cost      the same in dollars
Without options makespan and cost print their whole table. For one table:
  --items N --bytes N (an item) --skew S | --heavy N (items of one key) --workers N --speed N (items a second of one)
  --warm N (write units a second at first) --most N (at most) --heat MINUTES (between splits for heat) --known
  --seed N (places of the keys)`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    items: { type: 'string' },
    bytes: { type: 'string' },
    skew: { type: 'string' },
    heavy: { type: 'string' },
    workers: { type: 'string' },
    speed: { type: 'string' },
    warm: { type: 'string' },
    most: { type: 'string' },
    heat: { type: 'string' },
    seed: { type: 'string' },
    known: { type: 'boolean', default: false },
  },
})

const [what] = positionals
const isWrong = Object.entries(values).some(([name, value]) => name !== 'known' && Number.isNaN(Number(value)))
const say = (line: string) => console.log(line)
if (isWrong || (what !== 'makespan' && what !== 'cost')) {
  console.error(usage)
  process.exitCode = 2
} else if (values.items !== undefined) printOne(what, workload(), say)
else if (what === 'makespan') printMakespans(say)
else printCosts(say)

function workload(): Workload {
  const number = (name: Exclude<keyof typeof values, 'known'>, otherwise: number) => Number(values[name] ?? otherwise)
  const warm = number('warm', newTableWriteUnits)
  return {
    items: number('items', 0),
    bytesPerItem: number('bytes', 1_000),
    skew: number('skew', 0),
    ...(values.heavy !== undefined && { heavyItems: Number(values.heavy) }),
    workers: number('workers', 40),
    ...(values.speed !== undefined && { speed: Number(values.speed) }),
    warm,
    most: number('most', warm),
    ...(values.heat !== undefined && { heatMinutes: Number(values.heat) }),
    isKnown: values.known,
    seed: number('seed', 1),
  }
}
