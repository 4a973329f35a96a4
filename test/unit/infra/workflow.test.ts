import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import type { Retrier } from '../../../infra/workflow/asl.ts'
import { THROTTLED, throttledRetrier } from '../../../infra/workflow/retriers.ts'
import { runMachine } from '../../../infra/workflow/run.ts'
import { everyState, levels, machines, resources, successors } from './machines.ts'

/** Has no types. It writes into what it is given. */
const validate: (machine: unknown) => { isValid: boolean; errorsText(separator: string): string } = createRequire(
  import.meta.url,
)('asl-validator')

/** How long all attempts of a retrier last with full jitter, which waits half of each delay on average. */
function patienceSeconds({ IntervalSeconds, BackoffRate, MaxDelaySeconds, MaxAttempts }: Retrier): number {
  const delays = Array.from({ length: MaxAttempts }, (_, attempt) => IntervalSeconds * BackoffRate ** attempt)
  return delays.reduce((sum, delay) => sum + Math.min(delay, MaxDelaySeconds) / 2, 0)
}

describe.each(Object.entries(machines))('the machine `%s`', (name, machine) => {
  const states = everyState(machine)

  it('is valid Amazon States Language', () => {
    const { isValid, errorsText } = validate(structuredClone(machine))
    expect(errorsText('\n')).toBe('')
    expect(isValid).toBe(true)
  })

  it('reaches each of its states, and only states of the same level', () => {
    for (const { StartAt, States } of levels(machine)) {
      const reached = new Set([StartAt])
      for (const from of reached) for (const to of successors(States[from]!)) reached.add(to)
      expect([...reached].sort()).toEqual(Object.keys(States).sort())
    }
  })

  it('gives each state a name of its own that the service takes', () => {
    const names = states.map(([state]) => state)
    expect(new Set(names).size).toBe(names.length)
    for (const state of names) expect(state.length).toBeLessThanOrEqual(80)
  })

  it('retries every task, unexpected errors last and alone', () => {
    for (const [state, task] of states) {
      if (task.Type !== 'Task') continue
      const errors = task.Retry.map(({ ErrorEquals }) => ErrorEquals)
      expect(errors.at(-1), state).toEqual(['States.ALL'])
      for (const earlier of errors.slice(0, -1)) expect(earlier).not.toContain('States.ALL')
    }
  })

  it('is as patient with throttling in every task as one round of a slice is, that of Halt among them', () => {
    const slice = patienceSeconds(throttledRetrier)
    expect(slice).toBeGreaterThan(9 * 60)
    for (const [state, task] of states) {
      if (task.Type !== 'Task' || !task.Resource.includes(':lambda:')) continue
      const own = task.Retry.find(({ ErrorEquals }) => ErrorEquals.includes(THROTTLED))
      expect(own && patienceSeconds(own), state).toBeGreaterThanOrEqual(slice)
    }
  })

  it('limits the time of every Lambda, and of nothing that waits for an execution', () => {
    for (const [state, task] of states) {
      if (task.Type !== 'Task') continue
      expect(task.TimeoutSeconds !== undefined, state).toBe(task.Resource.includes(':lambda:'))
    }
  })

  it('uses nothing that the local emulator lacks', () => {
    const text = JSON.stringify(machine)
    for (const lacking of ['QueryLanguage', 'ItemBatcher', 'HeartbeatSeconds', 'PercentagePath', 'CountPath', 'Assign'])
      expect(text).not.toContain(lacking)
    expect(Object.keys(machine), name).not.toContain('TimeoutSeconds')
  })
})

