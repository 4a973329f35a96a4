import type { RunRequest } from '../config/options.ts'
import type { Finding } from '../phases/preflight/finding.ts'
import type { NoAnswer } from './plan/pending.ts'

/** About which run it is asked what stands in its way. */
export type FindingsQuestion = Partial<Pick<RunRequest, 'resume' | 'offline' | 'ticked'>>

export interface FindingsAnswer {
  outcome: 'answered'
  findings: Finding[]
}

/** A start or a stop of an execution, as CloudTrail knows it. */
export interface ExecutionCall {
  at: number
  event: 'StartExecution' | 'StopExecution'
  /** ARN of whoever called. */
  by: string
  execution: string
}

/** The newest starts and stops of executions in the account, or why they are not known. */
export type CallsAnswer = { outcome: 'answered'; calls: ExecutionCall[] } | { outcome: 'answered'; unknown: string }

/** What is used of the engine of a command. */
interface Asking {
  deployment: { version?: string }
  askFindings?(question: FindingsQuestion): Promise<FindingsAnswer | NoAnswer>
}

/** What stands in the way of a run. */
export interface Preflighted {
  findings: Finding[]
  /** `unknown`: the deployed code did not say, so a run may begin or not. */
  verdict: 'ready' | 'blocked' | 'unknown'
}

/**
 * Asks the deployed code what stands in the way of a run, and adds what only the command knows. Changes nothing.
 * @param own version of this program.
 */
export async function findingsBefore(
  question: FindingsQuestion,
  own: string,
  { askFindings, deployment }: Asking,
): Promise<Preflighted> {
  const answer: FindingsAnswer | NoAnswer = askFindings
    ? await askFindings(question)
    : { outcome: 'unknown', reason: 'this deployment does not name its preflight function' }
  const other = otherVersion(deployment.version, own)
  const known = other.length > 0 ? ofOtherVersion(answer) : answer
  const findings = [...asFindings(known), ...other]
  const isBlocked = findings.some(({ blocks }) => blocks)
  const verdict = isBlocked ? 'blocked' : known.outcome === 'unknown' ? 'unknown' : 'ready'
  return { findings, verdict }
}

/** A function of an earlier version takes the question for an invalid request of a run. It would not refuse a run for that. */
function ofOtherVersion(answer: FindingsAnswer | NoAnswer): FindingsAnswer | NoAnswer {
  if (answer.outcome !== 'refused' || answer.error !== 'invalid-options') return answer
  return {
    outcome: 'unknown',
    reason: `the stack is of another version, and responds: ${answer.cause.replace(/\.$/, '')}`,
  }
}

/** What the function refuses, it refuses to a run, too. That it does not respond to this command says nothing of a run. */
function asFindings(answer: FindingsAnswer | NoAnswer): Finding[] {
  switch (answer.outcome) {
    case 'answered':
      return answer.findings
    case 'refused':
      return [
        {
          probe: 'preflight function',
          what: answer.cause.replace(/\.$/, ''),
          blocks: true,
          clear: 'A run would be refused for the same reason.',
        },
      ]
    case 'unknown':
      return [
        {
          probe: 'preflight function',
          what: `It is not known what stands in the way of a run: ${answer.reason}`,
          blocks: false,
          unknown: true,
          clear: 'Deploy again, or ask for that permission.',
        },
      ]
  }
}

/** A deployment of another version than this program. */
export function otherVersion(deployed: string | undefined, own: string): Finding[] {
  if (deployed === own) return []
  return [
    {
      probe: 'version',
      what: `The stack is of ${deployed === undefined ? 'an earlier version of Segue' : `version ${deployed}`}, and this command of version ${own}`,
      blocks: false,
      clear: 'Deploy with the version of this command (`cdk deploy`), or use that of the stack.',
    },
  ]
}
