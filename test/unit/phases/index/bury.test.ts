import { expect, it } from 'vitest'
import { changeBuild, loseBuild } from '../../../../shared/ledger/builds.ts'
import { createChunks, newChunk } from '../../../../shared/ledger/chunks.ts'
import { buildKey } from '../../../../shared/ledger/feeds.ts'
import { noTallies } from '../../../../shared/ledger/tallies.ts'
import { replaceTicket } from '../../../../shared/ledger/tickets.ts'
import { documentsOf } from '../../../../shared/live/tickets/documents.ts'
import { type BuryEngine, buryRun } from '../../../../shared/phases/bury.ts'
import { checkPass } from '../../../../shared/phases/check-pass.ts'
import { finishRun } from '../../../../shared/phases/finish.ts'
import { planPass } from '../../../../shared/phases/plan-pass.ts'
import { memoryTable } from '../../../memory/table.ts'
import { definitions, indexing, task } from './world.ts'

const schema = { pk: { name: 'pk', type: 'S' } } as const
const key = (pk: string) => ({ pk: { S: pk } })

/** A build whose pass has ended; its one chunk is as given. */
async function ended(chunk: object = {}) {
  const w = await indexing()
  await w.prepare()
  await w.chunk({ state: 'done', ...chunk })
  const [build] = await w.builds()
  const cases = build!.indices.cases!.name
  const table = memoryTable(schema, 'd')
  const { ledger, runtime, search } = w
  const engine: BuryEngine = {
    ...{ ledger, runtime, search, definitions },
    deadline: { remainingMs: () => 900_000 },
    code: { of: 'search', hash: 'hash of the module' },
    tickets: async (of) => ({
      ...{ build: buildKey(of), isQuiet: of.quiet === true, documentsOf: documentsOf(of, definitions, schema) },
      ...{ table, search, ledger, runtime, lifetimeMs: 960_000 },
    }),
  }
  return {
    ...w,
    build: async () => (await w.builds())[0]!,
    /** A delete that was sent, and that the cluster has forgotten; and the document that the pass wrote over it. */
    async broughtBack(pk: string, quiet?: true) {
      const ticket = { key: key(pk), version: 2, sent: 2, op: 'delete' as const, raisedAt: 1, ...(quiet && { quiet }) }
      await replaceTicket(ledger, buildKey(build!), ticket, undefined, w.time.now)
      await search.bulk([{ op: 'index', alias: `${cases}-W`, id: pk, version: 1, json: '{"v":1}' }])
    },
    ids: () => search.documents(cases).map(({ id }) => id),
    settings: async () => (await search.indices(cases))[0]!.settings,
    bury: (change: Partial<BuryEngine> = {}) =>
      buryRun({ ...task, from: { shard: 0, after: '' } }, { ...engine, ...change }),
    finish: () => finishRun(task, { ledger, runtime }),
    check: () => checkPass({ ...task, kind: 'index' }, { ledger, runtime }),
    plan: () =>
      planPass(
        { ...task, kind: 'index' },
        { ledger, runtime, manifests: { write: async (name) => ({ bucket: 'b', key: name }) } },
      ),
  }
}

it('deletes the documents that the pass has brought back, and leaves those of tickets from during quiet', async () => {
  const w = await ended()
  await w.broughtBack('a')
  await w.broughtBack('b', true)
  expect(await w.bury()).toEqual({ outcome: 'buried' })
  expect(w.ids()).toEqual(['b'])
  expect(await w.build()).toMatchObject({ quiet: true })
})

it('gives the indices the settings of their definitions, or the defaults, and goes on remembering deletes', async () => {
  const w = await ended()
  await w.bury()
  const settings = await w.settings()
  expect(settings).toMatchObject({ refresh_interval: '30s', 'translog.durability': 'async', gc_deletes: '1h' })
  expect(settings).not.toHaveProperty('number_of_replicas')
})

it('waits until a minute after the deadline of a slice that never said its writes had ended', async () => {
  const undrained = Date.UTC(2026, 10, 27)
  const w = await ended({ undrained })
  await w.broughtBack('a')
  w.time.now = undrained + 60_000
  expect(await w.bury()).toMatchObject({ outcome: 'waiting', seconds: 1 })
  expect(w.ids()).toEqual(['a'])
  expect((await w.build()).quiet).toBeUndefined()
  w.time.now += 1
  expect(await w.bury()).toEqual({ outcome: 'buried' })
})

it('is refused while a chunk of the pass is open', async () => {
  const w = await ended({ state: 'open' })
  await expect(w.bury()).rejects.toMatchObject({ code: 'copy-open' })
})

it.each([
  ['paused', { command: 'pause' }, { outcome: 'paused' }],
  ['aborted', { command: 'abort' }, { error: 'aborted' }],
  ['fenced', { fence: 5 }, { error: 'fenced' }],
] as const)('begins no quiet in a run that is %s', async (_, control, outcome) => {
  const w = await ended()
  await w.control(control)
  expect(await w.bury()).toMatchObject(outcome)
  expect((await w.build()).quiet).toBeUndefined()
})

