import { describe, expect, it } from 'vitest'
import { parseOptions, parseRequest } from '../../../shared/config/options.ts'
import { nothingBeside } from '../../../shared/phases/preflight/operations.ts'
import { preflight } from '../../../shared/phases/preflight.ts'
import { memoryWorld } from '../cli/fixtures.ts'

/** Preflight where this table has multi-Region strong consistency. */
function preflightWith(strong: 'alpha' | 'beta', input: object) {
  const { world, ledger } = memoryWorld()
  return preflight(parseRequest(input), {
    describe: async (name) => ({
      ...(await world.describeTable(name)),
      ...(name === strong && { multiRegionStrong: true as const }),
    }),
    open: world.openTable,
    options: parseOptions({ sourceTable: 'alpha', destinationTable: 'beta' }),
    ...{ ledger, stream: 'arn:stream:alpha', runtime: world.runtime },
    ...{ mapping: undefined, operations: nothingBeside },
  })
}

describe('a global table with multi-Region strong consistency', () => {
  it.each([{}, { offline: true }, { only: 'repair' }])(
    'is refused as the destination of a run of %j',
    async (input) => {
      await expect(preflightWith('beta', input)).rejects.toMatchObject({
        code: 'multi-region-strong',
        message: expect.stringContaining('Table beta is a global table with multi-Region strong consistency'),
      })
    },
  )

  it('may be the source, which is only read', async () => {
    expect(await preflightWith('alpha', {})).toMatchObject({ outcome: 'ready' })
  })
})
