import { describe, expect, it } from 'vitest'
import { buildPut, changeBuild, inState, loseBuild } from '../../../../shared/ledger/builds.ts'
import { readCapture } from '../../../../shared/ledger/capture.ts'
import type { LedgerTable } from '../../../../shared/ledger/table.ts'
import { SearchError } from '../../../../shared/search/errors.ts'
import { answering, definitions, indexing } from './world.ts'

const day = 86_400_000

it('creates an index of each definition, written through an alias of its own, and turns its feed on', async () => {
  const w = await indexing()
  const outcome = await w.prepare()
  const [build] = await w.builds()
  const { cases, users } = build!.indices
  expect(outcome).toEqual({ outcome: 'prepared', indices: [cases!.name, users!.name], leftBehind: [] })
  expect(cases!.name).toMatch(/^cases-[0-9a-f]{8}-r-1$/)
  expect(build).toMatchObject({ run: 'r', n: 1, hash: 'hash of the module', state: 'building' })
  const [index] = await w.search.indices(cases!.name)
  expect(index).toMatchObject({ uuid: cases!.uuid, aliases: { [`${cases!.name}-W`]: {} } })
  expect(w.mapping.is).toBe('Enabled')
  expect((await w.run()).index).toEqual({ build: 1, hash: 'hash of the module' })
})

it('an index is neither refreshed nor copied while it is built, remembers deletes for an hour, and loses nothing it took', async () => {
  const w = await indexing()
  await w.prepare()
  const [build] = await w.builds()
  const [index] = await w.search.indices(build!.indices.cases!.name)
  expect(index!.settings).toMatchObject({
    ...{ refresh_interval: '-1', number_of_replicas: '0', auto_expand_replicas: 'false', gc_deletes: '1h' },
    ...{ 'translog.durability': 'request' },
  })
})

it('changes count from so late on that no batch holds one that has read the builds before, and the pass waits for them', async () => {
  const w = await indexing()
  const began = w.time.now
  expect(await w.prepareOnce({ slackMs: 1_000 })).toMatchObject({ outcome: 'waiting' })
  const [build] = await w.builds()
  expect(build!.since).toBeGreaterThanOrEqual(began + 6_000)
  expect(await readCapture(w.ledger, 'r.index.1')).toMatchObject({ since: build!.since, stream: 'arn:stream' })
  await w.prepare({ slackMs: 1_000 })
  expect(w.time.now).toBeGreaterThanOrEqual(build!.since! + 1_000)
})

it.each([
  ['that late', 61_000],
  ['so shortly before that a clock may be wrong', 59_000],
])('changes count from later on where the row of the build came into the ledger %s', async (_, lateMs) => {
  const w = await indexing()
  let isLate = false
  const ledger: LedgerTable = {
    ...w.ledger,
    get: (...key) => w.ledger.get(...key),
    query: (...asked) => w.ledger.query(...asked),
    async commit(puts) {
      const delay = !isLate && puts.some(({ row }) => row.state === 'building')
      isLate ||= delay
      if (delay) w.time.now += lateMs
      return w.ledger.commit(puts)
    },
  }
  const began = w.time.now
  await w.prepare({ ledger })
  const [build] = await w.builds()
  expect(build!.since).toBe(began + lateMs + 60_000)
  expect(await readCapture(w.ledger, 'r.index.1')).toMatchObject({ since: build!.since })
})

it('an invocation that is overtaken by another one does not take back when changes begin to count', async () => {
  const w = await indexing()
  const at = (ledger: LedgerTable, commit: LedgerTable['commit']): LedgerTable => ({
    get: (...id) => ledger.get(...id),
    query: (...asked) => ledger.query(...asked),
    commit,
  })
  const isCapture = (puts: Parameters<LedgerTable['commit']>[0]) => puts.some(({ row }) => row.sk === 'CAPTURE')
  const dying = at(w.ledger, (puts) =>
    isCapture(puts) ? Promise.reject(new Error('It died.')) : w.ledger.commit(puts),
  )
  let isOvertaken = false
  const overtaken = at(w.ledger, async (puts) => {
    if (isCapture(puts) && !isOvertaken) {
      isOvertaken = true
      w.time.now += 59_000
      await expect(w.prepareOnce({ ledger: dying })).rejects.toThrow('It died.')
    }
    return w.ledger.commit(puts)
  })
  const began = w.time.now
  await w.prepare({ ledger: overtaken })
  const [build] = await w.builds()
  expect(build!.since).toBe(began + 59_000 + 60_000)
  expect(await readCapture(w.ledger, 'r.index.1')).toMatchObject({ since: build!.since })
})

