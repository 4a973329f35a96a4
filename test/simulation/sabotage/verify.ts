import type { LedgerTable } from '../../../shared/ledger/table.ts'
import type { Tallies } from '../../../shared/ledger/tallies.ts'
import type { PageWork } from '../../../shared/passes/slice/pass.ts'
import type { VerifyPass } from '../../../shared/passes/verify.ts'
import type { Sabotage } from './sabotage.ts'

/** The same pass, which lists no difference and counts what it found as `what` it makes of its tallies. */
function blind(open: (pass: VerifyPass) => PageWork, what: (tallies: Tallies) => Partial<Tallies>) {
  return (pass: VerifyPass): PageWork => {
    const commit: LedgerTable['commit'] = async (puts) =>
      puts.every(({ row }) => row.pk.startsWith('DIFF#')) || pass.ledger.commit(puts)
    const { apply } = open({ ...pass, ledger: { ...pass.ledger, commit } })
    return {
      async apply(items, place) {
        const tallies = await apply(items, place)
        return { ...tallies, ...what(tallies) }
      },
    }
  }
}

/** Ways of breaking what people rely on where the destination is wrong. */
export const verifySabotages: Sabotage[] = [
  {
    name: 'verify that sees no difference',
    module: '../../../shared/passes/verify.ts',
    change: ({ verifyPass }) => ({
      verifyPass: blind(verifyPass, ({ produced }) => ({ present: produced, missing: 0, different: 0 })),
    }),
    by: ['unverified', 'tally'],
  },
  {
    name: 'orphans that nobody sees',
    module: '../../../shared/passes/orphans.ts',
    change: ({ orphansPass }) => ({ orphansPass: blind(orphansPass, () => ({ orphan: 0 })) }),
    by: ['unverified', 'tally'],
  },
  {
    name: 'a repair that does nothing',
    module: '../../../shared/phases/repair.ts',
    change: ({ repairRun }) => ({
      repairRun: (task: object, engine: unknown) =>
        repairRun({ ...task, from: { shard: Number.POSITIVE_INFINITY, after: '' } }, engine),
    }),
    by: ['lost', 'stale', 'orphan', 'resurrected'],
  },
]
