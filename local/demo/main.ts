import { parseArgs, styleText } from 'node:util'
import { generate } from '../../examples/dawson/generate.ts'
import { coverageOf } from '../../shared/facts/coverage.ts'
import { drawTree } from '../../shared/operator/status/tree.ts'
import { duration, grouped } from '../../shared/runtime/text.ts'
import { load } from '../load.ts'
import { nextSteps } from '../next-steps.ts'
import { compare } from './compare.ts'
import { corruptOneItem } from './corrupt.ts'
import { drained } from './drained.ts'
import { drawComparison, drawReport, title } from './draw.ts'
import { countTimedOutSlices } from './history.ts'
import { hotKeySeconds, maxDepth, remembered } from './ledger.ts'
import { changesIn, lastOther, notesOf, problemsOf, type Report, writeReport } from './report.ts'
import { runMigrations, verifyAgain } from './run.ts'
import { OPTIONS, type Stack, startStack } from './stack.ts'
import { startWriter } from './writing.ts'

/** The night of 2021-09-11 in small: most of a court's table is under one key, which is too big for one slice. */
const HOT_SHARE = 0.7

/** Changes a second that the writer makes: enough for every kind of race condition, but few compared with the copy. */
const CHANGES_PER_SECOND = 25

const { values } = parseArgs({
  allowNegative: true,
  options: {
    items: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '2021' },
    split: { type: 'boolean', default: true },
    keep: { type: 'boolean', default: false },
    corrupt: { type: 'boolean', default: false },
  },
})
const startedAt = Date.now()
const flags = { ...values, items: count('items'), seed: count('seed') }

console.log(title('Up'))
const stack = await startStack(flags, console.log)
console.log(`The stack ${stack.name} is deployed onto an emulator of its own, ${stack.endpoint}. ${since(startedAt)}`)
try {
  process.exitCode = (await demo(stack)) ? 0 : 1
} finally {
  if (flags.keep) {
    for (const line of ['', ...nextSteps(await stack.keep(), 'migrated')]) console.log(line)
  } else {
    await stack.stop()
    console.log('\nThe emulator is stopped, and everything in it is gone. `npm run demo -- --keep` leaves it up.')
  }
}

/** @returns whether the result is right. */
async function demo({ dynamodb, source, destination }: Stack): Promise<boolean> {
  const { items, seed, split, corrupt } = flags
  console.log(title('Load'))
  const loadedAt = Date.now()
  const filled = { seed, items, hotShare: HOT_SHARE }
  const loaded = await load(dynamodb, source, generate(filled))
  console.log(`${grouped(loaded)} items, ${HOT_SHARE * 100} % of them under section-outbox|docket. ${since(loadedAt)}`)

  console.log(title('Run'))
  const writer = startWriter({ endpoint: stack.endpoint, table: source, filled, changesPerSecond: CHANGES_PER_SECOND })
  console.log(`From now on an application writes to the source, ${CHANGES_PER_SECOND} changes a second.`)
  const ran = await runMigrations(stack, split).catch((error) => {
    writer.process.kill()
    throw error
  })
  const changes = await writer.stop()
  const { run, chunks } = await remembered(stack)
  console.log(title('Splits'))
  const tree = drawTree(chunks, { keys: true })
  console.log(tree.length > 0 ? tree.join('\n') : 'None.')

  console.log(title('Drain'))
  const drainedAt = Date.now()
  const areApplied = await drained(dynamodb, source, destination)
  console.log(
    `The writer has stopped after ${grouped(changesIn(changes))} changes; ${areApplied ? 'all are applied' : 'not all are applied, and no more arrive'}. ${since(drainedAt)}`,
  )
  const differences = { live: ran.differences, drained: ran.differences && (await verifyAgain(stack)) }

  if (corrupt) await corruptOneItem(dynamodb, destination)
  console.log(title('Compare'))
  const comparedAt = Date.now()
  const comparison = await compare(dynamodb, source, destination)
  console.log(`${drawComparison(comparison)}. ${since(comparedAt)}`)

  const { quarantined } = await remembered(stack)
  const coverage = coverageOf(chunks, run.segments)
  const other = await lastOther({ split, seed, items: loaded })
  const report: Report = {
    items: loaded,
    changes,
    drained: areApplied,
    resumed: ran.resumed,
    differences,
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
  const problems = problemsOf(report, comparison.toQuarantine, quarantined)
  for (const note of notesOf(report)) console.log(`Note: ${note}.`)
  for (const problem of problems) console.error(`Wrong: ${problem}.`)
  if (problems.length === 0) console.log(styleText('green', 'The result is right.'))
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
