import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { runCli } from '../../../../cli/program.ts'
import { buildPut } from '../../../../shared/ledger/builds.ts'
import { beginCapture } from '../../../../shared/ledger/capture.ts'
import type { ChunkRecord } from '../../../../shared/ledger/chunks.ts'
import { readControl, writeControl } from '../../../../shared/ledger/control.ts'
import { type Difference, recordDifferences } from '../../../../shared/ledger/differences.ts'
import { type Head, headPut } from '../../../../shared/ledger/heads.ts'
import { rememberHeavy } from '../../../../shared/ledger/heavy.ts'
import { chunkPk, chunkSk } from '../../../../shared/ledger/keys.ts'
import { quarantine } from '../../../../shared/ledger/quarantine.ts'
import type { RunRecord } from '../../../../shared/ledger/runs.ts'
import type { LedgerTable } from '../../../../shared/ledger/table.ts'
import type { Tallies } from '../../../../shared/ledger/tallies.ts'
import { buildReport } from '../../../../shared/operator/report/build.ts'
import { canonicalJson, digestHolds } from '../../../../shared/operator/report/digest.ts'
import { reportPage } from '../../../../shared/operator/report/markdown.ts'
import { memoryLedgerTable } from '../../../memory/ledger-table.ts'
import { aRange, aRun, aSegment, aWalk, hotKey, memoryTerminal, memoryWorld, start, store } from '../../cli/fixtures.ts'

const finished = {
  state: 'finished',
  phase: 'Finished',
  endedAt: start + 60_000,
  verification: { number: 1, ended: true },
} as const

/** Segment 0 split once, at the hot key; every walk done. */
const copied: ChunkRecord[] = [
  aSegment(0, 100, { state: 'split', splitKey: hotKey, children: ['s00000.0', 's00000.1', 's00000.2'] }),
  aSegment(0, 5, { id: 's00000.0', state: 'done' }),
  aRange('s00000.1', 400, { state: 'done' }),
  aRange('s00000.2', 395, { state: 'done' }),
  aSegment(1, 100, { state: 'done' }),
]

const clean = [
  ...copied,
  ...aWalk('verify.1', { read: 1_000, migrated: 1_000, produced: 1_000, present: 1_000 }),
  ...aWalk('orphans.1', { read: 1_000 }),
]

async function ledgerOf(chunks: ChunkRecord[] = clean, run: Partial<RunRecord> = {}) {
  const ledger = memoryLedgerTable()
  await store(ledger, aRun({ ...finished, ...run }), chunks)
  return ledger
}

async function spoil(ledger: LedgerTable, id: string, pass: ChunkRecord['pass'], change: Partial<Tallies>) {
  const row = (await ledger.get(chunkPk('run00001', id), chunkSk(pass, id)))!
  const spoiled = { ...row, tallies: { ...(row.tallies as object), ...change } }
  expect(await ledger.commit([{ row: spoiled, expect: 'any' }])).toBe(true)
}

const key = (n: number) => ({ pk: { S: `case|${n}` }, sk: { S: 'a' } })

/** Lists so many differences, of a page that the tallies count. */
async function list(ledger: LedgerTable, kind: Difference['kind'], items: number) {
  const walk = kind === 'orphan' ? 'orphans' : 'verify'
  const attributes = kind === 'different' ? ['status'] : []
  const found = Array.from({ length: items }, (_, n) => ({
    ...{ kind, key: key(n), sources: [key(n)], attributes, at: start },
  }))
  await recordDifferences(ledger, 'run00001', 1, found, { pass: `${walk}.1`, chunk: 's00000', epoch: 1, before: 0 })
}

