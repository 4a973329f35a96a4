import * as z from 'zod/mini'
import { OptionsError } from './errors.ts'

const seconds = (least: number, most: number) => z.int().check(z.minimum(least), z.maximum(most))

/** A table of the same CDK app has a name that is known when it is deployed: until then it is a token. */
const tableName = z
  .string()
  .check(
    z.regex(
      /^(?:[\w.-]{3,255}|.*\$\{Token\[.*)$/,
      'expected the name of a table, without its ARN: 3 to 255 letters, digits, `_`, `-` and `.`',
    ),
  )

/**
 * The options of one deployment of Segue, in cdk.json under the context key `segue`. One schema for CDK, Lambdas and
 * CLI; unknown keys are rejected. Each default suits a production table.
 */
export const optionsSchema = z.strictObject({
  /** Name of the table to read. It is never written. */
  sourceTable: tableName,
  /** Name of the table to write. Same key schema as the source; empty when a run begins. */
  destinationTable: tableName,
  /**
   * ARN of the source's stream (new and old images), which carries live changes. A table given to the construct brings its
   * own. Without a stream every run must be offline. @default none
   */
  sourceStream: z.optional(z.string().check(z.startsWith('arn:'))),
  /**
   * ARN of the destination's stream (any view), which carries changes into search indices. A table given to the construct brings
   * its own. Needed where there are index definitions. @default none
   */
  destinationStream: z.optional(z.string().check(z.startsWith('arn:'))),
  /**
   * URL of the OpenSearch domain of the indices, without user and password: it is in the outputs of the stack. Needed where
   * there are index definitions. @default the domain given to the construct
   */
  searchEndpoint: z.optional(
    z
      .string()
      .check(
        z.regex(
          /^https?:\/\/[^@\s]+$/,
          'expected a URL such as https://search-….es.amazonaws.com, without user and password',
        ),
      ),
  ),
  /** Limit of one slice: the time-out of its Lambda. @default 900 (15 minutes, the most Lambda gives) */
  sliceSeconds: z._default(seconds(5, 900), 900),
  /** A partition key that has been running longer than this is split. @default a third of `sliceSeconds` */
  splitAfterSeconds: z.optional(seconds(1, 900)),
  /** Slices at work at once. As many live functions may be at work beside them. @default 40 */
  concurrency: z._default(z.int().check(z.minimum(1), z.maximum(1000)), 40),
  /**
   * What reserves concurrency of the account. `all`: slices, live changes and the feed of indices, `concurrency` each, so that none
   * takes that of another. `slices`: slices alone. `none`: nothing, for an account with a low limit; then the ranges of a split key run
   * one after another, since only a reserve caps them. Lambda keeps 100 unreserved, so the account's limit must be that much
   * above what is reserved. @default all
   */
  reserve: z._default(z.enum(['all', 'slices', 'none']), 'all'),
  /** Scan segments of a run. @default four times `concurrency` */
  segments: z.optional(z.int().check(z.minimum(1), z.maximum(100_000))),
  /** Memory of the slice function; Lambda's processor share grows with it. @default 1769 (one full processor) */
  memoryMb: z._default(z.int().check(z.minimum(256), z.maximum(10_240)), 1769),
  /** Processor architecture of the Lambdas; `x86_64` where a region or a policy has no `arm64`. @default arm64 */
  architecture: z._default(z.enum(['arm64', 'x86_64']), 'arm64'),
  /**
   * How coarse the stream's times and how stale its reads may be, and how long an open shard must return nothing before it
   * counts as read to its end. A run waits twice this long before it copies. @default 60
   */
  streamSlackSeconds: z._default(seconds(1, 600), 60),
  /**
   * What people go through before a run: its name, or where it is. A run is then begun with `--ticked` alone. @default none
   */
  checklist: z.optional(z.string().check(z.minLength(1))),
  /** Address of e-mail that gets alarms, once somebody has confirmed it. @default none; subscribe what you like to the topic */
  alarmEmail: z.optional(z.email()),
  /** How long logs are kept. @default 90 */
  logRetentionDays: z._default(z.int().check(z.minimum(1), z.maximum(3653)), 90),
})

export type OptionsInput = z.input<typeof optionsSchema>
type Parsed = z.output<typeof optionsSchema>

/** Options with every default filled in. */
export interface Options extends Omit<Parsed, 'splitAfterSeconds' | 'segments'> {
  splitAfterSeconds: number
  segments: number
}

/**
 * Checks options and fills in the defaults.
 * @throws OptionsError naming each option that is wrong, missing or unknown.
 */
export function parseOptions(input: unknown): Options {
  const result = optionsSchema.safeParse(input)
  if (!result.success) throw new OptionsError(result.error.issues.map(describeIssue))
  const options = result.data
  if (options.sourceTable === options.destinationTable)
    throw new OptionsError([`\`destinationTable\` is the same table as \`sourceTable\` (${options.sourceTable})`])
  return {
    ...options,
    splitAfterSeconds: options.splitAfterSeconds ?? Math.max(1, Math.floor(options.sliceSeconds / 3)),
    segments: options.segments ?? options.concurrency * 4,
  }
}

function describeIssue(issue: { code?: string; path: PropertyKey[]; message: string; keys?: string[] }): string {
  if (issue.code === 'unrecognized_keys')
    return `unknown option ${(issue.keys ?? []).map((k) => `\`${k}\``).join(', ')}`
  return `\`${issue.path.join('.')}\`: ${issue.message}`
}

