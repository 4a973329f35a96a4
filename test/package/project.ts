import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ROOT } from '../../local/paths.ts'
import { type Finished, run } from '../../local/processes.ts'
import { inFolder } from './packed.ts'

/** What a new user has: an empty folder that knows nothing of this repository. */
export class Project {
  readonly folder: string
  private readonly home = mkdtempSync(path.join(tmpdir(), 'segue-project-'))

  constructor() {
    // The CDK names the app after it.
    this.folder = path.join(this.home, 'app')
    mkdirSync(this.folder)
  }

  /** What a command writes to standard output. @throws Error where it fails. */
  ok(command: string, ...args: string[]): Promise<string> {
    return inFolder(this.folder)(command, ...args)
  }

  /** Runs a command, which may fail. */
  run(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
    return run(command, args, { cwd: this.folder, env: { ...process.env, ...env } })
  }

  write(file: string, text: string): void {
    writeFileSync(path.join(this.folder, file), text)
  }

  /** Changes a JSON file of the project. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the template holds
  change(file: string, change: (json: any) => void): void {
    const json = JSON.parse(readFileSync(path.join(this.folder, file), 'utf8'))
    change(json)
    this.write(file, JSON.stringify(json, null, 2))
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true })
  }
}

/** The first TypeScript block of README that contains `text`, without the indentation of the list it stands in. */
export function readmeBlock(text: string): string {
  const page = readFileSync(path.join(ROOT, 'README.md'), 'utf8')
  const blocks = [...page.matchAll(/^( *)```ts\n([\s\S]*?)^ *```$/gm)]
  const [, indent = '', block] = blocks.find(([, , code]) => code?.includes(text)) ?? []
  if (block === undefined) throw new Error(`README.md has no TypeScript block with ${text}`)
  return block.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
}
