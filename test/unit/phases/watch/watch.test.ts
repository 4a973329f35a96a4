import { describe, expect, it, test } from 'vitest'
import { runCli } from '../../../../cli/program.ts'
import { readAlerts } from '../../../../shared/ledger/alerts.ts'
import { writeBeat } from '../../../../shared/ledger/beats.ts'
import { beginCapture } from '../../../../shared/ledger/capture.ts'
import { type ChunkRecord, replaceChunk } from '../../../../shared/ledger/chunks.ts'
import { changeControl, withCommand } from '../../../../shared/ledger/control.ts'
import { writeLag } from '../../../../shared/ledger/lag.ts'
import { quarantine } from '../../../../shared/ledger/quarantine.ts'
import { type RunRecord, updateRun } from '../../../../shared/ledger/runs.ts'
import { againMs, takenMs } from '../../../../shared/phases/watch/alerts.ts'
import { type KindName, kindNames, kinds } from '../../../../shared/phases/watch/kinds.ts'
import type { Message } from '../../../../shared/phases/watch/message.ts'
import { watchRun } from '../../../../shared/phases/watch/watch.ts'
import { aRun, aSegment, memoryTerminal, memoryWorld, start, store } from '../../cli/fixtures.ts'

const minute = 60_000

interface Situation {
  run?: Partial<RunRecord>
  chunks?: Partial<ChunkRecord>[]
}

/** A run that copies, watched at a time that only the test moves. */
async function watched({ run = {}, chunks = [{}] }: Situation = {}) {
  const { ledger } = memoryWorld()
  const phases = [{ phase: 'Copy' as const, at: start }]
  await store(
    ledger,
    aRun({ phases, ...run }),
    chunks.map((change, i) => aSegment(i as 0 | 1, 10, change)),
  )
  const state = { now: start, fails: false }
  const sent: Message[] = []
  const gauges: Record<string, number>[] = []
  const engine = {
    ...{ ledger, destination: 'beta', stack: 'Night' },
    runtime: {
      clock: () => state.now,
      emit: (event: { code: string }) => void gauges.push((event as never as { gauges: never }).gauges),
    },
    notices: {
      publish: async (message: Message) => {
        if (state.fails) throw new Error('no topic')
        sent.push(message)
      },
    },
  }
  const at = async (ms: number) => {
    state.now = start + ms
    await watchRun(engine)
  }
  const told = () => sent.map(({ attributes: { kind, event } }) => `${kind} ${event}`)
  return { ledger, state, sent, gauges, engine, at, told }
}

/** What makes each kind of alarm begin, and after how many ms. */
const causes: Record<
  KindName,
  { situation?: Situation; cause?: (made: Awaited<ReturnType<typeof watched>>) => Promise<unknown>; afterMs: number }
> = {
  stuck: { afterMs: 5 * minute + 1_000 },
  'chunk-stuck': {
    situation: { chunks: [{ deadline: start + 15 * minute }, { updatedAt: start + 5 * minute }] },
    afterMs: 5 * minute + 1_000,
  },
  'chunk-failed': { situation: { chunks: [{ state: 'failed', reason: 'the migration hangs' }] }, afterMs: minute },
  'owner-ended': { situation: { run: { state: 'stopped', because: 'interrupted' } }, afterMs: minute },
  'stream-old': {
    cause: ({ ledger }) => writeLag(ledger, 'run00001', { seconds: 3_600, guard: 'warn', at: start + minute }),
    afterMs: minute,
  },
  'capture-stopped': {
    cause: ({ ledger }) =>
      writeLag(ledger, 'run00001', { seconds: 0, guard: 'ok', at: start + minute, stopped: 'code changed' }),
    afterMs: minute,
  },
  'quarantine-grew': {
    cause: ({ ledger }) =>
      quarantine(ledger, 'run00001', [
        { key: { pk: { S: 'a' }, sk: { S: 'a' } }, migration: 'm', reason: 'r', at: start + minute },
      ]),
    afterMs: minute,
  },
}

async function caused(kind: KindName) {
  const { situation, cause, afterMs } = causes[kind]
  const made = await watched(situation)
  await beginCapture(made.ledger, 'run00001', { since: start, stream: 'arn:stream' })
  await cause?.(made)
  return { ...made, afterMs }
}

