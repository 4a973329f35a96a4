import { expect, it } from 'vitest'
import { refuseOldNode } from './node-version.ts'
import type { Profile } from './settings.ts'
import { shortestStory, showFailure } from './shrink.ts'
import { simulate } from './simulate.ts'

it.each<[number, Profile]>([
  [1_000, 'mixed'],
  [50, 'slow'],
])(
  'keeps every promise of the architecture (§10) in %i whole runs with faults, %s',
  {
    timeout: 600_000,
  },
  async (seeds, profile) => {
    const totals = await simulate({ seeds, from: 1, profile })
    const [first] = totals.failures
    const story = first ? showFailure(await shortestStory({ seed: first.seed, profile })) : ''
    expect(`${totals.failures.length} of ${totals.runs} seeds failed\n${story}`).toBe(`0 of ${seeds} seeds failed\n`)
  },
)

it('gives the same run for the same seed, event by event', async () => {
  const { runSeed } = await import('./run-seed.ts')
  for (const seed of [3, 4, 5])
    expect(await runSeed({ seed, profile: 'rough' })).toEqual(await runSeed({ seed, profile: 'rough' }))
})

it('refuses a Node that is older than the one of this repository', () => {
  expect(() => refuseOldNode('20.19.0')).toThrow('npm run simulate')
  expect(() => refuseOldNode(process.versions.node)).not.toThrow()
})
