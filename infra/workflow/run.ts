import type { Deployed, TaskName } from '../../shared/config/functions-and-permissions.ts'
import { type PassKind, passes } from '../../shared/ledger/passes.ts'
import type { ChoiceRule, ChoiceState, FailState, Machine, State, Template, WaitState } from './asl.ts'
import { type PassResources, passState } from './pass.ts'
import { catchAll, longTaskRetriers, taskRetriers } from './retriers.ts'
import { type Invocable, invoke } from './tasks.ts'

export interface RunResources extends PassResources {
  functions: Deployed<Invocable, TaskName>
}

/** Input of the functions that run before the lease is held: the execution and the user's request. */
const request = { 'execution.$': '$$.Execution.Id', 'input.$': '$$.Execution.Input' }
const held = { 'run.$': '$.lease.run', 'fence.$': '$.lease.fence' }
const retry = taskRetriers

/**
 * The machine of one run. Input: the user's request, `{}` for the defaults. Each phase adds its result beside it, at
 * `$.preflight`, `$.lease`, `$.copy` and so on. Refusals and halts are data; only the last state turns them into
 * the error and cause of a failed execution. Until the lease is held there is nothing to halt, so an error of Preflight
 * or Lease simply ends the execution.
 */
export function runMachine(resources: RunResources): Machine {
  const { functions } = resources
  const building = buildingOf(functions)
  const phase = (
    resource: Invocable,
    comment: string,
    resultPath: string,
    more: Template,
    next: string,
    retry = taskRetriers,
  ) =>
    invoke(
      resource,
      { comment, payload: { ...held, ...more }, resultPath, retry, catch: [catchAll('Halt')] },
      { Next: next },
    )
  const plan = (kind: PassKind, next: string) =>
    phase(functions.plan, 'Makes sure the chunks exist and lists those with work left.', `$.${kind}`, { kind }, next)
  /** Plans, runs and checks a pass, and continues with `next` once it covers its table. */
  const pass = (
    kind: PassKind,
    next: string,
    { planned = `Plan ${kind}`, checked = `Check ${kind}` } = {},
  ): { [name: string]: State } => {
    const { phase: name } = passes[kind]
    return {
      [planned]: plan(kind, `${name} left?`),
      [`${name} left?`]: anyLeft(kind, name, checked),
      [`Plan ${kind} halted`]: fail(`$.${kind}`),
      [name]: passState(name, { plan: `$.${kind}`, next: checked, halt: 'Halt' }, resources),
      [checked]: phase(
        functions['check-pass'],
        'Checks in the ledger that the chunks cover the table and all are done.',
        `$.${kind}Checked`,
        { kind },
        `${name} covered?`,
      ),
      [`${name} covered?`]: choose(
        { [`$.${kind}Checked.outcome`]: { covered: next, paused: 'Paused' } },
        `${name} halted`,
      ),
      [`${name} halted`]: fail(`$.${kind}Checked`),
    }
  }
  /** The states that build search indices. A deployment without definitions has none of them. */
  const indexing = (builders: Building): { [name: string]: State } => ({
    'Index?': choose({ '$.lease.index': { true: 'Prepare index' } }, 'Finish'),
    'Prepare index': phase(
      builders['prepare-index'],
      'Creates new indices, and turns on what brings changes of the destination into them.',
      '$.prepareIndex',
      {},
      'Index prepared?',
      longTaskRetriers,
    ),
    'Index prepared?': choose(
      { '$.prepareIndex.outcome': { prepared: 'Plan index', waiting: 'Wait for the index feed', paused: 'Paused' } },
      'Prepare index halted',
    ),
    'Wait for the index feed': wait(
      '$.prepareIndex.seconds',
      'Prepare index',
      'A mapping takes up to minutes to change.',
    ),
    'Prepare index halted': fail('$.prepareIndex'),

    ...pass('index', 'Drain index', { checked: 'Check index pass' }),

    'Drain index': phase(
      functions.drain,
      'Reads the stream of the destination to check that every change up to the end of the pass is in the indices.',
      '$.drainIndex',
      { 'past.$': '$.indexChecked.at', feed: 'index' },
      'Index drained?',
      longTaskRetriers,
    ),
    'Index drained?': choose(
      {
        '$.drainIndex.outcome': {
          drained: 'Bury from the start',
          more: 'Drain index',
          waiting: 'Wait for changes of the index',
          paused: 'Paused',
        },
      },
      'Drain index halted',
    ),
    'Wait for changes of the index': wait(
      '$.drainIndex.seconds',
      'Drain index',
      'Changes of the destination are behind; see the lag in `segue status`.',
    ),
    'Drain index halted': fail('$.drainIndex'),

    'Bury from the start': {
      Type: 'Pass',
      Parameters: { from: { shard: 0, after: '' } },
      ResultPath: '$.bury',
      Next: 'Bury',
    },
    Bury: phase(
      builders.bury,
      'Deletes once more the documents of items that were deleted meanwhile.',
      '$.bury',
      { 'from.$': '$.bury.from' },
      'Buried?',
      longTaskRetriers,
    ),
    'Buried?': choose(
      { '$.bury.outcome': { buried: 'Finish', more: 'Bury', waiting: 'Wait for the last document', paused: 'Paused' } },
      'Bury halted',
    ),
    'Wait for the last document': wait(
      '$.bury.seconds',
      'Bury',
      'A slice that died may still be writing until its deadline.',
    ),
    'Bury halted': fail('$.bury'),
  })
  const finish = (probed: boolean) =>
    phase(
      functions.finish,
      'Checks in the ledger how the run ended: every pass done, tallies closed, differences counted.',
      '$.finish',
      { probed },
      'Finished?',
    )
  return {
    Comment: 'One run of the pending migrations.',
    StartAt: 'Preflight',
    States: {
      Preflight: invoke(
        functions.preflight,
        {
          comment: 'Refuses a run that would fail or do harm; changes nothing.',
          payload: request,
          resultPath: '$.preflight',
          retry,
        },
        { Next: 'Ready?' },
      ),
      'Ready?': choose({ '$.preflight.outcome': { ready: 'Lease' } }, 'Refused'),
      Refused: fail('$.preflight'),

      Lease: invoke(
        functions.lease,
        {
          comment: 'Takes the right to run; at most one run owns a table.',
          payload: { ...request, 'split.$': '$.preflight.split' },
          resultPath: '$.lease',
          retry,
        },
        { Next: 'Held?' },
      ),
      'Held?': choose(
        { '$.lease.outcome': { held: 'What for?', waiting: 'Wait for the run before', paused: 'Paused' } },
        'Lease refused',
      ),
      'Wait for the run before': wait(
        '$.lease.seconds',
        'Lease',
        'Writes of an earlier run may still arrive until their deadline.',
      ),
      'Lease refused': fail('$.lease'),
      'What for?': choose(
        {
          '$.lease.only': {
            verify: 'Plan verify',
            repair: 'Repair from the start',
            ...(building && { index: 'Prepare index' }),
          },
          '$.lease.capture': { true: 'Capture' },
        },
        'Plan',
      ),

      Capture: phase(
        functions.capture,
        'Turns live changes on: copy may begin once they are.',
        '$.capture',
        {},
        'Capturing?',
      ),
      'Capturing?': choose(
        { '$.capture.outcome': { on: 'Plan', waiting: 'Wait for capture', paused: 'Paused' } },
        'Capture halted',
      ),
      'Wait for capture': wait('$.capture.seconds', 'Capture', 'A mapping takes up to minutes to change.'),
      'Capture halted': fail('$.capture'),

      ...pass('copy', 'Captured?', { planned: 'Plan' }),
      'Captured?': choose({ '$.copyChecked.capture': { true: 'Drain' } }, 'Settle from the start'),

      Drain: phase(
        functions.drain,
        'Reads the stream to check that every change up to the end of copy is applied.',
        '$.drain',
        { 'past.$': '$.copyChecked.at' },
        'Drained?',
        longTaskRetriers,
      ),
      'Drained?': choose(
        {
          '$.drain.outcome': {
            drained: 'Settle from the start',
            more: 'Drain',
            waiting: 'Wait for live changes',
            paused: 'Paused',
          },
        },
        'Drain halted',
      ),
      'Wait for live changes': wait(
        '$.drain.seconds',
        'Drain',
        'Live changes are behind; see the lag in `segue status`.',
      ),
      'Drain halted': fail('$.drain'),

      'Settle from the start': {
        Type: 'Pass',
        Parameters: { from: { shard: 0, after: '' } },
        ResultPath: '$.settle',
        Next: 'Settle',
      },
      Settle: phase(
        functions.settle,
        'Reconciles deleted and contested items with the source.',
        '$.settle',
        { 'from.$': '$.settle.from' },
        'Settled?',
        longTaskRetriers,
      ),
      'Settled?': choose(
        { '$.settle.outcome': { settled: 'Plan verify', more: 'Settle', waiting: 'Wait for quiet', paused: 'Paused' } },
        'Settle halted',
      ),
      'Wait for quiet': wait(
        '$.settle.seconds',
        'Settle',
        'A slice that died may still be writing until its deadline.',
      ),
      'Settle halted': fail('$.settle'),

      'Repair from the start': {
        Type: 'Pass',
        Parameters: { from: { shard: 0, after: '' } },
        ResultPath: '$.repair',
        Next: 'Repair',
      },
      Repair: phase(
        functions.repair,
        'Rebuilds the keys that the last verification flagged.',
        '$.repair',
        { 'from.$': '$.repair.from' },
        'Repaired?',
        longTaskRetriers,
      ),
      'Repaired?': choose(
        { '$.repair.outcome': { repaired: 'Plan verify', more: 'Repair', paused: 'Paused' } },
        'Repair halted',
      ),
      'Repair halted': fail('$.repair'),

      ...pass('verify', 'Plan orphans'),
      ...pass('orphans', building ? 'Index?' : 'Finish'),
      ...(building && indexing(building)),

      Finish: finish(false),
      'Finished?': choose(
        { '$.finish.outcome': { finished: 'Finished', paused: 'Paused', probe: 'Probe live changes' } },
        'Halted',
      ),
      'Probe live changes': invoke(
        functions['monitor-stream'],
        {
          comment: 'Differences may be changes on their way: records how far behind live changes are now.',
          payload: held,
          resultPath: '$.probe',
          retry,
          catch: [catchAll('Finish after the probe')],
        },
        { Next: 'Finish after the probe' },
      ),
      'Finish after the probe': finish(true),
      Finished: { Type: 'Succeed' },
      Paused: {
        Type: 'Succeed',
        Comment: 'An operator paused the run. `segue run --resume` starts another execution.',
      },

      Halt: invoke(
        functions.halt,
        {
          comment:
            'Records the error and keeps everything resumable. Returns the same as Finish, for the same Fail state.',
          payload: { ...held, 'error.$': '$.error' },
          resultPath: '$.finish',
          retry,
          catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.haltError', Next: 'Halt failed' }],
        },
        { Next: 'Finished?' },
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

/** The functions that build indices. */
type Building = Pick<Record<TaskName, Invocable>, 'prepare-index' | 'bury'>

/** @returns nothing for a deployment without index definitions. */
function buildingOf({ 'prepare-index': prepare, bury }: RunResources['functions']): Building | undefined {
  return prepare && bury && { 'prepare-index': prepare, bury }
}

/** Chooses the next state by the values of variables; `true` stands for the boolean. */
function choose(table: { [variable: string]: { [equals: string]: string } }, otherwise: string): ChoiceState {
  const rules = Object.entries(table).flatMap(([Variable, byValue]) =>
    Object.entries(byValue).map(
      ([value, Next]): ChoiceRule =>
        value === 'true' ? { Variable, BooleanEquals: true, Next } : { Variable, StringEquals: value, Next },
    ),
  )
  return { Type: 'Choice', Choices: rules, Default: otherwise }
}

/** Skips the Map if a resumed run has nothing left of a pass: the behaviour of a Map without items is not documented. */
function anyLeft(kind: PassKind, map: string, otherwise: string): ChoiceState {
  const rule: ChoiceRule = { Variable: `$.${kind}.chunks`, NumericGreaterThanEquals: 1, Next: map }
  const ended = (outcome: string, Next: string): ChoiceRule => ({
    Variable: `$.${kind}.outcome`,
    StringEquals: outcome,
    Next,
  })
  const Choices = [ended('paused', 'Paused'), ended('halted', `Plan ${kind} halted`), rule]
  return { Type: 'Choice', Choices, Default: otherwise }
}

function wait(SecondsPath: string, next: string, comment: string): WaitState {
  return { Type: 'Wait', Comment: comment, SecondsPath, Next: next }
}

/** Ends the execution with the `error` and `cause` that a function returned. */
function fail(result: string): FailState {
  return { Type: 'Fail', ErrorPath: `${result}.error`, CausePath: `${result}.cause` }
}
