import { createRequire } from 'node:module'
import { runCli } from '../../../cli/program.ts'
import { aSegment, aWalk, memoryTerminal, memoryWorld, start } from './fixtures.ts'

/** Of this program. */
export const { version } = createRequire(import.meta.url)('#package') as { version: string }

/** The CLI over a world in memory. */
export function setUp(interactive = false) {
  const memory = memoryWorld()
  const output = memoryTerminal(interactive)
  const segue = (...args: string[]) => runCli(args, { open: async () => memory.world, terminal: output.terminal })
  return { ...memory, ...output, segue }
}

export const copied = [aSegment(0, 600, { state: 'done' }), aSegment(1, 400, { state: 'done' })]
export const done = [...copied, ...aWalk('verify.1', {}), ...aWalk('orphans.1', {})]
export const verification = { number: 1, ended: true }
export const finished = { state: 'finished', phase: 'Finished', endedAt: start + 50_000, verification } as const
