import { allFaults } from './faults.ts'
import { mediansWanted, type Totals } from './totals.ts'

/** A full run has this many seeds, and must hit everything below this often. */
export const fullRun = 20_000
const leastHits = 100

/** Paths that a full run must take, besides every fault. */
const paths = [
  'path: split of a segment',
  'path: split of a range',
  'path: split at depth 2 or more',
  'path: exit undrained',
  'path: slice timed out',
  'path: environment died',
  'path: thawed with work pending',
  'path: write landed after its process died',
  'path: write landed under an old lease',
  'path: lease taken over',
  'path: reserved concurrency used up',
  'path: States.Timeout',
  'path: stale read',
  'path: stale read offline',
  'path: stale read of the destination',
  'path: verification is exact',
  'path: shard split',
  'path: shard replace',
  'path: old list',
  'path: batch failed',
  'path: head had moved',
  'path: live timed out',
  'path: settle timed out',
  'path: monitor failed',
  'path: mapping disabled by a deployment',
  'path: writes after the run',
  'path: second page of a list',
  'path: stream trimmed',
  'path: margins of production',
  'path: nothing changed after copy',
  'path: a scan jumps over a whole key',
  'path: probed',
  'path: probed live',
  'path: write of one partition throttled',
  'path: write of one partition denied',
  'path: every write refused',
  'path: items spoilt after the run',
  'path: ended chunks-open',
  'path: ended chunks-failed',
  'path: ended aborted',
  'path: ended capture-not-on',
  'path: ended code-changed',
  'path: ended destination-not-empty',
  'engine: slice.fenced',
  'engine: chunk.failed',
  'engine: chunk.unsplittable',
  'engine: item.collision',
  'live: insert',
  'live: update',
  'live: delete',
  'live: recreate',
  'live: poison',
  'live: claim',
  'drain: drained',
  'drain: waiting',
  'drain: more',
  'drain: halted',
  'repair: repaired',
  'repair: more',
  'settle: settled',
  'settle: more',
  'settle: waiting',
  'slice: done',
  'slice: more',
  'slice: waiting',
  'slice: split',
  'slice: stopped',
  'meddler: missing',
  'meddler: changed',
  'meddler: foreign',
  'operator: pause',
  'operator: abort',
  'operator: stops the run',
  'operator: stops a chunk',
  'operator: starts beside',
  'operator: starts over',
  'operator: refused before starting',
  'operator: turns capture off',
  'operator: deploys',
  'operator: rolls back',
  'operator: verify',
  'operator: repair',
  'state: Refused',
  'state: Lease refused',
  'state: Halt',
  'state: Halted',
  'state: Wait for the run before',
  'state: Wait for capture',
  'state: Wait for live changes',
  'state: Wait for quiet',
  'state: Finished',
  'state: Paused',
  'state: Wait for its turn',
  'state: Throttled',
  'state: Continue afresh',
  'state: Child',
  'state: Mark failed',
]

export const wanted = [...allFaults.map((fault) => `fault: ${fault}`), ...paths]

/** What a full run of the mixed profile missed: empty when the simulator still explores what it is there for. */
export function missed(totals: Totals): string[] {
  if (totals.runs < fullRun) return []
  const rare = wanted
    .filter((name) => (totals.counts.get(name) ?? 0) < leastHits)
    .map((name) => `${name} was hit ${totals.counts.get(name) ?? 0} times, expected ${leastHits}`)
  const small = mediansWanted
    .filter(([name, least]) => totals.median(name) < least)
    .map(([name, least]) => `the median run has ${totals.median(name)} of ${name}, expected ${least}`)
  return [...rare, ...small]
}
