import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { LocalError } from './errors.ts'

/** Ten slices at once keep two processors busy. The local stream is never far behind. */
const LOCAL = { concurrency: 10, streamSlackSeconds: 3 }

/**
 * The options of a local deployment: those of the app's cdk.json, with short slices and few of them, so that a split is
 * seen in a minute. Options that the app sets in code stay as they are.
 */
export async function localOptions(appDirectory: string, sliceSeconds: number): Promise<object> {
  const file = path.join(appDirectory, 'cdk.json')
  try {
    const given: unknown = JSON.parse(await readFile(file, 'utf8')).context?.segue ?? {}
    const options: object = typeof given === 'string' ? JSON.parse(given) : given
    // Removed, so that their defaults follow from the options below.
    return { ...options, segments: undefined, splitAfterSeconds: undefined, ...LOCAL, sliceSeconds }
  } catch (error) {
    throw new LocalError('no-app', `Expected ${file} to hold JSON, got none: ${(error as Error).message}`)
  }
}