describe('the sums of a report', () => {
  test('are the source and destination sides of copy and verify', async () => {
    const { sums, problems, verdict } = await buildReport(await ledgerOf(), 'run00001')
    expect(sums.map(({ walk, side, total, closes }) => [walk, side, total, closes])).toEqual([
      ['copy', 'source', 1_000, true],
      ['copy', 'destination', 1_000, true],
      ['verify', 'source', 1_000, true],
      ['verify', 'destination', 1_000, true],
    ])
    expect(problems).toEqual([])
    expect(verdict).toBe('clean')
  })

  test('are named where they do not close, and outrank all else', async () => {
    const ledger = await ledgerOf()
    await spoil(ledger, 's00001', 'copy', { written: 99 })
    const { problems, verdict, sums } = await buildReport(ledger, 'run00001')
    expect(verdict).toBe('does not add up')
    expect(problems).toEqual([
      'copy, destination side: 1000 produced ≠ 999 written + 0 present',
      'copy: the tallies of these chunks do not close: s00001',
    ])
    expect(sums[1]).toMatchObject({ total: 1_000, parts: { written: 999 }, closes: false })
  })

  test('must close in each chunk, because two errors can cancel out', async () => {
    const ledger = await ledgerOf()
    await spoil(ledger, 's00001', 'copy', { written: 99 })
    await spoil(ledger, 's00000.1', 'copy', { written: 401 })
    const { problems } = await buildReport(ledger, 'run00001')
    expect(problems).toEqual(['copy: the tallies of these chunks do not close: s00000.1, s00001'])
  })

  test('a verify that says it wrote does not close', async () => {
    const ledger = await ledgerOf()
    await spoil(ledger, 's00000', 'verify.1', { present: 990, written: 10 })
    expect((await buildReport(ledger, 'run00001')).problems).toEqual([
      'verify, destination side: 1000 produced ≠ 990 present + 0 missing + 0 different',
      'verify: the tallies of these chunks do not close: s00000',
    ])
  })

  test('of a finished run need every walk to cover its table', async () => {
    const { problems, walks } = await buildReport(await ledgerOf(clean.slice(0, -1)), 'run00001')
    expect(problems).toEqual([
      'orphans: the run says finished, but not all its chunks are done (0 open, 0 failed, 1 without a row); rows are kept for 60 days',
    ])
    expect(walks[2]).toMatchObject({ walk: 'orphans', complete: false })
  })

  test.each([
    ['of an index that is ready need its walk to cover the table', 'ready', 'does not add up'],
    ['do not need that of a build that was given up: the run is as it was', 'lost', 'clean'],
    ['do not need that of a build that waits to be continued', 'building', 'clean'],
  ] as const)('%s', async (_, state, verdict) => {
    const index = { build: 1, hash: 'definitions' }
    const ledger = await ledgerOf(clean, { index })
    const times = { begunAt: start, stateAt: start, since: start }
    const { id, destination } = aRun()
    const build = { table: destination, run: id, n: 1, hash: index.hash, state, ...times, indices: {} }
    await ledger.commit([buildPut(undefined, build)])
    expect((await buildReport(ledger, id)).verdict).toBe(verdict)
  })

  test('of a finished run need a verification', async () => {
    const { verification: _, ...unverified } = aRun({ ...finished })
    const ledger = memoryLedgerTable()
    await store(ledger, unverified, copied)
    const report = await buildReport(ledger, 'run00001')
    expect(report.problems).toEqual(['the run says finished, but nothing was verified'])
    expect(report.verification).toBeNull()
  })

  test('of the last verification count, not those of the one before', async () => {
    const again = aWalk('verify.2', { read: 1_000, migrated: 1_000, produced: 1_000, present: 1_000 })
    const spoiled = aWalk('verify.1', { read: 1, missing: 7 })
    const chunks = [...copied, ...spoiled, ...again, ...aWalk('orphans.2', {})]
    const ledger = await ledgerOf(chunks, { verification: { number: 2, ended: true } })
    expect((await buildReport(ledger, 'run00001')).verdict).toBe('clean')
  })
})

