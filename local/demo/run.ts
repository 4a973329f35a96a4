import { spawn } from 'node:child_process'
import path from 'node:path'
import { localEnvironment } from '../environment.ts'
import { ROOT } from '../paths.ts'
import type { Stack } from './stack.ts'

/** Times that a halted run is resumed, or a command that lost sight of its run repeated, before the demo gives up. */
const PATIENCE = 5

/** How the run went, apart from its result. */
export interface Ran {
  /** Times it halted and was resumed. */
  resumed: number
  /** What verify found at its end, while the writer was at work. */
  differences: boolean
}

/**
 * Runs the migrations to their end with the commands a user would type, which draw their progress here.
 * @throws when the run was refused, or does not get to its end.
 */
export async function runMigrations(stack: Stack, split: boolean): Promise<Ran> {
  let resumed = 0
  let code = await segue(stack, ['run', '--wait', ...(split ? [] : ['--no-split'])])
  for (let again = 0; (code === 1 || code === 3) && again < PATIENCE; again++) {
    if (code === 3) resumed++
    code = await segue(stack, code === 3 ? ['run', '--resume', '--wait'] : ['watch'])
  }
  if ([1, 2, 3].includes(code))
    throw new Error(`The run did not finish: segue exited with ${code}. What it printed says why.`)
  return { resumed, differences: code === 6 }
}

/** Verifies again. Whether there are differences then. */
export async function verifyAgain(stack: Stack): Promise<boolean> {
  return (await segue(stack, ['verify', '--wait'])) === 6
}

/** In a folder without a `.segue/local.json`, which may name another demo's stack by the same name. */
async function segue({ name, endpoint, directory }: Stack, command: string[]): Promise<number> {
  const args = [...command, '--stack', name]
  console.log(`segue ${args.join(' ')}`)
  return new Promise((resolve, reject) => {
    spawn(process.execPath, ['--import', 'tsx', path.join(ROOT, 'cli', 'main.ts'), ...args], {
      cwd: directory,
      stdio: 'inherit',
      env: { ...process.env, ...localEnvironment(endpoint) },
    })
      .on('error', reject)
      .on('close', (code) => resolve(code ?? 1))
  })
}
