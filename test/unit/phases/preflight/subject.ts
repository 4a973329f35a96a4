import { parseOptions, parseRequest } from '../../../../shared/config/options.ts'
import type { TableDescription } from '../../../../shared/dynamodb/sdk/describe.ts'
import { nothingBeside, type Operations } from '../../../../shared/phases/preflight/operations.ts'
import type { RunSubject } from '../../../../shared/phases/preflight/probe.ts'
import { memoryWorld, start } from '../../cli/fixtures.ts'

export interface Situation {
  request?: object
  options?: object
  source?: Partial<TableDescription>
  destination?: Partial<TableDescription>
  operations?: Partial<Operations>
  owner?: 'running' | 'ended' | 'unknown'
}

/** A run from alpha to beta that nothing stands in the way of, but for what the situation says. */
export async function subject(situation: Situation = {}) {
  const { world, ledger, tables, state } = memoryWorld()
  const { describeTable, openTable: open, runtime } = world
  const made: RunSubject = {
    request: parseRequest(situation.request ?? {}),
    options: parseOptions({ sourceTable: 'alpha', destinationTable: 'beta', ...situation.options }),
    source: { ...(await describeTable('alpha')), ...situation.source },
    destination: { ...(await describeTable('beta')), ...situation.destination },
    ...{ stream: 'arn:stream:alpha', mapping: 'ours', ledger, runtime, open },
    operations: { ...nothingBeside, ...situation.operations },
    stack: 'arn:stack:ours',
    executions: { status: async () => situation.owner ?? 'ended' },
  }
  return { subject: made, ledger, tables, state, now: start }
}
