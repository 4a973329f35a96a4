import type { States } from '../../../infra/workflow/asl.ts'
import { UnknownToInterpreter } from './errors.ts'

/** Every field of every kind of state that the interpreter gives a meaning to. */
const FIELDS: Record<string, string[]> = {
  Task: ['Resource', 'Parameters', 'ResultPath', 'TimeoutSeconds', 'Retry', 'Catch', 'Next', 'End'],
  Choice: ['Choices', 'Default'],
  Wait: ['SecondsPath', 'Seconds', 'Next', 'End'],
  Pass: ['Parameters', 'ResultPath', 'Next', 'End'],
  Map: [
    'ItemProcessor',
    'ItemSelector',
    'ItemsPath',
    'ItemReader',
    'ResultWriter',
    'ResultPath',
    'MaxConcurrency',
    'MaxConcurrencyPath',
    'ToleratedFailureCount',
    'Label',
    'Retry',
    'Catch',
    'Next',
    'End',
  ],
  Succeed: [],
  Fail: ['ErrorPath', 'CausePath'],
}
const MACHINE = ['Comment', 'StartAt', 'States']
const PROCESSOR = ['ProcessorConfig', 'StartAt', 'States']
const RULE = ['Variable', 'Next', 'StringEquals', 'BooleanEquals', 'NumericGreaterThanEquals']
const RETRIER = ['ErrorEquals', 'IntervalSeconds', 'BackoffRate', 'MaxDelaySeconds', 'MaxAttempts', 'JitterStrategy']
const CATCHER = ['ErrorEquals', 'ResultPath', 'Next']

/**
 * Walks a definition and its inner ones.
 * @throws UnknownToInterpreter at the first field that would otherwise be ignored, and at a state that does not exist.
 */
export function expectKnown(definition: States, where = 'the machine'): void {
  const inner = where !== 'the machine'
  known(definition, inner ? PROCESSOR : MACHINE, where)
  const exists = (name: string) => {
    if (!(name in definition.States)) throw new UnknownToInterpreter(`the state ${name} in ${where}`)
  }
  exists(definition.StartAt)
  for (const [name, state] of Object.entries(definition.States)) {
    const fields = FIELDS[state.Type]
    if (!fields) throw new UnknownToInterpreter(`states of type ${state.Type} (${name})`)
    known(state, ['Type', 'Comment', ...fields], name)
    const {
      Next,
      Default,
      Choices = [],
      Retry = [],
      Catch = [],
      ItemProcessor,
    } = state as unknown as Record<string, never>
    if (Next) exists(Next)
    if (Default) exists(Default)
    for (const rule of Choices as { Next: string }[]) {
      known(rule, RULE, name)
      exists(rule.Next)
    }
    for (const retrier of Retry as object[]) known(retrier, RETRIER, name)
    for (const catcher of Catch as { Next: string }[]) {
      known(catcher, CATCHER, name)
      exists(catcher.Next)
    }
    if (ItemProcessor) expectKnown(ItemProcessor as States, name)
  }
}

function known(object: object, fields: string[], where: string): void {
  const unknown = Object.keys(object).find((field) => !fields.includes(field))
  if (unknown) throw new UnknownToInterpreter(`the field ${unknown} of ${where}`)
}
