import type { Options } from './options.ts'

/**
 * The one table of functions. CDK deploys by it; each function has a file of its name in `functions/` and a handler of
 * its name in `phases/handlers/`; the simulator runs the same handlers under the same limits.
 */

/** The allowed actions of one function, for each resource. Everything else is denied. */
export interface Permissions {
  source?: readonly string[]
  destination?: readonly string[]
  ledger?: readonly string[]
  /** On objects under `manifests/`. */
  manifests?: readonly string[]
  /** On executions of the run machine. */
  runs?: readonly string[]
  /** On the stacks of this account and region: which of them used the ledger is in the ledger. */
  stacks?: readonly string[]
  /** On the stream of the source. */
  stream?: readonly string[]
  /** On the event source mapping that feeds the live function. */
  mapping?: readonly string[]
  /** On the table of the audit: nothing but inserting by PartiQL, which cannot overwrite. */
  audit?: readonly 'PartiQLInsert'[]
  /** On the topic of alarms. */
  topic?: readonly string[]
  /** With their service, on `*`: lists and look-ups that IAM allows no narrower resource. */
  anywhere?: readonly `${string}:${'Describe' | 'List' | 'Lookup'}${string}`[]
  /** On the destination, in a deployment that builds indices of it. */
  indexed?: readonly string[]
  /** On its stream, likewise. */
  destinationStream?: readonly string[]
  /** On the event source mapping that feeds the indices, likewise. */
  indexMapping?: readonly string[]
  /** On the domain of the indices, likewise. */
  search?: readonly string[]
}

/** The declaration of a function. */
export interface FunctionEntry {
  /** Time-out in seconds, or the name of the option that holds it. */
  seconds: number | 'sliceSeconds'
  /** Memory, or the name of the option that holds it. Lambda's processor share grows with memory. */
  memoryMb: number | 'memoryMb'
  /** With which values of the option `reserve` it reserves `concurrency`; with others it shares the account's. */
  reserved: readonly Options['reserve'][]
  /** What invokes it: states of a machine, the event source mapping, a schedule. */
  invokedBy: readonly ('machine' | 'stream' | 'schedule')[]
  /** What a deployment must have for this function to be in it. No value: nothing, it is in each. */
  needs?: 'search'
  may: Permissions
}

const minute = 60
/** For functions that list the chunks of a run. */
const minutes = 5 * minute
/** The most Lambda allows: for functions that read the stream or many items, and continue where they stopped. */
const quarterHour = 15 * minute
/** For functions limited by their processor, whose share grows with memory. */
const fast = 'memoryMb'
const small = 512

const ledger = ['GetItem', 'PutItem', 'Query'] as const
const stream = ['DescribeStream', 'GetRecords', 'GetShardIterator'] as const
const mapping = ['GetEventSourceMapping', 'UpdateEventSourceMapping'] as const
/** For functions that re-read source items and write a destination item with its head. */
const settling = { source: ['BatchGetItem'], destination: ['DeleteItem', 'PutItem'], ledger } as const

/**
 * TransactWriteItems needs the permission for PutItem. Items are written only by slices and by the functions that
 * apply, settle or repair. Nothing writes to the source.
 */
