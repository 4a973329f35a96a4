import { globSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const files = (folder: string) => globSync(`${folder}/**/*.ts`, { cwd: root })

/** Specifiers of every static, dynamic and type import of a file. */
function importsOf(file: string): string[] {
  const text = readFileSync(resolve(root, file), 'utf8')
  return [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)['"]([^'"]+)['"]/g)].map((match) => match[1] as string)
}

/** Where a relative import leads, as a path from the root; other specifiers stay as they are. */
function target(file: string, specifier: string): string {
  return specifier.startsWith('.') ? relative(root, resolve(root, dirname(file), specifier)) : specifier
}

describe('The house', () => {
  it('lets nothing in shared/ know Lambda, CDK, a terminal or the rooms above it', () => {
    const foreign =
      /^(aws-lambda|aws-cdk|constructs|@middy|@aws-lambda-powertools|commander|tsx|node:(readline|tty|child_process|process|timers)|(infra|functions|cli|local|examples|test|bench)\/)/
    const broken = files('shared').flatMap((file) =>
      importsOf(file)
        .map((specifier) => target(file, specifier))
        .filter((specifier) => foreign.test(specifier))
        .map((specifier) => `${file} imports ${specifier}`),
    )
    expect(broken).toEqual([])
  })

  it('keeps infra, functions, cli and local apart from each other, except that local deploys and the CLI draws', () => {
    const allowed: Record<string, RegExp> = {
      infra: /^(infra|shared)\//,
      functions: /^(functions|shared)\//,
      cli: /^(cli|shared)\//,
      local: /^(local|shared|cli|examples)\//,
    }
    const broken = Object.entries(allowed).flatMap(([room, ok]) =>
      files(room).flatMap((file) =>
        importsOf(file)
          .filter((specifier) => specifier.startsWith('.') && !ok.test(target(file, specifier)))
          .map((specifier) => `${file} imports ${target(file, specifier)}`),
      ),
    )
    expect(broken).toEqual([])
  })

  it('passes time, chance and the environment into shared/ instead of reaching for them', () => {
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bset(Timeout|Interval|Immediate)\(|\bprocess\.[a-z]|\bconsole\.\w/
    const broken = files('shared').filter((file) => impure.test(readFileSync(resolve(root, file), 'utf8')))
    expect(broken).toEqual([])
  })

  it('keeps every Lambda a thin door', () => {
    const fat = globSync('functions/*.ts', { cwd: root }).filter(
      (file) => readFileSync(resolve(root, file), 'utf8').split('\n').length > 70,
    )
    expect(fat).toEqual([])
  })
})
