import type { Options } from './options.ts'

/**
 * The one table of functions. CDK deploys by it, each has a file of its name in `functions/`, its use case is the handler
 * of its name in `phases/handlers/`, and the simulator runs the same handlers under the same limits.
 */

/** What one function may do, in actions of the service that each resource belongs to. What is absent is denied. */
export interface Permissions {
  source?: readonly string[]
  destination?: readonly string[]
  ledger?: readonly string[]
  /** On objects under `manifests/`. */
  manifests?: readonly string[]
  /** On executions of the run machine. */
  runs?: readonly string[]
  /** On the stream of the source. */
  stream?: readonly string[]
  /** On the event source mapping that feeds the live function. */
  mapping?: readonly string[]
}

/** What every function must say of itself. */
export interface FunctionEntry {
  /** Its time-out, seconds; a name is that of the option that says it. */
  seconds: number | 'sliceSeconds'
  /** A name is that of the option that says it. Lambda's processor share grows with it. */
  memoryMb: number | 'memoryMb'
  /** How many run at once: as the option says, or as many as the account has. */
  reserved: 'concurrency' | 'none'
  /** Who invokes it: a state of a machine, the mapping, or a schedule. */
  invokedBy: 'machine' | 'stream' | 'schedule'
  may: Permissions
}

const minute = 60
/** Those that list the chunks of a run get longer. */
const minutes = 5 * minute
/** The most Lambda gives: these go through the stream or many items, and continue where they were. */
const quarterHour = 15 * minute
/** As fast as their processor, which comes with the memory. */
const fast = 'memoryMb'
const small = 512

const ledger = ['GetItem', 'PutItem', 'Query'] as const
const stream = ['DescribeStream', 'GetRecords', 'GetShardIterator'] as const
/** Reading source items again, and writing a destination item with its head. */
const settling = { source: ['BatchGetItem'], destination: ['DeleteItem', 'PutItem'], ledger } as const

/**
 * TransactWriteItems needs what it is made of, PutItem. Only the slice touches items and those that apply live changes
 * touch items of the destination, and nothing writes to the source.
 */
export const functions = {
  preflight: {
    seconds: minute,
    memoryMb: small,
    reserved: 'none',
    invokedBy: 'machine',
    may: {
      source: ['DescribeTable', 'Query', 'Scan'],
      destination: ['DescribeTable', 'Scan'],
      ledger: ['GetItem'],
    },
  },
  // Lists the chunks of the runs before a new one.
  lease: {
    seconds: minutes,
    memoryMb: small,
    reserved: 'none',
    invokedBy: 'machine',
    may: {
      source: ['DescribeTable'],
      destination: ['DescribeTable', 'Scan'],
      ledger,
      runs: ['DescribeExecution'],
    },
  },
  capture: {
    seconds: minute,
    memoryMb: small,
    reserved: 'none',
    invokedBy: 'machine',
    may: {
      ledger: ['GetItem', 'PutItem'],
      stream: ['DescribeStream'],
      mapping: ['GetEventSourceMapping', 'UpdateEventSourceMapping'],
    },
  },
  plan: {
    seconds: minutes,
    memoryMb: small,
    reserved: 'none',
    invokedBy: 'machine',
    may: { ledger, manifests: ['PutObject'] },
  },
  // Nested children do not count against a Map's own concurrency, so the reserve is the cap.
  slice: {
    seconds: 'sliceSeconds',
    memoryMb: fast,
    reserved: 'concurrency',
    invokedBy: 'machine',
    may: {
      source: ['BatchGetItem', 'Query', 'Scan'],
      destination: ['BatchGetItem', 'BatchWriteItem', 'PartiQLInsert', 'PutItem', 'Query', 'Scan'],
      ledger,
    },
  },
  'fail-chunk': {
    seconds: minute,
    memoryMb: small,
    reserved: 'none',
    invokedBy: 'machine',
    may: { ledger: ['GetItem', 'PutItem'] },
  },
  copied: { seconds: minutes, memoryMb: small, reserved: 'none', invokedBy: 'machine', may: { ledger } },
  // Live changes have a reserve of their own: slices must not take their place.
  live: {
    seconds: minutes,
    memoryMb: fast,
    reserved: 'concurrency',
    invokedBy: 'stream',
    may: { ...settling, stream },
  },
  // Reading a stream as fast as it is written to takes as much processor as applying it does.
  drain: { seconds: quarterHour, memoryMb: fast, reserved: 'none', invokedBy: 'machine', may: { ledger, stream } },
  'monitor-stream': {
    seconds: minutes,
    memoryMb: fast,
    reserved: 'none',
    invokedBy: 'schedule',
    may: { ledger, stream, mapping: ['GetEventSourceMapping'] },
  },
  settle: { seconds: quarterHour, memoryMb: fast, reserved: 'none', invokedBy: 'machine', may: settling },
  repair: { seconds: quarterHour, memoryMb: fast, reserved: 'none', invokedBy: 'machine', may: settling },
  finish: { seconds: minutes, memoryMb: small, reserved: 'none', invokedBy: 'machine', may: { ledger } },
  halt: { seconds: minutes, memoryMb: small, reserved: 'none', invokedBy: 'machine', may: { ledger } },
} as const satisfies Record<string, FunctionEntry>

export type FunctionName = keyof typeof functions

/** The functions that states of the machines invoke. */
export type TaskName = {
  [N in FunctionName]: (typeof functions)[N]['invokedBy'] extends 'machine' ? N : never
}[FunctionName]

export const functionNames = Object.keys(functions) as FunctionName[]

export function isTask(name: FunctionName): name is TaskName {
  return functions[name].invokedBy === 'machine'
}

/** The limits of a function in one deployment. `reserved` is absent where it takes what the account has. */
export function limitsOf(
  name: FunctionName,
  options: Pick<Options, 'sliceSeconds' | 'memoryMb' | 'concurrency'>,
): { seconds: number; memoryMb: number; reserved?: number } {
  const { seconds, memoryMb, reserved }: FunctionEntry = functions[name]
  return {
    seconds: typeof seconds === 'number' ? seconds : options[seconds],
    memoryMb: typeof memoryMb === 'number' ? memoryMb : options[memoryMb],
    ...(reserved !== 'none' && { reserved: options[reserved] }),
  }
}

/** One value for each function, by its name. */
export function forEachFunction<T>(make: (name: FunctionName) => T): Record<FunctionName, T> {
  return Object.fromEntries(functionNames.map((name) => [name, make(name)])) as Record<FunctionName, T>
}
