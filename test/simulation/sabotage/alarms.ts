import type { Sabotage } from './sabotage.ts'

const facts = '../../../shared/phases/watch/facts.ts'

/** Ways of breaking who is alarmed, and when. */
export const alarmSabotages: Sabotage[] = [
  {
    name: 'a watchdog that is deaf to signs of life and promised waits',
    module: facts,
    change: ({ stuckSeconds }) => ({
      stuckSeconds: ({ beat: _, ...rest }: { beat: unknown }) => stuckSeconds(rest),
    }),
    by: ['alarm'],
  },
  {
    name: 'a watchdog that never says that a run stands still',
    module: facts,
    change: () => ({ stuckSeconds: () => 0 }),
    by: ['alarm'],
  },
  {
    name: 'an alarm that each minute tells again',
    module: '../../../shared/ledger/alerts.ts',
    change: ({ changeAlert, readAlerts }) => ({
      readAlerts: async (...where: unknown[]) =>
        (await readAlerts(...where)).map((alert: object) => ({ ...alert, toldAt: 0 })),
      changeAlert: (ledger: unknown, table: string, kind: string, change: (alert: unknown) => unknown) =>
        changeAlert(ledger, table, kind, (alert: { toldAt: number } | undefined) =>
          change(alert && { ...alert, toldAt: 0 }),
        ),
    }),
    by: ['alarm'],
  },
]
