import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Finished {
  readonly code: number
  /** Standard output and standard error, in the order they came. */
  readonly output: string
}

/** Run a command to its end. Never rejects for an exit code; rejects only when it cannot be started. */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; onOutput?: (text: string) => void; timeoutMs?: number } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(options.cwd && { cwd: options.cwd }),
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    // Not `timeout` of spawn: where the command does not exist, its timer keeps this process alive.
    const timer = options.timeoutMs ? setTimeout(() => child.kill(), options.timeoutMs) : undefined
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        options.onOutput?.(text)
      })
    }
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code: code ?? -1, output })
    })
  })
}

/** A port of 127.0.0.1 that is free now; another process may still take it first. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** Whether a process runs. A zombie does not count: orphans stay zombies in a container whose first process never reaps. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  if (!existsSync('/proc/self/stat')) return true
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat[stat.lastIndexOf(')') + 2] !== 'Z'
  } catch {
    return false
  }
}

/** Poll until `ready` says yes; false when the time is up or `giveUp` says so. */
export async function waitFor(
  ready: () => boolean | Promise<boolean>,
  { timeoutMs, everyMs = 50, giveUp }: { timeoutMs: number; everyMs?: number; giveUp?: () => boolean },
): Promise<boolean> {
  const end = Date.now() + timeoutMs
  for (;;) {
    if (await ready()) return true
    if (giveUp?.() || Date.now() > end) return false
    await sleep(everyMs)
  }
}

/**
 * End a process and its children. It must lead its own process group (spawned `detached`), so that its children
 * (for example Lambda workers) end with it, even if it was killed and could not clean up itself.
 */
export async function stopGroup(pid: number, graceMs = 2000): Promise<void> {
  const signal = (name: NodeJS.Signals | 0) => {
    try {
      return process.kill(-pid, name)
    } catch {
      return false
    }
  }
  if (!signal('SIGTERM')) return
  if (await waitFor(() => !signal(0), { timeoutMs: graceMs, everyMs: 25 })) return
  signal('SIGKILL')
  await waitFor(() => !signal(0), { timeoutMs: 5000, everyMs: 25 })
}
