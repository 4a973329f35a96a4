/** The promises of docs/architecture.md §10 by the names under which a run reports that one was broken. */
export const invariantOf = {
  lost: 'I1',
  stale: 'I2',
  resurrected: 'I3',
  orphan: 'I4',
  overlap: 'I5',
  gap: 'I5',
  tally: 'I6',
  'two owners': 'I7',
  'write after abort': 'I8',
  'write after stop': 'I13',
  /** The engine lowered what people had told a run. */
  command: '§9',
  /** An execution that has ended holds the lease although the watchdog has swept. */
  'lease kept': '§9',
  /** A resume that copies nothing settles everything again. */
  quiet: '§7',
  /** Something works or waits for a run that has been paused for long. */
  polling: '§9',
  /** Passes took more of the tables than people allow. */
  'over budget': 'I14',
  /** A key was split because its slice waited. */
  'split without work': '§5',
  /** Chunks that nobody works on have a part in the budget. */
  'wasted share': '§5',
  'write after capture off': 'I8',
  /** The ledger says that nothing can land any more, and something can. */
  'early quiet': 'I8',
  unbounded: 'I9',
  'not indexed': 'I10',
  quarantine: 'I11',
  /** Verify did not list what is wrong. */
  unverified: '§8',
  /** What settling, and so I1 to I3, relies on. */
  undrained: '§7',
  /** People were alarmed although all was well, or twice, or not at all. */
  alarm: 'docs/alarms.md',
  /** A function did what it is not deployed with the permission for. */
  'not permitted': '§1',
  /** The engine, a definition or the simulator threw what nobody expected. */
  defect: '—',
} as const

export type ViolationName = keyof typeof invariantOf

export interface Violation {
  name: ViolationName
  /** Encoded keys of source and destination items that it is about. */
  keys: string[]
  /** Chunks that it is about. */
  chunks: string[]
  text: string
}

export function violation(
  name: ViolationName,
  text: string,
  { keys = [], chunks = [] }: Partial<Pick<Violation, 'keys' | 'chunks'>> = {},
): Violation {
  return { name, text, keys, chunks }
}