it('says nothing of quiet once another execution has taken the run over', async () => {
  const w = await ended()
  const commit = w.ledger.commit.bind(w.ledger)
  w.ledger.commit = async (puts) => {
    if (puts.some(({ row }) => row.quiet === true)) {
      w.ledger.commit = commit
      await w.control({ fence: 5 })
    }
    return commit(puts)
  }
  expect(await w.bury()).toMatchObject({ error: 'fenced' })
  expect((await w.build()).quiet).toBeUndefined()
})

it('halts the run where an index is gone', async () => {
  const w = await ended()
  await w.search.deleteIndex((await w.build()).indices.users!.name)
  expect(await w.bury()).toMatchObject({ error: 'index-lost', cause: expect.stringContaining('was deleted') })
  expect(await w.build()).toMatchObject({ state: 'lost' })
})

it('nothing is planned for a pass whose build is quiet, even where its rows have expired', async () => {
  const w = await ended()
  await w.bury()
  w.ledger.expire(w.time.now + 70 * 86_400_000)
  expect(await w.plan()).toMatchObject({ outcome: 'planned', pass: 'index.1', chunks: 0 })
})

it('a pass that is not quiet is planned, under the number of its build', async () => {
  const w = await ended({ state: 'open' })
  expect(await w.plan()).toMatchObject({ pass: 'index.1', chunks: 1 })
})

it('a pass into indices that were lost halts the run, whatever its chunks say', async () => {
  const w = await ended()
  await changeBuild(w.ledger, await w.build(), (build) => ({ ...build, state: 'lost', because: 'trimmed' }))
  expect(await w.check()).toMatchObject({ error: 'index-lost', cause: expect.stringContaining('trimmed changes') })
})

it('a task that builds indices ends with them alone, and they are ready', async () => {
  const w = await ended()
  await w.change({ state: 'finished', task: { kind: 'index', state: 'running' } })
  await w.bury()
  expect(await w.finish()).toMatchObject({ outcome: 'finished' })
  expect(await w.build()).toMatchObject({ state: 'ready' })
  expect((await w.run()).task).toBeUndefined()
})

it('a task that builds indices does not end while its sums do not close, of one alias either', async () => {
  const counts = { produced: 1, written: 1, present: 0, rejected: 0, collided: 0 }
  const aliases = { cases: { ...counts, written: 0 }, users: { ...counts, written: 2 } }
  const w = await ended({ aliases })
  await w.change({ state: 'finished', task: { kind: 'index', state: 'running' } })
  expect(await w.finish()).toMatchObject({ error: 'tallies-open' })
  expect(await w.build()).toMatchObject({ state: 'building' })
})

it('a verification does not ask for the chunks of an index that was built long ago', async () => {
  const w = await ended({ state: 'open' })
  await w.change({ state: 'finished', task: { kind: 'verify', state: 'running' } })
  expect(await w.finish()).toMatchObject({ error: 'not-covered', cause: expect.stringContaining('of verify') })
})

it('a task that builds indices leaves a verification that stopped half-way as it was, with differences that nobody may count on', async () => {
  const w = await ended()
  const verification = { number: 2, ended: false }
  await w.change({ state: 'finished', verification, task: { kind: 'index', state: 'running' } })
  await createChunks(w.ledger, [
    {
      ...newChunk('r', 'verify.2', 's00000', { kind: 'segment', segment: 0, totalSegments: 1 }, 1),
      tallies: { ...noTallies, read: 1, migrated: 1, produced: 1, missing: 1 },
    },
  ])
  await w.bury()
  expect(await w.finish()).toMatchObject({ outcome: 'finished', differences: 0 })
  expect((await w.run()).verification).toEqual(verification)
  expect(await w.finish()).toMatchObject({ outcome: 'finished', differences: 0 })
})

it('a run does not finish over a build that is lost in the same moment', async () => {
  const w = await ended()
  await w.change({ state: 'finished', task: { kind: 'index', state: 'running' } })
  await w.bury()
  const commit = w.ledger.commit.bind(w.ledger)
  w.ledger.commit = async (puts) => {
    if (puts.some(({ row }) => row.state === 'ready')) {
      w.ledger.commit = commit
      await loseBuild(w.ledger, await w.build(), 'trimmed', w.time.now)
    }
    return commit(puts)
  }
  expect(await w.finish()).toMatchObject({ error: 'index-lost', cause: expect.stringContaining('trimmed changes') })
  expect(await w.build()).toMatchObject({ state: 'lost' })
  expect((await w.run()).task).toMatchObject({ state: 'stopped' })
})

it.each([
  ['failed', 'chunks-failed'],
  ['open', 'chunks-open'],
] as const)(
  'a chunk of an index that is %s tells nobody to empty the destination, which may be in use',
  async (state, error) => {
    const w = await ended({ state })
    await w.change({ state: 'finished', task: { kind: 'index', state: 'running' } })
    const halted = await w.check()
    expect(halted).toMatchObject({ error, cause: expect.stringMatching(/`segue index`.*another build/) })
    expect(JSON.stringify(halted)).not.toMatch(/empty|capture off/)
  },
)
