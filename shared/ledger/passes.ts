import type { FeedName } from './feeds.ts'
import type { Tallies } from './tallies.ts'

/**
 * The one table of passes and phases. A new pass is an entry of `passes` and its phase an entry of `phases`; its code
 * is in `passes/`, and its state in `infra/workflow/run.ts`. The compiler names each missing field.
 */

/** The kinds of pass. Each is an entry of {@link passes}. */
export type PassKind = 'copy' | 'verify' | 'orphans' | 'index'

/** Whose items or documents a sum counts. */
export type Side = 'source' | 'destination' | 'index'

/** An equation that the tallies of a pass must satisfy, in each chunk and in total. */
export interface SumRule {
  side: Side
  total: keyof Tallies
  /** The parts of the total with their labels, in the order in which they are shown. */
  parts: Partial<Record<keyof Tallies, string>>
  /** `exactly`: the parts add up to the total. `at most`: the parts are some of it, and the rest is not counted. */
  closes: 'exactly' | 'at most'
}

/** The declaration of a pass. */
export type PassEntry = Described & (Once | OfVerification | OfBuild)

/** Planned once in a run; `planned` on the run's row says so. The pass cannot continue once its rows have expired. */
interface Once {
  numbered: 'once'
}

/** Repeated by every verification, each time under a number of its own. */
interface OfVerification {
  numbered: 'verification'
  /** The tallies of this pass that count as findings of the verification. */
  findings: readonly (keyof Tallies)[]
}

/** Done once for each build of indices, under the number of the build. */
interface OfBuild {
  numbered: 'build'
}

/** What somebody writes that nobody may write any more once a run was aborted. */
type Writes = 'items' | 'documents' | false

interface Described {
  /** The table it reads from end to end. */
  table: 'source' | 'destination'
  /** The user's code that it needs. Other code does not continue it. */
  code: 'migrations' | 'search'
  /**
   * What its slices write: items of the destination, documents of the indices, or nothing. Nothing may be taken for done
   * before the last of that has landed.
   */
  writes: Writes
  /** The state of the `run` machine in which it happens. */
  phase: Phase
  sums: readonly SumRule[]
  /** The expected number of items: the count of the table, or a tally of an earlier pass. */
  expected: { from: 'its table'; words: string } | { from: PassKind; tally: keyof Tallies; words: string }
  /** What `segue status` calls the number of items it has read. */
  label: string
}

const sourceSide = {
  side: 'source',
  total: 'read',
  parts: { migrated: 'migrated', untouched: 'untouched', dropped: 'dropped', quarantined: 'quarantined' },
  closes: 'exactly',
} as const satisfies SumRule

/** In the order of a run. */
export const passes = {
  copy: {
    table: 'source',
    code: 'migrations',
    writes: 'items',
    phase: 'Copy',
    numbered: 'once',
    sums: [
      sourceSide,
      {
        side: 'destination',
        total: 'produced',
        parts: { written: 'written', present: 'already there' },
        closes: 'exactly',
      },
    ],
    expected: { from: 'its table', words: "the table's six-hour-old count of" },
    label: 'Copied',
  },
  verify: {
    table: 'source',
    code: 'migrations',
    writes: false,
    phase: 'Verify',
    numbered: 'verification',
    sums: [
      sourceSide,
      {
        side: 'destination',
        total: 'produced',
        parts: { present: 'as they should be', missing: 'missing', different: 'different' },
        closes: 'exactly',
      },
    ],
    findings: ['quarantined', 'missing', 'different'],
    expected: { from: 'copy', tally: 'read', words: 'the copy read, which was' },
    label: 'Verified',
  },
  orphans: {
    table: 'destination',
    code: 'migrations',
    writes: false,
    phase: 'Orphans',
    numbered: 'verification',
    sums: [
      { side: 'destination', total: 'read', parts: { orphan: 'orphans', unchecked: 'unchecked' }, closes: 'at most' },
    ],
    findings: ['orphan', 'unchecked'],
    expected: { from: 'copy', tally: 'produced', words: 'the copy produced, which was' },
    label: 'Orphans',
  },
  index: {
    table: 'destination',
    code: 'search',
    writes: 'documents',
    phase: 'Index',
    numbered: 'build',
    sums: [
      {
        side: 'index',
        total: 'produced',
        parts: {
          written: 'written',
          present: 'already there',
          rejected: 'rejected',
          collided: 'with the id of another item',
        },
        closes: 'exactly',
      },
    ],
    expected: { from: 'copy', tally: 'produced', words: 'the copy produced, which was' },
    label: 'Indexed',
  },
} as const satisfies Record<PassKind, PassEntry>

/** The declaration of a phase. */
export interface PhaseEntry {
  /** What happens in it, for people. */
  does: string
  /** The pass whose numbers are shown during this phase. */
  shows: PassKind
  /** Whether the run stays here until an operator resumes it. */
  ends: boolean
  /**
   * For a run that captures live changes: whether they must be on in this phase. If they are off then, a person or a
   * deployment turned them off.
   */
  capturing: boolean
  /**
   * The feed whose stream the phase reads itself. The stream monitor leaves its shards to the phase, which waits for the
   * lag.
   */
  readsStream: FeedName | false
  /** What the phase writes, apart from slices and live changes. */
  writes: Writes
}