describe('An alarm', () => {
  it.each(kindNames)(
    'of %s is told once, with who acted last, the next command and where to read more',
    async (kind) => {
      const { ledger, at, sent, told, afterMs } = await caused(kind)
      await changeControl(ledger, 'run00001', (control) =>
        withCommand(control, 'run', { verb: 'resume', by: 'arn:alice', at: start, why: 'the backup is over' }),
      )
      await at(afterMs)
      await at(afterMs + minute)
      expect(told().filter((line) => line.startsWith(kind))).toEqual([`${kind} onset`])
      const { subject, text, attributes } = sent.find((message) => message.attributes.kind === kind)!
      const alert = JSON.parse(attributes.alert)
      expect(subject).toBe(`Segue Night: alarm ${kind}, run run00001`)
      expect(text).toContain(alert.what)
      expect(text).toContain(`\nNext: ${alert.next}\n`)
      expect(text).toMatch(/Last command: resume by arn:alice, 2026-11-21T01:00:00Z \(.*\): the backup is over\./)
      expect(alert).toMatchObject({
        ...{ id: `${kind}.1`, kind, event: 'onset', run: 'run00001', destination: 'beta', stack: 'Night' },
        ...{ next: expect.stringMatching(/^segue .* --stack Night$/), runbook: `docs/alarms.md#${kind}` },
      })
    },
  )

  it.each(kindNames)('of %s names a command that parses', async (kind) => {
    const { at, sent, afterMs } = await caused(kind)
    await at(afterMs)
    const { next } = JSON.parse(sent.find(({ attributes }) => attributes.kind === kind)!.attributes.alert)
    const { terminal, errors } = memoryTerminal()
    const open = () => Promise.reject(Object.assign(new Error('It parses'), { source: 'user' }))
    await runCli(next.split(' ').slice(1), { open, terminal })
    expect(errors).toEqual(['It parses'])
  })

  it('is told again every half hour, and ended once', async () => {
    const { ledger, at, told } = await watched({ chunks: [{ state: 'failed', reason: 'no' }] })
    for (let ms = minute; ms <= 75 * minute; ms += minute) {
      await writeBeat(ledger, 'run00001', { phase: 'Copy', fence: 1, at: start + ms })
      await at(ms)
    }
    expect(told()).toEqual(['chunk-failed onset', 'chunk-failed again', 'chunk-failed again'])
    await updateRun(ledger, 'run00001', (run) => ({ ...run, state: 'stopped', because: 'paused' }))
    await at(76 * minute)
    await at(77 * minute)
    expect(told().slice(3)).toEqual(['chunk-failed end'])
  })

  it('is told by one of two watchdogs', async () => {
    const { engine, state, told } = await watched({ chunks: [{ state: 'failed', reason: 'no' }] })
    state.now = start + minute
    await Promise.all([watchRun(engine), watchRun(engine)])
    expect(told()).toEqual(['chunk-failed onset'])
  })

  it('that could not be told is told a minute later, and keeps no other back', async () => {
    const { at, state, told, engine } = await watched({
      chunks: [{ state: 'failed', reason: 'no' }, { deadline: start + 15 * minute }],
    })
    state.fails = true
    await expect(at(6 * minute)).rejects.toThrow('no topic')
    expect((await readAlerts(engine.ledger, 'beta')).map(({ kind, on, pending }) => [kind, on, pending])).toEqual([
      ['chunk-failed', true, 'onset'],
      ['chunk-stuck', true, 'onset'],
      ['stuck', true, 'onset'],
    ])
    state.fails = false
    await at(6 * minute + takenMs - 1)
    expect(told()).toEqual([])
    await at(6 * minute + takenMs)
    const [{ toldAt } = { toldAt: 0 }] = await readAlerts(engine.ledger, 'beta')
    expect(toldAt).toBe(state.now)
    expect(told().toSorted()).toEqual(['chunk-failed onset', 'chunk-stuck onset', 'stuck onset'])
    expect((await readAlerts(engine.ledger, 'beta')).every(({ pending }) => pending === undefined)).toBe(true)
  })

  it('of a new run is another one', async () => {
    const { ledger, at, told, sent } = await watched({ chunks: [{ state: 'failed', reason: 'no' }] })
    await at(minute)
    await store(ledger, aRun({ id: 'run00002', phases: [{ phase: 'Copy', at: start }] }), [
      { ...aSegment(0, 1, { state: 'failed', reason: 'no' }), run: 'run00002' },
    ])
    await at(2 * minute)
    expect(told()).toEqual(['chunk-failed onset', 'chunk-failed end', 'chunk-failed onset'])
    expect(sent.map(({ attributes }) => attributes.run)).toEqual(['run00001', 'run00001', 'run00002'])
  })

  it('holds no half hour back that is not over', async () => {
    expect(againMs).toBe(30 * minute)
  })
})

