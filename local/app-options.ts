import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { LocalError } from './errors.ts'

/** Ten at work keep two processors busy, and the stream of one machine is never far behind. */
const LOCAL = { concurrency: 10, streamSlackSeconds: 3 }

/**
 * The options an app is deployed with locally: those of its cdk.json, with this machine's measure in place of production's,
 * whose slices of 15 minutes nobody would see end. Options that the app sets in code stay as they are.
 */
export async function localOptions(appDirectory: string, sliceSeconds: number): Promise<object> {
  const file = path.join(appDirectory, 'cdk.json')
  try {
    const given: unknown = JSON.parse(await readFile(file, 'utf8')).context?.segue ?? {}
    const options: object = typeof given === 'string' ? JSON.parse(given) : given
    // Both follow from those below unless they are set.
    return { ...options, segments: undefined, splitAfterSeconds: undefined, ...LOCAL, sliceSeconds }
  } catch (error) {
    throw new LocalError('no-app', `Expected ${file} to hold JSON, got none: ${(error as Error).message}`)
  }
}
