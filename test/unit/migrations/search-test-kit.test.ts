import { describe, expect, it } from 'vitest'
import { defineIndex } from '../../../shared/migrations/index.ts'
import { itemMark } from '../../../shared/search/item-mark.ts'
import { document, unindexed } from '../../../testing/index.ts'

const cases = defineIndex({
  alias: 'cases',
  mappings: { properties: { docket: { type: 'keyword' }, filed: { type: 'date' } } },
  id: ({ pk }) => (String(pk).startsWith('case|') ? String(pk) : undefined),
  document: ({ sk, docket, filed }) => (sk === 'draft' ? undefined : { docket, filed }),
})
const court = { pk: 'case|1', sk: 'case|1', docket: '101-20', filed: '2020-01-31' }

describe('the test kit', () => {
  it('makes the document of an example', () => {
    expect(document(cases, court)).toEqual({
      kind: 'document',
      id: 'case|1',
      document: { segue: itemMark('["S:case|1","S:case|1"]'), docket: '101-20', filed: '2020-01-31' },
    })
    expect(document(cases, { ...court, sk: 'draft' })).toEqual({ kind: 'none', id: 'case|1' })
    expect(document(cases, { ...court, pk: 'user|1' })).toEqual({ kind: 'never' })
    expect(document(cases, { ...court, docket: new Set(['a']) })).toMatchObject({ kind: 'quarantined' })
  })

  it('refuses what a build would refuse', () => {
    expect(() => document({ ...cases, alias: 'Cases' }, court)).toThrow(/without capital letters/)
  })

  it('says which documents a build would quarantine, and why', async () => {
    const items = [
      court,
      { ...court, pk: 'case|2', filed: 'yesterday' },
      { ...court, pk: 'user|1', filed: 'never' },
      { ...court, pk: 'case|3', docket: new Uint8Array(2) },
      { ...court, sk: 'other' },
    ]
    expect(await unindexed([cases], items.slice(0, 1))).toEqual([])
    expect(await unindexed([cases], items)).toEqual([
      { item: 1, alias: 'cases', reason: 'at `filed` (date): the value does not fit' },
      { item: 3, alias: 'cases', reason: expect.stringMatching(/^document at `docket`: .*bytes/) },
      { item: 4, alias: 'cases', reason: 'another of these items has the same id' },
    ])
  })
})