describe('A run stands still', () => {
  it('after five minutes without a checkpoint, a beat or a phase, and not before', async () => {
    const { at, told, gauges } = await watched()
    await at(5 * minute)
    expect(told()).toEqual([])
    await at(5 * minute + 1_000)
    expect(told()).toEqual(['stuck onset'])
    expect(gauges.map(({ StuckSeconds }) => StuckSeconds)).toEqual([300, 301])
  })

  it('five minutes after the end of a wait that it promised, and not before', async () => {
    const { ledger, at, told } = await watched()
    await writeBeat(ledger, 'run00001', { phase: 'Settle', fence: 1, at: start, until: start + 16 * minute })
    for (let ms = minute; ms <= 21 * minute; ms += minute) await at(ms)
    expect(told()).toEqual([])
    await at(21 * minute + 1_000)
    expect(told()).toEqual(['stuck onset'])
  })

  it('although an execution that was fenced still beats', async () => {
    const { ledger, at, told } = await watched({ run: { fence: 2 } })
    await writeBeat(ledger, 'run00001', { phase: 'Settle', fence: 1, at: start + 6 * minute })
    await at(6 * minute)
    expect(told()).toEqual(['stuck onset'])
  })

  it('no longer once a slice saves a checkpoint', async () => {
    const { ledger, at, told } = await watched()
    await at(6 * minute)
    const chunk = aSegment(0, 20, { epoch: 1, updatedAt: start + 6 * minute })
    await replaceChunk(ledger, chunk, { epoch: 0, state: 'open' })
    await at(7 * minute)
    expect(told()).toEqual(['stuck onset', 'stuck end'])
  })

  it.each([
    { state: 'stopped', because: 'paused' },
    { state: 'stopped', because: 'halted' },
    { state: 'aborted' },
    { state: 'finished' },
  ] as const)('never while it is %j', async (run) => {
    const { at, told } = await watched({ run, chunks: [{ deadline: start + 600 * minute }] })
    for (let ms = minute; ms <= 60 * minute; ms += minute) await at(ms)
    expect(told()).toEqual([])
  })

  it('also in a verification of a finished run', async () => {
    const { at, told } = await watched({
      run: { state: 'finished', task: { kind: 'verify', state: 'running' }, phases: [{ phase: 'Verify', at: start }] },
    })
    await at(6 * minute)
    expect(told()).toEqual(['stuck onset'])
  })
})

describe('Live changes', () => {
  it('that were turned off on purpose, or are of an offline run, alarm nobody', async () => {
    const off = await watched({ run: { state: 'finished' } })
    await beginCapture(off.ledger, 'run00001', { since: start, stream: 'arn:stream' })
    const { endCapture } = await import('../../../../shared/ledger/capture.ts')
    await endCapture(off.ledger, 'run00001', start)
    await writeLag(off.ledger, 'run00001', { seconds: 9_999, guard: 'warn', at: start, stopped: 'turned off' })
    await off.at(minute)
    expect(off.told()).toEqual([])
  })

  it('that stopped an hour ago are old, although the monitor saw them up to date then', async () => {
    const { ledger, at, told, gauges } = await watched({ run: { state: 'finished' } })
    await beginCapture(ledger, 'run00001', { since: start, stream: 'arn:stream' })
    await writeLag(ledger, 'run00001', { seconds: 0, guard: 'ok', at: start, stopped: 'turned off' })
    await at(minute)
    await at(61 * minute)
    expect(told()).toEqual(['capture-stopped onset', 'stream-old onset', 'capture-stopped again'])
    expect(gauges.at(-1)).toMatchObject({ StreamAgeSeconds: 3_660, AlarmsOn: 2, WatchdogSweeps: 1 })
  })
})

test('nothing is judged before there was a run, and the watchdog still says that it runs', async () => {
  const { world } = memoryWorld()
  const events: unknown[] = []
  const runtime = { clock: () => start, emit: (event: unknown) => void events.push(event) }
  const notices = { publish: () => Promise.reject(new Error('Nobody is told')) }
  await watchRun({ ledger: world.ledger, destination: 'beta', stack: undefined, runtime, notices })
  expect(events).toEqual([
    { code: 'watchdog.gauges', gauges: expect.objectContaining({ WatchdogSweeps: 1, AlarmsOn: 0 }) },
  ])
})

test('each kind says what it means and what to do', () => {
  for (const { means, advice } of Object.values(kinds))
    expect([means, advice].every((text) => text.endsWith('.'))).toBe(true)
})
