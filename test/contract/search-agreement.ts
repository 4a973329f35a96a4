import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { itemMark, markMapping } from '../../shared/search/item-mark.ts'
import type { Json } from '../../shared/search/json.ts'
import { mappingProblem } from '../../shared/search/mapping-rules.ts'
import type { Search, Write } from '../../shared/search/ports.ts'
import { MemorySearch } from '../memory/search.ts'
import type { Cluster } from './search-contract.ts'

type Step =
  | { do: 'bulk'; writes: { op: 'index' | 'delete'; id: string; version: number; n: number | 'word' }[] }
  | { do: 'refresh' | 'foreign' | 'block' | 'lift' }

const id = fc.constantFrom('a', 'b', 'c')
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('bulk' as const),
      writes: fc.array(
        fc.record({
          op: fc.constantFrom('index' as const, 'delete' as const),
          id,
          version: fc.integer({ min: 1, max: 12 }),
          n: fc.oneof({ weight: 5, arbitrary: fc.integer() }, { weight: 1, arbitrary: fc.constant('word' as const) }),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('refresh' as const, 'foreign' as const, 'block' as const, 'lift' as const),
    }),
  },
)

/** Whatever is done to both, the cluster in memory returns what the real one does. */
export function searchAgreement(open: () => Cluster): void {
  describe('a cluster in memory and a real one', () => {
    it('agree on any sequence of writes, refreshes, blocks and foreign writes', async () => {
      const memory = new MemorySearch({ clock: () => 0, random: () => 0.5 })
      const real = open()
      const play = async (steps: readonly Step[], search: Search, foreign: Cluster['writeForeign'], index: string) => {
        const alias = `${index}-W`
        const mappings = { dynamic: 'false', properties: { n: { type: 'long' }, segue: markMapping } }
        const settings = { number_of_replicas: 0, refresh_interval: '-1', gc_deletes: '1h' }
        await search.createIndex(index, { settings, mappings, aliases: [alias] })
        const seen: unknown[] = []
        for (const [i, one] of steps.entries()) {
          if (one.do === 'bulk') {
            const writes = one.writes.map(
              ({ op, n, ...to }): Write =>
                op === 'delete'
                  ? { op, alias, ...to }
                  : { op, alias, ...to, json: JSON.stringify({ n, segue: itemMark(to.id) }) },
            )
            seen.push(
              (await search.bulk(writes)).map(({ kind, ...more }) => ('holds' in more ? [kind, more.holds] : kind)),
            )
          } else if (one.do === 'refresh') await search.refresh(index)
          else if (one.do === 'foreign')
            await foreign(index, { id: 'b' }, { n: i, segue: itemMark('b') }).catch(() => seen.push('blocked'))
          else await search.putSettings(index, { 'blocks.write': one.do === 'block' ? true : null })
          seen.push(await search.get(alias, [{ id: 'a' }, { id: 'b' }, { id: 'c' }]))
          seen.push(await search.count(index), await search.walk({ index, limit: 2 }))
        }
        await search.deleteIndex(index)
        return seen
      }
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 15 }), async (steps) => {
          const index = `contract-${randomUUID()}`
          const inMemory = await play(steps, memory, async (...all) => memory.writeForeign(...all), index)
          expect(await play(steps, real.search, real.writeForeign, index)).toEqual(inMemory)
        }),
        { numRuns: 15 },
      )
    })

    it('agree on which documents a mapping takes', async () => {
      const scalar = fc.oneof(
        fc.string({ maxLength: 8 }),
        fc.constantFrom('', 'true', 'word', '12', '1.5', '-3', '2020-01-31', '2020-02-30', '2020', '127.0.0.1'),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
        fc.boolean(),
        fc.constant(null),
      )
      const value = fc.oneof(
        { weight: 4, arbitrary: scalar },
        { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
        { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('x', 'y'), scalar, { maxKeys: 2 }) },
      )
      const number = { x: { type: 'integer' } }
      const mappings = {
        dynamic: 'false',
        properties: {
          n: { type: 'long' },
          f: { type: 'double' },
          b: { type: 'boolean' },
          w: { type: 'keyword' },
          t: { type: 'text' },
          o: { properties: number },
          s: { dynamic: 'strict', properties: number },
          ip: { type: 'ip' },
          off: { enabled: false },
        },
      }
      const names = [...Object.keys(mappings.properties), 'unmapped']
      const documents = fc.sample(fc.dictionary(fc.constantFrom(...names), value, { minKeys: 1, maxKeys: 2 }), 1_000)
      const { search } = open()
      const index = `contract-${randomUUID()}`
      const alias = `${index}-W`
      await search.createIndex(index, { settings: { number_of_replicas: 0 }, mappings, aliases: [alias] })
      const differences: string[] = []
      for (let from = 0; from < documents.length; from += 100) {
        const some = documents.slice(from, from + 100).map((document) => JSON.stringify(document))
        const results = await search.bulk(
          some.map((json, i) => ({ op: 'index', alias, id: `${from + i}`, version: 1, json })),
        )
        for (const [i, json] of some.entries()) {
          const rule = mappingProblem(mappings, JSON.parse(json) as Json) === undefined ? 'done' : 'rejected'
          if (results[i]?.kind !== rule) differences.push(`${json}: ${rule}, not ${results[i]?.kind}`)
        }
      }
      await search.deleteIndex(index)
      expect(differences).toEqual([])
    })
  })
}
