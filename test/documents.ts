import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')
/** The text of a page. */
export const read = (page: string) => readFileSync(path.join(root, page), 'utf8')

/** The pages that tell a user what to type. */
export const pages = globSync(['README.md', 'CONTRIBUTING.md', 'docs/**/*.md', '{local,examples}/**/*.md'], {
  cwd: root,
}).toSorted()

/** One row of the cheatsheet: the command and the exit codes it may end with. */
export interface CheatsheetRow {
  args: string[]
  codes: number[]
}

/** The rows of the cheatsheet's table, in its order; a row whose codes are those of another has them. */
export function cheatsheet(): CheatsheetRow[] {
  const rows: CheatsheetRow[] = []
  for (const line of read('docs/cheatsheet.md').split('\n')) {
    const [, , command = '', ends = ''] = line.split('|')
    const words = command.match(/^ `segue ([^`]+)`/)?.[1]
    if (!words) continue
    const other = ends.match(/those of `segue ([^`]+)`/)?.[1]
    const codes = [
      ...(ends.includes('the same') ? (rows.at(-1)?.codes ?? []) : []),
      ...(rows.find(({ args }) => args.join(' ') === other)?.codes ?? []),
      ...[...ends.matchAll(/(?:^|·) *(\d+)/g)].map(([, code]) => Number(code)),
    ]
    if (codes.length === 0) throw new Error(`The cheatsheet names no exit codes for segue ${words}`)
    rows.push({ args: words.split(' '), codes })
  }
  return rows
}

/** Links of a page to files of this repository, as paths from the root. */
export function linksOf(page: string): string[] {
  return [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link = '']) =>
    path.join(path.dirname(page), link),
  )
}
