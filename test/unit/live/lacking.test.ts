import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../../../cli/program.ts'
import { buildPut } from '../../../shared/ledger/builds.ts'
import { beginCapture } from '../../../shared/ledger/capture.ts'
import { buildKey } from '../../../shared/ledger/feeds.ts'
import type { RunRecord } from '../../../shared/ledger/runs.ts'
import { startCapture } from '../../../shared/live/capture.ts'
import type { DrainOutcome } from '../../../shared/live/drain.ts'
import { recordLag } from '../../../shared/live/lag.ts'
import { aRun, aSegment, aWalk, memoryTerminal, memoryWorld, start, store } from '../cli/fixtures.ts'

const chunks = [
  ...[aSegment(0, 600, { state: 'done' }), aSegment(1, 400, { state: 'done' })],
  ...aWalk('verify.1', { read: 1_000, migrated: 1_000, produced: 1_000, present: 1_000 }),
  ...aWalk('orphans.1', { read: 1_000 }),
]
const lost: DrainOutcome = { outcome: 'trimmed' }
const otherCode: DrainOutcome = { outcome: 'stopped', reason: 'code changed' }
const otherStream: DrainOutcome = { outcome: 'stopped', reason: 'stream changed' }

let out: string
beforeAll(async () => {
  out = await mkdtemp(path.join(tmpdir(), 'report-'))
})
afterAll(() => rm(out, { recursive: true }))

/** A run that captures, finished, and was verified without differences; its mapping is on. */
async function setUp(change: Partial<RunRecord> = {}) {
  const { ledger, world, state, meanwhile } = memoryWorld()
  const verification = { number: 1, ended: true }
  const run = aRun({ state: 'finished', phase: 'Finished', endedAt: start + 50_000, verification, ...change })
  await store(ledger, run, chunks, { held: false })
  await beginCapture(ledger, run.id, { since: start, stream: 'arn:stream:alpha' })
  const segue = async (...args: string[]) => {
    const { terminal, lines } = memoryTerminal()
    const code = await runCli(args, { open: async () => world, terminal })
    return { code, text: lines.join('\n') }
  }
  const look = (found: DrainOutcome) => recordLag(run.id, found, { ledger, runtime: world.runtime })
  const turnOff = async () => {
    meanwhile.push(() => {
      state.mapping = 'Disabled'
    })
    expect((await segue('capture', 'off', '--yes')).code).toBe(0)
  }
  /** What status, watch and report exit with. */
  const codes = async () => [
    (await segue('status')).code,
    (await segue('watch')).code,
    (await segue('report', '--out', out)).code,
  ]
  return { ledger, state, world, segue, look, turnOff, codes }
}

describe('a finished run that goes on capturing', () => {
  it.each([
    [lost, 'live changes lost, refuse: the stream dropped changes unread'],
    [otherCode, 'live changes not applied, code changed: deploy the migrations that the run began with'],
    [otherStream, 'live changes not applied, stream changed: the stream that the run reads was turned off'],
  ])('is not called clean after %o', async (found, words) => {
    const { segue, look, codes } = await setUp()
    await look(found)
    expect(await codes()).toEqual([7, 7, 7])
    expect((await segue('status')).text).toContain(`Not up to date: ${words}.`)
    expect((await segue('watch')).text).toContain(`; ${words}; took`)
    const { text } = await segue('report', '--out', out)
    expect(text).toContain('# Run run00001: does not add up')
    expect(text).toContain(`## Does not add up\n\n- ${words}`)
  })

  it.each([{ outcome: 'drained' }, { outcome: 'waiting', lagSeconds: 30_000, reason: '' }] as const)(
    'is clean after %o: nothing is lost yet',
    async (found) => {
      const { look, codes } = await setUp()
      await look(found)
      expect(await codes()).toEqual([0, 0, 0])
    },
  )

  it('says how far it is behind once that is worth a word', async () => {
    const { segue, look } = await setUp()
    await look({ outcome: 'waiting', lagSeconds: 4_000, reason: '' })
    expect((await segue('watch')).text).toContain('; live changes 1h 6m behind, warn')
    expect((await segue('report', '--out', out)).text).toMatch(
      /- when last probed, 2026-.*Z: live changes 1h 6m behind/,
    )
  })
})

