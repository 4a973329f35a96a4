import { styleText } from 'node:util'
import { atLeast, findJava, findMaven, findPython, hasVenv, JAVA_HINT, MAVEN_HINT, PYTHON_HINT } from './tools.ts'

interface Check {
  readonly name: string
  readonly found: string | undefined
  readonly ok: boolean
  readonly needed: string
  readonly hint: string
}

const NODE_HINT = 'https://nodejs.org, or `nvm install 24`; npm scripts then run on the Node 24 of node_modules anyway.'

async function checks(): Promise<Check[]> {
  const [python, java, maven] = await Promise.all([findPython(), findJava(), findMaven()])
  const venv = python !== undefined && (await hasVenv(python.path))
  const emulator = 'the local AWS emulator: npm run demo, npm run local, and the tests that deploy'
  const database = 'DynamoDB Local, on which reads and writes are tested'
  return [
    {
      name: 'Node',
      found: process.versions.node,
      ok: atLeast(process.versions.node, 22, 12),
      needed: 'everything',
      hint: NODE_HINT,
    },
    {
      name: 'Python',
      found: python?.version,
      ok: python !== undefined,
      needed: emulator,
      hint: `3.10 or newer. ${PYTHON_HINT}`,
    },
    { name: 'Python venv', found: venv ? 'yes' : undefined, ok: venv, needed: emulator, hint: PYTHON_HINT },
    { name: 'Java', found: java?.version, ok: java !== undefined, needed: database, hint: `17 or newer. ${JAVA_HINT}` },
    { name: 'Maven', found: maven?.version, ok: maven !== undefined, needed: `fetching ${database}`, hint: MAVEN_HINT },
  ]
}

const all = await checks()
for (const { name, found, ok, needed, hint } of all) {
  const mark = ok ? styleText('green', 'ok     ') : styleText('red', 'missing')
  console.log(`${mark} ${name.padEnd(12)} ${(found ?? '-').padEnd(10)} for ${needed}`)
  if (!ok) console.log(`        ${hint}`)
}
const missing = all.filter((check) => !check.ok)
console.log(
  missing.length === 0
    ? '\nEverything `npm test` needs is here.'
    : `\nMissing for \`npm test\`: ${missing.map((c) => c.name).join(', ')}.`,
)
if (missing.length > 0) process.exitCode = 1
