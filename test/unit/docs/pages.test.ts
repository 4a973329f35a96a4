import { existsSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../../../local/paths.ts'
import { cheatsheet, linksOf, pages, read } from '../../documents.ts'

test.each(pages)('%s links to files that exist', (page) => {
  expect(linksOf(page).filter((link) => !existsSync(path.join(ROOT, link)))).toEqual([])
})

test('the cheatsheet says how each of its commands may end', () => {
  expect(cheatsheet().length).toBeGreaterThan(20)
})

test('each decision has a number of its own, which its title repeats', () => {
  const decisions = pages.filter((page) => page.startsWith('docs/decisions/'))
  const numbers = decisions.map((page) => Number(path.basename(page).slice(0, 4)))
  expect(numbers).toEqual(decisions.map((_, i) => i + 1))
  expect(decisions.map((page) => Number(read(page).match(/^# (\d+)\./)?.[1]))).toEqual(numbers)
})

test('the architecture stays a page that people read: at most 2,500 words', () => {
  expect(read('docs/architecture.md').split(/\s+/).filter(Boolean).length).toBeLessThanOrEqual(2_500)
})
