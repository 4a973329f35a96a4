import { describe, expect, it } from 'vitest'
import { sdkTable } from '../../../shared/dynamodb/sdk/table.ts'
import { changeAlert } from '../../../shared/ledger/alerts.ts'
import { writeApplied } from '../../../shared/ledger/applied.ts'
import { writeBeat } from '../../../shared/ledger/beats.ts'
import {
  type Build,
  beginBuild,
  beginBuildFeed,
  beginBuildQuiet,
  buildPut,
  loseBuild,
} from '../../../shared/ledger/builds.ts'
import { endBurial } from '../../../shared/ledger/burials.ts'
import { beginCapture, endCapture, keepCapture } from '../../../shared/ledger/capture.ts'
import { createChunks, newChunk, recordSplit, replaceChunk } from '../../../shared/ledger/chunks.ts'
import { readControl, writeControl } from '../../../shared/ledger/control.ts'
import { recordDifferences } from '../../../shared/ledger/differences.ts'
import { replaceHead } from '../../../shared/ledger/heads.ts'
import { rememberHeavy } from '../../../shared/ledger/heavy.ts'
import { writeLag } from '../../../shared/ledger/lag.ts'
import { type Lease, readLease, writeLease } from '../../../shared/ledger/lease.ts'
import { endOwner } from '../../../shared/ledger/owner.ts'
import { type QuarantineEntry, quarantine, replaceEntry } from '../../../shared/ledger/quarantine.ts'
import { writeRecorded } from '../../../shared/ledger/recorded.ts'
import { createRun, type RunRecord, updateRun } from '../../../shared/ledger/runs.ts'
import { sdkLedgerTable } from '../../../shared/ledger/sdk-table.ts'
import { saveCursors, writePolledAt } from '../../../shared/ledger/shards.ts'
import { writeLedgerStack } from '../../../shared/ledger/stack.ts'
import { createSwitch, sealSwitch, takeStep, undoSwitch } from '../../../shared/ledger/switch.ts'
import type { Switch } from '../../../shared/ledger/switch-row.ts'
import { afterStep, type Step } from '../../../shared/ledger/switch-steps.ts'
import type { LedgerTable } from '../../../shared/ledger/table.ts'
import { replaceTicket } from '../../../shared/ledger/tickets.ts'
import { fixWholeKeys } from '../../../shared/ledger/whole-keys.ts'
import { startSlice } from '../../../shared/passes/slice/start.ts'
import { failChunk } from '../../../shared/phases/fail-chunk.ts'
import { planPass } from '../../../shared/phases/plan-pass.ts'
import { migrationsOf } from '../../code.ts'
import { item } from '../../contract/samples.ts'
import { filesWith, recorder, type Sent } from './recorder.ts'

const key = { pk: { S: 'a' } }
const absent = 'attribute_not_exists(pk)'
const runtime = { clock: () => 7, random: () => 0.5, sleep: async () => {}, emit: () => {} }
const manifests = { write: async (key: string) => ({ bucket: 'b', key }) }
const run = {
  ...{
    id: 'r',
    state: 'running',
    phase: 'Copy',
    source: 's',
    destination: 'd',
    schema: { pk: { name: 'pk', type: 'S' } },
  },
  ...{ codeHash: 'code', pending: [], segments: 1, split: true, offline: false, planned: true },
  ...{ execution: 'arn', fence: 1, startedAt: 1 },
} as RunRecord
const chunk = newChunk('r', 'copy', 's00000', { kind: 'segment', segment: 0, totalSegments: 1 }, 1)
const child = { ...chunk, id: 's00000.0' }
const lease: Lease = { table: 'd', held: true, run: 'r', execution: 'arn', fence: 1, since: 1 }
const head = { key, op: 'put' as const, sources: {}, contested: false, version: 5 }
const ticket = { key, version: 3, sent: 2, raisedAt: 1 }
const build = { table: 'd', run: 'r', n: 1, hash: 'h', state: 'building', indices: {} } as unknown as Build
const entry: QuarantineEntry = { key, migration: 'm', reason: 'why', at: 5 }
const capture = { since: 1, stream: 'arn' }
const alert = { on: true, run: 'r', since: 1, toldAt: 1, messages: 1 }
const difference = { kind: 'missing' as const, key, sources: [key], attributes: [], at: 1 }
const place = { pass: 'verify.1', chunk: 's00000', epoch: 1, before: 0 } as const