describe('the verdict of a report', () => {
  test.each([
    ['quarantined', { migrated: 998, quarantined: 2, different: 0 }],
    ['differences', { migrated: 998, quarantined: 2, present: 999, different: 1 }],
  ])('is %s', async (verdict, change) => {
    const ledger = await ledgerOf()
    await spoil(ledger, 's00000', 'verify.1', change)
    await list(ledger, 'different', change.different ?? 0)
    expect((await buildReport(ledger, 'run00001')).verdict).toBe(verdict)
  })

  test('is differences where there is an orphan', async () => {
    const ledger = await ledgerOf()
    await spoil(ledger, 's00000', 'orphans.1', { orphan: 1 })
    await list(ledger, 'orphan', 1)
    expect((await buildReport(ledger, 'run00001')).verdict).toBe('differences')
  })

  test('is quarantined where a live change was set aside after verify had passed', async () => {
    const ledger = await ledgerOf()
    await quarantine(ledger, 'run00001', [{ key: key(1), migration: 'm', reason: 'status is missing', at: start }])
    expect(await buildReport(ledger, 'run00001')).toMatchObject({ verdict: 'quarantined', quarantined: { items: 1 } })
  })

  test('is does not add up where the list holds other differences than the tallies count', async () => {
    const ledger = await ledgerOf()
    await spoil(ledger, 's00000', 'verify.1', { present: 998, missing: 2 })
    await list(ledger, 'missing', 1)
    const { verdict, problems } = await buildReport(ledger, 'run00001')
    expect([verdict, ...problems]).toEqual(['does not add up', 'verification: 2 missing counted, 1 listed'])
  })

  test.each(['running', 'stopped'] as const)('is not finished of a run that is %s', async (state) => {
    const { verification: _, ...run } = aRun({ state, reason: 'out of <b>memory</b>' })
    const ledger = memoryLedgerTable()
    await store(ledger, run, [aSegment(0, 5), aSegment(1, 0)])
    const report = await buildReport(ledger, 'run00001')
    expect(report).toMatchObject({ verdict: 'not finished', problems: [], walks: [{ walk: 'copy', complete: false }] })
    expect(reportPage(report)).toContain('out of \\<b\\>memory\\</b\\>')
  })
})