describe('once live changes were turned off on purpose', () => {
  it('that they are not applied is no alarm', async () => {
    const { segue, look, turnOff, codes } = await setUp()
    await look(otherCode)
    await turnOff()
    expect(await codes()).toEqual([0, 0, 0])
    const { text } = await segue('status')
    expect(text).toContain('captured since 2026-11-21T01:00:00Z, turned off 2026-11-21T01:01:00Z')
    expect((await segue('watch')).text).not.toContain('; live changes')
    expect((await segue('report', '--out', out)).text).toMatch(/captured since .*Z, turned off 2026-11-21T01:01:00/)
    const { capture } = JSON.parse((await segue('status', '--json')).text)
    expect(capture).toEqual({ since: '2026-11-21T01:00:00.000Z', off: '2026-11-21T01:01:00.000Z' })
  })

  it('what was lost before stays lost until everything was compared since', async () => {
    const { look, turnOff, codes } = await setUp()
    await look(lost)
    await turnOff()
    expect(await codes()).toEqual([7, 7, 7])
    const since = await setUp({ phases: [{ phase: 'Verify', at: start + 3_000_000 }] })
    await since.look(lost)
    expect(await since.codes()).toEqual([7, 7, 7])
    await since.turnOff()
    expect(await since.codes()).toEqual([0, 0, 0])
  })

  it('somewhere else, saying so again notes it', async () => {
    const { state, look, segue, codes } = await setUp()
    await look(otherCode)
    state.mapping = 'Disabled'
    await segue('capture', 'off', '--yes', '--dry-run')
    expect(await codes()).toEqual([7, 7, 7])
    await segue('capture', 'off', '--yes')
    expect(await codes()).toEqual([0, 0, 0])
  })

  it('turning them on again for a resume takes that back', async () => {
    const { ledger, world, turnOff, look, codes } = await setUp()
    await turnOff()
    const { mapping, runtime } = world
    const stream = { arn: 'arn:stream:alpha', shards: async () => ({ shards: [], enabled: true }) }
    const engine = { ledger, stream, mapping: mapping!, clock: runtime.clock, slackMs: 0 }
    await startCapture({ feed: 'run00001' }, engine)
    await look(otherCode)
    expect(await codes()).toEqual([7, 7, 7])
  })
})

describe('a finished run with builds of indices', () => {
  const index = { build: 3, hash: 'definitions' }
  const build = {
    ...{ table: aRun().destination, run: aRun().id, hash: 'definitions', begunAt: start, stateAt: start, since: start },
    indices: {},
  }

  it('shows how far those behind are that are fed, and the newest; nothing else changes its verdict', async () => {
    const { ledger, world, segue, codes } = await setUp({ index })
    await ledger.commit([
      buildPut(undefined, { ...build, n: 1, state: 'ready', served: true }),
      buildPut(undefined, { ...build, n: 2, state: 'ended', because: 'definitions' }),
      buildPut(undefined, { ...build, n: 3, state: 'lost', because: 'trimmed' }),
    ])
    const { runtime } = world
    const looks = [{ outcome: 'waiting', lagSeconds: 4_000, reason: '' }, otherCode, lost] as const
    for (const [i, found] of looks.entries())
      await recordLag(buildKey({ run: build.run, n: i + 1 }), found, { ledger, runtime })
    const warned = 'build 1: changes 1h 6m behind, warn: behind for an hour or more'
    const gone = 'build 3: changes lost, refuse: the stream dropped changes unread'
    const { text } = await segue('status')
    for (const words of [warned, gone]) expect(text).toContain(`Index       ${words} (as of `)
    expect(text).not.toContain('build 2')
    expect((await segue('watch')).text).toContain(`; index ${warned}; index ${gone};`)
    expect(JSON.parse((await segue('status', '--json')).text)).toMatchObject({
      lag: null,
      buildLags: [
        { build: 1, seconds: 4_000, guard: 'warn', stopped: null },
        { build: 3, guard: 'refuse' },
      ],
    })
    // The report also says what became of the pass of that build.
    expect((await codes()).slice(0, 2)).toEqual([0, 0])
  })

  it.each([
    ['replaced', undefined, 'not applied, index lost: the build cannot'],
    ['replaced', { outcome: 'drained' }, 'not applied, index lost: the build cannot'],
    ['stream changed', { outcome: 'drained' }, 'not applied, stream changed: the stream of the destination was'],
    ['trimmed', { outcome: 'drained' }, 'lost, refuse'],
  ] as const)(
    'says of the newest build that it was lost (%s), whatever was measured before',
    async (because, found, words) => {
      const { ledger, world, segue } = await setUp({ index: { build: 1, hash: 'definitions' } })
      await ledger.commit([buildPut(undefined, { ...build, n: 1, state: 'lost', because })])
      if (found) await recordLag(buildKey({ run: build.run, n: 1 }), found, { ledger, runtime: world.runtime })
      expect((await segue('status')).text).toContain(`Index       build 1: changes ${words}`)
      expect((await segue('watch')).text).toContain(`; index build 1: changes ${words}`)
    },
  )

  it('reads no builds where none was begun', async () => {
    const { ledger, segue } = await setUp()
    await ledger.commit([buildPut(undefined, { ...build, n: 1, state: 'ready', served: true })])
    await recordLag(buildKey({ run: build.run, n: 1 }), lost, { ledger, runtime: { clock: () => start } })
    expect((await segue('status')).text).not.toContain('index')
  })
})