const switchOpen: Switch = {
  ...{ generation: 1, tables: ['d', 's'], table: 's', mode: 'open' },
  ...{ maxAgeSeconds: 10, writeSeconds: 20, switchedAt: 1 },
}
const close: Step = { step: 'close', at: 2, task: 'cutover', run: 'r' }
const switchClosed = afterStep(switchOpen, close)

/** A write, the condition of each row of its call, and what the ledger holds before. */
type Case = [
  what: string,
  conditions: (string | undefined)[],
  write: (ledger: LedgerTable) => Promise<unknown>,
  before?: (ledger: LedgerTable) => Promise<unknown>,
]

const aSwitch = (ledger: LedgerTable) => createSwitch(ledger, ['s', 'd'], switchOpen, 1)
const aSwitchClosed = async (ledger: LedgerTable) => {
  await aSwitch(ledger)
  await takeStep(ledger, switchOpen, close)
}
const aRun = async (ledger: LedgerTable) => {
  await createRun(ledger, run)
  await writeControl(ledger, 'r', undefined, { command: 'run', fence: 1 })
}
const aChunk = async (ledger: LedgerTable) => {
  await aRun(ledger)
  await createChunks(ledger, [chunk])
}
const off = async (ledger: LedgerTable) => {
  await beginCapture(ledger, 'r', capture)
  await endCapture(ledger, 'r', 9)
}

