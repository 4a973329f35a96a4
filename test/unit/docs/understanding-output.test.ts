import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { aRun, store } from '../cli/fixtures.ts'
import { setUp } from '../cli/set-up.ts'
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

  test.each(['pause', 'abort --yes', 'abort --dry-run', 'unlock', 'unlock --stop-owner --yes', 'throttle --off'])(
    'explains every field of the JSON of `segue %s`',
    async (command) => {
      const { segue, lines, ledger } = setUp()
      await store(ledger, aRun(), [])
      await segue(...command.split(' '), '--json')
      const section = page.slice(page.indexOf('### Of `pause`, `abort`, `throttle` and `unlock`'))
      for (const field of Object.keys(JSON.parse(lines.at(-1)!)))
        expect(section).toMatch(new RegExp(`^\\|.*\`${field}\`.* \\|`, 'm'))
    },
  )

  test('finds the sentences it looks for', () => {
    expect(sentencesOf('shared/operator/status/waiting.ts')).toEqual(
      expect.arrayContaining(['rebuilding the keys that verify flagged', 'an earlier run may still be writing, for']),
    )
  })
})
