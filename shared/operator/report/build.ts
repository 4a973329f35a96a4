import { depthOf, isWholeKey } from '../../chunks/chunk.ts'
import { encodeKeyValue } from '../../dynamodb/key.ts'
import { coveringPass, talliesOf } from '../../facts/coverage.ts'
import { endingOf, type Found, foundBy } from '../../facts/findings.ts'
import { phaseTimes } from '../../facts/phase-times.ts'
import { isFinished } from '../../facts/resumable.ts'
import { openSums } from '../../facts/sums.ts'
import { type Build, readBuilds } from '../../ledger/builds.ts'
import { type ChunkRecord, eachChunk } from '../../ledger/chunks.ts'
import { listHeavy } from '../../ledger/heavy.ts'
import { ofEach, type PassKind, passes, passIdOf, passKinds, verificationPasses } from '../../ledger/passes.ts'
import { getRun, type RunRecord } from '../../ledger/runs.ts'
import type { LedgerTable } from '../../ledger/table.ts'
import { sentence } from '../../runtime/text.ts'
import { readDifferenceGroups } from '../status/differences.ts'
import { keyLabel } from '../status/format.ts'
import { itemsIn, readQuarantineGroups } from '../status/quarantine.ts'
import { splitKeys } from '../status/splits.ts'
import type { HeavyKeySummary, Report, ReportContent, ReportVerdict } from './content.ts'
import { sealed } from './digest.ts'
import { readLive } from './live.ts'
import { type PassRead, problemsOf, reportSums, summaryOf, unlisted } from './sums.ts'

/**
 * Reads everything the ledger knows of a run into one report. Live changes, quarantine and phases still change while a
 * finished run captures; without such changes the report is the same each time.
 * @throws LedgerError `row-missing` when there is no such run; DynamoDbError as the ledger does.
 */
export async function buildReport(ledger: LedgerTable, id: string): Promise<Report> {
  const run = await getRun(ledger, id)
  const reads = await ofEach(passKinds, async (kind): Promise<PassRead> => {
    const [all, trees, unclosed] = [coveringPass(run, kind), [] as ChunkRecord[], [] as string[]]
    await eachChunk(ledger, id, passIdOf(run, kind), (chunk) => {
      all.add(chunk)
      if (chunk.state === 'split' || depthOf(chunk.id) > 0 || isWholeKey(chunk)) trees.push(chunk)
      const each = [chunk.tallies, ...Object.values(chunk.aliases ?? {})]
      if (each.some((tallies) => openSums(kind, tallies).length > 0)) unclosed.push(chunk.id)
    })
    return { kind, trees, unclosed, coverage: all.read() }
  })
  const { copy } = reads
  const begun = passKinds.filter((kind) => isBegun(run, kind)).map((kind) => reads[kind])
  const listed = run.verification ? await readDifferenceGroups(ledger, id, run.verification.number) : []
  const groups = await readQuarantineGroups(ledger, id)
  const quarantined = itemsIn(groups)
  const found = foundBy(talliesOf(await ofEach(verificationPasses, async (kind) => reads[kind].coverage)), quarantined)
  const live = await readLive(ledger, run)
  const isReady = run.index !== undefined && (await readBuilds(ledger, run.destination)).some(isReadyBuildOf(run))
  // An index that was given up, or waits to be continued, leaves the finished run as it was.
  const covers = (kind: PassKind) => isFinished(run) && (passes[kind].numbered !== 'build' || isReady)
  const problems = [
    ...problemsOf(begun, covers),
    ...(isFinished(run) && !run.verification ? ['the run says finished, but nothing was verified'] : []),
    ...(isFinished(run) ? unlisted(found, listed) : []),
    ...live.problems,
  ]
  return sealed<ReportContent>({
    format: 1,
    verdict: verdictOf(run, found, problems),
    problems,
    run: facts(run),
    walks: begun.map(summaryOf),
    sums: begun.flatMap(reportSums),
    verification: run.verification ? { ...run.verification, ...withoutQuarantined(found), listed } : null,
    live: live.summary,
    quarantined: { items: quarantined, groups },
    phases: phaseTimes(run).map(({ phase, at, ms }) => ({
      phase,
      at: iso(at),
      seconds: ms === undefined ? null : ms / 1000,
    })),
    phasesLeftOut: run.phasesLeftOut ?? 0,
    splits: {
      splits: copy.coverage.splits,
      deepest: copy.trees.reduce((deepest, chunk) => Math.max(deepest, depthOf(chunk.id)), 0),
      unordered: (run.unordered ?? []).map((table) => run[table]).sort(),
    },
    heavyKeys: await heavyKeys(ledger, run, copy.trees),
  })
}

/** The newest build of a run, once it is whole. */
function isReadyBuildOf({ id, index }: RunRecord): (build: Build) => boolean {
  return ({ run, n, state }) => run === id && n === index?.build && state === 'ready'
}

function isBegun({ verification, index }: RunRecord, kind: PassKind): boolean {
  switch (passes[kind].numbered) {
    case 'once':
      return true
    case 'verification':
      return verification !== undefined
    case 'build':
      return index !== undefined
  }
}

function verdictOf(run: RunRecord, found: Found, problems: readonly string[]): ReportVerdict {
  if (problems.length > 0) return 'does not add up'
  if (!isFinished(run)) return 'not finished'
  return endingOf(found)
}

function facts(run: RunRecord): ReportContent['run'] {
  const { id, state, phase, source, destination, codeHash, segments, offline } = run
  return {
    id,
    state,
    phase,
    reason: run.reason === undefined ? null : sentence(run.reason),
    source,
    destination,
    migrations: run.pending,
    codeHash,
    segments,
    offline,
    startedAt: iso(run.startedAt),
    endedAt: run.endedAt === undefined ? null : iso(run.endedAt),
  }
}

function withoutQuarantined({ quarantined: _, ...found }: Found): Omit<Found, 'quarantined'> {
  return found
}

/** Keys of the source that are remembered as heavy or were split by this copy, the one with the most items first. */
async function heavyKeys(ledger: LedgerTable, run: RunRecord, chunks: ChunkRecord[]): Promise<HeavyKeySummary[]> {
  const splits = new Map(splitKeys(chunks).map((split) => [split.key, split]))
  const estimates = new Map((await listHeavy(ledger, run.source)).map(({ pk, items }) => [encodeKeyValue(pk), items]))
  const keys = [...new Set([...splits.keys(), ...estimates.keys()])].map((key): HeavyKeySummary => {
    const split = splits.get(key)
    return {
      key: keyLabel(key, false),
      estimatedItems: estimates.get(key) ?? null,
      read: split?.items ?? null,
      ways: split?.ways ?? 0,
    }
  })
  const size = ({ read, estimatedItems }: HeavyKeySummary) => read ?? estimatedItems ?? 0
  return keys.sort((a, b) => size(b) - size(a) || (a.key < b.key ? -1 : 1))
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
