import { expect, it } from 'vitest'
import { refuseOldNode } from './node-version.ts'
import { shortestStory, showFailure } from './shrink.ts'
import { simulate } from './simulate.ts'

const seeds = 1_000

it(`keeps every promise of the architecture (§10) in ${seeds} whole runs with faults`, {
  timeout: 600_000,
}, async () => {
  const totals = await simulate({ seeds, from: 1, profile: 'mixed' })
  const [first] = totals.failures
  const story = first ? showFailure(await shortestStory({ seed: first.seed, profile: 'mixed' })) : ''
  expect(`${totals.failures.length} of ${totals.runs} seeds failed\n${story}`).toBe(`0 of ${seeds} seeds failed\n`)
})

it('gives the same run for the same seed, event by event', async () => {
  const { runSeed } = await import('./run-seed.ts')
  for (const seed of [3, 4, 5])
    expect(await runSeed({ seed, profile: 'rough' })).toEqual(await runSeed({ seed, profile: 'rough' }))
})

it('refuses a Node that is older than the one of this repository', () => {
  expect(() => refuseOldNode('20.19.0')).toThrow('npm run simulate')
  expect(() => refuseOldNode(process.versions.node)).not.toThrow()
})
