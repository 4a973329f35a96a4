import type { Options, RunRequest } from '../../config/options.ts'
import type { Table } from '../../dynamodb/ports.ts'
import type { TableDescription } from '../../dynamodb/sdk/describe.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import type { Runtime } from '../../runtime/ports.ts'
import type { Executions } from '../ports.ts'
import type { Found } from './finding.ts'
import { type Answer, isUnanswered, type Operations, reasonOf } from './operations.ts'

/** What the findings are about. */
export interface About {
  request: RunRequest
  options: Options
  source: TableDescription
  destination: TableDescription
  /** ARN of the source's stream that this deployment reads, if any. */
  stream: string | undefined
  /** Id of the event source mapping of live changes, if any. */
  mapping: string | undefined
}

/** What the probes ask. */
export interface Subject extends About {
  ledger: LedgerTable
  runtime: Runtime
  operations: Operations
  open(description: TableDescription): Table
}

/** The same for the probes that ask who runs. */
export interface RunSubject extends Subject {
  executions: Executions
  /** StackId of this deployment. */
  stack: string
}

/** One entry of the table of probes, as `docs/preflight.md` shows it. */
export interface Described {
  /** What it finds. */
  finds: string
  /** The calls it makes, and what else it reads. */
  asks: string
  /** Whether its findings block: `yes`, `no`, or when. */
  blocks: string
  /** How a finding is cleared. */
  clear: string
}

interface Declared<A, S> extends Described {
  /** For which requests. @default all */
  when?(about: About): boolean
  ask(subject: S): Promise<Answer<A>>
  /** What an answer means. Pure. */
  judge(answer: A, about: About): Found[]
}

export interface Probe<S = Subject> extends Described {
  /** @throws whatever the tables and the ledger throw; what may not be asked of other services is a finding. */
  findings(subject: S): Promise<Found[]>
}

export function probe<A, S extends About = Subject>(declared: Declared<A, S>): Probe<S> {
  const { when = () => true, ask, judge, ...described } = declared
  return {
    ...described,
    async findings(subject) {
      if (!when(subject)) return []
      const answer = await ask(subject)
      return isUnanswered(answer)
        ? [unknown(described.finds, answer.action, answer.unanswered)]
        : judge(answer, subject)
    },
  }
}

/** A finding that says only that it is not known whether there is one. */
export function unknown(finds: string, action: string, reason: string): Found {
  const isDenied = reason === 'denied'
  return {
    what: `It is not known whether there is: ${finds} (${reasonOf({ action, unanswered: reason })})`,
    blocks: false,
    unknown: true,
    clear: isDenied
      ? `Allow the preflight function ${action}, or check it by hand.`
      : 'Try again, or check it by hand.',
  }
}

/** Whether a request begins a new run. */
export const begins = ({ request }: Pick<About, 'request'>) => !request.resume && request.only === undefined

/** Whether a request copies: begins or resumes a run. */
export const copies = ({ request }: Pick<About, 'request'>) => request.only === undefined

/** Whether a table can be read and written. */
export const isReady = ({ status }: Pick<TableDescription, 'status'>) => status === 'ACTIVE' || status === 'UPDATING'
