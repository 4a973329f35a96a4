import { styleText } from 'node:util'
import { isHealthy } from './emulator/start.ts'
import { namedOpenSearch, responds } from './opensearch/start.ts'
import {
  atLeast,
  findJava,
  findMaven,
  findPs,
  findPython,
  hasVenv,
  JAVA_HINT,
  MAVEN_HINT,
  PS_HINT,
  PYTHON_HINT,
} from './tools.ts'

/** The commands of this checkout, and the checks that each needs. */
const uses = {
  'npm run demo': ['Node', 'Python', 'Python venv'],
  'npm run local': ['Node', 'Python', 'Python venv', 'ps'],
  'npm test': ['Node', 'Python', 'Python venv', 'ps', 'Java', 'Maven', 'OpenSearch'],
  'npm run e2e:localstack': ['Node', 'LocalStack'],
} as const

type Name = (typeof uses)[keyof typeof uses][number]

interface Check {
  readonly found: string | undefined
  readonly ok: boolean
  readonly needed: string
  readonly hint: string
}

const NODE_HINT = 'https://nodejs.org, or `nvm install 24`; npm scripts then run on the Node 24 of node_modules anyway.'
const OPENSEARCH_HINT =
  'Nothing responds at SEGUE_OPENSEARCH. Start it, or unset the variable: then one is installed on first use.'
const LOCALSTACK_HINT = 'Start LocalStack and set AWS_ENDPOINT_URL to it. Nothing else needs it.'

async function checks(): Promise<Record<Name, Check>> {
  const endpoint = process.env.AWS_ENDPOINT_URL
  const [python, java, maven, ps] = await Promise.all([findPython(), findJava(), findMaven(), findPs()])
  const venv = python !== undefined && (await hasVenv(python.path))
  const answers = endpoint !== undefined && (await isHealthy(endpoint))
  const emulator = 'the local AWS emulator'
  const database = 'DynamoDB Local and OpenSearch, on which reads, writes and indices are tested'
  const named = namedOpenSearch()
  const searches = named === undefined || (await responds(named))
  return {
    Node: {
      found: process.versions.node,
      ok: atLeast(process.versions.node, 22, 12),
      needed: 'everything',
      hint: NODE_HINT,
    },
    Python: {
      found: python?.version,
      ok: python !== undefined,
      needed: emulator,
      hint: `3.10 or newer. ${PYTHON_HINT}`,
    },
    'Python venv': { found: venv ? 'yes' : undefined, ok: venv, needed: emulator, hint: PYTHON_HINT },
    ps: { found: ps ? 'yes' : undefined, ok: ps, needed: 'telling our processes from others', hint: PS_HINT },
    Java: { found: java?.version, ok: java !== undefined, needed: database, hint: `17 or newer. ${JAVA_HINT}` },
    Maven: { found: maven?.version, ok: maven !== undefined, needed: `fetching ${database}`, hint: MAVEN_HINT },
    OpenSearch: {
      found: named === undefined ? 'by Maven' : searches ? 'named' : undefined,
      ok: searches,
      needed: 'indices, in tests',
      hint: OPENSEARCH_HINT,
    },
    LocalStack: {
      found: answers ? 'yes' : undefined,
      ok: answers,
      needed: 'npm run e2e:localstack',
      hint: LOCALSTACK_HINT,
    },
  }
}

const all = await checks()
for (const [name, { found, ok, needed, hint }] of Object.entries(all)) {
  const absent = name === 'LocalStack' ? styleText('yellow', 'absent ') : styleText('red', 'missing')
  const mark = ok ? styleText('green', 'ok     ') : absent
  console.log(`${mark} ${name.padEnd(12)} ${(found ?? '-').padEnd(10)} for ${needed}`)
  if (!ok) console.log(`        ${hint}`)
}
console.log()
for (const [command, names] of Object.entries(uses)) {
  const missing = names.filter((name) => !all[name].ok)
  console.log(`${command.padEnd(24)} ${missing.length === 0 ? 'can run' : `needs ${missing.join(', ')}`}`)
}
if (uses['npm test'].some((name) => !all[name].ok)) process.exitCode = 1
