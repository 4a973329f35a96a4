import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { LocalError } from './errors.ts'
import { withLock } from './lock.ts'
import { run } from './processes.ts'
import { findJava, findMaven, JAVA_HINT, MAVEN_HINT, type Tool } from './tools.ts'

/** What Maven fetches by name, once. */
export interface Fetched {
  /** For messages: `DynamoDB Local 3.3.1`. */
  readonly name: string
  /** Why it is needed, after its name: `is AWS's own DynamoDB, and …`. */
  readonly needed: string
  /** The folder that it is installed into. */
  readonly folder: string
  /** The project that lists its artifacts. */
  readonly pom: string
  /** Goals of Maven's dependency plugin, each with its arguments; `work` is the folder that becomes `folder`. */
  readonly goals: (work: string) => string[][]
  /** What is left to do in `work`. */
  readonly finish: (work: string) => Promise<void>
}

/** Java for a program that Maven fetches: installs the program on first use. */
export async function installByMaven(fetched: Fetched, log: (line: string) => void): Promise<Tool> {
  const java = await findJava()
  if (!java)
    throw new LocalError('tool-missing', `No Java 17 or newer found. ${fetched.name} ${fetched.needed} ${JAVA_HINT}`)
  if (!existsSync(fetched.folder))
    await withLock(path.join(path.dirname(fetched.folder), 'install.lock'), () => fetch(fetched, log))
  return java
}

async function fetch({ name, needed, folder, pom, goals, finish }: Fetched, log: (line: string) => void) {
  if (existsSync(folder)) return
  if (!(await findMaven()))
    throw new LocalError('tool-missing', `No Maven found to fetch ${name}, which ${needed} ${MAVEN_HINT}`)
  log(`Fetching ${name} with Maven into ${folder}; once only.`)
  const work = `${folder}.partial`
  await rm(work, { recursive: true, force: true })
  await mkdir(work, { recursive: true })
  await writeFile(path.join(work, 'pom.xml'), pom)
  for (const goal of goals(work)) {
    const maven = await run('mvn', ['--batch-mode', '--quiet', '--file', path.join(work, 'pom.xml'), ...goal])
    if (maven.code !== 0)
      throw new LocalError(
        'install-failed',
        `Maven could not fetch ${name}; is Maven Central, or the mirror in ~/.m2/settings.xml, reachable?\n${maven.output.slice(-3000)}`,
      )
  }
  await finish(work)
  await rename(work, folder)
}
