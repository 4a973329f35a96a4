import { expect, test } from 'vitest'
import { coverageOf } from '../../../shared/facts/coverage.ts'
import { whyHalted } from '../../../shared/phases/halt.ts'
import { sentence } from '../../../shared/runtime/text.ts'
import { aRun, aSegment } from './fixtures.ts'

const thrown = '{"errorType":"TypeError","errorMessage":"{ is \\"no\\" key","trace":["at {","at }"]}'

test.each([
  ['all there is', thrown, '{ is "no" key'],
  ['named by its error', `TypeError: ${thrown}`, 'TypeError: { is "no" key'],
  ['within a sentence', `Chunk s00000: ${thrown}. Mend it.`, 'Chunk s00000: { is "no" key. Mend it.'],
  ['cut short', `TypeError: ${thrown.slice(0, -14)}`, 'TypeError: { is "no" key'],
  ['cut in its message', 'TypeError: {"errorMessage":"out of', 'TypeError: {"errorMessage":"out of'],
])('of what Lambda says of an error, %s, only the message is shown in its place', (_, reason, shown) => {
  expect(sentence(reason)).toBe(shown)
})

test('why a walk halted names the chunk and the next step, also where its error was cut short', () => {
  const failed = aSegment(0, 1, { state: 'failed', reason: `TypeError: ${thrown.slice(0, -14)}` })
  const coverage = coverageOf([failed, aSegment(1, 1, { state: 'done' })], 2)
  expect(sentence(whyHalted(aRun(), 'verify', coverage, false)!.cause)).toBe(
    '1 chunk of verify failed, the first is s00000: TypeError: { is "no" key. Once the cause is gone, `segue run --resume` continues from the checkpoints; but changed migrations need a new run: turn live changes off (`segue capture off`), empty beta and start without `--resume`.',
  )
})
