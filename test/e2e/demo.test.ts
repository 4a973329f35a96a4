import { execFile } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../../local/paths.ts'

describe('the demo', () => {
  it('fails when an item of the destination is not what it should be', async () => {
    const { code, output } = await demo('--items', '2000', '--corrupt')
    expect(code, output).toBe(1)
    expect(output).toContain('Not as it should be: the destination does not hold what it should.')
  })
})

function demo(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', 'local/demo/main.ts', ...args], { cwd: ROOT }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), output: out + err }),
    )
  })
}