/** The phases, named as the states of the `run` machine, in the order of a run. */
export const phases = {
  Lease: {
    does: 'takes the right to run: at most one run writes to a destination',
    shows: 'copy',
    ends: false,
    capturing: false,
    readsStream: false,
    writes: false,
  },
  Capture: {
    does: 'turns live changes on: from before the copy begins, each change of the source is applied to the destination',
    shows: 'copy',
    ends: false,
    capturing: false,
    readsStream: false,
    writes: false,
  },
  Copy: {
    does: 'migrates every item of the source; it never overwrites what a live change wrote',
    shows: 'copy',
    ends: false,
    capturing: true,
    readsStream: false,
    writes: false,
  },
  Drain: {
    does: 'waits for live changes up to the end of the copy',
    shows: 'copy',
    ends: false,
    capturing: true,
    readsStream: 'source',
    writes: false,
  },
  Settle: {
    does: 'reconciles deleted and contested items with the source',
    shows: 'copy',
    ends: false,
    capturing: true,
    readsStream: false,
    writes: 'items',
  },
  Repair: {
    does: 'rebuilds the keys that verify flagged; only with `segue repair`',
    shows: 'copy',
    ends: false,
    capturing: true,
    readsStream: false,
    writes: 'items',
  },
  Verify: {
    does: 'compares each item of the source with the destination',
    shows: 'verify',
    ends: false,
    capturing: true,
    readsStream: false,
    writes: false,
  },
  Orphans: {
    does: 'finds items of the destination that nothing makes',
    shows: 'orphans',
    ends: false,
    capturing: true,
    readsStream: false,
    writes: false,
  },
  'Prepare index': {
    does: 'creates new search indices, and turns on what brings changes of the destination into them',
    shows: 'index',
    ends: false,
    capturing: true,
    readsStream: false,
    writes: false,
  },
  Index: {
    does: 'writes the document of every item of the destination into the new indices',
    shows: 'index',
    ends: false,
    capturing: true,
    readsStream: false,
    writes: false,
  },
  'Drain index': {
    does: 'waits until the changes up to the end of that are in the new indices',
    shows: 'index',
    ends: false,
    capturing: true,
    readsStream: 'index',
    writes: false,
  },
  Bury: {
    does: 'deletes once more the documents of items that were deleted meanwhile',
    shows: 'index',
    ends: false,
    capturing: true,
    readsStream: false,
    writes: 'documents',
  },
  Finished: {
    does: 'the ledger accounts for every chunk',
    shows: 'copy',
    ends: true,
    capturing: true,
    readsStream: false,
    writes: false,
  },
  Halted: {
    does: 'the run stopped and can be resumed',
    shows: 'copy',
    ends: true,
    capturing: true,
    readsStream: false,
    writes: false,
  },
  Paused: {
    does: 'an operator paused the run, and it can be resumed',
    shows: 'copy',
    ends: true,
    capturing: true,
    readsStream: false,
    writes: false,
  },
  /** Noted when the run is resumed. */
  Interrupted: {
    does: 'its execution ended without recording it',
    shows: 'copy',
    ends: true,
    capturing: true,
    readsStream: false,
    writes: false,
  },
} as const satisfies Record<string, PhaseEntry>

export type Phase = keyof typeof phases

/** The phases that run a pass; the other phases do not read whole tables. */
export type PassPhase = (typeof passes)[PassKind]['phase']

/** The passes of a verification. */
export type VerificationPass = NumberedBy<'verification'>
type NumberedBy<By extends PassEntry['numbered']> = {
  [K in PassKind]: (typeof passes)[K]['numbered'] extends By ? K : never
}[PassKind]

/**
 * One pass of one run. A run is copied once, can be verified many times, and its indices can be built many times: `copy`,
 * `verify.1`, `orphans.1`, `index.1`, `verify.2`, …
 */
export type PassId = NumberedBy<'once'> | `${NumberedBy<'verification' | 'build'>}.${number}`

/** Every kind of pass, and those of a verification, in the order of a run. */
export const passKinds = Object.keys(passes) as PassKind[]
export const verificationPasses = passKinds.filter(isVerification)

export function kindOf(pass: PassId): PassKind {
  return pass.split('.')[0] as PassKind
}

/** The pass of this kind that a run is in now, or was in last. */
export function passIdOf(
  { verification, index }: { verification?: { number: number }; index?: { build: number } },
  kind: PassKind,
): PassId {
  switch (passes[kind].numbered) {
    case 'once':
      return kind as NumberedBy<'once'>
    case 'verification':
      return `${kind as VerificationPass}.${verification?.number ?? 1}`
    case 'build':
      return `${kind as NumberedBy<'build'>}.${index?.build ?? 1}`
  }
}

export function isVerification(kind: PassKind): kind is VerificationPass {
  return passes[kind].numbered === 'verification'
}

/** One value for each of these passes, read one after another, so that memory holds the pages of one. */
export async function ofEach<K extends PassKind, T>(
  kinds: readonly K[],
  read: (kind: K) => Promise<T>,
): Promise<Record<K, T>> {
  const values: Partial<Record<K, T>> = {}
  for (const kind of kinds) values[kind] = await read(kind)
  return values as Record<K, T>
}

/** Whether a pass happens in this phase. */
export function isPassPhase(phase: Phase): phase is PassPhase {
  return passKinds.some((kind) => passes[kind].phase === phase)
}
