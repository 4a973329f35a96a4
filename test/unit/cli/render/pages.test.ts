import { describe, expect, test } from 'vitest'
import { capturedOffLine, captureOffLines } from '../../../../cli/render/capture.ts'
import { diffPage } from '../../../../cli/render/diff.ts'
import { endingOf } from '../../../../cli/render/ending.ts'
import { repairLines } from '../../../../cli/render/repair.ts'
import { statusPage } from '../../../../cli/render/status.ts'
import { beginCapture } from '../../../../shared/ledger/capture.ts'
import { type Difference, recordDifferences } from '../../../../shared/ledger/differences.ts'
import { quarantine } from '../../../../shared/ledger/quarantine.ts'
import type { RunRecord } from '../../../../shared/ledger/runs.ts'
import { recordLag } from '../../../../shared/live/lag.ts'
import { lastVerification } from '../../../../shared/operator/diff.ts'
import { planRepair } from '../../../../shared/operator/repair.ts'
import type { Progress } from '../../../../shared/operator/status/read.ts'
import { readStatus } from '../../../../shared/operator/status/status.ts'
import { aRange, aRun, aSegment, aWalk, hotKey, memoryWorld, start, store } from '../fixtures.ts'

const verification = { number: 1, ended: true }
const finished = { state: 'finished', phase: 'Finished', endedAt: start + 50_000, verification } as const
const split = [
  aSegment(0, 10, { state: 'split', splitKey: hotKey, children: ['s00000.0', 's00000.1', 's00000.2'] }),
  aSegment(0, 5, { id: 's00000.0', state: 'done' }),
  aRange('s00000.1', 200, { state: 'done' }),
  aRange('s00000.2', 300, { deadline: start + 900_000 }),
  aSegment(1, 85, { state: 'failed', reason: 'Lambda.Unknown: {"errorMessage":"out of memory"}' }),
]
const copied = [aSegment(0, 600, { state: 'done' }), aSegment(1, 400, { state: 'done' })]
const verified = [
  ...copied,
  ...aWalk('verify.1', { read: 1_000, migrated: 1_000, produced: 1_000, present: 997, different: 2, missing: 1 }),
  ...aWalk('orphans.1', { read: 1_000, orphan: 1, unchecked: 12 }),
]
const differences = [
  ['missing', 1],
  ['different', 2, 'status'],
  ['different', 3, 'status'],
  ['orphan', 4],
] as const

/** A run with differences, of which live changes are captured. */
async function aWorld(run: Partial<RunRecord>, chunks = verified) {
  const memory = memoryWorld()
  const { ledger, state } = memory
  await store(ledger, aRun(run), chunks, { held: run.state === undefined })
  const listed = differences.map(([kind, n, ...attributes]): Difference => {
    const key = { pk: { S: `case|${n}` }, sk: { S: 'a' } }
    return { kind, key, sources: [key], attributes, at: start }
  })
  await recordDifferences(ledger, 'run00001', 1, listed, { pass: 'verify.1', chunk: 's00000', epoch: 1, before: 0 })
  await beginCapture(ledger, 'run00001', { since: start, stream: 'arn:stream:alpha' })
  const runtime = { clock: () => state.now - 5_000 }
  await recordLag('run00001', { outcome: 'waiting', lagSeconds: 75, reason: '' }, { ledger, runtime })
  return memory
}

