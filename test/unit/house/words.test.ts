import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commentsOf, retired, retiredIn, stringsOf } from './words.ts'

const root = resolve(import.meta.dirname, '../../..')
const read = (file: string) => readFileSync(resolve(root, file), 'utf8')

describe('The words operators see', () => {
  it('are plain English in every message of the code', () => {
    const files = globSync(['shared/**/*.ts', 'cli/**/*.ts', 'functions/**/*.ts', 'infra/**/*.ts', 'local/**/*.ts'], {
      cwd: root,
    })
    const broken = files.flatMap((file) =>
      stringsOf(read(file)).flatMap((text) => retiredIn(text).map((why) => `${file}: ${why}`)),
    )
    expect(broken).toEqual([])
  })

  it('are plain English in the comments of what operators use', () => {
    const files = globSync(['{shared/operator,cli,functions,infra,local}/**/*.ts'], { cwd: root })
    expect(files.length).toBeGreaterThan(100)
    const broken = files.flatMap((file) =>
      commentsOf(read(file)).flatMap((text) => retiredIn(text).map((why) => `${file}: ${why}`)),
    )
    expect(broken).toEqual([])
  })

  it('are plain English in every page of the documents', () => {
    const files = globSync(
      ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/**/*.md', '{local,examples}/**/*.md'],
      { cwd: root },
    )
    expect(files.length).toBeGreaterThan(10)
    const broken = files.flatMap((file) =>
      read(file)
        .split('\n')
        .flatMap((line, at) => retiredIn(line).map((why) => `${file}:${at + 1}: ${why}`)),
    )
    expect(broken).toEqual([])
  })

  it.each(retired)('no longer include "%s"', (phrase, instead) => {
    const sentence = `Then the run ${phrase}.`
    expect(retiredIn(sentence)).toEqual([`"${phrase}" in "${sentence}": write ${instead}`])
  })

  it('are read from strings and templates, not from comments or code', () => {
    const code = `
      // it goes on
      /* poison */
      const poison = 'goes on' + \`\${poison} asked again\` + "it's poison"`
    expect(commentsOf(code)).toEqual(['it goes on', 'poison'])
    expect(stringsOf(code)).toEqual(['goes on', '… asked again', "it's poison"])
  })
})
