import { expect, it } from 'vitest'
import { listQuarantine, quarantine } from '../../shared/ledger/quarantine.ts'
import { sourceFeed } from '../../shared/live/applied.ts'
import type { StreamRecord } from '../../shared/live/ports.ts'
import { ShardDrain } from '../../shared/live/shard-drain.ts'
import { takeLease } from '../../shared/phases/lease.ts'
import { memoryLedgerTable } from '../memory/ledger-table.ts'
import { runSeed } from './run-seed.ts'

/** Seeds that once failed, of the mixed profile, and what they had found. Later changes of the simulator move them. */
const once: [seed: number, what: string][] = [
  [692, 'copy replaced the quarantine entry of a live change, whose late delivery then listed a cured item for good'],
  [230, 'drain took two empty answers around a pause for the silence of a shard'],
  [3019, 'a second execution held the lease for longer than people tried'],
  [
    101142,
    'a late delivery to the lease function began a run for an execution long ended, and live changes followed it',
  ],
  [100923, 'the same, found as a lost item'],
  [7852, 'the simulator took the answer to a duplicate of Copied for what the run believes'],
  [17673, 'a late delivery of planning began another verification of a run that had finished'],
  [6189, 'an abort while the run was just finishing stopped its live changes for good'],
  [3324, 'a late delivery of planning copy put a finished run, that was being verified, back into Copy'],
  [9201, 'the simulator gave more empty answers in a row than it says it does, and drain took them for silence'],
  [425, 'people did not repeat capture off, as it says, where the mapping had been changing for ten minutes'],
  [20, 'Capture halted a run without the permission to list its chunks, and kept its lease'],
  [4825, 'a sweep that aborts did not say that Step Functions does not know the owner, whose lease it therefore left'],
  [5865, 'live changes of a run that was paused before it captured were taken for standing still'],
  [2205, 'people redrove an execution of a run that they had given up, into the destination that they had emptied'],
  [5691, 'a group of refused items that repair tried again did not fit into what was left of an invocation'],
  [10806, 'a refused item that a late duplicate of repair tried again was there while the table was verified'],
  [4777, 'two invocations of repair tried one refused item at once, and one took it off the list'],
  [8513, 'a late duplicate of repair wrote half of a refused item after the run had finished, and died'],
  [16423, 'a late duplicate of settle wrote after the run had finished and capture was off'],
  [17723, 'people turned capture off for a resume, after somebody who started beside had finished the run'],
  [16549, 'a chunk verified before a halt lists its finding under the kind that it had then'],
  [19238, 'a slice said that its writes had landed, although one of them had got no answer seconds before'],
  [19746, 'people turned capture off for a resume, while a function of the stopped execution finished the run'],
  [653, 'somebody unlocked a run that was redriven at once, and the time to pause at was gone'],
  [1323, 'a batch that was delivered again mended what somebody had made wrong, after verify had seen it'],
  [3148, 'an earlier change of an item was delivered late, and its refusal took the place of the one in force'],
  [
    15943,
    'live changes of a run that was given up were taken for standing still, after mended migrations were deployed',
  ],
  [754, 'settle marked the refused key as settled and died before it marked the other output of its item'],
]

it.each(once)('seed %i is good: %s', async (seed) => {
  expect((await runSeed({ seed, profile: 'mixed' })).violation).toBeUndefined()
})

it('keeps the quarantine entry of a live change when copy comes by with an older page', async () => {
  const ledger = memoryLedgerTable()
  const item = { key: { pk: { S: 'a' } }, migration: 'm', reason: 'by a live change', at: 1 }
  await quarantine(ledger, 'r', [item])
  await quarantine(ledger, 'r', [
    { ...item, reason: 'by copy', at: 2 },
    { ...item, key: { pk: { S: 'b' } }, reason: 'by copy', at: 2 },
  ])
  const reasons = (await listQuarantine(ledger, 'r')).map(({ reason }) => reason).sort()
  expect(reasons).toEqual(['by a live change', 'by copy'])
})

it('gives no lease to an execution that has ended', async () => {
  const engine = {
    ledger: memoryLedgerTable(),
    executions: { status: async () => 'ended' as const },
    stack: 'stack',
    marks: { ledgerName: 'ledger', ledgerOfSource: async () => undefined, markDestination: async () => {} },
    stacks: { use: async () => 'this ledger' as const },
    runtime: { clock: () => 0, sleep: async () => {}, random: () => 0, emit: () => {} },
    source: 'source',
    destination: 'destination',
    tableIds: {},
    schema: { pk: { name: 'pk', type: 'S' as const } },
    migrations: [],
    codeHash: 'code',
    segments: 1,
    concurrency: 40,
    sliceSeconds: 900,
    isEmpty: async () => true,
  }
  const taken = takeLease('execution', { resume: false, split: true, offline: false }, engine)
  await expect(taken).rejects.toMatchObject({ code: 'execution-ended' })
  expect(engine.ledger.rows()).toEqual([])
})

it('does not take two empty answers around a pause for the end of a shard', async () => {
  let now = 0
  const record: StreamRecord = { key: { pk: { S: 'a' } }, seq: '1'.padStart(40, '0'), at: 0, new: { pk: { S: 'a' } } }
  const answers: StreamRecord[][] = [[], [], [record]]
  const ledger = memoryLedgerTable()
  const drain = new ShardDrain({ shard: 's', closed: false }, false, 1_000, {
    ...sourceFeed({ run: 'r', schema: { pk: { name: 'pk', type: 'S' } }, migrations: [], ledger }),
    ledger,
    stream: {
      arn: 'arn:stream',
      shards: async () => ({ shards: [{ id: 's', ended: false }], enabled: true }),
      open: async () => ({ next: async () => ({ records: answers.shift() ?? [], closed: false }) }),
    },
    silenceMs: 60_000,
    slackMs: 60_000,
    since: 0,
    runtime: { clock: () => now, sleep: async () => {}, random: () => 0, emit: () => {} },
  })
  await drain.step()
  now = 90_000
  await drain.step()
  expect(drain.standing.kind).toBe('going')
  await drain.step()
  expect(drain.standing.kind).toBe('behind')
})
