import { allFaults } from './faults.ts'
import { type Result, runSeed } from './run-seed.ts'
import type { Request } from './settings.ts'

/**
 * The shortest story of a failing seed: what can be left out without losing the violation is left out, and the rest is
 * run once more with its timeline kept.
 */
export async function shortestStory(failing: Request): Promise<{ request: Request; result: Result }> {
  let request = failing
  let result = await runSeed(request)
  const tryWith = async (smaller: Request) => {
    const shorter = await runSeed(smaller)
    if (shorter.violation?.name !== result.violation?.name) return
    request = smaller
    result = shorter
  }
  if (result.violation) {
    await tryWith({ ...request, unattended: true })
    await tryWith({ ...request, still: true })
    for (const fault of allFaults) {
      const happened = result.counts.some(([name]) => name === `fault: ${fault}`)
      if (happened) await tryWith({ ...request, without: [...(request.without ?? []), fault] })
    }
    for (const share of [0.02, 0.1, 0.3, 0.6]) if ((request.share ?? 1) === 1) await tryWith({ ...request, share })
  }
  return { request, result: await runSeed(request, result.violation ?? { keys: [], chunks: [] }) }
}

/** A failing seed for people: what was broken, how to see it again, and the timeline of its keys. */
export function showFailure({ request, result }: { request: Request; result: Result }, most = 200): string {
  const { seed, profile, without = [], unattended, still, share } = request
  const left = [
    unattended && 'people',
    still && 'live changes',
    share !== undefined && `${Math.round((1 - share) * 100)} % of the items`,
    ...without,
  ]
  const { violation, story } = result
  const lines = story.length > most ? [...story.slice(0, 20), '        …', ...story.slice(20 - most)] : story
  return [
    `seed ${seed}: ${violation?.name}: ${violation?.text}`,
    `  again: npm run simulate -- --seeds 1 --from ${seed} --profile ${profile}`,
    `  the story, without ${left.filter(Boolean).join(', ') || 'leaving anything out'}; seconds since the start:`,
    ...lines,
  ].join('\n')
}
