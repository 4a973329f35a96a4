import { type Options, parseOptions } from '../../shared/config/options.ts'

/** The settings that the deployment gives this Lambda. */
export interface Environment {
  options: Options
  codeHash: string
  /** Hash of the index definitions; absent without. */
  searchHash: string | undefined
  /** StackId. */
  stack: string
  ledgerTable: string
  manifestBucket: string
  /** ARN of the source's stream, and id of the mapping that feeds the live function; absent without a stream. */
  stream: string | undefined
  mapping: string | undefined
  /** The same of the destination's stream and the index feed; absent without index definitions. */
  destinationStream: string | undefined
  indexMapping: string | undefined
  /** The table that remembers who did what. */
  auditTable: string
  /** ARN of the topic of alarms; only the watchdog has it. */
  topic: string | undefined
}

/** @throws Error naming the variable that is missing; OptionsError when the options are wrong. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const need = (name: string) => {
    const value = env[name]
    if (!value)
      throw new Error(
        `Expected the environment variable ${name}, got nothing. Deploy this function with the Segue construct.`,
      )
    return value
  }
  return {
    options: parseOptions(JSON.parse(need('SEGUE_OPTIONS'))),
    codeHash: need('SEGUE_CODE_HASH'),
    searchHash: env.SEGUE_SEARCH_HASH || undefined,
    stack: need('SEGUE_STACK'),
    ledgerTable: need('SEGUE_LEDGER_TABLE'),
    manifestBucket: need('SEGUE_MANIFEST_BUCKET'),
    auditTable: need('SEGUE_AUDIT_TABLE'),
    stream: env.SEGUE_STREAM || undefined,
    mapping: env.SEGUE_MAPPING || undefined,
    destinationStream: env.SEGUE_DESTINATION_STREAM || undefined,
    indexMapping: env.SEGUE_INDEX_MAPPING || undefined,
    topic: env.SEGUE_TOPIC || undefined,
  }
}