export const functions = {
  preflight: {
    seconds: minute,
    memoryMb: small,
    reserved: [],
    invokedBy: ['machine'],
    may: {
      source: ['DescribeTable', 'Query', 'Scan'],
      destination: ['DescribeTable', 'DescribeTimeToLive', 'Scan'],
      ledger: ['GetItem'],
      runs: ['DescribeExecution'],
      anywhere: [
        'application-autoscaling:DescribeScalableTargets',
        'backup:ListBackupJobs',
        'cloudtrail:LookupEvents',
        'dynamodb:ListBackups',
        'dynamodb:ListExports',
        'dynamodb:ListImports',
        'lambda:ListEventSourceMappings',
      ],
    },
  },
  // Lists the chunks of earlier runs.
  lease: {
    seconds: minutes,
    memoryMb: small,
    reserved: [],
    invokedBy: ['machine'],
    may: {
      source: ['DescribeTable', 'ListTagsOfResource'],
      destination: ['DescribeTable', 'Scan', 'TagResource'],
      ledger,
      runs: ['DescribeExecution'],
      stacks: ['DescribeStacks'],
    },
  },
  // Lists the chunks of a run that it halts.
  capture: {
    seconds: minute,
    memoryMb: small,
    reserved: [],
    invokedBy: ['machine'],
    may: {
      ledger,
      stream: ['DescribeStream'],
      mapping,
    },
  },
  plan: {
    seconds: minutes,
    memoryMb: small,
    reserved: [],
    invokedBy: ['machine'],
    may: { ledger, manifests: ['PutObject'] },
  },
  // Nested children do not count against a Map's own concurrency, so the reserve is the cap. Without one, the machine
  // starts them one after another.
  slice: {
    seconds: 'sliceSeconds',
    memoryMb: fast,
    reserved: ['all', 'slices'],
    invokedBy: ['machine'],
    may: {
      source: ['BatchGetItem', 'Query', 'Scan'],
      destination: ['BatchGetItem', 'BatchWriteItem', 'PartiQLInsert', 'PutItem', 'Query', 'Scan'],
      ledger,
      search: ['ESHttpGet', 'ESHttpPost'],
    },
  },
  'fail-chunk': {
    seconds: minute,
    memoryMb: small,
    reserved: [],
    invokedBy: ['machine'],
    may: { ledger: ['GetItem', 'PutItem'] },
  },
  'check-pass': { seconds: minutes, memoryMb: small, reserved: [], invokedBy: ['machine'], may: { ledger } },
  // Reserved separately, so that slices cannot take the capacity of live changes.
  live: {
    seconds: minutes,
    memoryMb: fast,
    reserved: ['all'],
    invokedBy: ['stream'],
    may: { ...settling, stream },
  },
  // Like live, for the indices that are built of the destination.
  'index-feed': {
    seconds: minutes,
    memoryMb: fast,
    reserved: ['all'],
    invokedBy: ['stream'],
    needs: 'search',
    may: {
      indexed: ['BatchGetItem'],
      ledger,
      destinationStream: stream,
      search: ['ESHttpGet', 'ESHttpPost'],
    },
  },
  // Reading a stream as fast as it is written takes as much processor time as applying it.
  drain: {
    seconds: quarterHour,
    memoryMb: fast,
    reserved: [],
    invokedBy: ['machine'],
    may: { ledger, stream, destinationStream: stream },
  },
  'monitor-stream': {
    seconds: minutes,
    memoryMb: fast,
    reserved: [],
    invokedBy: ['schedule', 'machine'],
    may: {
      ledger,
      stream,
      mapping,
      indexed: ['BatchGetItem'],
      destinationStream: stream,
      indexMapping: mapping,
      search: ['ESHttpGet', 'ESHttpPost'],
    },
  },
  // Shorter than its rate, so that no sweep meets the one before.
  watchdog: {
    seconds: 50,
    memoryMb: small,
    reserved: [],
    invokedBy: ['schedule'],
    may: {
      ledger,
      runs: ['DescribeExecution'],
      mapping,
      indexMapping: mapping,
      audit: ['PartiQLInsert'],
      topic: ['Publish'],
    },
  },
  settle: { seconds: quarterHour, memoryMb: fast, reserved: [], invokedBy: ['machine'], may: settling },
  repair: { seconds: quarterHour, memoryMb: fast, reserved: [], invokedBy: ['machine'], may: settling },
  // Creates indices; lists the chunks of a run that it halts.
  'prepare-index': {
    seconds: minutes,
    memoryMb: small,
    reserved: [],
    invokedBy: ['machine'],
    needs: 'search',
    may: {
      ledger,
      destinationStream: ['DescribeStream'],
      indexMapping: mapping,
      search: ['ESHttpGet', 'ESHttpPut'],
    },
  },
  bury: {
    seconds: quarterHour,
    memoryMb: fast,
    reserved: [],
    invokedBy: ['machine'],
    needs: 'search',
    may: {
      indexed: ['BatchGetItem'],
      ledger,
      search: ['ESHttpGet', 'ESHttpPost', 'ESHttpPut'],
    },
  },
  finish: { seconds: minutes, memoryMb: small, reserved: [], invokedBy: ['machine'], may: { ledger } },
  halt: { seconds: minutes, memoryMb: small, reserved: [], invokedBy: ['machine'], may: { ledger } },
} as const satisfies Record<string, FunctionEntry>

export type FunctionName = keyof typeof functions

/** Functions that a state of a machine invokes. */
export type TaskName = {
  [N in FunctionName]: 'machine' extends (typeof functions)[N]['invokedBy'][number] ? N : never
}[FunctionName]

/** Functions of a deployment that builds indices; the others are in each. */
type SearchName = {
  [N in FunctionName]: (typeof functions)[N] extends { needs: 'search' } ? N : never
}[FunctionName]

/** A value for each of these functions that a deployment has. */
export type Deployed<T, Names extends FunctionName = FunctionName> = Record<Exclude<Names, SearchName>, T> &
  Partial<Record<Extract<Names, SearchName>, T>>

export const functionNames = Object.keys(functions) as FunctionName[]

/** The functions of a deployment. */
export function deployedNames(has: { search: boolean }): FunctionName[] {
  return functionNames.filter((name) => {
    const { needs }: FunctionEntry = functions[name]
    return needs === undefined || has[needs]
  })
}

export function isTask(name: FunctionName): name is TaskName {
  const { invokedBy }: FunctionEntry = functions[name]
  return invokedBy.includes('machine')
}

/**
 * The limits of a function in one deployment. `reserved` has no value if the function shares the account's concurrency.
 */
export function limitsOf(
  name: FunctionName,
  options: Pick<Options, 'sliceSeconds' | 'memoryMb' | 'concurrency' | 'reserve'>,
): { seconds: number; memoryMb: number; reserved?: number } {
  const { seconds, memoryMb, reserved }: FunctionEntry = functions[name]
  return {
    seconds: typeof seconds === 'number' ? seconds : options[seconds],
    memoryMb: typeof memoryMb === 'number' ? memoryMb : options[memoryMb],
    ...(reserved.includes(options.reserve) && { reserved: options.concurrency }),
  }
}

/** One value for each function, by its name. */
export function forEachFunction<T>(make: (name: FunctionName) => T): Record<FunctionName, T> {
  return Object.fromEntries(functionNames.map((name) => [name, make(name)])) as Record<FunctionName, T>
}

/** One value for each function of a deployment, by its name. */
export function forEachDeployed<T>(has: { search: boolean }, make: (name: FunctionName) => T): Deployed<T> {
  return Object.fromEntries(deployedNames(has).map((name) => [name, make(name)])) as Deployed<T>
}
