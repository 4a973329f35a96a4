import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Search } from '../../shared/search/ports.ts'

const long = 'x'.repeat(32_767)

/** Documents that the mapping below takes, and others that it does not. */
const taken = [
  '{}',
  '{"n":1}',
  '{"n":1.5}',
  '{"n":"12"}',
  '{"n":""}',
  '{"n":null}',
  '{"n":[1,[2,"3"],null]}',
  '{"n":9007199254740993}',
  '{"i":-2147483648}',
  '{"f":"1e3"}',
  '{"b":true}',
  '{"b":"false"}',
  '{"b":""}',
  '{"d":"2020-02-29"}',
  '{"d":"2020-02-29T10:00:00.123Z"}',
  '{"d":"2020-02"}',
  '{"d":1600000000000}',
  '{"d":"1600000000000"}',
  '{"free":"not a date"}',
  '{"w":1}',
  '{"w":true}',
  `{"w":"${long.slice(1)}"}`,
  `{"short":"${long}"}`,
  `{"t":"${long} y"}`,
  '{"t":5}',
  '{"o":{"x":1}}',
  '{"o":[{"x":1},{"x":"2"},null]}',
  '{"o.x":7}',
  '{"o":{"unmapped":{"":1}}}',
  '{"nested":[{"x":1}]}',
  '{"off":5}',
  '{"off":{"":{}}}',
  '{"ip":"::1"}',
  '{"unmapped":{"n":"word"}}',
  '{"join":"case"}',
  '{"strict":{"x":1}}',
  '{"loose":"word"}',
  '{"__proto__":1,"constructor":1}',
]
const rejected = [
  '{"n":"word"}',
  '{"n":true}',
  '{"n":{}}',
  '{"n":1e30}',
  '{"n":[1,"word"]}',
  '{"i":2147483648}',
  '{"by":128}',
  '{"f":"word"}',
  '{"b":"yes"}',
  '{"b":1}',
  '{"d":"2020-13-01"}',
  '{"d":"2021-02-29"}',
  '{"d":""}',
  '{"d":"word"}',
  '{"d":{}}',
  '{"w":{}}',
  `{"w":"${long}"}`,
  `{"t2":"${long}"}`,
  '{"t":{}}',
  '{"o":5}',
  '{"o":[5]}',
  '{"o":{"x":"word"}}',
  '{"o.x":"word"}',
  '{"nested":1}',
  '{"ip":"word"}',
  '{"join":"nothing"}',
  '{"join":"document"}',
  '{"join":{"name":"document"}}',
  '{"join":{"name":"document","parent":"1"}}',
  '{"strict":{"y":1}}',
  '{"loose":{}}',
  '{"":1}',
  '{"a..b":1}',
  '{".a":1}',
  '{"_id":1}',
  '{"_source":1}',
  '[]',
  '5',
  'null',
]

/** Whether a mapping takes documents: the rules for tests without a cluster agree with a real one. */
export function mappingContract(name: string, open: () => Search): void {
  describe(`mappings: ${name}`, () => {
    const index = `contract-${randomUUID()}`
    const alias = `${index}-W`
    let id = 0

    const kind = async (json: string, routing?: string) => {
      const write = {
        op: 'index',
        alias,
        id: `${id++}`,
        version: 1,
        json,
        ...(routing !== undefined && { routing }),
      } as const
      return (await open().bulk([write]))[0]?.kind
    }

    beforeAll(async () => {
      const number = { x: { type: 'integer' } }
      await open().createIndex(index, {
        settings: { number_of_replicas: 0 },
        aliases: [alias],
        mappings: {
          dynamic: 'false',
          properties: {
            n: { type: 'long' },
            i: { type: 'integer' },
            by: { type: 'byte' },
            f: { type: 'double' },
            b: { type: 'boolean' },
            d: { type: 'date' },
            w: { type: 'keyword' },
            short: { type: 'keyword', ignore_above: 10 },
            t: { type: 'text' },
            t2: { type: 'text', fields: { raw: { type: 'keyword' } } },
            o: { properties: number },
            nested: { type: 'nested', properties: number },
            off: { type: 'object', enabled: false },
            ip: { type: 'ip' },
            join: { type: 'join', relations: { case: ['document', 'message'] } },
            strict: { dynamic: 'strict', properties: number },
            loose: { type: 'integer', ignore_malformed: true },
          },
        },
      })
    })

    afterAll(async () => {
      await open().deleteIndex(index)
    })

    it.each(taken.map((json) => [json.slice(0, 60), json]))('takes %s', async (_, json) => {
      expect(await kind(json)).toBe('done')
    })

    it.each(rejected.map((json) => [json.slice(0, 60), json]))('rejects %s', async (_, json) => {
      expect(await kind(json)).toBe('rejected')
    })

    it('takes a child with the routing of its parent', async () => {
      expect(await kind('{"join":{"name":"document","parent":"1"}}', 'r')).toBe('done')
    })
  })
}
