import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { stringsOf } from '../house/words.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
const page = read('docs/understanding-output.md')

/** The longest fixed part of each sentence that a file prints; substitutions leave gaps. */
function sentencesOf(file: string): string[] {
  const fixed = stringsOf(read(file)).map((text) => text.split('…').sort((a, b) => b.length - a.length)[0] as string)
  return fixed.map((text) => text.replace(/^[;:, ]+|[;:, (]+$/g, '')).filter((text) => text.split(' ').length > 2)
}

describe('understanding-output.md', () => {
  test.each(sentencesOf('shared/operator/status/waiting.ts'))('explains why a run waits: "%s"', (sentence) => {
    expect(page).toContain(sentence)
  })

  test('finds the sentences it looks for', () => {
    expect(sentencesOf('shared/operator/status/waiting.ts')).toEqual(
      expect.arrayContaining(['rebuilding the keys that verify flagged', 'an earlier run may still be writing, for']),
    )
  })
})
