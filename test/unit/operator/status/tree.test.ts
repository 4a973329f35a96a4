import { expect, test } from 'vitest'
import { drawTree } from '../../../../shared/operator/status/tree.ts'
import { aRange, aSegment, hotKey } from '../../cli/fixtures.ts'

const chunks = [
  aSegment(1, 7),
  aSegment(0, 10, { state: 'split', splitKey: hotKey, children: ['s00000.0', 's00000.1', 's00000.2'] }),
  aSegment(0, 5, { id: 's00000.0', slices: 1 }),
  aRange('s00000.1', 30, { state: 'split', splitKey: hotKey, children: ['s00000.1.0', 's00000.1.1'] }),
  aRange('s00000.1.0', 1_200, { state: 'done' }),
  aRange('s00000.1.1', 0),
  aRange('s00000.2', 20, { state: 'done' }),
]

test('the tree shows each branch with what it has read, and leaves out what was not split', () => {
  expect(drawTree(chunks, { keys: true })).toEqual([
    's00000  segment  split in 2 ways at section-outbox|docket  1,265 items, 10 before the split',
    '├─ s00000.0  rest of the segment  open  5 items',
    '├─ s00000.1  range  split in 2 ways at section-outbox|docket  1,230 items, 30 before the split',
    '│  ├─ s00000.1.0  range  done  1,200 items',
    '│  └─ s00000.1.1  range  waiting  0 items',
    '└─ s00000.2  range  done  20 items',
  ])
})

test('a branch that is done throughout is one line below the first level', () => {
  const done = chunks.map((chunk) => (chunk.state === 'split' ? chunk : { ...chunk, state: 'done' as const }))
  expect(drawTree(done, { keys: true })).toEqual([
    's00000  segment  split in 2 ways at section-outbox|docket  all done  1,265 items, 10 before the split',
    '├─ s00000.0  rest of the segment  done  5 items',
    '├─ s00000.1  range  split in 2 ways at section-outbox|docket  all done  1,230 items, 30 before the split',
    '└─ s00000.2  range  done  20 items',
  ])
})

test('keys are hidden unless asked for', () => {
  expect(drawTree(chunks, { keys: false }).join('\n')).not.toContain('section-outbox')
})

test('a key cannot drive the terminal it is shown on', () => {
  const [evil] = drawTree([aSegment(0, 1, { state: 'split', splitKey: 'S:\u001b[2Jgone', children: [] })], {
    keys: true,
  })
  expect(evil).toContain('\\u{1b}[2Jgone')
})

test('a child without a row is named', () => {
  const lines = drawTree([aSegment(0, 1, { state: 'split', splitKey: hotKey, children: ['s00000.0'] })], {
    keys: false,
  })
  expect(lines.at(-1)).toBe('└─ s00000.0  has no row')
})

test('nothing split, nothing drawn', () => {
  expect(drawTree([aSegment(0, 1), aSegment(1, 1)], { keys: false })).toEqual([])
})