it('a repeated call keeps build, indices and the moment from which changes count', async () => {
  const w = await indexing()
  const first = await w.prepare()
  const [before] = await w.builds()
  w.time.now += 10_000
  expect(await w.prepare()).toEqual(first)
  expect(await w.builds()).toEqual([before])
})

it('an invocation that died between creating an index and storing its UUID is continued', async () => {
  const w = await indexing()
  const died = new SearchError('search-unavailable', 'no answer')
  const search = answering(w.search, {
    indices: () => Promise.reject(died),
  })
  await expect(w.prepareOnce({ search })).rejects.toThrow('no answer')
  await w.prepare()
  expect(await w.builds()).toMatchObject([{ n: 1, state: 'building' }])
})

describe('begins another build, under names that were never used,', () => {
  it('where an index is gone', async () => {
    const w = await indexing()
    await w.prepare()
    await w.search.deleteIndex((await w.builds())[0]!.indices.cases!.name)
    await w.prepare()
    const [lost, build] = await w.builds()
    expect(lost).toMatchObject({ n: 1, state: 'lost', because: 'replaced' })
    expect(build).toMatchObject({ n: 2, state: 'building' })
    expect((await w.run()).index).toMatchObject({ build: 2 })
  })

  it('where another index has the name', async () => {
    const w = await indexing()
    await w.prepare()
    const { name } = (await w.builds())[0]!.indices.cases!
    await w.search.deleteIndex(name)
    await w.search.createIndex(name, { settings: {}, mappings: {}, aliases: [`${name}-W`] })
    await w.prepare()
    expect(await w.builds()).toMatchObject([{ state: 'lost' }, { n: 2, state: 'building' }])
  })

  it('where the feed has lost changes', async () => {
    const w = await indexing()
    await w.prepare()
    await loseBuild(w.ledger, (await w.builds())[0]!, 'trimmed', w.time.now)
    expect(await w.prepare()).toMatchObject({
      leftBehind: [expect.stringMatching(/^cases/), expect.stringMatching(/^users/)],
    })
    expect(await w.builds()).toMatchObject([{ state: 'lost' }, { n: 2, state: 'building' }])
  })

  it('where the definitions have changed, and ends that of the others', async () => {
    const w = await indexing()
    await w.prepare()
    await w.prepare({ searchHash: 'another' })
    expect(await w.builds()).toMatchObject([
      { state: 'ended', because: 'definitions' },
      { n: 2, state: 'building', hash: 'another' },
    ])
  })

  it('where the last one is ready: somebody asks for a new one', async () => {
    const w = await indexing()
    await w.prepare()
    await changeBuild(w.ledger, (await w.builds())[0]!, (build) => inState(build, 'ready', 1))
    await w.prepare()
    expect(await w.builds()).toMatchObject([
      { n: 1, state: 'ready' },
      { n: 2, state: 'building' },
    ])
  })

  it('where rows of its tickets may have expired', async () => {
    const w = await indexing()
    await w.prepare()
    w.time.now += 51 * day
    await w.prepare()
    expect(await w.builds()).toMatchObject([
      { state: 'lost', because: 'expired' },
      { n: 2, state: 'building' },
    ])
  })
})

