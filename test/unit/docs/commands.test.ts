import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { runCli } from '../../../cli/program.ts'
import { memoryTerminal } from '../cli/fixtures.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const pages = ['README.md', 'local/README.md', ...globSync('docs/*.md', { cwd: root })]

/** Every `segue …` of a page that names a command, as far as its options go. Other words end it. */
function commandsOf(page: string): string[] {
  const text = readFileSync(path.join(root, page), 'utf8')
  const found = text.matchAll(
    /(?:`|npx )segue ((?:[a-z]+)(?: (?:list|off|show|create))?(?: --[a-z-]+(?: [\w./-]+)?)*)/g,
  )
  return [...found].map(([, command = '']) => command)
}

const commands = [...new Set(pages.flatMap(commandsOf))].sort()

test('the pages name commands', () => {
  expect(commands).toEqual(expect.arrayContaining(['init', 'plan', 'capture off', 'run --resume --wait']))
})

test.each(commands)('`segue %s` is a command with these options', async (command) => {
  const { terminal, lines } = memoryTerminal()
  const words = command.split(' ').filter((word, i, all) => !word.startsWith('--') && !all[i - 1]?.startsWith('--'))
  const open = () => Promise.reject(new Error('Help needs no deployment'))
  expect(await runCli([...words, '--help'], { open, terminal })).toBe(0)
  const help = lines.join('\n')
  expect(help).toContain(`Usage: segue ${words.join(' ')}`)
  for (const [option] of command.matchAll(/--[a-z-]+/g)) expect(help).toContain(option)
})