describe('segue status draws', () => {
  test('a run that copies, with its splits, its failures and its quarantine', async () => {
    const { world, ledger } = await aWorld({}, split)
    const key = { pk: { S: 'case|9' }, sk: { S: 'a' } }
    await quarantine(ledger, 'run00001', [{ key, migration: 'm', reason: 'target: status is missing', at: start }])
    const { progress, quarantine: groups } = await readStatus(world)
    expect(statusPage(progress, groups, { keys: false, flag: ' --stack Night' })).toMatchInlineSnapshot(`
      [
        "Run         run00001  alpha to beta",
        "State       running, phase Copy",
        "Started     2026-11-21T01:00:00Z, 1m 0s at work",
        "Migrations  2021-09-11-split-cases",
        "Execution   arn:run:one (running)",
        "Lock        held since 2026-11-21T01:00:00Z, fence 1; its owner is that execution, which runs",
        "",
        "Copied      [##############----------] 60.0%  600 items read, 10/s on average; the table's six-hour-old count of 1,000",
        "Chunks      2 done, 1 open (1 at work), 1 failed, 1 split",
        "Read        600 = 600 migrated + 0 untouched + 0 dropped + 0 quarantined",
        "Produced    600 = 600 written + 0 already there",
        "Tallies     close",
        "Live        captured since 2026-11-21T01:00:00Z; live changes 1m 15s behind (as of 5s ago)",
        "",
        "Splits",
        "  s00000  segment  split in 2 ways at key #42ffbd  515 items, 10 before the split",
        "  ├─ s00000.0  rest of the segment  done  5 items",
        "  ├─ s00000.1  range  done  200 items",
        "  └─ s00000.2  range  waiting  300 items",
        "",
        "Failed chunks",
        "  s00001  Lambda.Unknown: out of memory",
        "",
        "Quarantine",
        "         1  m: target: status is missing",
        "  The items' keys: segue quarantine list --keys --stack Night",
      ]
    `)
  })

  test('a run that has finished, with differences', async () => {
    const { world } = await aWorld(finished)
    const { progress, quarantine: groups } = await readStatus(world)
    expect(statusPage(progress, groups, { keys: false, flag: '' })).toMatchInlineSnapshot(`
      [
        "Run         run00001  alpha to beta",
        "State       finished, phase Finished",
        "Started     2026-11-21T01:00:00Z, ended 2026-11-21T01:00:50Z, 50s at work",
        "Migrations  2021-09-11-split-cases",
        "Execution   arn:run:one (running)",
        "Lock        free",
        "",
        "Copied      [########################] 100.0%  1,000 items read, 20/s on average",
        "Chunks      2 done, 0 open (0 at work), 0 failed, 0 split",
        "Read        1,000 = 1,000 migrated + 0 untouched + 0 dropped + 0 quarantined",
        "Produced    1,000 = 1,000 written + 0 already there",
        "Tallies     close",
        "Live        captured since 2026-11-21T01:00:00Z; live changes 1m 15s behind (as of 5s ago)",
        "",
        "Run run00001 finished: 1,000 items read, 1,000 items written to beta.",
        "Verify found 4 differences: 1 missing, 2 different, 1 orphan. List with: segue diff; mend with: segue repair --wait",
        "When last checked: live changes 1m 15s behind; changes that are not applied yet count as differences.",
        "Orphans not checked for 12 items: a migration without an inverse, or whose inverse fails, may have made them.",
      ]
    `)
  })
})

describe('the end of a run', () => {
  test('that halted names the command that resumes it', async () => {
    const { world } = await aWorld({
      state: 'stopped',
      because: 'halted',
      phase: 'Copy',
      reason: 'one chunk failed',
      endedAt: start + 9,
    })
    const { progress } = await readStatus(world)
    expect(endingOf(progress, ' --stack Night')).toMatchInlineSnapshot(`
      [
        "Run run00001 halted: one chunk failed",
        "Live changes continue to be applied.",
        "Continue from its checkpoints with: segue run --resume --stack Night",
      ]
    `)
  })

  test('that was stopped from outside says so', async () => {
    const { world, views } = await aWorld({}, copied)
    views['arn:run:one'] = { status: 'ended', ended: 'ABORTED' }
    const { progress } = await readStatus(world)
    expect(endingOf(progress, '')).toMatchInlineSnapshot(`
      [
        "Run run00001 was interrupted: its execution was stopped from outside (ABORTED). Nothing is lost.",
        "Live changes continue to be applied.",
        "Continue from its checkpoints with: segue run --resume",
      ]
    `)
  })

  const captured = { since: start, stream: 'arn' }
  test.each<[string, Partial<Progress>]>([
    ['Live changes are not captured: the run is offline.', { run: aRun({ state: 'stopped', offline: true }) }],
    ['Live changes are not captured yet.', {}],
    ['Live changes continue to be applied.', { capture: captured }],
    [
      'When last checked: live changes 2h 0m behind',
      { capture: captured, lag: { seconds: 7_200, guard: 'warn', at: start } },
    ],
    ['Live changes are refused, and come again', { capture: captured, control: { command: 'abort', fence: 1 } }],
    [
      'Live changes are off since',
      { capture: { ...captured, off: start + 5 }, control: { command: 'abort', fence: 1 } },
    ],
  ])('that stopped says what becomes of live changes: %s', async (words, change) => {
    const { world } = await aWorld({ state: 'stopped', because: 'halted' })
    const { progress } = await readStatus(world)
    const { capture: _, lag: _lag, ...rest } = progress
    expect(endingOf({ ...rest, ...change }, '')[1]).toMatch(new RegExp(`^${words}`))
  })
})

