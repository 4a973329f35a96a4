import { deployedNames, limitsOf } from '../shared/config/functions-and-permissions.ts'
import type { Options } from '../shared/config/options.ts'

/** What Lambda keeps unreserved in every account. Source: "Configuring reserved concurrency", Lambda Developer Guide. */
const UNRESERVED = 100

/** A sentence about the concurrency that the account must have; `undefined` if nothing is reserved. */
export function accountLimit(options: Options, has: { search: boolean }): string | undefined {
  const reserved = deployedNames(has)
    .map((name) => limitsOf(name, options).reserved ?? 0)
    .reduce((sum, each) => sum + each)
  if (reserved === 0) return undefined
  return `Segue reserves ${reserved} concurrent executions of Lambda, and Lambda keeps ${UNRESERVED} unreserved: the limit of this account must be ${reserved + UNRESERVED} or more (\`aws lambda get-account-settings --query AccountLimit.ConcurrentExecutions\`; a new account may have less). Below that the deployment fails: lower \`concurrency\`, or set \`reserve\` to \`slices\` or \`none\`.`
}
