import { expect, it } from 'vitest'
import { fedBuilds, writeAlias } from '../../../shared/facts/builds.ts'
import {
  type Build,
  buildPut,
  changeBuild,
  getBuild,
  inState,
  loseBuild,
  readBuilds,
} from '../../../shared/ledger/builds.ts'
import type { BuildState } from '../../../shared/ledger/states.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'

const id = { table: 'destination', run: 'run00001', n: 1 }
const begun: Omit<Build, 'rev'> = {
  ...id,
  ...{ hash: 'h', state: 'preparing', begunAt: 5, stateAt: 5, indices: { cases: { name: 'cases-1' } } },
}

async function stored(change: Partial<Build> = {}) {
  const ledger = memoryLedgerTable()
  await ledger.commit([buildPut(undefined, { ...begun, ...change })])
  return ledger
}

it('a build is read as it was stored', async () => {
  const ledger = await stored()
  expect(await getBuild(ledger, id)).toEqual({ ...begun, rev: 1 })
})

it('the builds of a table are read in the order in which they began, of all runs', async () => {
  const ledger = await stored({ n: 2, begunAt: 7 })
  await ledger.commit([buildPut(undefined, begun)])
  await ledger.commit([buildPut(undefined, { ...begun, run: 'arun', begunAt: 9 })])
  await ledger.commit([buildPut(undefined, { ...begun, table: 'another' })])
  const builds = await readBuilds(ledger, 'destination')
  expect(builds.map(({ run, n }) => [run, n])).toEqual([
    ['run00001', 1],
    ['run00001', 2],
    ['arun', 1],
  ])
})

it('one of two writers that read the same build is first, and the other starts over', async () => {
  const ledger = await stored()
  const read = await getBuild(ledger, id)
  await loseBuild(ledger, id, 'replaced', 9)
  expect(await ledger.commit([buildPut(read, inState(read, 'building', 9))])).toBe(false)
  expect(await getBuild(ledger, id)).toMatchObject({ state: 'lost', because: 'replaced', stateAt: 9 })
})

it('what a newer version of Segue has added to a build stays', async () => {
  const ledger = await stored({ ...({ added: 1 } as object) })
  await changeBuild(ledger, id, (build) => ({ ...inState(build, 'building', 9), since: 11 }))
  expect(await getBuild(ledger, id)).toMatchObject({ added: 1, since: 11, rev: 2 })
})

it.each<[BuildState, BuildState]>([
  ['lost', 'building'],
  ['lost', 'ready'],
  ['ended', 'building'],
  ['preparing', 'ready'],
  ['ready', 'building'],
])('a build that is %s never becomes %s', async (from, to) => {
  const ledger = await stored({ state: from })
  const change = changeBuild(ledger, id, (build) => inState(build, to, 9))
  await expect(change).rejects.toMatchObject({ code: 'illegal-transition' })
})

it('a build that was given up keeps the first reason', async () => {
  const ledger = await stored({ state: 'building' })
  await loseBuild(ledger, id, 'trimmed', 9)
  await loseBuild(ledger, id, 'replaced', 11)
  expect(await getBuild(ledger, id)).toMatchObject({ because: 'trimmed', stateAt: 9, rev: 2 })
})

it('there is no build that was never begun', async () => {
  await expect(getBuild(await stored(), { ...id, n: 2 })).rejects.toMatchObject({ code: 'row-missing' })
})

const fed = (builds: Partial<Build>[], run = id.run) =>
  fedBuilds(
    builds.map((build) => ({ ...begun, since: 11, rev: 1, ...build })),
    run,
  ).map(({ n }) => n)

it('changes are brought into the newest build of a run, and into the one that is served', () => {
  expect(
    fed([
      { n: 1, state: 'ready' },
      { n: 2, state: 'building' },
    ]),
  ).toEqual([2])
  expect(
    fed([
      { n: 1, state: 'ready', served: true },
      { n: 2, state: 'building' },
    ]),
  ).toEqual([1, 2])
})

it('a build that was given up is fed no more, and no older one in its place', () => {
  expect(
    fed([
      { n: 1, state: 'ready' },
      { n: 2, state: 'lost' },
    ]),
  ).toEqual([])
  expect(
    fed([
      { n: 1, state: 'ready', served: true },
      { n: 2, state: 'lost' },
    ]),
  ).toEqual([1])
  expect(fed([{ n: 1, state: 'ended', served: true }])).toEqual([])
})

it('a build is fed once its indices exist', () => {
  expect(fed([{ n: 1, state: 'preparing' }])).toEqual([])
  expect(fed([{ n: 1, state: 'building' }])).toEqual([1])
})

it('a build of another run than the last is not fed', () => {
  expect(fed([{ n: 1, state: 'ready', served: true }], 'run00002')).toEqual([])
})

it('an index is written through an alias of its own, which no index can be named as', () => {
  expect(writeAlias('cases-1')).toBe('cases-1-W')
})