describe('the machine `run`', () => {
  const { States } = machines.run

  it('starts no Map over a manifest without chunks', () => {
    const maps = Object.entries(States).filter(([, state]) => state.Type === 'Map')
    for (const [map] of maps) {
      const before = Object.values(States).filter((state) => [...successors(state)].includes(map))
      expect(before).toEqual([
        expect.objectContaining({
          Type: 'Choice',
          Choices: [
            expect.objectContaining({ StringEquals: 'paused', Next: 'Paused' }),
            expect.objectContaining({ StringEquals: 'halted' }),
            { Variable: `$.${map.toLowerCase()}.chunks`, NumericGreaterThanEquals: 1, Next: map },
          ],
        }),
      ])
    }
    expect(maps).toHaveLength(4)
  })

  it('builds no indices in a deployment without definitions', () => {
    const { 'prepare-index': _p, bury: _b, ...functions } = resources.functions
    const without = runMachine({ ...resources, functions })
    const reached = Object.keys(without.States)
    expect(Object.keys(States).filter((name) => !reached.includes(name))).toContain('Index')
    for (const { StartAt, States: all } of levels(without)) {
      const seen = new Set([StartAt])
      for (const from of seen) for (const to of successors(all[from]!)) seen.add(to)
      expect([...seen].sort()).toEqual(Object.keys(all).sort())
    }
    expect(JSON.stringify(without)).not.toMatch(/index/i)
  })

  it('halts on whatever fails once the lease is held', () => {
    const past = Object.entries(States).filter(
      ([name]) => !['Preflight', 'Lease', 'Halt', 'Probe live changes'].includes(name),
    )
    const phases = past.filter(([, { Type }]) => Type === 'Task' || Type === 'Map')
    expect(phases.map(([name]) => name)).toEqual(expect.arrayContaining(['Plan', 'Copy', 'Finish']))
    for (const [phase, state] of phases)
      expect(state, phase).toMatchObject({
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Halt' }],
      })
    expect(States.Halt).toMatchObject({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Halt failed' }] })
  })

  it('probes live changes before a verification with differences ends, and ends it even if that fails', () => {
    expect(States['Finished?']).toMatchObject({
      Choices: expect.arrayContaining([
        { Variable: '$.finish.outcome', StringEquals: 'probe', Next: 'Probe live changes' },
      ]),
    })
    expect(States['Probe live changes']).toMatchObject({
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Finish after the probe' }],
      Next: 'Finish after the probe',
    })
    expect(States['Finish after the probe']).toMatchObject({ Next: 'Finished?' })
  })

  it.each(['Drain', 'Settle', 'Repair'])('tries %s as often as a slice: six more times', (name) => {
    expect(States[name]).toMatchObject({ Retry: [{}, { ErrorEquals: ['States.ALL'], MaxAttempts: 6 }] })
  })

  it('keeps what the user asked for: no result replaces the whole state', () => {
    for (const [name, state] of everyState(machines.run))
      if ('ResultPath' in state) expect(state.ResultPath, name).not.toBe('$')
  })

  it('copies in a Distributed Map that tolerates every failure and writes its results to S3', () => {
    expect(States.Copy).toMatchObject({
      Type: 'Map',
      Label: 'Copy',
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
      ItemReader: { Resource: 'arn:aws:states:::s3:getObject', ReaderConfig: { InputType: 'JSON' } },
      ItemSelector: { 'pass.$': '$.copy.pass', 'chunk.$': '$$.Map.Item.Value.chunk', slice: { round: 0 } },
      ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Parameters: { Bucket: 'manifests' } },
      ResultPath: null,
      MaxConcurrencyPath: '$.lease.concurrency',
      ToleratedFailureCount: 100_000_000,
    })
  })

  it.each(['Settle', 'Repair'])(
    '%s begins before the first row of its first list, and goes on where it was',
    (phase) => {
      const answer = `$.${phase.toLowerCase()}`
      expect(States[`${phase} from the start`]).toMatchObject({
        Parameters: { from: { shard: 0, after: '' } },
        ResultPath: answer,
        Next: phase,
      })
      expect(States[phase]).toMatchObject({ Parameters: { 'from.$': `${answer}.from` }, ResultPath: answer })
    },
  )

  it('embeds the states of `chunk` in each pass, and starts that machine for what is split', () => {
    const passes = Object.entries(States).flatMap(([name, state]) =>
      state.Type === 'Map' ? ([[name, state]] as const) : [],
    )
    expect(passes.length).toBeGreaterThan(0)
    for (const [name, { ItemProcessor, Label }] of passes) {
      expect(Label).toBe(name)
      const unlabelled = JSON.stringify(ItemProcessor.States)
        .replaceAll(`${name}: `, '')
        .replaceAll(
          '"StateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:chunk"',
          () => '"StateMachineArn.$":"$$.StateMachine.Id"',
        )
      expect(JSON.parse(unlabelled)).toEqual(machines.chunk.States)
    }
  })
})

describe('the machine `chunk`', () => {
  const { States } = machines.chunk

  it('tells a slice that waits for its turn from one that failed', () => {
    expect(States.Slice).toMatchObject({
      Retry: [{ ErrorEquals: ['Lambda.TooManyRequestsException'] }, { ErrorEquals: ['States.ALL'], MaxAttempts: 6 }],
      Catch: [
        { ErrorEquals: ['Lambda.TooManyRequestsException'], Next: 'Throttled' },
        { ErrorEquals: ['States.ALL'], Next: 'Mark failed' },
      ],
    })
    expect(States.Throttled).toMatchObject({ ResultPath: '$.slice', Next: 'Rounds left?' })
  })

  it('ends well when a chunk or a child has failed, and lets the ledger know', () => {
    const [, children] = levels(machines.chunk)
    expect(States['Mark failed']).toMatchObject({ Resource: expect.stringContaining('fail-chunk'), End: true })
    expect(children?.States.Child).toMatchObject({
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Mark child failed' }],
    })
    expect(children?.States['Mark child failed']).toEqual(States['Mark failed'])
  })

  it('names each nested execution anew when it is retried, because a closed name cannot be used again', () => {
    const started = everyState(machines.chunk).filter(
      ([, s]) => s.Type === 'Task' && s.Resource.includes('startExecution'),
    )
    expect(started.map(([name]) => name)).toEqual(['Continue afresh', 'Child'])
    for (const [, task] of started)
      expect(task).toMatchObject({
        Resource: 'arn:aws:states:::states:startExecution.sync:2',
        Parameters: {
          'StateMachineArn.$': '$$.StateMachine.Id',
          'Name.$': expect.stringMatching(
            /^States\.Format\('\{\}-\{\}', \$(\.slice)?\.name, \$\$\.State\.RetryCount\)$/,
          ),
          Input: { slice: { round: 0 } },
        },
      })
  })
})
