import { expect, it } from 'vitest'
import { runCli } from '../../../cli/program.ts'
import { encodeKey } from '../../../shared/dynamodb/key.ts'
import { buildReport } from '../../../shared/operator/report/build.ts'
import { finishRun } from '../../../shared/phases/finish.ts'
import { aRun, aSegment, aWalk, memoryTerminal, memoryWorld, start, store } from '../cli/fixtures.ts'
import { listed, longText, withLongList } from './long-list.ts'

const run = 'run00001'
const keyOf = (n: number) => encodeKey({ pk: { S: longText(n) }, sk: { S: 'a' } })
const lists = {
  quarantined: {
    pk: `QUARANTINE#${run}#07`,
    row: (n: number) => ({ key: keyOf(n), migration: 'm', reason: n % 2 ? 'odd' : 'even', at: start }),
  },
  differences: {
    pk: `DIFF#${run}#1#07`,
    row: (n: number) => ({
      ...{ kind: 'different', key: keyOf(n), sources: [keyOf(n)], attributes: [n % 2 ? 'odd' : 'even'], at: start },
      ...{ pass: 'verify.1', chunk: 's00000', epoch: 1, before: 0 },
    }),
  },
  heads: {
    pk: `HEAD#${run}#007`,
    row: (n: number) => ({ key: keyOf(n), op: n % 2 ? 'put' : 'delete', sources: {}, contested: false, version: 1 }),
  },
}

/** A run that was verified, with a list that is too long to be held. */
async function verified(list: keyof typeof lists, state: 'running' | 'finished' = 'finished') {
  const memory = memoryWorld()
  const different = list === 'differences' ? listed : 0
  const verify = { read: 30_000, migrated: 30_000, produced: 30_000, present: 30_000 - different, different }
  const chunks = [aSegment(0, 20_000, { state: 'done' }), aSegment(1, 10_000, { state: 'done' })]
  const ended = { state: 'finished', phase: 'Finished', endedAt: start + 50_000 } as const
  const change = { ...(state === 'finished' && ended), verification: { number: 1, ended: state === 'finished' } }
  await store(memory.ledger, aRun(change), [...chunks, ...aWalk('verify.1', verify), ...aWalk('orphans.1', {})], {
    held: state === 'running',
  })
  const long = withLongList(memory.ledger, lists[list].pk, lists[list].row)
  const world = { ...memory.world, ledger: long.ledger }
  const output = memoryTerminal()
  const segue = (...args: string[]) => runCli(args, { open: async () => world, terminal: output.terminal })
  return { ...memory, ...output, ...long, world, segue }
}

it('Finish counts the quarantined items without holding them', async () => {
  const { ledger, world, expectLittleHeld } = await verified('quarantined', 'running')
  const finished = await finishRun({ run, fence: 1 }, { ledger, runtime: world.runtime })
  expect(finished).toEqual({ outcome: 'finished', quarantined: listed, differences: 0 })
  await expectLittleHeld()
})

it('a report groups the quarantined items without holding them', async () => {
  const { ledger, expectLittleHeld } = await verified('quarantined')
  expect(await buildReport(ledger, run)).toMatchObject({
    verdict: 'quarantined',
    quarantined: { items: listed, groups: [{ reason: 'even', items: listed / 2 }, { reason: 'odd' }] },
  })
  await expectLittleHeld()
})

it('a report groups the differences without holding them', async () => {
  const { ledger, expectLittleHeld } = await verified('differences')
  expect(await buildReport(ledger, run)).toMatchObject({
    verdict: 'differences',
    problems: [],
    verification: { listed: [{ attributes: ['even'], keys: listed / 2 }, { attributes: ['odd'] }] },
  })
  await expectLittleHeld()
})

it('a report counts the heads of live changes without holding them', async () => {
  const { ledger, expectLittleHeld } = await verified('heads')
  expect((await buildReport(ledger, run)).live).toMatchObject({ puts: listed / 2, deletes: listed / 2 })
  await expectLittleHeld()
})

it.each([
  ['quarantined', ['status'], '10,000  m: even'],
  ['quarantined', ['quarantine', 'list'], '10,000  m: even'],
  ['differences', ['diff'], '10,000  different: even'],
  ['differences', ['repair', '--dry-run'], '10,000  different: even'],
] as const)('of a long list of %s, segue %j holds its groups alone', async (list, command, line) => {
  const { segue, lines, expectLittleHeld } = await verified(list)
  await segue(...command)
  expect(lines.join('\n')).toContain(line)
  await expectLittleHeld()
})
