import { readFile, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { CliError } from './errors.ts'

/** This package, in a checkout as well as installed. */
const manifestFile = createRequire(import.meta.url).resolve('dynamodb-segue/package.json')

/** The files to write, and their sources in `examples/starter`. npm leaves every `.gitignore` out of a package. */
const files: Record<string, string> = {
  'migrations.ts': 'migrations.ts',
  'migrations.test.ts': 'migrations.test.ts',
  'app.ts': 'app.ts',
  'cdk.json': 'cdk.json',
  'tsconfig.json': 'tsconfig.json',
  '.gitignore': 'gitignore',
}

const scripts = { test: 'vitest run', check: 'tsc --noEmit', synth: 'cdk synth --quiet', deploy: 'cdk deploy' }
/** Development dependencies of the app, in the versions that this package is tested with. */
const packages = ['@types/node', 'aws-cdk', 'aws-cdk-lib', 'constructs', 'tsx', 'typescript', 'vitest', 'zod']

/** The placeholder that `npm init` writes as test script. */
const noTest = 'echo "Error: no test specified" && exit 1'

interface Manifest {
  type?: string
  scripts?: Record<string, string>
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

/**
 * Writes a migrations module, its test and a CDK app into a folder, and adds missing scripts and dependencies to its
 * `package.json`. If one of the other files exists, nothing is written.
 * @returns the names of the files written.
 * @throws CliError `files-exist` naming them; `bad-package-json` if it is not JSON, or of a CommonJS package.
 */
export async function initialize(folder: string): Promise<string[]> {
  const there = await Promise.all(Object.keys(files).map(async (name) => ((await exists(folder, name)) ? [name] : [])))
  const existing = there.flat()
  if (existing.length > 0)
    throw new CliError(
      'files-exist',
      `${existing.join(', ')} ${existing.length === 1 ? 'exists' : 'exist'} here, so nothing was written. Run \`segue init\` in an empty folder and copy what you need, or move them away.`,
    )
  const manifest = await completeManifest(folder)
  const starter = path.join(path.dirname(manifestFile), 'examples', 'starter')
  for (const [name, from] of Object.entries(files))
    await writeFile(path.join(folder, name), await readFile(path.join(starter, from)), { flag: 'wx' })
  await writeFile(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  return [...Object.keys(files), 'package.json']
}

async function exists(folder: string, name: string): Promise<boolean> {
  return stat(path.join(folder, name)).then(
    () => true,
    () => false,
  )
}

/** The folder's `package.json` with the missing entries added. */
async function completeManifest(folder: string): Promise<Manifest> {
  const given = await readManifest(folder)
  // `npm init` writes "commonjs" beside its placeholder, and `npm install` no type and no scripts: neither is a decision.
  const undecided = !given || given.scripts?.test === noTest || (given.type === undefined && !given.scripts)
  if (given?.type !== 'module' && !undecided)
    throw new CliError(
      'bad-package-json',
      'Expected "type": "module" in package.json, since the app is written in ES modules. Set it (`npm pkg set type=module`) if everything else here is ES modules too, or run `segue init` in a folder of its own.',
    )
  const { devDependencies = {}, dependencies = {} } = JSON.parse(await readFile(manifestFile, 'utf8')) as Manifest
  const tested: Record<string, string> = { ...dependencies, ...devDependencies }
  const missing = packages.filter((name) => !given?.dependencies?.[name] && !given?.devDependencies?.[name])
  const { test, ...otherScripts } = given?.scripts ?? {}
  return {
    ...(given ?? { private: true }),
    type: 'module',
    scripts: { ...scripts, ...otherScripts, ...(test && test !== noTest && { test }) },
    devDependencies: {
      ...given?.devDependencies,
      ...Object.fromEntries(missing.map((name) => [name, tested[name] ?? '*'])),
    },
  }
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  if (!(await exists(folder, 'package.json'))) return undefined
  const text = await readFile(path.join(folder, 'package.json'), 'utf8')
  try {
    return JSON.parse(text) as Manifest
  } catch (cause) {
    throw new CliError(
      'bad-package-json',
      'package.json is not JSON. Mend it, or run `segue init` in an empty folder.',
      {
        cause,
      },
    )
  }
}