/** A pipeline's key: executions are named by it, with a number. */
const runKey = z
  .string()
  .check(
    z.regex(
      /^[A-Za-z0-9][\w.-]{0,63}$/,
      'expected 1 to 64 letters, digits, `_`, `-` and `.`, of which the first is a letter or a digit',
    ),
  )

/** The options of one run, as the input of its execution; `{}` is a run of everything pending with the defaults. */
export const requestSchema = z.strictObject({
  /** Continue the last run of this destination from its checkpoints instead of beginning one. @default false */
  resume: z._default(z.boolean(), false),
  /** Scan segments of this run. @default the deployment's */
  segments: z.optional(z.int().check(z.minimum(1), z.maximum(100_000))),
  /** Slices at work at once, if fewer than the deployment has. It holds for this execution. @default the deployment's */
  concurrency: z.optional(z.int().check(z.minimum(1), z.maximum(1000))),
  /** Whether hot keys are split; without, chunks only resume. @default true */
  split: z._default(z.boolean(), true),
  /** Nothing changes the source during the run: no live changes are captured, and copy overwrites. @default false */
  offline: z._default(z.boolean(), false),
  /**
   * Only verify the last run again; or repair the differences found, and then verify; or build its search indices anew. @default
   * the whole run
   */
  only: z.optional(z.enum(['verify', 'repair', 'index'])),
  /** Key of a pipeline. One run begins with it, ever; with `resume` only the run of this key is resumed. @default none */
  key: z.optional(runKey),
  /** When the run is paused by itself, ms since the epoch. @default never */
  until: z.optional(z.int().check(z.minimum(0))),
  /** Somebody has gone through the checklist that the options name. @default false */
  ticked: z.optional(z.boolean()),
  /** Who begins the run, as they say, for `segue status`. @default unknown */
  by: z.optional(z.string()),
  /** Why, likewise. @default no reason */
  why: z.optional(z.string()),
})

export type RunRequest = z.output<typeof requestSchema>

/** @throws OptionsError naming each field of a run's input that is wrong, unknown, or only for the run that begins. */
export function parseRequest(input: unknown): RunRequest {
  const result = requestSchema.safeParse(input)
  if (!result.success) throw new OptionsError(result.error.issues.map(describeIssue), 'run input')
  const { resume, only, offline, segments, by, why } = result.data
  const fixed =
    resume || only ? { segments: segments !== undefined, offline, by: by !== undefined, why: why !== undefined } : {}
  const ignored = Object.entries(fixed).flatMap(([name, given]) => (given ? [name] : []))
  if (ignored.length > 0)
    throw new OptionsError(
      ignored.map((name) => `\`${name}\` was settled when the run began, and it knows by itself: leave it out`),
      'run input',
    )
  return result.data
}
