import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { ROOT } from '../paths.ts'

/** The changes of a writer, by kind. */
export interface Changes {
  puts: number
  updates: number
  deletes: number
}

export interface WriterOptions {
  endpoint: string
  table: string
  /** The generated contents of the table. */
  filled: { seed: number; items: number; hotShare: number }
  changesPerSecond: number
}

/** A process that writes to a table of the court until it is told to stop. */
export interface Writer {
  readonly process: ChildProcess
  /** Ends it and returns its changes. @throws if it had ended by itself. */
  stop(): Promise<Changes>
}

export function startWriter({ endpoint, table, filled, changesPerSecond }: WriterOptions): Writer {
  const { seed, items, hotShare } = filled
  const args = [endpoint, table, ...[seed, items, hotShare, changesPerSecond].map(String)]
  const child = spawn(process.execPath, ['--import', 'tsx', path.join(import.meta.dirname, 'writer.ts'), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = new Promise((resolve, reject) => child.on('close', resolve).on('error', reject))
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  return {
    process: child,
    async stop() {
      child.kill('SIGTERM')
      const code = await closed
      if (code !== 0) throw new Error(`The writer ended early, with exit code ${code}. Its output says why.`)
      return JSON.parse(output) as Changes
    },
  }
}