describe('a report', () => {
  test('counts live changes by what their heads say', async () => {
    const ledger = await ledgerOf()
    await beginCapture(ledger, 'run00001', { since: start, stream: 'arn:stream:alpha' })
    await writeControl(ledger, 'run00001', await readControl(ledger, 'run00001'), {
      command: 'run',
      fence: 1,
      quiet: 'q',
    })
    const heads: Partial<Head>[] = [
      {},
      {},
      { op: 'delete', settled: 'q' },
      { op: 'delete', settled: 'an earlier period' },
      { contested: true, settled: 'q' },
      { op: 'delete', contested: true },
    ]
    for (const [n, change] of heads.entries()) {
      const head: Head = { key: key(n), op: 'put', sources: {}, contested: false, version: 1, ...change }
      await ledger.commit([headPut('run00001', head, undefined, start)])
    }
    expect((await buildReport(ledger, 'run00001')).live).toEqual({
      capturedSince: '2026-11-21T01:00:00.000Z',
      capturedUntil: null,
      lag: null,
      puts: 3,
      deletes: 3,
      contested: 2,
      settled: 2,
      unsettled: 2,
    })
  })

  test('takes heads of an offline run, which only repairs make, for settled once they were', async () => {
    const ledger = await ledgerOf(clean, { offline: true })
    const head: Head = { key: key(1), op: 'put', sources: {}, contested: true, settled: 'repair.2', version: 1 }
    await ledger.commit([headPut('run00001', head, undefined, start)])
    expect((await buildReport(ledger, 'run00001')).live).toMatchObject({ contested: 1, settled: 1, unsettled: 0 })
  })

  test('groups what was quarantined and what differs, and shows no key', async () => {
    const ledger = await ledgerOf()
    const item = { migration: 'm', reason: 'status | is missing', at: start }
    await quarantine(ledger, 'run00001', [
      { ...item, key: key(1) },
      { ...item, key: key(2) },
    ])
    await list(ledger, 'different', 1)
    await rememberHeavy(ledger, 'alpha', {
      pk: { S: 'section-outbox|docket' },
      items: 780,
      run: 'run00001',
      seenAt: start,
    })
    const report = await buildReport(ledger, 'run00001')
    expect(report.quarantined).toEqual({ items: 2, groups: [{ migration: 'm', reason: item.reason, items: 2 }] })
    expect(report.verification?.listed).toEqual([{ kind: 'different', attributes: ['status'], keys: 1 }])
    expect(canonicalJson(report) + reportPage(report)).not.toMatch(/case\||section-outbox/)
  })

  test('sets the estimate of a heavy key beside what its ranges held', async () => {
    const ledger = await ledgerOf()
    await rememberHeavy(ledger, 'alpha', {
      pk: { S: 'section-outbox|docket' },
      items: 780,
      run: 'run00001',
      seenAt: start,
    })
    await rememberHeavy(ledger, 'alpha', { pk: { S: 'of an earlier run' }, items: 50, run: 'run00000', seenAt: 0 })
    const { heavyKeys, splits } = await buildReport(ledger, 'run00001')
    expect(heavyKeys).toEqual([
      { key: expect.stringMatching(/^key #/), estimatedItems: 780, read: 795, ways: 2 },
      { key: expect.stringMatching(/^key #/), estimatedItems: 50, read: null, ways: 0 },
    ])
    expect(splits).toEqual({ splits: 1, deepest: 1, unordered: [] })
  })

  test('says of its phases how long each took', async () => {
    const phases: RunRecord['phases'] = [
      { phase: 'Copy', at: start + 2_000 },
      { phase: 'Verify', at: start + 50_000 },
      { phase: 'Finished', at: start + 60_000 },
    ]
    const report = await buildReport(await ledgerOf(clean, { phases }), 'run00001')
    expect(report.phases.map(({ phase, seconds }) => [phase, seconds])).toEqual([
      ['Lease', 2],
      ['Copy', 48],
      ['Verify', 10],
      ['Finished', null],
    ])
  })

  test('shows every phase on the page, the copy too, and says how many are no longer kept', async () => {
    const again = Array.from({ length: 12 }, (_, i) =>
      (['Lease', 'Verify', 'Orphans', 'Finished'] as const).map((phase, j) => ({ phase, at: start + 60_000 * i + j })),
    )
    const phases: RunRecord['phases'] = [{ phase: 'Copy', at: start - 1 }, ...again.flat()]
    const page = reportPage(await buildReport(await ledgerOf(clean, { phases, phasesLeftOut: 8 }), 'run00001'))
    expect(page).toMatch(/\n- Copy at /)
    expect(page.match(/\n- (Lease|Copy|Verify|Orphans|Finished) at /g)).toHaveLength(1 + phases.length)
    expect(page).toContain('- 8 more of verifications in between, which are no longer kept')
  })

  test.each([
    ['before', 9_000, true],
    ['after', 11_000, false],
  ])(
    'says that live changes were probed %s the verification ended, where it found differences',
    async (_, at, said) => {
      const phases: RunRecord['phases'] = [
        { phase: 'Orphans', at: start + 1_000 },
        { phase: 'Finished', at: start + 10_000 },
      ]
      const ledger = await ledgerOf([...copied, ...aWalk('verify.1', { different: 1 }), ...aWalk('orphans.1', {})], {
        phases,
      })
      const lag = { pk: 'RUN#run00001', sk: 'LAG', seconds: 0, guard: 'ok', at: start + at }
      await ledger.commit([{ row: lag, expect: 'any' }])
      const page = reportPage(await buildReport(ledger, 'run00001'))
      expect(page.includes('differences may be changes that were on their way')).toBe(said)
      expect(page).toContain(`when last probed, ${new Date(start + at).toISOString()}: live changes up to date`)
    },
  )

  test('is the same each time it is built', async () => {
    const ledger = await ledgerOf()
    const [one, two] = [await buildReport(ledger, 'run00001'), await buildReport(ledger, 'run00001')]
    expect(canonicalJson(one)).toBe(canonicalJson(two))
  })
})

describe('the digest of a report', () => {
  test('holds for the report as written, in whatever order its members come', async () => {
    const report = await buildReport(await ledgerOf(), 'run00001')
    expect(digestHolds(JSON.parse(canonicalJson(report)))).toBe(true)
    expect(digestHolds(Object.fromEntries(Object.entries(report).reverse()))).toBe(true)
  })

  test('fails when anything in it was changed', async () => {
    const report = await buildReport(await ledgerOf(), 'run00001')
    for (const name of Object.keys(report)) {
      expect(digestHolds({ ...report, [name]: 'changed' }), name).toBe(false)
      const { [name as keyof typeof report]: _, ...less } = report
      expect(digestHolds(less), `without ${name}`).toBe(false)
    }
    const deep = structuredClone(report)
    deep.sums[0]!.total++
    expect(digestHolds(deep)).toBe(false)
    expect(digestHolds({ ...report, more: 1 })).toBe(false)
    expect(digestHolds(null)).toBe(false)
  })

  test('is over canonical JSON', () => {
    expect(canonicalJson({ b: [2, { d: null, c: '\u20ac' }], a: 1.5, 9: 0, 10: 0 })).toBe(
      '{"10":0,"9":0,"a":1.5,"b":[2,{"c":"€","d":null}]}',
    )
  })
})

describe('segue report', () => {
  const folders: string[] = []
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
  })

  async function report(spoiled: (ledger: LedgerTable) => Promise<void> = async () => {}, flags: string[] = []) {
    const { world, ledger } = memoryWorld()
    await store(ledger, aRun({ ...finished }), clean)
    await spoiled(ledger)
    const { terminal, lines } = memoryTerminal()
    const folder = await mkdtemp(path.join(tmpdir(), 'report-'))
    folders.push(folder)
    const out = path.join(folder, 'new')
    const code = await runCli(['report', '--out', out, ...flags], { open: async () => world, terminal })
    const [json, page] = await Promise.all(
      ['json', 'md'].map((ext) => readFile(path.join(out, `run00001.${ext}`), 'utf8')),
    )
    return { code, lines, json: json!, page: page! }
  }

  test('prints one page, and writes it with the JSON', async () => {
    const { code, lines, json, page } = await report()
    expect(code).toBe(0)
    expect(lines[0]).toBe('# Run run00001: clean')
    expect(lines).toContain('- Copy, source side: 1000 read = 1000 migrated + 0 untouched + 0 dropped + 0 quarantined')
    expect(`${lines.slice(0, -1).join('\n')}\n`).toBe(page)
    expect(digestHolds(JSON.parse(json))).toBe(true)
    expect(page).toContain(`sha256 ${(JSON.parse(json) as { digest: string }).digest}`)
  })

  test('with --json prints the JSON that it writes, and nothing else', async () => {
    const { lines, json } = await report(undefined, ['--json'])
    expect(lines).toEqual([json.trimEnd()])
  })

  test('ends with 7 and names what does not add up', async () => {
    const { code, page } = await report((ledger) => spoil(ledger, 's00001', 'copy', { read: 101 }))
    expect(code).toBe(7)
    expect(page).toContain('# Run run00001: does not add up')
    expect(page).toContain('- copy, source side: 1001 read ≠ 1000 migrated')
    expect(page).toContain('**DOES NOT CLOSE**')
  })

  test('ends with 6 when there are differences, and says what was not checked', async () => {
    const { code, page } = await report(async (ledger) => {
      await spoil(ledger, 's00000', 'orphans.1', { orphan: 2, unchecked: 30 })
      await list(ledger, 'orphan', 2)
    })
    expect(code).toBe(6)
    expect(page).toContain('- number 1: 2 orphans\n- orphans not checked for 30 items')
  })
})
