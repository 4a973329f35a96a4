import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli } from '../../../cli/program.ts'
import { recordDifferences } from '../../../shared/ledger/differences.ts'
import type { DrainOutcome } from '../../../shared/live/drain.ts'
import { recordLag } from '../../../shared/live/lag.ts'
import { aRun, aSegment, aWalk, memoryTerminal, memoryWorld, start, store } from './fixtures.ts'

const key = { pk: { S: 'case|1' }, sk: { S: 'a' } }
const chunks = [
  ...[aSegment(0, 600, { state: 'done' }), aSegment(1, 400, { state: 'done' })],
  ...aWalk('verify.1', { read: 1_000, migrated: 1_000, produced: 1_000, present: 999, missing: 1 }),
  ...aWalk('orphans.1', { read: 1_000 }),
]

let out: string
beforeAll(async () => {
  out = await mkdtemp(path.join(tmpdir(), 'report-'))
})
afterAll(() => rm(out, { recursive: true }))

/** What each command says of a run with one difference, after a look at the stream. */
async function said(found: DrainOutcome): Promise<string[]> {
  const { ledger, world } = memoryWorld()
  const verification = { number: 1, ended: true }
  await store(ledger, aRun({ state: 'finished', phase: 'Finished', endedAt: start + 1, verification }), chunks)
  const missing = { kind: 'missing' as const, key, sources: [key], attributes: [], at: start }
  const place = { pass: 'verify.1', chunk: 's00000', epoch: 1, before: 0 } as const
  await recordDifferences(ledger, 'run00001', 1, [missing], place)
  await recordLag('run00001', found, { ledger, runtime: world.runtime })
  const commands = [['status'], ['watch'], ['diff'], ['report', '--out', out]]
  return Promise.all(
    commands.map(async (args) => {
      const { terminal, lines } = memoryTerminal()
      expect(await runCli(args, { open: async () => world, terminal }), args[0]).toBe(6)
      return lines.join('\n')
    }),
  )
}

const words = 'changes that are not applied yet count as differences'

test('wherever differences are told, the lag of live changes stands beside them', async () => {
  for (const text of await said({ outcome: 'waiting', lagSeconds: 75, reason: '' }))
    expect(text).toContain(`When last checked: live changes 1m 15s behind; ${words}`)
})

test('nothing stands beside them where live changes were not behind', async () => {
  for (const text of await said({ outcome: 'drained' })) expect(text).not.toContain(words)
})
