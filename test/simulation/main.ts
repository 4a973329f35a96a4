import { parseArgs } from 'node:util'
import { missed, wanted } from './coverage.ts'
import { refuseOldNode } from './node-version.ts'
import { type Profile, profiles } from './settings.ts'
import { shortestStory, showFailure } from './shrink.ts'
import { simulate } from './simulate.ts'
import { mediansWanted, type Totals } from './totals.ts'

/** Failing seeds that are named, and of those the ones whose story is told. */
const mostNamed = 50
const mostStories = 3

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    profile: { type: 'string', default: 'mixed' },
  },
})
const profile = values.profile as Profile
if (!profiles.includes(profile))
  throw new Error(`Expected --profile to be one of ${profiles.join(', ')}, got ${profile}`)
const [seeds, from] = [Number(values.seeds), Number(values.from)]
if (!(seeds > 0 && from >= 0)) throw new Error('Expected --seeds and --from to be whole numbers')

refuseOldNode(process.versions.node)
const started = performance.now()
let told = 0
const totals = await simulate({ seeds, from, profile }, (sofar) => {
  for (; told < sofar.failures.length; told++) {
    const { seed, violation } = sofar.failures[told] ?? {}
    process.stderr.write(`seed ${seed}: ${violation?.name}: ${violation?.text}\n`)
  }
  const progress = `${sofar.runs} of ${seeds} seeds, ${sofar.failures.length} failed`
  if (process.stderr.isTTY) process.stderr.write(`\r${progress} `)
  else if (sofar.runs % 1000 === 0) process.stderr.write(`${progress}\n`)
})
report(totals, (performance.now() - started) / 1000)
for (const { seed } of totals.failures.slice(0, mostStories))
  console.log(`\n${showFailure(await shortestStory({ seed, profile }))}`)
const gaps = profile === 'mixed' ? missed(totals) : []
for (const gap of gaps) console.log(`not explored enough: ${gap}`)
process.exitCode = totals.failures.length > 0 || gaps.length > 0 ? 1 : 0

function report(totals: Totals, seconds: number): void {
  const { runs, virtualMs, counts, failures } = totals
  const names = [...new Set([...wanted, ...counts.keys()])].sort()
  for (const name of names) console.log(`${String(counts.get(name) ?? 0).padStart(9)}  ${name}`)
  for (const [name] of mediansWanted) console.log(`${String(totals.median(name)).padStart(9)}  median of ${name}`)
  console.log(
    `${(runs / seconds).toFixed(1)} seeds/s, ${(virtualMs / 3_600_000).toFixed(1)} virtual hours in ${seconds.toFixed(1)} s`,
  )
  console.log(`${runs - failures.length} of ${runs} seeds good`)
  for (const { seed, violation } of failures.slice(0, mostNamed))
    console.log(`  seed ${seed}: ${violation?.name}: ${violation?.text}`)
}
