import type { OperatorEngine } from '../../shared/operator/engine.ts'
import type { Preflighted } from '../../shared/operator/findings.ts'
import { type Finding, whoseWords } from '../../shared/phases/preflight/finding.ts'
import { counted, printable } from '../../shared/runtime/text.ts'
import { placeText } from './place.ts'

/** `segue preflight`: what blocks first, then the rest, each with whose it is, since when, and what to do. */
export function preflightPage(
  { findings, verdict }: Preflighted,
  { deployment, runtime }: Pick<OperatorEngine, 'deployment' | 'runtime'>,
): string[] {
  const { sourceTable, destinationTable } = deployment
  const now = runtime.clock()
  const blocking = findings.filter(({ blocks }) => blocks)
  const rest = findings.filter(({ blocks }) => !blocks)
  return [
    `From ${sourceTable} to ${destinationTable}, in ${placeText(deployment)}`,
    '',
    ...[...blocking, ...rest].flatMap((finding) => lines(finding, now)),
    lastLine(verdict, verdict === 'blocked' ? blocking.length : findings.length),
  ]
}

function lastLine(verdict: Preflighted['verdict'], findings: number): string {
  const isOne = findings === 1
  switch (verdict) {
    case 'blocked':
      return `A run would be refused: ${counted(findings, 'finding')} ${isOne ? 'blocks' : 'block'} it.`
    case 'unknown':
      return 'It is not known whether a run would begin.'
    case 'ready':
      return findings > 0
        ? `A run would begin. ${counted(findings, 'finding')} above ${isOne ? 'is' : 'are'} worth knowing.`
        : 'A run would begin, and nothing stands beside it.'
  }
}

function lines(finding: Finding, now: number): string[] {
  const { what, clear, blocks, unknown, whose, since } = finding
  const label = blocks ? 'BLOCKS ' : unknown ? 'UNKNOWN' : 'note   '
  const isKnown = whose !== undefined || since !== undefined
  return [
    `${label}  ${printable(what)}.`,
    ...(isKnown ? [`         ${printable(capital(whoseWords(finding, now)))}.`] : []),
    `         ${printable(clear)}`,
    '',
  ]
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** The same for programs. What is not known of a finding is `unknown`. */
export function preflightJson({ findings, verdict }: Preflighted) {
  return {
    verdict,
    findings: findings.map(
      ({ probe, what, whose = 'unknown', since, blocks, clear, unknown = false, error = null }) => ({
        probe,
        what,
        whose,
        since: since === undefined ? 'unknown' : new Date(since).toISOString(),
        blocks,
        unknown,
        clear,
        error,
      }),
    ),
  }
}
