/** What live changes add to the events of the engine. */
export type LiveEvent =
  | { code: 'live.batch'; run: string; records: number; lagMs: number }
  /** Several source items make one destination item; the one with the smallest encoded key was written. */
  | { code: 'item.collision'; run: string; sources: number; key: string }
