import fc from 'fast-check'
import { expect, it } from 'vitest'
import { countApplied } from '../../../shared/live/applied.ts'
import { applyRecord } from '../../../shared/live/apply.ts'
import { coalesce } from '../../../shared/live/changes.ts'
import { item, record, world } from './world.ts'

/** What one item makes over time; nothing where it is not there. */
const history = fc.array(fc.option(fc.array(fc.constantFrom('x', 'y', 'z', 'poison'), { maxLength: 3 })), {
  minLength: 1,
  maxLength: 8,
})

function recordsOf(states: (string[] | null)[]) {
  const image = (n: number) => {
    const to = states[n]
    return to ? item('a', to, n) : undefined
  }
  return states.flatMap((_, n) => {
    const [before, now] = [n > 0 ? image(n - 1) : undefined, image(n)]
    return before || now ? [record(n + 1, { ...(before && { old: before }), ...(now && { new: now }) })] : []
  })
}

it('records of one item come to the same together as one by one, and drain finds each of them applied', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (states) => {
      const [together, oneByOne] = [await world(), await world()]
      const records = recordsOf(states)
      for (const each of records) await applyRecord(each, oneByOne.engine)
      for (const { record, changes } of coalesce(records, together.engine))
        await applyRecord(record, together.engine, undefined, changes)
      expect(together.items()).toEqual(oneByOne.items())
      expect(await countApplied(records, { ...together.engine, since: 0 })).toBe(records.length)
    }),
  )
})

it('an item that changes often is written once', async () => {
  const w = await world()
  const records = recordsOf(Array.from({ length: 100 }, (_, n) => [n % 2 === 0 ? 'x' : 'y']))
  expect(coalesce(records, w.engine)).toHaveLength(1)
})

it('a record that is not newer stands for itself', async () => {
  const w = await world()
  const [first, second] = recordsOf([['x'], ['y']])
  expect(coalesce([second!, first!, second!], w.engine)).toHaveLength(2)
})
