import type { Sabotage } from './sabotage.ts'

/** Ways of breaking how passes share the tables. */
export const capacitySabotages: Sabotage[] = [
  {
    name: 'a budget that children ignore',
    module: '../../../shared/ledger/shares.ts',
    change: ({ partOf }) => ({
      partOf: (control: object, chunk: { joined?: unknown }, atOnce: unknown) =>
        chunk.joined ? 1_000 : partOf(control, chunk, atOnce),
    }),
    by: ['over budget'],
  },
  {
    name: 'slices that do not know of each other',
    module: '../../../shared/ledger/shares.ts',
    change: () => ({ partOf: () => 1 }),
    by: ['over budget'],
  },
  {
    name: 'a wait for budget counted as heat',
    module: '../../../shared/passes/slice/work-clock.ts',
    change: ({ WorkClock }) => ({
      WorkClock: class extends WorkClock {
        throttled(): void {}
      },
    }),
    by: ['split without work'],
  },
  {
    name: 'a dead slice counted for ever',
    module: '../../../shared/ledger/shares.ts',
    change: () => ({
      standingOf: ({ slices, joined }: { slices: number; joined?: unknown }) =>
        slices > 0 || joined ? 'started' : 'queued',
    }),
    profile: 'slow',
    by: ['wasted share'],
  },
]
