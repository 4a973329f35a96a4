import { globSync, readdirSync, readFileSync } from 'node:fs'
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

/** The floors of shared/, top down, from the one list of them. */
function floorsOfTheHouse(): string[] {
  const page = readFileSync(resolve(root, 'docs/architecture.md'), 'utf8')
  const line = page.match(/^Floors of `shared\/`, top down: (.+)\.$/m)?.[1]
  if (!line) throw new Error('docs/architecture.md lacks its line "Floors of `shared/`, top down: …."')
  return line.split(', ')
}

/** Each import that leads back to a file that the walk has not left yet. */
function circlesIn(graph: ReadonlyMap<string, string[]>): string[] {
  const left = new Set<string>()
  const circles: string[] = []
  const walk = (file: string, path: string[]) => {
    if (left.has(file)) return
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
      return
    }
    for (const imported of graph.get(file) ?? []) walk(imported, [...path, file])
    left.add(file)
  }
  for (const file of graph.keys()) walk(file, [])
  return circles
}

describe('The house', () => {
  it('lets nothing in shared/ know Lambda, CDK, a terminal or the rooms above it', () => {
    const foreign =
      /^(aws-lambda|aws-cdk|constructs|@middy|@aws-lambda-powertools|commander|tsx|node:(readline|tty|child_process|process|timers)|(infra|functions|cli|switch|testing|local|examples|test|bench)\/)/
    const broken = files('shared').flatMap((file) =>
      importsOf(file)
        .map((specifier) => target(file, specifier))
        .filter((specifier) => foreign.test(specifier))
        .map((specifier) => `${file} imports ${specifier}`),
    )
    expect(broken).toEqual([])
  })

  it('leaves no promise alone: `void` would hide it from the linter', () => {
    const broken = ['shared', 'functions', 'cli'].flatMap(files).filter((file) => {
      return /^\s*void /m.test(readFileSync(resolve(root, file), 'utf8'))
    })
    expect(broken).toEqual([])
  })

  it('keeps infra, functions, cli, switch, testing and local apart from each other, except that local deploys and the CLI draws', () => {
    const allowed: Record<string, RegExp> = {
      infra: /^(infra|shared)\//,
      functions: /^(functions|shared)\//,
      cli: /^(cli|shared)\//,
      switch: /^(switch\/|shared\/(ledger\/switch-row|runtime\/error)\.ts$)/,
      testing: /^(testing|shared)\//,
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

  it('keeps what applications take with them small: no package, no part of Node', () => {
    const files = ['shared/ledger/switch-row.ts', 'shared/runtime/error.ts', ...globSync('switch/*.ts', { cwd: root })]
    expect(files.flatMap(importsOf).filter((specifier) => !specifier.startsWith('.'))).toEqual([])
  })

  it('imports downward only inside shared/, in the order that docs/architecture.md shows', () => {
    const floors = floorsOfTheHouse()
    const floorOf = (file: string) => floors.indexOf(file.split('/')[1] as string)
    const upward = files('shared').flatMap((file) =>
      importsOf(file)
        .map((specifier) => target(file, specifier))
        .filter((imported) => imported.startsWith('shared/') && floorOf(imported) < floorOf(file))
        .map((imported) => `${file} imports ${imported}`),
    )
    expect(upward).toEqual([])
  })

  it('has a folder for every floor and a floor for every folder', () => {
    const folders = readdirSync(resolve(root, 'shared'))
    expect(floorsOfTheHouse().toSorted()).toEqual(folders.toSorted())
  })

  it('has no circle of imports', () => {
    const graph = new Map(
      ['shared', 'infra', 'functions', 'cli', 'switch', 'testing', 'local']
        .flatMap(files)
        .map((file) => [file, importsOf(file).map((specifier) => target(file, specifier))]),
    )
    expect(circlesIn(graph)).toEqual([])
  })

  it('passes time, chance and the environment into shared/ instead of reaching for them', () => {
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bset(Timeout|Interval|Immediate)\(|\bprocess\.[a-z]|\bconsole\.\w/
    const broken = files('shared').filter((file) => impure.test(readFileSync(resolve(root, file), 'utf8')))
    expect(broken).toEqual([])
  })

  it('writes rows of the ledger nowhere but in shared/ledger', () => {
    const text = (file: string) => readFileSync(resolve(root, file), 'utf8')
    // What LiveTables commit is an item of the destination with its head, of which shared/ledger makes the row.
    const writes = /\b(?!tables\b)\w+\.commit\(/
    const writers = ['shared', 'infra', 'functions', 'cli', 'switch', 'testing', 'local']
      .flatMap(files)
      .filter((file) => writes.test(text(file)))
    expect(writers.length).toBeGreaterThan(5)
    expect(writers.filter((file) => !file.startsWith('shared/ledger/'))).toEqual([])
  })

  it('tells its errors apart by `X.is(error)`: another copy of the package has classes of its own', () => {
    const rooms = ['shared', 'infra', 'functions', 'cli', 'switch', 'testing', 'local'].flatMap(files)
    const text = (file: string) => readFileSync(resolve(root, file), 'utf8')
    const ours = rooms.flatMap((file) =>
      [...text(file).matchAll(/class (\w+) extends SegueError\b/g)].map(([, name]) => name),
    )
    const own = new RegExp(`\\binstanceof (SegueError|${ours.join('|')})\\b`)
    expect(ours).toContain('DynamoDbError')
    expect(rooms.filter((file) => own.test(text(file)))).toEqual([])
    expect(rooms.filter((file) => /\bclass \w+ extends Error\b/.test(text(file)))).toEqual(['shared/runtime/error.ts'])
  })

  it('keeps every Lambda a thin door', () => {
    const fat = globSync('functions/*.ts', { cwd: root }).filter(
      (file) => readFileSync(resolve(root, file), 'utf8').split('\n').length > 70,
    )
    expect(fat).toEqual([])
  })
})
