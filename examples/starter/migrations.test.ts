import { apply } from 'dynamodb-segue/testing'
import { expect, test } from 'vitest'
import migrations from './migrations.ts'

const key = { pk: 'section|docket', sk: 'item|1' }

test('a work item becomes a task, and everything else about it stays', () => {
  expect(apply(migrations, { ...key, entityType: 'WorkItem', docket: '101-21' })).toEqual({
    kind: 'migrated',
    outputs: [{ ...key, entityType: 'Task', docket: '101-21' }],
  })
})

test('an item of another kind is left alone', () => {
  expect(apply(migrations, { ...key, entityType: 'Case' })).toMatchObject({ kind: 'untouched' })
})