const cases: Case[] = [
  ['a new run', [absent], (ledger) => createRun(ledger, run)],
  ['a changed run', ['version = 1'], (ledger) => updateRun(ledger, 'r', (one) => ({ ...one, fence: 2 })), aRun],
  ['the first control row', [absent], (ledger) => writeControl(ledger, 'r', undefined, { command: 'run', fence: 1 })],
  [
    'a command',
    ['rev = 1 AND command = "run" AND fence = 1 AND attribute_not_exists(quiet)'],
    async (ledger) => writeControl(ledger, 'r', await readControl(ledger, 'r'), { command: 'abort', fence: 1 }),
    aRun,
  ],
  [
    'the end of quiet',
    ['attribute_not_exists(rev) AND command = "run" AND fence = 1 AND quiet = "q"'],
    (ledger) => writeControl(ledger, 'r', { command: 'run', fence: 1, quiet: 'q' }, { command: 'run', fence: 2 }),
  ],
  ['the first lease', [absent], (ledger) => writeLease(ledger, undefined, lease)],
  [
    'a lease that passes on',
    ['fence = 1 AND held = true AND execution = "arn"'],
    async (ledger) => writeLease(ledger, await readLease(ledger, 'd'), { ...lease, execution: 'two', fence: 2 }),
    (ledger) => writeLease(ledger, undefined, lease),
  ],
  [
    'the end of an owner',
    [
      'version = 1',
      'rev = 1 AND command = "run" AND fence = 1 AND attribute_not_exists(quiet)',
      'fence = 1 AND held = true AND execution = "arn"',
    ],
    (ledger) => endOwner(ledger, { run: 'r', fence: 1 }, (run) => ({ ...run, state: 'stopped', because: 'halted' })),
    async (ledger) => {
      await aRun(ledger)
      await writeLease(ledger, undefined, lease)
    },
  ],
  ['planned chunks', [absent, absent], (ledger) => createChunks(ledger, [chunk, child])],
  [
    'a checkpoint',
    ['epoch = 3 AND state = "open"'],
    (ledger) => replaceChunk(ledger, { ...chunk, epoch: 4 }, { epoch: 3, state: 'open' }),
  ],
  [
    'a split, with its children',
    ['epoch = 3 AND state = "open"', absent, absent],
    (ledger) => recordSplit(ledger, { ...chunk, epoch: 3, state: 'split' }, [child, { ...child, id: 's00000.1' }]),
  ],
  [
    'a slice that claims its chunk',
    ['epoch = 0 AND state = "open"'],
    (ledger) => startSlice(ledger, { run: 'r', pass: 'copy', chunk: 's00000', fence: 1 }, migrationsOf(), 7, 9),
    aChunk,
  ],
  [
    'a chunk that has failed',
    ['epoch = 0 AND state = "open"'],
    (ledger) => failChunk({ run: 'r', pass: 'copy', chunk: 's00000', fence: 1, reason: 'why' }, { ledger, runtime }),
    aChunk,
  ],
  [
    'a chunk that is opened again, and its run',
    ['epoch = 0 AND state = "failed"', 'version = 1'],
    (ledger) => planPass({ run: 'r', fence: 1, kind: 'copy' }, { ledger, runtime, manifests }),
    async (ledger) => {
      await aRun(ledger)
      await createChunks(ledger, [{ ...chunk, state: 'failed' }])
    },
  ],
  ['a new build', [absent], (ledger) => ledger.commit([buildPut(undefined, build)])],
  [
    'a build of other definitions, which ends those before',
    [absent, 'rev = 1', 'version = 1', 'rev = 1 AND command = "run" AND fence = 1 AND attribute_not_exists(quiet)'],
    async (ledger) => {
      const control = await readControl(ledger, 'r')
      return beginBuild(ledger, { run, version: 1, control }, { ...build, n: 2, hash: 'i' }, [{ ...build, rev: 1 }])
    },
    async (ledger) => {
      await aRun(ledger)
      await ledger.commit([buildPut(undefined, build)])
    },
  ],
  [
    'quiet of a build',
    ['rev = 1', 'rev = 1 AND command = "run" AND fence = 1 AND attribute_not_exists(quiet)'],
    async (ledger) => beginBuildQuiet(ledger, { run, control: await readControl(ledger, 'r') }, { ...build, rev: 1 }),
    async (ledger) => {
      await aRun(ledger)
      await ledger.commit([buildPut(undefined, build)])
    },
  ],
  [
    'the feed of a build that begins',
    ['rev = 1', absent],
    (ledger) => beginBuildFeed(ledger, { ...build, rev: 1 }, 9, { stream: 's', copyFrom: 10 }),
    (ledger) => ledger.commit([buildPut(undefined, build)]),
  ],
  [
    'a build that is lost',
    ['rev = 1'],
    (ledger) => loseBuild(ledger, build, 'trimmed', 9),
    (ledger) => ledger.commit([buildPut(undefined, build)]),
  ],
  ['the first ticket of an item', [absent], (ledger) => replaceTicket(ledger, 'b', ticket, undefined, 1)],
  [
    'a newer ticket, with what it guards',
    ['version = 2 AND sent = 1 AND attribute_not_exists(rejected)', undefined, undefined],
    (ledger) =>
      replaceTicket(ledger, 'b', ticket, { ...ticket, version: 2, sent: 1 }, 1, { rejections: {}, buryAt: 1 }),
  ],
  ['a burial that is done', ['due = 5'], (ledger) => endBurial(ledger, 'b', { key, due: 5 }, 1)],
  ['the first head of a key', [absent], (ledger) => replaceHead(ledger, 'r', head, undefined, 1)],
  ['a newer head', ['version = 4'], (ledger) => replaceHead(ledger, 'r', head, { ...head, version: 4 }, 1)],
  [
    'quarantined items',
    [absent, absent],
    (ledger) => quarantine(ledger, 'r', [entry, { ...entry, key: { pk: { S: 'b' } } }]),
  ],
  ['a new entry of the quarantine list', [absent], (ledger) => replaceEntry(ledger, 'r', undefined, entry)],
  [
    'an entry of copy, replaced',
    ['attribute_not_exists(version) AND at = 5'],
    (ledger) => replaceEntry(ledger, 'r', entry, { ...entry, at: 6 }),
  ],
  [
    'another entry, replaced',
    ['version = 2 AND at = 5'],
    (ledger) => replaceEntry(ledger, 'r', { ...entry, version: 2 }, { ...entry, at: 6 }),
  ],
  ['capture', [absent], (ledger) => beginCapture(ledger, 'r', capture)],
  ['capture, on again', ['off = 9'], (ledger) => beginCapture(ledger, 'r', capture), off],
  [
    'capture off',
    ['since = 1 AND attribute_not_exists(off)'],
    (ledger) => endCapture(ledger, 'r', 9),
    (ledger) => beginCapture(ledger, 'r', capture),
  ],
  ['capture off, undone', ['off = 9'], (ledger) => keepCapture(ledger, 'r', 9), off],
  ['the stack of a ledger', [absent], (ledger) => writeLedgerStack(ledger, undefined, { stack: 'one', since: 1 })],
  [
    'the next stack of a ledger',
    ['stack = "one"'],
    (ledger) => writeLedgerStack(ledger, { stack: 'one', since: 1 }, { stack: 'two', since: 2 }),
  ],
  ['the switch of two tables', [absent], (ledger) => createSwitch(ledger, ['s', 'd'], switchOpen, 1)],
  ['a step of the switch', ['generation = 1'], (ledger) => takeStep(ledger, switchOpen, close), aSwitch],
  ['the seal of the switch', ['generation = 2'], (ledger) => sealSwitch(ledger, switchClosed, () => 2), aSwitchClosed],
  ['the switch, undone', ['generation = 2'], (ledger) => undoSwitch(ledger, ['s', 'd'], () => 3), aSwitchClosed],
  ['the whole keys of a pass', [absent], (ledger) => fixWholeKeys(ledger, 'r', 'copy', async () => [])],
  // Their comments say why no condition is needed.
  ['applied migrations', [undefined], (ledger) => writeApplied(ledger, { name: 'd' }, [], 'r')],
  ['lag', [undefined], (ledger) => writeLag(ledger, 'r', { seconds: 1, guard: 'ok', at: 1 })],
  ['the time of a poll', [undefined], (ledger) => writePolledAt(ledger, 'r', 1)],
  ['cursors', [undefined], (ledger) => saveCursors(ledger, 'r', [{ shard: 's', closed: false }], 1)],
  [
    'a heavy key',
    [undefined],
    (ledger) => rememberHeavy(ledger, 's', { pk: { S: 'a' }, items: 1, run: 'run00001', seenAt: 1 }),
  ],
  ['a sign of life', [undefined], (ledger) => writeBeat(ledger, 'r', { phase: 'Settle', fence: 1, at: 1 })],
  ['how far the audit has come', [undefined], (ledger) => writeRecorded(ledger, 'd', { run: 'r', phases: 3 })],
  ['an alert that there was none of', [absent], (ledger) => changeAlert(ledger, 'd', 'stuck', () => alert)],
  [
    'an alert that there was',
    ['version = 1'],
    (ledger) => changeAlert(ledger, 'd', 'stuck', () => alert),
    (ledger) => changeAlert(ledger, 'd', 'stuck', () => alert),
  ],
  ['a difference', [undefined], (ledger) => recordDifferences(ledger, 'r', 1, [difference], place)],
]

