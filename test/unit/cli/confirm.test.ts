import { describe, expect, test } from 'vitest'
import { runCli } from '../../../cli/program.ts'
import { aRun, memoryTerminal, memoryWorld, store } from './fixtures.ts'
import { done, finished } from './set-up.ts'

/** A finished and verified run whose live changes go on, and somebody who answers, if anybody is there. */
async function setUp(answer?: string) {
  const memory = memoryWorld()
  const output = memoryTerminal(false, answer)
  await store(memory.ledger, aRun(finished), done, { held: false })
  memory.meanwhile.push(() => {
    memory.state.mapping = 'Disabled'
  })
  const segue = (...args: string[]) => runCli(args, { open: async () => memory.world, terminal: output.terminal })
  const begun = () => memory.started.length + memory.told.length
  return { ...memory, ...output, segue, begun }
}

describe.each([['repair'], ['capture', 'off']])('segue %s', (...command) => {
  test('names account, region and tables before it asks, and goes ahead on yes', async () => {
    const { segue, asked, lines, begun } = await setUp('yes')
    expect(await segue(...command)).toBe(0)
    expect(asked).toEqual(['Go ahead? Type yes: '])
    expect(lines[0]).toMatch(/(alpha.*beta|beta.*alpha), in stack Night \(account 000000000000, region us-east-1\)$/)
    expect(begun()).toBe(1)
  })

  test.each(['', 'no', 'yesterday'])('begins nothing where the answer is "%s"', async (answer) => {
    const { segue, errors, begun } = await setUp(answer)
    expect(await segue(...command)).toBe(2)
    expect(errors).toEqual(['Nothing was started.'])
    expect(begun()).toBe(0)
  })

  test('is refused without a terminal to ask on', async () => {
    const { segue, errors, begun } = await setUp()
    expect(await segue(...command)).toBe(2)
    expect(errors).toEqual([
      `\`segue ${command.join(' ')}\` asks before it begins, and there is no terminal to ask on. Nothing was started. See what it would do with --dry-run, then repeat it with --yes.`,
    ])
    expect(begun()).toBe(0)
  })

  test('does not ask with --yes', async () => {
    const { segue, asked, begun } = await setUp('no')
    expect(await segue(...command, '--yes')).toBe(0)
    expect(asked).toEqual([])
    expect(begun()).toBe(1)
  })

  test('with --json keeps what it is about to do off standard output', async () => {
    const { segue, lines, errors } = await setUp('yes')
    expect(await segue(...command, '--json')).toBe(0)
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow()
    expect(errors[0]).toContain('in stack Night (account 000000000000, region us-east-1)')
  })
})
