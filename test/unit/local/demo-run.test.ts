import { describe, expect, it } from 'vitest'
import { toItsEnd } from '../../../local/demo/run.ts'

/** A `segue` that exits with these codes, one after the other. */
function exiting(...codes: number[]) {
  const typed: string[] = []
  const segue = async (command: readonly string[]) => {
    typed.push(command.join(' '))
    return codes.shift() ?? 0
  }
  return { typed, segue }
}

const verify = ['verify', '--wait']

describe('The demo', () => {
  it('watches a run on that it lost sight of, and resumes one that halted', async () => {
    const { typed, segue } = exiting(10, 1, 3, 6)
    expect(await toItsEnd(segue, ['run', '--wait'], ['run', '--resume', '--wait'])).toEqual({ code: 6, resumed: 1 })
    expect(typed).toEqual(['run --wait', 'watch', 'watch', 'run --resume --wait'])
  })

  it.each([1, 2, 3, 10])('does not take exit code %i for the end of a verification', async (code) => {
    const { segue } = exiting(...Array<number>(20).fill(code))
    await expect(toItsEnd(segue, verify, verify)).rejects.toThrow(`exited with ${code}`)
  })
})
