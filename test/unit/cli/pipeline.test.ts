import { describe, expect, test } from 'vitest'
import { DynamoDbError } from '../../../shared/dynamodb/errors.ts'
import { readControl } from '../../../shared/ledger/control.ts'
import { runKeyPut } from '../../../shared/ledger/run-keys.ts'
import { updateRun } from '../../../shared/ledger/runs.ts'
import { aRun, aSegment, start, store } from './fixtures.ts'
import { done, finished, setUp } from './set-up.ts'

const chunks = [aSegment(0, 1), aSegment(1, 1)]

describe('segue run --key', () => {
  test('attaches to a run that is under way, and watches it to its end', async () => {
    const { segue, lines, ledger, started, meanwhile, views } = setUp()
    await store(ledger, aRun({ key: 'nightly' }), done)
    await ledger.commit([runKeyPut('beta', 'nightly', 'run00001')])
    views['arn:run:one'] = { status: 'running' }
    meanwhile.push(async () => void (await updateRun(ledger, 'run00001', (run) => ({ ...run, ...finished }))))
    expect(await segue('run', '--key', 'nightly', '--wait')).toBe(0)
    expect(lines[0]).toBe('Attached to what is under way in stack Night: alpha to beta')
    expect(lines[1]).toBe('Execution arn:run:one')
    expect(lines.at(-1)).toBe('Verified: no differences.')
    expect(started).toEqual([])
  })

  test('does not change when a run under way pauses, and says how to', async () => {
    const { segue, lines, ledger, started } = setUp()
    await store(ledger, aRun({ key: 'nightly' }), chunks)
    await ledger.commit([runKeyPut('beta', 'nightly', 'run00001')])
    expect(await segue('run', '--key', 'nightly', '--until', '05:00Z')).toBe(0)
    expect(lines[0]).toBe(
      'It was under way already, and when it pauses is not changed. To pause it then: segue pause --at 2026-11-21T05:00:00Z',
    )
    expect(lines.join()).not.toContain('pauses by itself')
    expect(started).toEqual([])
    expect(await readControl(ledger, 'run00001')).not.toHaveProperty('pauseAt')
  })

  test('shows a run that has finished before, with its exit code', async () => {
    const { segue, lines, ledger, started } = setUp()
    await store(ledger, aRun({ ...finished, key: 'nightly' }), done, { held: false })
    await ledger.commit([runKeyPut('beta', 'nightly', 'run00001')])
    expect(await segue('run', '--key', 'nightly')).toBe(0)
    expect(lines.join('\n')).toMatch(/^Finished: .*\nRun run00001 finished/)
    expect(started).toEqual([])
  })

  test.each(['verify', 'repair'] as const)(
    'does not wait for the %s of a finished run unless told to',
    async (kind) => {
      const { segue, lines, ledger, started, meanwhile } = setUp()
      const phase = kind === 'verify' ? 'Verify' : 'Repair'
      await store(ledger, aRun({ ...finished, phase, key: 'nightly', task: { kind, state: 'running' } }), done)
      await ledger.commit([runKeyPut('beta', 'nightly', 'run00001')])
      expect(await segue('run', '--key', 'nightly')).toBe(0)
      expect(lines).toEqual([
        `Run run00001 has finished, and its ${kind} is under way: that says how it ended. Watch it with: segue watch`,
      ])
      expect(await segue('run', '--key', 'nightly', '--json')).toBe(0)
      expect(JSON.parse(lines[1]!)).toMatchObject({ run: 'run00001', verdict: 'running', task: kind })
      meanwhile.push(
        async () => void (await updateRun(ledger, 'run00001', ({ task: _, ...run }) => ({ ...run, ...finished }))),
      )
      expect(await segue('run', '--key', 'nightly', '--wait')).toBe(0)
      expect(lines.at(-1)).toBe('Verified: no differences.')
      expect(started).toEqual([])
    },
  )

  test('says in JSON that it attached', async () => {
    const { segue, lines, ledger } = setUp()
    await store(ledger, aRun({ key: 'nightly' }), chunks)
    await ledger.commit([runKeyPut('beta', 'nightly', 'run00001')])
    expect(await segue('run', '--key', 'nightly', '--json')).toBe(0)
    expect(JSON.parse(lines[0]!)).toEqual({ verdict: 'attached', execution: { arn: 'arn:run:one' } })
  })

  test('needs a key that can name an execution, and resumes by itself', async () => {
    const { segue, errors, started } = setUp()
    expect(await segue('run', '--key', 'a b')).toBe(2)
    expect(errors[0]).toMatch(/^Invalid run input: `key`: expected 1 to 64 letters/)
    expect(await segue('run', '--key', 'a', '--resume')).toBe(2)
    expect(started).toEqual([])
  })

  test('is shown by status', async () => {
    const { segue, lines, ledger } = setUp()
    await store(ledger, aRun({ key: 'nightly' }), chunks)
    await segue('status')
    expect(lines[0]).toBe('Run         run00001  alpha to beta, key nightly')
    await segue('status', '--json')
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ key: 'nightly', pauseAt: null, lastCommand: null })
  })
})

