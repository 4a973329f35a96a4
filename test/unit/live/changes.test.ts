import { expect, it } from 'vitest'
import { changesOf } from '../../../shared/live/changes.ts'
import { item, key, migration, output, record, schema } from './world.ts'

const changes = (change: Parameters<typeof record>[1]) => {
  const { changes, migration: _, ...rest } = changesOf(record(1, change), { migrations: [migration], schema })
  return {
    puts: changes.flatMap((each) => ('put' in each ? [each.put.attributes()] : [])),
    deletes: changes.flatMap((each) => ('delete' in each ? [each.delete] : [])),
    ...rest,
  }
}
const unfit = { migration: 'move', reason: expect.stringContaining('up threw Error') }

it('puts what the new image makes and deletes what only the old one made', () => {
  expect(changes({ old: item('a', ['x', 'y']), new: item('a', ['y', 'z'], 2) })).toEqual({
    puts: [output('y', 2), output('z', 2)],
    deletes: [key('x')],
    cured: false,
  })
})

it('deletes all that a removed item made', () => {
  expect(changes({ old: item('a', ['x', 'y']) })).toEqual({ puts: [], deletes: [key('x'), key('y')], cured: false })
})

it('deletes all that an item made when it can no longer be migrated, and says why it cannot', () => {
  expect(changes({ old: item('a', ['x']), new: item('a', ['poison']) })).toEqual({
    puts: [],
    deletes: [key('x')],
    cured: false,
    unfit,
  })
})

it('takes an old image that could not be migrated as one that made nothing', () => {
  expect(changes({ old: item('a', ['poison']), new: item('a', ['x']) })).toEqual({
    puts: [output('x')],
    deletes: [],
    cured: true,
  })
  expect(changes({ old: item('a', ['poison']) })).toEqual({ puts: [], deletes: [], cured: true })
})

it('changes nothing for an item that is dropped before and after', () => {
  expect(changes({ old: item('a', []), new: item('a', [], 2) })).toEqual({ puts: [], deletes: [], cured: false })
})
