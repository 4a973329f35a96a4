import { spawn } from 'node:child_process'
import path from 'node:path'
import { localEnvironment } from '../environment.ts'
import { ROOT } from '../paths.ts'
import type { Stack } from './stack.ts'

/** How often a halted run is resumed, or a run whose command lost the connection is watched again, before the demo gives up. */
const PATIENCE = 5

/** How the run went, apart from its result. */
export interface Ran {
  /** Times it halted and was resumed. */
  resumed: number
  /** Whether verify found differences at its end, while the writer was at work. */
  differences: boolean
}

/**
 * Runs the migrations to their end with the commands a user would type, which draw their progress here.
 * @throws when the run was refused, or does not get to its end.
 */
export async function runMigrations(stack: Stack, split: boolean): Promise<Ran> {
  const { code, resumed } = await toItsEnd(
    (command) => segue(stack, command),
    ['run', '--wait', ...(split ? [] : ['--no-split'])],
    ['run', '--resume', '--wait'],
  )
  return { resumed, differences: code === 6 }
}

/**
 * Verifies again, and returns whether there are differences.
 * @throws as {@link runMigrations}.
 */
export async function verifyAgain(stack: Stack): Promise<boolean> {
  const verify = ['verify', '--wait']
  return (await toItsEnd((command) => segue(stack, command), verify, verify)).code === 6
}

/** Types a command, then resumes or watches by its exit code until the run has ended; see `cli/exit-codes.ts`. */
export async function toItsEnd(
  segue: (command: string[]) => Promise<number>,
  command: string[],
  resume: string[],
): Promise<{ code: number; resumed: number }> {
  let resumed = 0
  let code = await segue(command)
  for (let again = 0; isUnfinished(code) && again < PATIENCE; again++) {
    if (code === 3) resumed++
    code = await segue(code === 3 ? resume : ['watch'])
  }
  if (code === 2 || isUnfinished(code))
    throw new Error(`The run did not finish: segue exited with ${code}. Its output says why.`)
  return { code, resumed }
}

/** The run halted, or continues unwatched. */
function isUnfinished(code: number): boolean {
  return code === 1 || code === 3 || code === 10
}

/** Runs the CLI in a folder without a `.segue/local.json`, which may name another stack of the same name. */
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
