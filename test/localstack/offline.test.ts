import { expect, it } from 'vitest'
import { isHealthy } from '../../local/emulator/start.ts'
import { Court, finished } from '../e2e/court.ts'

const ITEMS = 3_000

/**
 * Offline, because LocalStack's poller of streams calls the live function minutes late. The stack has a name of its own
 * and stays there: whoever started LocalStack throws it away.
 */
it('migrates and verifies a table on the LocalStack that AWS_ENDPOINT_URL names', async () => {
  const { AWS_ENDPOINT_URL: endpoint } = process.env
  if (!endpoint) throw new Error('Set AWS_ENDPOINT_URL to a running LocalStack, such as http://127.0.0.1:4566.')
  if (!(await isHealthy(endpoint)))
    throw new Error(`Nothing answers at ${endpoint} (AWS_ENDPOINT_URL). Start LocalStack.`)
  const court = await Court.deploy({ endpoint }, `Segue${Date.now().toString(36)}`, { options: { sliceSeconds: 60 } })
  await court.fill(ITEMS)
  const { code, output } = await court.segue('run', '--wait')
  expect(code, output).toBe(4)
  expect(await court.result()).toEqual(finished(ITEMS))
  const status = await court.segue('status')
  expect(status.output).toContain('Verified: no differences')
})