test('segue diff draws what the last verification found, with keys where asked', async () => {
  const { world } = await aWorld(finished)
  const page = async (keys: boolean) => diffPage(await lastVerification(world, { keys }), '')
  expect(await page(false)).toMatchInlineSnapshot(`
    [
      "Run run00001, verification 1: 4 differences",
      "       2  different: status",
      "       1  missing",
      "       1  orphan",
      "Orphans not checked for 12 items: a migration without an inverse, or whose inverse fails, may have made them",
      "When last checked: live changes 1m 15s behind; changes that are not applied yet count as differences",
      "Mend with: segue repair --wait",
    ]
  `)
  expect(await page(true)).toMatchInlineSnapshot(`
    [
      "Run run00001, verification 1: 4 differences",
      "       2  different: status",
      "            case|2  a",
      "            case|3  a",
      "       1  missing",
      "            case|1  a",
      "       1  orphan",
      "            case|4  a",
      "Orphans not checked for 12 items: a migration without an inverse, or whose inverse fails, may have made them",
      "When last checked: live changes 1m 15s behind; changes that are not applied yet count as differences",
      "Mend with: segue repair --wait",
    ]
  `)
})

test('segue repair draws what it is about to do, and what it would do', async () => {
  const { world } = await aWorld(finished)
  const plan = await planRepair(world)
  if (plan.kind === 'refused') throw new Error(plan.cause)
  expect(repairLines(plan, world.deployment, false)).toMatchInlineSnapshot(`
    [
      "Rebuilds 4 keys of beta from alpha, in stack Night (account 000000000000, region us-east-1)",
      "       2  different: status",
      "       1  missing",
      "       1  orphan",
      "Deletes 1 orphan, unless a source item makes them by then",
    ]
  `)
  expect(repairLines(plan, world.deployment, true)).toMatchInlineSnapshot(`
    [
      "Would rebuild 4 keys of beta from alpha, in stack Night (account 000000000000, region us-east-1)",
      "       2  different: status",
      "       1  missing",
      "       1  orphan",
      "Would delete 1 orphan, unless a source item makes them by then",
    ]
  `)
})

test('segue capture off draws what it is about to do, and what it has done', () => {
  const { deployment } = memoryWorld().world
  expect([
    captureOffLines({ capture: 'on', resumable: true, takesMs: 0 }, deployment, true),
    captureOffLines(
      { capture: 'on', resumable: false, takesMs: 365_000 },
      { ...deployment, flag: ' --stack Night' },
      false,
    ),
    captureOffLines({ capture: 'off', resumable: false, takesMs: 0 }, deployment, false),
    capturedOffLine(deployment),
  ]).toMatchInlineSnapshot(`
    [
      [
        "Would turn off live changes from alpha to beta, in stack Night (account 000000000000, region us-east-1)",
        "Later changes of alpha are not applied; the stream keeps them for 24 hours.",
        "To turn them on again: segue run --resume",
      ],
      [
        "Turns off live changes from alpha to beta, in stack Night (account 000000000000, region us-east-1)",
        "Later changes of alpha are not applied; the stream keeps them for 24 hours.",
        "Only a new run, into an empty beta, turns them on again: segue run --stack Night",
        "This takes about 7 minutes: it waits until no change under way can still be written.",
      ],
      [
        "Live changes from alpha to beta, in stack Night (account 000000000000, region us-east-1), are off already.",
      ],
      "Live changes are off: no more of them are written to beta.",
    ]
  `)
})
