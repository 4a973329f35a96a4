/**
 * The part of the Amazon States Language that Segue uses, as types: JSONPath only, because the local emulator knows no
 * JSONata inside a Distributed Map. Source: https://states-language.net/spec.html.
 */
export interface Machine extends States {
  Comment: string
}

export interface States {
  StartAt: string
  States: { [name: string]: State }
}

export type State = TaskState | ChoiceState | WaitState | PassState | MapState | SucceedState | FailState

/** JSON in which a member `"x.$"` holds a path or an intrinsic function that gives the value of `x`. */
export type Template = { [member: string]: string | number | boolean | null | Template }

type Flow = { Next: string } | { End: true }

export interface Retrier {
  ErrorEquals: string[]
  IntervalSeconds: number
  BackoffRate: number
  MaxDelaySeconds: number
  MaxAttempts: number
  JitterStrategy: 'FULL'
}

export interface Catcher {
  ErrorEquals: string[]
  ResultPath: string
  Next: string
}

export type TaskState = Flow & {
  Type: 'Task'
  Comment?: string
  Resource: string
  Parameters: Template
  /** `null` discards the result. */
  ResultPath: string | null
  TimeoutSeconds?: number
  Retry: Retrier[]
  Catch?: Catcher[]
}

export type ChoiceRule = { Variable: string; Next: string } & (
  | { StringEquals: string }
  | { BooleanEquals: boolean }
  | { NumericGreaterThanEquals: number }
)

export interface ChoiceState {
  Type: 'Choice'
  Comment?: string
  Choices: ChoiceRule[]
  Default: string
}

export type WaitState = Flow & { Type: 'Wait'; Comment?: string; SecondsPath: string }

type PassState = Flow & { Type: 'Pass'; Comment?: string; Parameters: Template; ResultPath: string }

/** How many items are at work at once. */
type AtOnce = { MaxConcurrency: number } | { MaxConcurrencyPath: string }

export type MapState = Flow &
  AtOnce & {
    Type: 'Map'
    Comment?: string
    ItemProcessor: States & { ProcessorConfig: { Mode: 'INLINE' } | { Mode: 'DISTRIBUTED'; ExecutionType: 'STANDARD' } }
    ItemSelector: Template
    ItemsPath?: string
    ItemReader?: { Resource: string; ReaderConfig: { InputType: 'JSON' }; Parameters: Template }
    ResultWriter?: { Resource: string; Parameters: Template }
    ResultPath: null
    ToleratedFailureCount?: number
    Label?: string
    Retry?: Retrier[]
    Catch?: Catcher[]
  }

interface SucceedState {
  Type: 'Succeed'
  Comment?: string
}

export interface FailState {
  Type: 'Fail'
  Comment?: string
  ErrorPath: string
  CausePath: string
}
