import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { LocalError } from '../errors.ts'
import { type JavaServer, launchJava } from '../java.ts'
import { freePort } from '../processes.ts'
import { installOpenSearch, OPENSEARCH_HOME } from './install.ts'

export interface OpenSearchLocal extends JavaServer {
  readonly endpoint: string
  /** Starts it again on its data and its port, after a stop. */
  restart(): Promise<void>
  /** Ends it, and deletes its data. */
  remove(): Promise<void>
}

export interface OpenSearchOptions {
  /** Settings of the node beside its own, such as `{ 'http.max_content_length': '1mb' }`. */
  settings?: Readonly<Record<string, string>>
  /** @default 512m */
  memory?: string
  /** Told about the installation on first use. */
  log?: (line: string) => void
}

/** The endpoint of a cluster that is used instead of one of our own, such as `http://127.0.0.1:9200`. */
export function namedOpenSearch(): string | undefined {
  return process.env.SEGUE_OPENSEARCH || undefined
}

export async function responds(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(endpoint, { signal: AbortSignal.timeout(10_000) })).ok
  } catch {
    return false
  }
}

/** How long it may take to close its shards and end. */
const CLOSE_MS = 30_000
const DAY_MS = 24 * 60 * 60 * 1000

/** An empty OpenSearch of one node, on a free port of 127.0.0.1, without security. It ends with this process, killed or not. */
export async function startOpenSearch({
  settings = {},
  memory = '512m',
  log,
}: OpenSearchOptions = {}): Promise<OpenSearchLocal> {
  const { java, home } = await installOpenSearch(log)
  await removeOldRuns()
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    const endpoint = `http://127.0.0.1:${port}`
    const directory = path.join(OPENSEARCH_HOME, `run-${port}`)
    await configure(directory, { 'http.port': String(port), ...settings })
    const launch = () => launchJava(java, program(home, directory, memory), endpoint)
    const started = await launch()
    if ('stop' in started) return running(endpoint, directory, started, launch)
    await rm(directory, { recursive: true, force: true })
    if (attempt === 3) throw notStarted(started.output)
  }
}

function running(
  endpoint: string,
  directory: string,
  first: JavaServer,
  launch: () => Promise<JavaServer | { output: string }>,
): OpenSearchLocal {
  let server = first
  return {
    endpoint,
    get pid() {
      return server.pid
    },
    stop: (graceMs = CLOSE_MS) => server.stop(graceMs),
    async restart() {
      const started = await launch()
      if (!('stop' in started)) throw notStarted(started.output)
      server = started
    },
    async remove() {
      await server.stop()
      await rm(directory, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** What a process that was killed left behind: its cluster has ended with it. */
async function removeOldRuns(): Promise<void> {
  for (const name of await readdir(OPENSEARCH_HOME)) {
    const run = path.join(OPENSEARCH_HOME, name)
    if (!name.startsWith('run-') || Date.now() - (await stat(run)).mtimeMs < DAY_MS) continue
    await rm(run, { recursive: true, force: true, maxRetries: 3 })
  }
}

function notStarted(output: string): LocalError {
  return new LocalError('start-failed', `OpenSearch did not start; its output ends:\n${output.slice(-2000)}`)
}

async function configure(directory: string, settings: Readonly<Record<string, string>>): Promise<void> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(path.join(directory, 'conf'), { recursive: true })
  const all = {
    'cluster.name': 'segue-local',
    'discovery.type': 'single-node',
    'network.host': '127.0.0.1',
    'transport.port': '0',
    'path.data': path.join(directory, 'data'),
    'path.logs': path.join(directory, 'logs'),
    // A full disk of this machine must not block writes.
    'cluster.routing.allocation.disk.threshold_enabled': 'false',
    'node.store.allow_mmap': 'false',
    ...settings,
  }
  const yml = Object.entries(all).map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
  await writeFile(path.join(directory, 'conf', 'opensearch.yml'), yml.join(''))
  await writeFile(path.join(directory, 'conf', 'log4j2.properties'), LOGGING)
}

const LOGGING = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1}] %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
`

function program(home: string, directory: string, memory: string): string[] {
  return [
    ...[`-Xms${memory}`, `-Xmx${memory}`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
    // Without its native library it does not notice that it runs as root, where it would refuse to start.
    ...['-Djna.nosys=true', '-Djna.nounpack=true'],
    `-Djava.io.tmpdir=${directory}`,
    ...[`-Dopensearch.path.home=${home}`, `-Dopensearch.path.conf=${path.join(directory, 'conf')}`],
    ...['-Dopensearch.distribution.type=zip', '-Dopensearch.bundled_jdk=false'],
    ...['-cp', path.join(home, 'lib', '*'), 'org.opensearch.bootstrap.OpenSearch'],
  ]
}
