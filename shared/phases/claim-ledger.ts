import { compareAndSet } from '../ledger/compare-and-set.ts'
import { readLedgerStack, writeLedgerStack } from '../ledger/stack.ts'
import type { LedgerTable } from '../ledger/table.ts'
import type { Clock } from '../runtime/ports.ts'
import type { Stacks } from './ports.ts'
import { Refusal } from './refusal.ts'

export interface ClaimEngine {
  ledger: LedgerTable
  clock: Clock
  /** StackId of this deployment. */
  stack: string
  stacks: Stacks
}

/**
 * Makes sure that this stack uses its ledger alone. Takes it over from a stack that is destroyed, or has been deployed with another
 * ledger since.
 * @throws Refusal `ledger-in-use`, naming the other stack.
 */
export async function claimLedger({ ledger, clock, stack, stacks }: ClaimEngine): Promise<void> {
  await compareAndSet('The stack of the ledger', async () => {
    const before = await readLedgerStack(ledger)
    if (before?.stack === stack) return { done: true }
    if (before) {
      const use = await stacks.use(before.stack)
      if (use === 'unknown')
        throw new Refusal(
          'ledger-in-use',
          `Stack ${nameOf(before.stack)} has used this ledger, and CloudFormation does not say whether it still does. Start again later.`,
        )
      if (use === 'this ledger')
        throw new Refusal(
          'ledger-in-use',
          `Stack ${nameOf(before.stack)} uses this ledger since ${new Date(before.since).toISOString()}, and one stack at a time does. Destroy that stack, or deploy it with another ledger; then start again.`,
        )
    }
    return (await writeLedgerStack(ledger, before, { stack, since: clock() })) ? { done: true } : undefined
  })
}

/** A StackId is `arn:partition:cloudformation:region:account:stack/name/uuid`. */
function nameOf(stack: string): string {
  return stack.split('/')[1] ?? stack
}
