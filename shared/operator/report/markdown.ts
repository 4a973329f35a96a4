import { differencesIn } from '../../facts/findings.ts'
import { passes } from '../../ledger/passes.ts'
import { counted, duration, grouped, sentence } from '../../runtime/text.ts'
import { foundWords, unorderedWords } from '../status/format.ts'
import { lagWords, onTheirWay } from '../status/lag.ts'
import type { Report, Sum } from './content.ts'
import { sumWords } from './sums.ts'

/** Lines shown of each list; the rest is counted. The JSON has them all. */
const shown = 20

/** The report as one page of Markdown. */
export function reportPage(report: Report): string {
  const { run, verdict, problems } = report
  return [
    `# Run ${run.id}: ${verdict}`,
    '',
    `${text(run.source)} to ${text(run.destination)}, ${run.startedAt} to ${run.endedAt ?? 'now'}; ${run.state}, phase ${run.phase}${run.reason ? `: ${text(run.reason)}` : ''}`,
    '',
    `Migrations: ${run.migrations.map(text).join(', ') || 'none, items are copied as they are'}`,
    ...section('Does not add up', problems.map(text)),
    ...section('Sums', report.sums.map(sumLine)),
    ...section('Passes', passLines(report)),
    ...section('Verification', verification(report)),
    ...section('Live changes', live(report)),
    ...section('Quarantined', quarantined(report)),
    ...section('Phases', phases(report)),
    ...section('Splits', splits(report)),
    '',
    `Digest: sha256 ${report.digest}`,
  ].join('\n')
}

function sumLine(sum: Sum): string {
  const where = `${passes[sum.walk].phase}, ${sum.alias === undefined ? `${sum.side} side` : text(sum.alias)}`
  return `${where}: ${sumWords(sum)}${sum.closes ? '' : ' **DOES NOT CLOSE**'}`
}

function passLines({ walks: all }: Report): string[] {
  return all.map(({ walk, complete, read, units, chunks }) => {
    const states = Object.entries(chunks).map(
      ([state, count]) => `${count} ${state === 'missing' ? 'without a row' : state}`,
    )
    return `${walk}: ${complete ? 'complete' : 'not complete'}, ${counted(read, 'item')} read with ${grouped(units.read)} read and ${grouped(units.write)} write units, chunks ${states.join(', ')}`
  })
}

function verification({ verification: found, live: { lag } }: Report): string[] {
  if (!found) return ['none was begun']
  const words = foundWords({ ...found, unchecked: 0 }).join(', ') || 'no differences'
  return [
    `number ${found.number}${found.ended ? '' : ' (not ended)'}: ${words}`,
    ...(found.listed.length > 0 ? onTheirWay(lag) : []),
    ...(found.unchecked > 0 ? [`orphans not checked for ${counted(found.unchecked, 'item')}`] : []),
    ...atMost(
      found.listed.map(({ kind, attributes, keys }) => {
        const names = attributes.length > 0 ? `: ${attributes.map((name) => text(sentence(name))).join(', ')}` : ''
        return `${counted(keys, 'key')} ${kind}${names}`
      }),
    ),
  ]
}

/** A probe from before the verification ended does not tell what was on its way when it ended. */
function probed({ phases: all, verification: found, live: { lag } }: Report): string[] {
  if (!lag) return []
  const compared = all.findLast(({ phase }) => phase === 'Orphans' || phase === 'Verify')
  const ended = compared?.seconds == null ? undefined : Date.parse(compared.at) + compared.seconds * 1000
  const old =
    found !== null &&
    ended !== undefined &&
    Date.parse(lag.at) < ended &&
    differencesIn({ ...found, quarantined: 0 }) > 0
  const unknown =
    ', before the verification ended: differences may be changes that were on their way; `segue verify` tells'
  return [`when last probed, ${lag.at}: ${lagWords(lag)}${old ? unknown : ''}`]
}

function live(report: Report): string[] {
  const { run, live: l } = report
  const touched = `${counted(l.puts, 'destination key')} last put and ${grouped(l.deletes)} last deleted, ${grouped(l.contested)} contested`
  return [
    run.offline
      ? 'not captured: the run is offline'
      : l.capturedSince
        ? `captured since ${l.capturedSince}${l.capturedUntil ? `, turned off ${l.capturedUntil}` : ''}`
        : 'never captured',
    ...probed(report),
    `${touched}; of the deleted and contested ${grouped(l.settled)} settled, ${grouped(l.unsettled)} not`,
  ]
}

function quarantined({ quarantined: { items, groups } }: Report): string[] {
  if (items === 0) return ['nothing']
  return atMost(
    groups.map((group) => `${counted(group.items, 'item')}, ${text(group.migration)}: ${text(sentence(group.reason))}`),
  )
}

/** All that are kept, two hundred at most: a reader wants the copy first, which is at the beginning. */
function phases({ phases: all, phasesLeftOut }: Report): string[] {
  return [
    ...all.map(
      ({ phase, at, seconds }) => `${phase} at ${at}${seconds === null ? '' : `, ${duration(seconds * 1000)}`}`,
    ),
    ...(phasesLeftOut > 0
      ? [`${grouped(phasesLeftOut)} more of verifications in between, which are no longer kept`]
      : []),
  ]
}

function splits({ splits: { splits: count, deepest, unordered }, heavyKeys }: Report): string[] {
  const keys = heavyKeys.map(({ key, estimatedItems, read, ways }) => {
    const exact = read === null ? 'not split in this run' : `${grouped(read)} read in ${counted(ways, 'range')}`
    const estimate =
      estimatedItems === null ? 'not estimated' : `about ${counted(estimatedItems, 'item')} when last split`
    return `${text(key)}: ${estimate}, ${exact}`
  })
  return [
    `${counted(count, 'split')}, ${deepest} deep at most`,
    ...unordered.map((table) => unorderedWords(text(table))),
    ...atMost(keys),
  ]
}

function atMost(lines: string[]): string[] {
  return lines.length <= shown ? lines : [...lines.slice(0, shown), `and ${grouped(lines.length - shown)} more`]
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines.map((line) => `- ${line}`)]
}

/** Escapes foreign text, so that it is not read as Markdown or HTML. */
function text(words: string): string {
  return words.replace(/[\\`*_{}[\]<>|#&]/g, '\\$&')
}
