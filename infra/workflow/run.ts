import type { ChoiceState, FailState, Machine } from './asl.ts'
import { type PassResources, passState } from './pass.ts'
import { catchAll, taskRetriers } from './retriers.ts'
import { type Invocable, invoke } from './tasks.ts'

export interface RunResources extends PassResources {
  preflight: Invocable
  lease: Invocable
  plan: Invocable
  copied: Invocable
  finish: Invocable
  halt: Invocable
}

/** Who asks, and for what: the input of the functions that come before there is a run. */
const request = { 'execution.$': '$$.Execution.Id', 'input.$': '$$.Execution.Input' }
const held = { 'run.$': '$.lease.run', 'fence.$': '$.lease.fence' }
const retry = taskRetriers

/**
 * The machine of one run. Input: what a user asked, `{}` for the defaults; each phase adds its answer beside it, at
 * `$.preflight`, `$.lease`, `$.copy` and so on. Refusals and halts are data; only the last state turns them into
 * the error and cause of a failed execution. Until the lease is held there is nothing to halt, so an error of Preflight
 * or Lease simply ends the execution.
 */
export function runMachine(resources: RunResources): Machine {
  const plan = (walk: string, next: string) =>
    invoke(
      resources.plan,
      {
        comment: 'Makes sure the chunks exist and lists those with work left.',
        payload: { ...held, walk },
        resultPath: `$.${walk}`,
        retry,
        catch: [catchAll('Halt')],
      },
      { Next: next },
    )
  return {
    Comment: 'One run of the pending migrations.',
    StartAt: 'Preflight',
    States: {
      Preflight: invoke(
        resources.preflight,
        {
          comment: 'Refuses what would fail or harm; changes nothing.',
          payload: request,
          resultPath: '$.preflight',
          retry,
        },
        { Next: 'Ready?' },
      ),
      'Ready?': when('$.preflight.outcome', 'ready', 'Lease', 'Refused'),
      Refused: fail('$.preflight'),

      Lease: invoke(
        resources.lease,
        {
          comment: 'Takes the right to run; at most one run owns a table.',
          payload: { ...request, 'split.$': '$.preflight.split' },
          resultPath: '$.lease',
          retry,
        },
        { Next: 'Held?' },
      ),
      'Held?': when('$.lease.outcome', 'held', 'What for?', 'Lease refused'),
      'Lease refused': fail('$.lease'),
      'What for?': when('$.lease.only', 'verify', 'Plan verify', 'Plan'),

      Plan: plan('copy', 'Copy'),
      Copy: passState('Copy', { plan: '$.copy', next: 'Copied', halt: 'Halt' }, resources),
      Copied: invoke(
        resources.copied,
        {
          comment: 'Asks the ledger whether the chunks cover the table and all are done.',
          payload: held,
          resultPath: '$.copied',
          retry,
          catch: [catchAll('Halt')],
        },
        { Next: 'Covered?' },
      ),
      'Covered?': when('$.copied.outcome', 'copied', 'Plan verify', 'Copy halted'),
      'Copy halted': fail('$.copied'),

      'Plan verify': plan('verify', 'Verify'),
      Verify: passState('Verify', { plan: '$.verify', next: 'Plan orphans', halt: 'Halt' }, resources),
      'Plan orphans': plan('orphans', 'Orphans'),
      Orphans: passState('Orphans', { plan: '$.orphans', next: 'Finish', halt: 'Halt' }, resources),

      Finish: invoke(
        resources.finish,
        {
          comment: 'Asks the ledger how the run ended: every walk done, tallies closed, differences counted.',
          payload: held,
          resultPath: '$.finish',
          retry,
          catch: [catchAll('Halt')],
        },
        { Next: 'Finished?' },
      ),
      'Finished?': when('$.finish.outcome', 'finished', 'Finished', 'Halted'),
      Finished: { Type: 'Succeed' },

      Halt: invoke(
        resources.halt,
        {
          comment:
            'Records what went wrong and keeps everything resumable. Answers like Finish, for the same Fail state.',
          payload: { ...held, 'error.$': '$.error' },
          resultPath: '$.finish',
          retry,
          catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.haltError', Next: 'Halt failed' }],
        },
        { Next: 'Halted' },
      ),
      Halted: fail('$.finish'),
      'Halt failed': {
        Type: 'Fail',
        Comment: 'The ledger may still say running. The next run sees that this execution has ended and takes over.',
        ErrorPath: '$.error.Error',
        CausePath: '$.error.Cause',
      },
    },
  }
}

function when(variable: string, value: string, next: string, otherwise: string): ChoiceState {
  return { Type: 'Choice', Choices: [{ Variable: variable, StringEquals: value, Next: next }], Default: otherwise }
}

/** Ends the execution with the `error` and `cause` that a function answered. */
function fail(answer: string): FailState {
  return { Type: 'Fail', ErrorPath: `${answer}.error`, CausePath: `${answer}.cause` }
}
