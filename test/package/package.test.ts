import path from 'node:path'
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deploy, type Emulator, localClient, localEnvironment, startEmulator } from '../../local/index.ts'
import { BIN_DIRECTORY } from '../../local/paths.ts'
import manifest from '../../package.json' with { type: 'json' }
import { tarball } from './packed.ts'
import { Project, readmeBlock } from './project.ts'

/** The lowest versions that package.json promises. */
const lowest = Object.entries(manifest.peerDependencies).map(([name, range]) => `${name}@${range.replace('^', '')}`)

/** README names it: the first that lets a CommonJS module require an ES module under `nodenext`. */
const LOWEST_TYPESCRIPT = '5.8.0'

const project = new Project()
let packed: string

beforeAll(async () => {
  packed = await tarball()
  await project.ok(path.join(BIN_DIRECTORY, 'cdk'), 'init', 'app', '--language', 'typescript', '--generate-only')
  const { devDependencies } = manifest
  project.change('package.json', (json) => {
    // The test runner of the template is a large installation that this package has no part in.
    json.devDependencies = {
      '@types/node': devDependencies['@types/node'],
      'aws-cdk': devDependencies['aws-cdk'],
      tsx: manifest.dependencies.tsx,
      typescript: devDependencies.typescript,
      'lowest-typescript': `npm:typescript@~${LOWEST_TYPESCRIPT}`,
    }
    json.dependencies = {
      'aws-cdk-lib': devDependencies['aws-cdk-lib'],
      constructs: devDependencies.constructs,
      zod: manifest.dependencies.zod,
    }
  })
  project.change('tsconfig.json', ({ compilerOptions }) => {
    compilerOptions.types = ['node']
  })
  await project.ok('rm', '-r', 'test', 'jest.config.js')
  await project.ok('npm', 'install', packed)
  writeApp()
})
afterAll(() => project.remove())

function writeApp(): void {
  project.write('renames.ts', readmeBlock('defineMigration'))
  project.write(
    'migrations.ts',
    `import { defineMigration } from 'dynamodb-segue'
import { z } from 'zod'
import renames from './renames'

export default [
  ...renames,
  defineMigration({
    id: '2021-09-12-fails',
    title: 'Some work items cannot be migrated',
    applies: { keyPrefix: { pk: 'broken|' } },
    source: z.looseObject({}),
    target: z.looseObject({}),
    up() {
      throw new RangeError('its contents')
    },
  }),
]
`,
  )
  project.write(
    'migrations.test.ts',
    `import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { apply } from 'dynamodb-segue/testing'
import migrations from './migrations'

test('work items are called tasks', () => {
  const key = { pk: 'work|1', sk: 'work|1' }
  deepEqual(apply(migrations, { ...key, entityType: 'WorkItem' }), { kind: 'migrated', outputs: [{ ...key, entityType: 'Task' }] })
})
`,
  )
  project.write(
    'lib/app-stack.ts',
    `import * as path from 'node:path'
import * as cdk from 'aws-cdk-lib/core'
import { AttributeType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb'
import { Construct } from 'constructs'
import { Segue } from 'dynamodb-segue/infra'

export class AppStack extends cdk.Stack {
  constructor(scope: Construct, id: string, props?: cdk.StackProps) {
    super(scope, id, props)
    const key = {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
    }
    new Segue(this, 'Segue', {
      options: { concurrency: 4, segments: 4 },
      migrations: path.join(__dirname, '../migrations.ts'),
      sourceTable: new Table(this, 'Old', { ...key, stream: StreamViewType.NEW_AND_OLD_IMAGES }),
      destinationTable: new Table(this, 'New', key),
    })
  }
}
`,
  )
}

describe('what is packed', () => {
  it('is JavaScript, declarations, source maps and what `segue init` copies, and no room that only a clone needs', async () => {
    const files = (await project.ok('tar', '-tzf', packed)).trim().split('\n')
    const rooms = new Set(files.map((file) => file.replace('package/', '').split('/').slice(0, 2).join('/')))
    expect([...rooms].toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist/cli',
      'dist/functions',
      'dist/infra',
      'dist/shared',
      'dist/switch',
      'dist/testing',
      'examples/starter',
      'package.json',
    ])
    expect(files.filter((file) => /dist\/.*(?<!\.d)\.ts$/.test(file))).toEqual([])
  })
})

describe('in a new project', () => {
  it.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('type-checks as %s with the resolution %s, its own declarations included', async (module, moduleResolution) => {
    const options = ['--noEmit', '--module', module, '--moduleResolution', moduleResolution]
    await project.ok('npx', 'tsc', ...options)
    await project.ok('node', 'node_modules/lowest-typescript/bin/tsc', ...options)
    const { output } = await project.run('npx', ['tsc', ...options, '--skipLibCheck', 'false'])
    expect(output.split('\n').filter((line) => line.includes('dynamodb-segue'))).toEqual([])
  })

  it("tests README's migration with the test kit", async () => {
    expect(await project.ok('npx', 'tsx', '--test', 'migrations.test.ts')).toContain('pass 1')
  })

  it.each([
    ['dynamodb-segue', 'defineMigration'],
    ['dynamodb-segue/infra', 'Segue'],
    ['dynamodb-segue/switch', 'followSwitch'],
    ['dynamodb-segue/testing', 'apply'],
  ])('plain Node imports and requires %s', async (entry, name) => {
    const module = `import { ${name} } from '${entry}'; console.log(typeof ${name})`
    expect(await project.ok('node', '--input-type=module', '-e', module)).toBe('function\n')
    const script = `console.log(typeof require('${entry}').${name})`
    expect(await project.ok('node', '--input-type=commonjs', '-e', script)).toBe('function\n')
  })

  it('runs the command', async () => {
    expect(await project.ok('npx', 'segue', '--version')).toBe(`${manifest.version}\n`)
    expect(await project.ok('npx', 'segue', '--help')).toContain('quarantine')
  })
})

describe('deployed from the new project', () => {
  let aws: Emulator
  beforeAll(async () => {
    aws = await startEmulator()
  })
  afterAll(() => aws?.stop())

  it('migrates, and says in which line of the migrations an item was refused', async () => {
    const { AppStack: outputs = {} } = await deploy({ endpoint: aws.endpoint, appDirectory: project.folder })
    const dynamodb = new DynamoDBClient(localClient(aws.endpoint))
    for (const pk of ['work|1', 'broken|1'])
      await dynamodb.send(
        new PutItemCommand({
          TableName: outputs.SourceTable,
          Item: { pk: { S: pk }, sk: { S: pk }, entityType: { S: 'WorkItem' } },
        }),
      )
    const segue = (...args: string[]) => project.run('npx', ['segue', ...args], localEnvironment(aws.endpoint))
    const ran = await segue('run', '--offline', '--wait')
    expect(ran.output).toContain('finished')
    const { Items } = await dynamodb.send(new ScanCommand({ TableName: outputs.DestinationTable }))
    expect(Items).toEqual([{ pk: { S: 'work|1' }, sk: { S: 'work|1' }, entityType: { S: 'Task' } }])
    expect((await segue('status')).output).toContain('finished')
    expect((await segue('quarantine', 'list')).output).toContain('threw RangeError at migrations.ts:14')
  })
})

describe(`with ${lowest.join(' and ')}`, () => {
  it('synthesizes', async () => {
    await project.ok('rm', '-r', 'node_modules', 'package-lock.json')
    await project.ok('npm', 'install', '--save-exact', packed, ...lowest)
    await project.ok('npx', 'cdk', 'synth', '--quiet')
  })
})
