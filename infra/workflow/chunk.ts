import type { Machine, States, TaskState, Template } from './asl.ts'
import { MAX_ROUNDS } from './history.ts'
import { catchAll, failedRetrier, THROTTLED, taskRetriers, throttledRetrier } from './retriers.ts'
import { type Invocable, invoke } from './tasks.ts'

/** A Map's `MaxConcurrency` for all items at once. */
export const ALL_AT_ONCE = 0

export interface ChunkResources {
  partition: string
  functions: Record<'slice' | 'fail-chunk', Invocable>
  /**
   * Children of a split at work at once. A reserve of the slice function caps how many slices work, so {@link ALL_AT_ONCE}
   * of them may wait for it. Without a reserve it must be 1: then a chunk and everything below it is one slice at a time.
   */
  childrenAtOnce: number
}

/**
 * The machine of one chunk. Input: `{ run, fence, pass, chunk, slice: { round: 0 } }`. It starts itself for the children
 * of a split and to shorten its history. It reads its own ARN from the context object, so that it needs no fixed name.
 */
export function chunkMachine(resources: ChunkResources): Machine {
  return {
    Comment:
      'Processes one chunk, slice by slice; a hot key is split into children, which run as executions of this machine.',
    ...chunkStates(resources, { 'StateMachineArn.$': '$$.StateMachine.Id' }),
  }
}

/**
 * The loop over slices, the same for every pass. `label` goes in front of each state's name where the states are
 * embedded, because names must be unique in the whole machine.
 */
export function chunkStates(resources: ChunkResources, chunkMachine: Template, label?: string): States {
  const named = (name: string) => (label ? `${label}: ${name}` : name)
  const start = (name: string) => startChunk(resources.partition, chunkMachine, name)
  return {
    StartAt: named('Slice'),
    States: {
      [named('Slice')]: invoke(
        resources.functions.slice,
        {
          comment: 'One invocation: continues from the checkpoint until time is up or the chunk is done.',
          payload: { ...chunkFields, 'slice.$': '$.slice' },
          resultPath: '$.slice',
          retry: [throttledRetrier, failedRetrier],
          catch: [
            { ErrorEquals: [THROTTLED], ResultPath: '$.error', Next: named('Throttled') },
            catchAll(named('Mark failed')),
          ],
        },
        { Next: named('Outcome?') },
      ),
      [named('Outcome?')]: {
        Type: 'Choice',
        Choices: [
          { Variable: '$.slice.outcome', StringEquals: 'done', Next: named('Done') },
          { Variable: '$.slice.outcome', StringEquals: 'more', Next: named('Rounds left?') },
          { Variable: '$.slice.outcome', StringEquals: 'waiting', Next: named('Wait for its turn') },
          { Variable: '$.slice.outcome', StringEquals: 'split', Next: named('Children') },
          { Variable: '$.slice.outcome', StringEquals: 'stopped', Next: named('Stopped') },
        ],
        Default: named('Unknown outcome'),
      },
      [named('Wait for its turn')]: {
        Type: 'Wait',
        Comment: 'Another slice has the chunk; try again later.',
        SecondsPath: '$.slice.waitSeconds',
        Next: named('Rounds left?'),
      },
      [named('Throttled')]: {
        Type: 'Pass',
        Comment: 'Every slice function is busy with other chunks; wait for a free one.',
        Parameters: {
          outcome: 'throttled',
          'round.$': 'States.MathAdd($.slice.round, 1)',
          'name.$': 'States.UUID()',
        },
        ResultPath: '$.slice',
        Next: named('Rounds left?'),
      },
      [named('Rounds left?')]: {
        Type: 'Choice',
        Comment: 'Keeps the history of this execution far from its 25,000 events.',
        Choices: [{ Variable: '$.slice.round', NumericGreaterThanEquals: MAX_ROUNDS, Next: named('Continue afresh') }],
        Default: named('Slice'),
      },
      [named('Continue afresh')]: {
        ...start('$.slice.name'),
        Comment: 'The same chunk, from its checkpoint, in an execution with an empty history.',
        Catch: [catchAll(named('Mark failed'))],
        End: true,
      },
      [named('Children')]: {
        Type: 'Map',
        Comment: 'The chunk was split: each child is an execution of the chunk machine.',
        ItemsPath: '$.slice.children',
        ItemSelector: { ...chunkFields, 'chunk.$': '$$.Map.Item.Value.chunk', 'name.$': '$$.Map.Item.Value.name' },
        MaxConcurrency: resources.childrenAtOnce,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: named('Child'),
          States: {
            [named('Child')]: { ...start('$.name'), Catch: [catchAll(named('Mark child failed'))], End: true },
            [named('Mark child failed')]: markFailed(resources.functions['fail-chunk']),
          },
        },
        ResultPath: null,
        End: true,
      },
      [named('Unknown outcome')]: {
        Type: 'Pass',
        Parameters: {
          Error: 'unknown-outcome',
          'Cause.$': "States.Format('Expected an outcome that this machine knows, got {}.', $.slice.outcome)",
        },
        ResultPath: '$.error',
        Next: named('Mark failed'),
      },
      [named('Mark failed')]: markFailed(resources.functions['fail-chunk']),
      [named('Done')]: { Type: 'Succeed' },
      [named('Stopped')]: { Type: 'Succeed', Comment: 'The run was aborted, fenced, or its code was changed.' },
    },
  }
}

const chunkFields = { 'run.$': '$.run', 'fence.$': '$.fence', 'pass.$': '$.pass', 'chunk.$': '$.chunk' }

/** Records the failure in the ledger and succeeds, so that one failed chunk does not stop the others. */
function markFailed(failChunk: Invocable): TaskState {
  return invoke(
    failChunk,
    { payload: { ...chunkFields, 'error.$': '$.error' }, resultPath: null, retry: taskRetriers },
    { End: true },
  )
}

/**
 * Runs `$.chunk` as an execution of the chunk machine and waits for it. A closed execution's name cannot be used again
 * for 90 days, so the retry count is part of it. `AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID` links the two executions in the console.
 */
function startChunk(partition: string, chunkMachine: Template, name: string) {
  return {
    Type: 'Task',
    Resource: `arn:${partition}:states:::states:startExecution.sync:2`,
    Parameters: {
      ...chunkMachine,
      'Name.$': `States.Format('{}-{}', ${name}, $$.State.RetryCount)`,
      Input: {
        ...chunkFields,
        slice: { round: 0 },
        'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$': '$$.Execution.Id',
      },
    },
    ResultPath: null,
    Retry: [failedRetrier],
  } satisfies Omit<TaskState, 'Next' | 'End'>
}
