import { parseArgs } from 'node:util'
import { generate } from '../../examples/dawson/generate.ts'
import { coverageOf } from '../../shared/facts/coverage.ts'
import { duration, grouped } from '../../shared/operator/status/format.ts'
import { drawTree } from '../../shared/operator/status/tree.ts'
import { load } from '../load.ts'
import { compare } from './compare.ts'
import { corruptOneItem } from './corrupt.ts'
import { drawComparison, drawReport, title } from './draw.ts'
import { countTimedOutSlices } from './history.ts'
import { hotKeySeconds, maxDepth, remembered } from './ledger.ts'
import { lastOther, problemsOf, type Report, writeReport } from './report.ts'
import { runMigrations } from './run.ts'
import { OPTIONS, type Stack, startStack } from './stack.ts'

/** The night of 2021-09-11 in small: most of a court's table lies under one key, which does not fit into one slice. */
const HOT_SHARE = 0.7

const { values } = parseArgs({
  allowNegative: true,
  options: {
    items: { type: 'string', default: '140000' },
    seed: { type: 'string', default: '2021' },
    split: { type: 'boolean', default: true },
    corrupt: { type: 'boolean', default: false },
  },
})
const startedAt = Date.now()
const flags = { items: count('items'), seed: count('seed'), split: values.split, corrupt: values.corrupt }

console.log(title('Up'))
const stack = await startStack(console.log)
console.log(`The stack ${stack.name} is deployed onto an emulator of its own, ${stack.endpoint}. ${since(startedAt)}`)
try {
  process.exitCode = (await demo(stack)) ? 0 : 1
} finally {
  await stack.stop()
}

async function demo({ dynamodb, source, destination }: Stack): Promise<boolean> {
  const { items, seed, split, corrupt } = flags
  console.log(title('Load'))
  const loadedAt = Date.now()
  const loaded = await load(dynamodb, source, generate({ seed, items, hotShare: HOT_SHARE }))
  console.log(`${grouped(loaded)} items, ${HOT_SHARE * 100} % of them under section-outbox|docket. ${since(loadedAt)}`)

  console.log(title('Run'))
  await runMigrations(stack, split)
  const { run, chunks, quarantined } = await remembered(stack)
  console.log(title('Splits'))
  const tree = drawTree(chunks, { keys: true })
  console.log(tree.length > 0 ? tree.join('\n') : 'None.')

  if (corrupt) await corruptOneItem(dynamodb, destination)
  console.log(title('Compare'))
  const comparedAt = Date.now()
  const comparison = await compare(dynamodb, source, destination)
  console.log(`${drawComparison(comparison)}. ${since(comparedAt)}`)

  const coverage = coverageOf(chunks, run.segments)
  const other = await lastOther({ split, seed, items: loaded })
  const report: Report = {
    items: loaded,
    tallies: coverage.tallies,
    chunks: chunks.length,
    splits: coverage.splits,
    maxDepth: maxDepth(chunks),
    timedOutSlices: await countTimedOutSlices(stack, run),
    quarantined: quarantined.length,
    equal: comparison.equal,
    seconds: ((run.endedAt ?? run.startedAt) - run.startedAt) / 1000,
    totalSeconds: (Date.now() - startedAt) / 1000,
    ...OPTIONS,
    seed,
    split,
    hotKeySeconds: hotKeySeconds(chunks),
    ...(other && { other }),
  }
  await writeReport(report)
  console.log(title('Report'))
  for (const line of drawReport(report)) console.log(line)
  const problems = problemsOf(report, comparison.poison, quarantined)
  for (const problem of problems) console.error(`Not as it should be: ${problem}.`)
  return problems.length === 0
}

function count(name: 'items' | 'seed'): number {
  const value = Number(values[name])
  if (!Number.isSafeInteger(value) || value < 0)
    throw new TypeError(`Expected --${name} to be a whole number, got "${values[name]}".`)
  return value
}

function since(then: number): string {
  return `(${duration(Date.now() - then)})`
}
