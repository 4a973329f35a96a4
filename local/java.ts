import { spawn } from 'node:child_process'
import { stopGroup, waitFor } from './processes.ts'

/** A start takes seconds on an idle machine, and many times as long on a busy one. */
const START_MS = 180_000

export interface JavaServer {
  readonly pid: number
  /** @param graceMs how long it may take to end by itself before it is killed. @default 0 */
  stop(graceMs?: number): Promise<void>
}

/**
 * Starts a Java program that serves HTTP at the endpoint. It ends with this process, killed or not.
 * @returns its output if it ended, or did not respond within three minutes.
 */
export async function launchJava(
  java: string,
  args: readonly string[],
  endpoint: string,
): Promise<JavaServer | { output: string }> {
  // Java does not read its standard input. The shell does, and ends Java when our end of it closes.
  const watch = 'exec 3<&0; "$@" </dev/null & child=$!; (cat <&3 >/dev/null; kill -9 $child 2>/dev/null) & wait $child'
  const child = spawn('sh', ['-c', watch, 'sh', java, ...args], { detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  let ended = false
  child.on('error', () => (ended = true)).on('exit', () => (ended = true))
  const pid = child.pid
  if (pid === undefined) return { output: `could not start ${java}` }
  const responds = () =>
    fetch(endpoint, { signal: AbortSignal.timeout(1000) }).then(
      () => true,
      () => false,
    )
  const healthy = await waitFor(responds, { timeoutMs: START_MS, everyMs: 100, giveUp: () => ended })
  for (const handle of [child, child.stdin, child.stdout, child.stderr])
    (handle as unknown as { unref(): void }).unref()
  const stop = (graceMs = 0) => stopGroup(pid, graceMs)
  if (healthy && !ended) return { pid, stop }
  await stop()
  return { output }
}
