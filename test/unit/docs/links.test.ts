import { existsSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../../../local/paths.ts'
import { cheatsheet, linksOf, pages } from '../../documents.ts'

test.each(pages)('%s links to files that exist', (page) => {
  expect(linksOf(page).filter((link) => !existsSync(path.join(ROOT, link)))).toEqual([])
})

test('the cheatsheet says how each of its commands may end', () => {
  expect(cheatsheet().length).toBeGreaterThan(20)
})
