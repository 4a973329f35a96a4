import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import type { Stacks } from './ports.ts'

/**
 * {@link Stacks} over CloudFormation.
 * @param ledgerTable name of the ledger that is asked about. A stack puts that of its own out as `LedgerTable`.
 */
export function sdkStacks(client: CloudFormationClient, ledgerTable: string): Stacks {
  return {
    async use(stack) {
      try {
        const { Stacks: [found] = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }))
        if (!found || found.StackStatus === 'DELETE_COMPLETE') return 'gone'
        const uses = found.Outputs?.some(
          ({ OutputKey, OutputValue }) => OutputKey === 'LedgerTable' && OutputValue === ledgerTable,
        )
        return uses ? 'this ledger' : 'another ledger'
      } catch (error) {
        // CloudFormation forgets a stack 90 days after it was deleted. A StackId is never invalid for another reason.
        return (error as Error).name === 'ValidationError' ? 'gone' : 'unknown'
      }
    },
  }
}
