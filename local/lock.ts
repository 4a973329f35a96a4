import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { isAlive, waitFor } from './processes.ts'

/**
 * Runs `work` while no other process holds the same lock: two test runs must not install into one folder at once. A lock
 * whose owner has died is removed.
 */
export async function withLock<T>(file: string, work: () => Promise<T>, timeoutMs = 300_000): Promise<T> {
  await mkdir(path.dirname(file), { recursive: true })
  const tryLock = async () => {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' })
      return true
    } catch {
      const owner = Number(await readFile(file, 'utf8').catch(() => ''))
      if (owner && !isAlive(owner)) await rm(file, { force: true })
      return false
    }
  }
  if (!(await waitFor(tryLock, { timeoutMs, everyMs: 100 })))
    throw new Error(
      `Waited ${timeoutMs / 1000} s for ${file}. If no other Segue process runs, delete it and try again.`,
    )
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}
