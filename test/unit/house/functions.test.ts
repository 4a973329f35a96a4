import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type FunctionEntry,
  functionNames,
  functions,
  limitsOf,
} from '../../../shared/config/functions-and-permissions.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const namesIn = (folder: string) => globSync(`${folder}/*.ts`, { cwd: root }).map((file) => path.basename(file, '.ts'))
const options = { sliceSeconds: 10, memoryMb: 2_048, concurrency: 7, reserve: 'all' as const }

describe('the table of functions', () => {
  it('has an entry for every file of functions/, and a file for every entry', () => {
    expect(namesIn('functions').toSorted()).toEqual(functionNames.toSorted())
  })

  it('has a handler for every function, and a function for every handler', () => {
    const others = ['engines', 'world']
    const handlers = namesIn('shared/phases/handlers').filter((name) => !others.includes(name))
    expect(handlers.toSorted()).toEqual(functionNames.toSorted())
  })

  it.each(functionNames)('wires %s to the handler of its name and to nothing else that decides', (name) => {
    const text = readFileSync(path.join(root, 'functions', `${name}.ts`), 'utf8')
    const decides = [...text.matchAll(/from '\.\.\/shared\/(?:phases\/handlers|passes|operator|live)\/([^']+)\.ts'/g)]
    expect(decides.map(([, file]) => file).filter((file) => !file?.startsWith('sdk/'))).toEqual([name])
  })

  it('lets no function write to the source', () => {
    const write = /Write|Put|Delete|Update|PartiQL/
    const may: Record<string, FunctionEntry> = functions
    expect(
      Object.values(may).flatMap(({ may: { source = [] } }) => source.filter((action) => write.test(action))),
    ).toEqual([])
  })

  it('takes limits from the options where it says so', () => {
    expect(limitsOf('slice', options)).toEqual({ seconds: 10, memoryMb: 2_048, reserved: 7 })
    expect(limitsOf('live', options)).toEqual({ seconds: 300, memoryMb: 2_048, reserved: 7 })
    expect(limitsOf('lease', options)).toEqual({ seconds: 300, memoryMb: 512 })
    expect(limitsOf('slice', { ...options, reserve: 'slices' }).reserved).toBe(7)
    expect(limitsOf('live', { ...options, reserve: 'slices' }).reserved).toBeUndefined()
    expect(limitsOf('slice', { ...options, reserve: 'none' }).reserved).toBeUndefined()
  })

  it('does not compile with an entry that lacks a field', () => {
    const { may: _, ...unlimited } = functions.halt
    // @ts-expect-error: a function without permissions.
    const entry: FunctionEntry = unlimited
    expect(entry).toBeDefined()
  })
})