describe('a time at which a run pauses', () => {
  // The world's clock shows 01:01 in UTC.
  test.each([
    ['05:00Z', '2026-11-21T05:00:00Z'],
    ['01:01Z', '2026-11-22T01:01:00Z'],
    ['2026-11-23T05:00+01:00', '2026-11-23T04:00:00Z'],
  ])('is echoed in UTC and goes with the execution: %s', async (text, utc) => {
    const { segue, lines, started } = setUp()
    await segue('run', '--until', text)
    expect(lines[0]).toBe(`It pauses by itself at ${utc} (UTC).`)
    expect(started).toEqual([{ until: Date.parse(utc), by: 'alice' }])
  })

  test('is of the time zone of whoever gives it unless it says UTC', async () => {
    const { segue, started, state } = setUp()
    const soon = new Date(state.now + 3_600_000)
    const two = (n: number) => String(n).padStart(2, '0')
    await segue('run', '--until', `${two(soon.getHours())}:${two(soon.getMinutes())}`)
    expect(started).toMatchObject([{ until: soon.getTime() }])
  })

  test.each(['yesterday', '25:00', '2026-11-20T05:00Z', '2026-11-21', '5'])(
    'is refused where it is none, or over: %s',
    async (text) => {
      const { segue, started, errors } = setUp()
      expect(await segue('run', '--until', text)).toBe(2)
      expect(errors[0]).toMatch(/^Invalid time: /)
      expect(started).toEqual([])
    },
  )

  test('is given to a run that is under way, and shown by status and watch until it has come', async () => {
    const { segue, lines, ledger, state, meanwhile } = setUp()
    await store(ledger, aRun(), chunks)
    expect(await segue('pause', '--at', '05:00Z', '--reason', 'the shift begins')).toBe(0)
    expect(lines[0]).toMatch(/^Run run00001 pauses at 2026-11-21T05:00:00Z\./)
    const at = Date.parse('2026-11-21T05:00:00Z')
    expect(await readControl(ledger, 'run00001')).toMatchObject({
      command: 'run',
      pauseAt: at,
      verb: 'pause',
      version: 1,
    })
    lines.length = 0
    await segue('status')
    expect(lines).toContain('State       running, phase Copy, pauses at 2026-11-21T05:00:00Z')
    lines.length = 0
    state.now = start + 1_800_000
    meanwhile.push(() => Promise.reject(new Error('enough')))
    await segue('watch')
    expect(lines).toContainEqual(
      expect.stringMatching(/^pauses at 2026-11-21T05:00:00Z; last command: pause by alice, /),
    )
    state.now = at
    lines.length = 0
    await segue('status', '--json')
    expect(JSON.parse(lines[0]!)).toMatchObject({ command: 'pause', waiting: expect.stringMatching(/^pausing/) })
  })

  test('is refused for a run that is not at work: whoever resumes it would not keep it', async () => {
    const { segue, ledger } = setUp()
    await store(ledger, aRun({ state: 'stopped', because: 'halted' }), chunks, { held: false })
    expect(await segue('pause', '--at', '05:00Z')).toBe(2)
    expect(await readControl(ledger, 'run00001')).not.toHaveProperty('pauseAt')
  })
})

describe('segue watch --for', () => {
  test('ends with 9 while the run still runs, and says that it continues', async () => {
    const { segue, ledger, errors, state } = setUp()
    await store(ledger, aRun(), chunks)
    const began = state.now
    expect(await segue('watch', '--for', '12s')).toBe(9)
    expect(state.now - began).toBe(12_000)
    expect(errors).toEqual(['It still runs after 12s. The run continues; watch it with: segue watch'])
  })

  test('does not say that the run still runs where AWS does not say so', async () => {
    const { segue, ledger, world, errors, state } = setUp()
    await store(ledger, aRun(), chunks)
    world.runtime.sleep = async (ms) => {
      state.now += ms
      ledger.get = () => Promise.reject(new DynamoDbError('unavailable', 'no answer'))
    }
    expect(await segue('watch', '--for', '12s')).toBe(9)
    expect(errors).toEqual([
      'AWS does not respond, so it is not known whether it still runs after 12s. Watch it with: segue watch',
    ])
  })

  test('ends as the run does, if that is sooner', async () => {
    const { segue, ledger, meanwhile } = setUp()
    await store(ledger, aRun(), done)
    meanwhile.push(async () => void (await updateRun(ledger, 'run00001', (run) => ({ ...run, ...finished }))))
    expect(await segue('watch', '--for', '12s')).toBe(0)
  })
})
