import { spawn } from 'node:child_process'
import path from 'node:path'
import { localEnvironment } from '../environment.ts'
import { ROOT } from '../paths.ts'
import type { Stack } from './stack.ts'

/** What `segue run --wait` exits with when the run has finished: with nothing quarantined, or with something. */
const FINISHED = [0, 4]

/**
 * Runs the migrations with the command a user would type, which draws its progress here. Offline, because nothing else
 * writes here: live changes would only be those of loading the table, a moment ago, all over again.
 */
export async function runMigrations({ name, endpoint }: Stack, split: boolean): Promise<void> {
  const args = ['run', '--offline', '--wait', '--stack', name, ...(split ? [] : ['--no-split'])]
  console.log(`segue ${args.join(' ')}`)
  const code = await new Promise((resolve, reject) => {
    spawn(process.execPath, ['--import', 'tsx', path.join('cli', 'main.ts'), ...args], {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, ...localEnvironment(endpoint) },
    })
      .on('error', reject)
      .on('close', resolve)
  })
  if (!FINISHED.includes(code as number))
    throw new Error(`The run did not finish: \`segue run\` exited with ${code}. What it printed says why.`)
}
