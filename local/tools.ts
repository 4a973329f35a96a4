import { existsSync } from 'node:fs'
import path from 'node:path'
import { run } from './processes.ts'

/** A program found on this machine. */
export interface Tool {
  readonly path: string
  readonly version: string
}

export const PYTHON_HINT =
  'Debian/Ubuntu: `apt-get install python3 python3-venv`; macOS: `brew install python`; or point SEGUE_PYTHON at one.'
export const JAVA_HINT =
  'Debian/Ubuntu: `apt-get install openjdk-17-jre-headless`; macOS: `brew install openjdk@17`; or set JAVA_HOME.'
export const MAVEN_HINT = 'Debian/Ubuntu: `apt-get install maven`; macOS: `brew install maven`.'
export const PS_HINT = 'Debian/Ubuntu: `apt-get install procps`; macOS has it.'

async function version(command: string, args: readonly string[], pattern: RegExp): Promise<string | undefined> {
  try {
    const { code, output } = await run(command, args, { timeoutMs: 60_000 })
    return code === 0 ? pattern.exec(output)?.[1] : undefined
  } catch {
    return undefined
  }
}

/** The first of the usual names that is Python 3.10 or newer. */
export async function findPython(): Promise<Tool | undefined> {
  const names = process.env.SEGUE_PYTHON
    ? [process.env.SEGUE_PYTHON]
    : ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python']
  for (const name of names) {
    const found = await version(name, ['--version'], /Python (\d+\.\d+\.\d+)/)
    if (found && atLeast(found, 3, 10)) return { path: name, version: found }
  }
  return undefined
}

/** Whether this Python can make virtual environments: Debian ships `venv` apart. */
export async function hasVenv(python: string): Promise<boolean> {
  return (await version(python, ['-c', 'import venv, ensurepip; print("ok")'], /(ok)/)) !== undefined
}

/** Java 17 or newer, from JAVA_HOME or the PATH. */
export async function findJava(): Promise<Tool | undefined> {
  const homes = process.env.JAVA_HOME ? [path.join(process.env.JAVA_HOME, 'bin', 'java')] : []
  for (const name of [...homes.filter((file) => existsSync(file)), 'java']) {
    const found = await version(name, ['-version'], /version "(\d+(?:\.\d+)*)/)
    if (found && atLeast(found, 17, 0)) return { path: name, version: found }
  }
  return undefined
}

/** Whether this machine can list its processes: small images leave `ps` out. */
export async function findPs(): Promise<boolean> {
  return (await version('ps', ['-o', 'pid=', '-p', String(process.pid)], /(\d+)/)) !== undefined
}

export async function findMaven(): Promise<Tool | undefined> {
  const found = await version('mvn', ['--version'], /Apache Maven (\d+(?:\.\d+)*)/)
  return found === undefined ? undefined : { path: 'mvn', version: found }
}

/** Whether `1.2.3` is at least major.minor. */
export function atLeast(found: string, major: number, minor: number): boolean {
  const [a = 0, b = 0] = found.split('.').map(Number)
  return a > major || (a === major && b >= minor)
}
