import path from 'node:path'
import { LocalError } from '../errors.ts'
import { type JavaServer, launchJava } from '../java.ts'
import { freePort } from '../processes.ts'
import { installDynamoDbLocal } from './install.ts'

export interface DynamoDbLocal extends JavaServer {
  readonly endpoint: string
}

/** AWS's own DynamoDB Local, in memory, on a free port of 127.0.0.1. It ends with this process, killed or not. */
export async function startDynamoDbLocal(
  options: { log?: (line: string) => void; memory?: string } = {},
): Promise<DynamoDbLocal> {
  const { java, home } = await installDynamoDbLocal(options.log)
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    const endpoint = `http://127.0.0.1:${port}`
    const started = await launchJava(java, program(home, port, options.memory ?? '1g'), endpoint)
    if ('stop' in started) return { endpoint, ...started }
    if (attempt === 3) {
      throw new LocalError(
        'start-failed',
        `DynamoDB Local did not start; its output ends:\n${started.output.slice(-2000)}`,
      )
    }
  }
}

function program(home: string, port: number, memory: string): string[] {
  const native = path.join(home, 'native')
  return [
    ...[
      `-Xmx${memory}`,
      '-XX:TieredStopAtLevel=1',
      `-Dsqlite4java.library.path=${native}`,
      `-Djava.library.path=${native}`,
    ],
    ...['-cp', path.join(home, 'lib', '*'), 'software.amazon.dynamodb.services.local.main.ServerRunner'],
    ...['-inMemory', '-sharedDb', '-disableTelemetry', '-port', String(port)],
  ]
}
