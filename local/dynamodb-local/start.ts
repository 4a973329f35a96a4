import { spawn } from 'node:child_process'
import path from 'node:path'
import { LocalError } from '../errors.ts'
import { freePort, stopGroup, waitFor } from '../processes.ts'
import { installDynamoDbLocal } from './install.ts'

export interface DynamoDbLocal {
  readonly endpoint: string
  readonly pid: number
  stop(): Promise<void>
}

/** AWS's own DynamoDB Local, in memory, on a free port of 127.0.0.1. It ends with this process, killed or not. */
export async function startDynamoDbLocal(
  options: { log?: (line: string) => void; memory?: string } = {},
): Promise<DynamoDbLocal> {
  const { java, home } = await installDynamoDbLocal(options.log)
  for (let attempt = 1; ; attempt += 1) {
    const started = await launch(java, home, options.memory ?? '1g')
    if ('stop' in started) return started
    if (attempt === 3) {
      throw new LocalError(
        'start-failed',
        `DynamoDB Local did not start; its output ends:\n${started.output.slice(-2000)}`,
      )
    }
  }
}

async function launch(java: string, home: string, memory: string): Promise<DynamoDbLocal | { output: string }> {
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const native = path.join(home, 'native')
  const program = [
    ...[
      `-Xmx${memory}`,
      '-XX:TieredStopAtLevel=1',
      `-Dsqlite4java.library.path=${native}`,
      `-Djava.library.path=${native}`,
    ],
    ...['-cp', path.join(home, 'lib', '*'), 'software.amazon.dynamodb.services.local.main.ServerRunner'],
    ...['-inMemory', '-sharedDb', '-disableTelemetry', '-port', String(port)],
  ]
  // Java does not read its standard input. The shell does, and ends Java when our end of it closes.
  const watch = 'exec 3<&0; "$@" </dev/null & child=$!; (cat <&3 >/dev/null; kill -9 $child 2>/dev/null) & wait $child'
  const child = spawn('sh', ['-c', watch, 'sh', java, ...program], { detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  let ended = false
  child.on('error', () => (ended = true)).on('exit', () => (ended = true))
  const pid = child.pid
  if (pid === undefined) return { output: `could not start ${java}` }
  const answers = () =>
    fetch(endpoint, { signal: AbortSignal.timeout(1000) }).then(
      () => true,
      () => false,
    )
  const healthy = await waitFor(answers, { timeoutMs: 60_000, everyMs: 100, giveUp: () => ended })
  for (const handle of [child, child.stdin, child.stdout, child.stderr])
    (handle as unknown as { unref(): void }).unref()
  const stop = () => stopGroup(pid, 0)
  if (healthy && !ended) return { endpoint, pid, stop }
  await stop()
  return { output }
}