describe('the condition, on the wire, of', () => {
  it.each(cases)('%s', async (_, conditions, write, before) => {
    const { client, writes } = recorder()
    const ledger = sdkLedgerTable(client, 'ledger')
    await before?.(ledger)
    writes()
    await write(ledger)
    const sent = writes().flat()
    expect(sent.map(({ condition }) => condition)).toEqual(conditions)
    expect(new Set(sent.map(({ table, action }) => `${action} ${table}`))).toEqual(new Set(['Put ledger']))
  })

  it('rows that belong together: they are one transaction', async () => {
    const { client, writes } = recorder()
    const ledger = sdkLedgerTable(client, 'ledger')
    await recordSplit(ledger, { ...chunk, state: 'split' }, [child, { ...child, id: 's00000.1' }])
    const keys = (calls: Sent[][]) => calls.map((call) => call.map((row) => row.key))
    expect(keys(writes())).toEqual([['CHUNK#copy#s00000', 'CHUNK#copy#s00000.0', 'CHUNK#copy#s00000.1']])
  })

  it('an item that is inserted: it must not exist, by its statement or by its condition', async () => {
    const { client, requests, writes } = recorder()
    const wide = item(run.schema, { pk: { S: 'wide' } }, { ['x'.repeat(8_192)]: { N: '1' } })
    await sdkTable(client, 'items', run.schema).insert([item(run.schema, { pk: { S: 'narrow' } }), wide])
    const statements = requests.flatMap(({ body }) => body.Statements ?? [])
    expect(statements).toEqual([{ Statement: `INSERT INTO "items" VALUE {'pk': ?}`, Parameters: [{ S: 'narrow' }] }])
    expect(writes()).toEqual([[{ action: 'Put', table: 'items', key: 'wide', condition: absent }]])
  })
})

describe('a write to the ledger', () => {
  const folder = (name: string, files: string[]) => files.map((file) => `shared/${name}/${file}.ts`)

  it('is made by these files alone: another belongs into these tests', () => {
    const here =
      'alerts applied beats builds burials capture chunks control differences heads heavy lag lease owner quarantine recorded runs shards stack switch tickets whole-keys'.split(
        ' ',
      )
    const elsewhere = [
      ...folder('ledger', ['retrying-ledger']),
      ...folder('live', ['apply', 'ports', 'retrying-ports', 'settle']),
    ]
    expect(Object.keys(filesWith(/\.commit\(/g)).sort()).toEqual([...folder('ledger', here), ...elsewhere].sort())
  })

  it('is unconditional only in these files', () => {
    const counts = {
      applied: 1,
      beats: 1,
      burials: 1,
      differences: 1,
      heavy: 1,
      lag: 1,
      recorded: 1,
      shards: 2,
      tickets: 1,
    }
    const expected = Object.entries(counts).map(([file, count]) => [`shared/ledger/${file}.ts`, count])
    expect(filesWith(/expect: 'any'(?! \|)/g)).toEqual(Object.fromEntries(expected))
  })
})