describe('halts the run, and says what to do,', () => {
  it('where OpenSearch does not take a definition', async () => {
    const w = await indexing()
    const search = answering(w.search, {
      createIndex: () => Promise.reject(new SearchError('search-invalid-request', 'No handler for type [txet]')),
    })
    expect(await w.prepare({ search })).toMatchObject({
      outcome: 'halted',
      error: 'index-refused',
      cause: expect.stringContaining('No handler for type [txet]'),
    })
  })

  it('where a template adds a pipeline', async () => {
    const w = await indexing()
    const search = answering(w.search, {
      async indices(name: string) {
        const found = await w.search.indices(name)
        return found.map((each) => ({ ...each, settings: { ...each.settings, search: { default_pipeline: 'hide' } } }))
      },
    })
    expect(await w.prepare({ search })).toMatchObject({
      error: 'index-refused',
      cause: expect.stringContaining('`search.default_pipeline`'),
    })
  })

  it.each([
    [
      'a template that adds a pipeline',
      (name: string) => ({ name, settings: { search: { default_pipeline: 'hide' } } }),
    ],
    ['an index that somebody else has made', (name: string) => ({ name: `${name}-theirs` })],
  ])('and a resume makes new indices, so that nothing of %s stays', async (_, as) => {
    const w = await indexing()
    const search = answering(w.search, {
      async indices(name: string) {
        return (await w.search.indices(name)).map((each) => ({ ...each, ...as(each.name) }))
      },
    })
    expect(await w.prepareOnce({ search })).toMatchObject({ error: 'index-refused' })
    expect(await w.builds()).toMatchObject([{ n: 1, state: 'lost', because: 'refused' }])
    await w.resumed()
    await w.prepare()
    expect(await w.builds()).toMatchObject([{ state: 'lost' }, { n: 2, state: 'building' }])
  })

  it('where the stream of the destination is off, and begins no build that would be lost', async () => {
    const w = await indexing()
    const stream = { arn: 'arn:old', shards: async () => ({ enabled: false, shards: [] }) }
    expect(await w.prepare({ stream })).toMatchObject({
      error: 'index-refused',
      cause: expect.stringMatching(/arn:old.*Enable.*deploy with the ARN/),
    })
    expect(await w.builds()).toEqual([])
  })

  it('where the mapping does not come on', async () => {
    const w = await indexing()
    w.mapping.stuck = true
    expect(await w.prepare()).toMatchObject({
      error: 'capture-not-on',
      cause: expect.stringContaining('still Disabled'),
    })
  })
})

it('names what builds of an earlier run have left behind, but not what applications search', async () => {
  const w = await indexing()
  await w.prepare()
  const [first] = await w.builds()
  const served = { ...first!, n: 2, served: true as const }
  await w.ledger.commit([
    buildPut(undefined, { ...first!, run: 'abandoned' }),
    buildPut(undefined, { ...served, run: 'abandoned', indices: { users: first!.indices.users! } }),
    buildPut(first, { ...first!, indices: { users: first!.indices.users! } }),
  ])
  expect(await w.prepare()).toMatchObject({ leftBehind: [first!.indices.cases!.name, first!.indices.users!.name] })
})

it('a task of an execution that no longer drives the run begins no build', async () => {
  const w = await indexing()
  await w.control({ fence: 5 })
  expect(await w.prepareOnce()).toMatchObject({ error: 'fenced' })
  expect(await w.builds()).toEqual([])
})

it('a build is not begun once another execution has taken the run over', async () => {
  const w = await indexing()
  const before = w.ledger.commit.bind(w.ledger)
  w.ledger.commit = async (puts) => {
    if (puts.some(({ row }) => row.pk === 'BUILD#d')) {
      w.ledger.commit = before
      await w.control({ fence: 5 })
    }
    return before(puts)
  }
  expect(await w.prepareOnce()).toMatchObject({ error: 'fenced' })
  expect(await w.builds()).toEqual([])
})

it('names of indices are as long as OpenSearch takes', async () => {
  const alias = 'a'.repeat(195)
  const w = await indexing()
  await w.prepare({ definitions: [{ ...definitions[0]!, alias }] })
  const [build] = await w.builds()
  expect(Buffer.byteLength(`${build!.indices[alias]!.name}-W`)).toBeLessThanOrEqual(255)
})
