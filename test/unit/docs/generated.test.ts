import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { docCommentsOf } from '../../../docs/generate/doc-comments.ts'
import { pages } from '../../../docs/generate/pages.ts'

const docs = path.resolve(import.meta.dirname, '../../../docs')

describe('the pages that are written from the code', () => {
  test.each(Object.entries(pages))('%s says what the code says (`npm run docs` writes it)', (file, page) => {
    expect(readFileSync(path.join(docs, file), 'utf8')).toBe(page())
  })
})

describe('the doc comments of an object', () => {
  const source = `
export const before = z.object({
  /** Another one. */
  name: z.string(),
})
export const wanted = z.object({
  /** One line. @default none */
  name: z.string(),
  bare: z.string(),
  /**
   * Two lines,
   * and a second sentence. @default 5 (five)
   */
  count: z.int(),
})
`

  test('are joined to one line, without their default', () => {
    expect(Object.fromEntries(docCommentsOf(source, 'wanted'))).toEqual({
      name: { sentences: 'One line.', defaultText: 'none' },
      count: { sentences: 'Two lines, and a second sentence.', defaultText: '5 (five)' },
    })
  })

  test('are those of the object asked for', () => {
    expect(docCommentsOf(source, 'before').get('name')).toEqual({ sentences: 'Another one.' })
    expect(() => docCommentsOf(source, 'missing')).toThrow('missing')
  })
})
