import { describe, expect, it } from 'vitest'
import { executionName } from '../../../../shared/passes/slice/outcome.ts'

describe('The name of an execution', () => {
  const task = { run: 'run00001', pass: 'copy', chunk: 's00042.0.3' } as const

  it('differs for the same chunk of another walk: a closed name cannot be used again for 90 days', () => {
    const passes = ['copy', 'verify.1', 'orphans.1', 'verify.2'] as const
    expect(new Set(passes.map((pass) => executionName({ ...task, pass }, 2))).size).toBe(passes.length)
  })

  it('stays the same however often the children of a split are asked for', () => {
    expect(executionName(task, 2)).toBe(executionName({ ...task }, 2))
    expect(executionName(task, 2)).not.toBe(executionName(task, 3))
  })

  it('leaves room for the count of retries, and holds only what the service takes', () => {
    expect(executionName({ ...task, chunk: 's00000'.padEnd(200, '.7') }, 'cmf3k2a9z')).toMatch(/^[\w-]{1,70}$/)
  })
})
