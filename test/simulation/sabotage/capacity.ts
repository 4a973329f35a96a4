import type { Sabotage } from './sabotage.ts'

/** Ways of breaking how passes share the tables. */
export const capacitySabotages: Sabotage[] = [
  {
    name: 'slices that do not know of each other',
    module: '../../../shared/ledger/shares.ts',
    change: () => ({ partOf: () => 1 }),
    by: ['over budget'],
  },
]
