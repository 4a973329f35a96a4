// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of a template as text
import path from 'node:path'
import { AttributeType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb'
import { Vpc } from 'aws-cdk-lib/aws-ec2'
import { describe, expect, it } from 'vitest'
import { OptionsError } from '../../../shared/config/errors.ts'
import { options, plain, type Resource, resources, synth, text } from './synth.ts'

const search = path.resolve(import.meta.dirname, '../../../functions/wiring/no-indices.ts')
const searchEndpoint = 'https://search-court-abcdefghijklmnopqrstuvwxyz.us-east-1.es.amazonaws.com'
const streamOf = (table: string) => `arn:aws:dynamodb:us-east-1:000000000000:table/${table}/stream/2026-11-21`
const streams = { sourceStream: streamOf('orders'), destinationStream: streamOf('orders-new') }
const all = { ...options, ...streams, searchEndpoint }

const without = synth({ options: all })
const template = synth({ options: all, search })

type Template = typeof template
const idsOf = (of: Template) => Object.keys(of.toJSON().Resources)
const functionsOf = (of: Template) => resources(of, 'AWS::Lambda::Function').map(([, { Properties }]) => Properties)
const named = (of: Template, name: string) =>
  functionsOf(of).find(({ Description }) => Description === `Segue: ${name}`)!

/** What a role may do beyond what it may in a deployment without definitions, one `action resource` a line. */
function gained(role: string): string[] {
  const before = granted(without, role)
  return granted(template, role).filter((line) => !before.includes(line))
}

function granted(of: Template, role: string): string[] {
  return resources(of, 'AWS::IAM::Policy')
    .filter(([, { Properties }]) => Properties.Roles.some(({ Ref }: { Ref: string }) => plain(Ref) === role))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
    .flatMap(({ Action, Resource: on }: { Action: string | string[]; Resource: unknown }) =>
      [Action].flat().flatMap((action) => [on].flat().map((each) => `${action} ${short(each)}`)),
    )
    .sort()
}

const short = (resource: unknown) =>
  text(resource)
    .replace(/^arn:\$\{AWS::Partition\}:\w+:\$\{AWS::Region\}:\$\{AWS::AccountId\}:/, '')
    .replace(/\$\{SegueFunctions\w+Logs\.Arn\}/, 'own logs')
    .replace('${SegueLedger.Arn}', 'ledger')
    .replace('${SegueManifests.Arn}', 'bucket')
    .replace(streams.destinationStream, 'stream of the destination')
    .replace(/\$\{SegueIndexFeedMapping\}/, 'of the index feed')

describe('a deployment without index definitions', () => {
  it('has nothing of what indices need, although it knows a stream and a domain', () => {
    const added = idsOf(template).filter((id) => !idsOf(without).includes(id))
    expect(added.length).toBeGreaterThan(4)
    expect(idsOf(without).filter((id) => /index|search/i.test(id))).toEqual([])
    // The id of a version has a hash of the options.
    const lasting = (of: Template) => idsOf(of).map((id) => id.replace(/(?<=CurrentVersion).*/, ''))
    const unknowing = synth({ options: { ...options, sourceStream: streams.sourceStream } })
    expect(lasting(without)).toEqual(lasting(unknowing))
    expect(Object.keys(without.toJSON().Outputs).filter((name) => /index|search/i.test(name))).toEqual([])
    for (const { Environment } of functionsOf(without))
      expect(Object.keys(Environment.Variables).filter((name) => /INDEX|SEARCH|DESTINATION/.test(name))).toEqual([])
  })

  it('keeps every resource when it gets definitions, so that the mapping of live changes stays on', () => {
    expect(idsOf(without).filter((id) => !idsOf(template).includes(id) && !id.includes('CurrentVersion'))).toEqual([])
    const mapping = (of: Template) =>
      resources(of, 'AWS::Lambda::EventSourceMapping').find(([id]) => plain(id) === 'SegueCaptureMapping')
    expect(mapping(template)).toEqual(mapping(without))
  })
})

describe('a deployment with index definitions', () => {
  it('maps the stream of the destination to the index feed, off until a build turns it on', () => {
    const mappings = resources(template, 'AWS::Lambda::EventSourceMapping')
    expect(mappings).toHaveLength(2)
    const [, mapping] = mappings.find(([id]) => plain(id) === 'SegueIndexFeedMapping') as [string, Resource]
    expect(mapping.Properties).toMatchObject({
      ...{ EventSourceArn: streams.destinationStream, Enabled: false, StartingPosition: 'TRIM_HORIZON' },
      ...{ BatchSize: 1_000, MaximumRetryAttempts: -1, MaximumRecordAgeInSeconds: -1 },
    })
    expect(text(mapping.Properties.FunctionName)).toMatch(/indexfeed/)
  })

  it('reserves concurrency for the feed, and says so', () => {
    expect(named(template, 'index-feed')).toMatchObject({ ReservedConcurrentExecutions: 40, Timeout: 300 })
  })

  it('tells its functions the hash of the definitions, the stream and the mapping', () => {
    const { Variables } = named(template, 'index-feed').Environment
    expect(Variables.SEGUE_SEARCH_HASH).toMatch(/^[0-9a-f]{64}$/)
    expect(Variables.SEGUE_DESTINATION_STREAM).toBe(streams.destinationStream)
    expect(JSON.parse(Variables.SEGUE_OPTIONS)).toMatchObject({ searchEndpoint })
    expect(text(named(template, 'watchdog').Environment.Variables.SEGUE_INDEX_MAPPING)).toBe('${SegueIndexFeedMapping}')
    // Only where the mapping may be changed.
    expect(Variables).not.toHaveProperty('SEGUE_INDEX_MAPPING')
  })

  it('monitors the feed like live changes', () => {
    const targets = resources(template, 'AWS::Events::Rule').flatMap(([, { Properties }]) => Properties.Targets)
    const inputs = targets.filter(({ Arn }) => text(Arn).includes('monitorstream')).map(({ Input }) => Input)
    expect(inputs.sort()).toEqual(['{"feed":"index"}', undefined])
  })

  it.each([
    [
      'indexfeed',
      [
        'dynamodb:BatchGetItem table/orders-new',
        'dynamodb:DescribeStream stream of the destination',
        'dynamodb:GetItem ledger',
        'dynamodb:GetRecords stream of the destination',
        'dynamodb:GetShardIterator stream of the destination',
        'dynamodb:ListStreams *',
        'dynamodb:PutItem ledger',
        'dynamodb:Query ledger',
        'es:ESHttpGet domain/court/*',
        'es:ESHttpPost domain/court/*',
        'logs:CreateLogStream own logs',
        'logs:PutLogEvents own logs',
        's3:ListBucket bucket',
        's3:PutObject bucket/aws/lambda/*',
        'xray:PutTelemetryRecords *',
        'xray:PutTraceSegments *',
      ],
    ],
    [
      'watchdog',
      [
        'lambda:GetEventSourceMapping event-source-mapping:of the index feed',
        'lambda:UpdateEventSourceMapping event-source-mapping:of the index feed',
      ],
    ],
    [
      'monitorstream',
      [
        'dynamodb:BatchGetItem table/orders-new',
        'dynamodb:DescribeStream stream of the destination',
        'dynamodb:GetRecords stream of the destination',
        'dynamodb:GetShardIterator stream of the destination',
        'es:ESHttpGet domain/court/*',
        'es:ESHttpPost domain/court/*',
        'lambda:GetEventSourceMapping event-source-mapping:of the index feed',
        'lambda:UpdateEventSourceMapping event-source-mapping:of the index feed',
      ],
    ],
    [
      'drain',
      [
        'dynamodb:DescribeStream stream of the destination',
        'dynamodb:GetRecords stream of the destination',
        'dynamodb:GetShardIterator stream of the destination',
      ],
    ],
    ['live', []],
    ['settle', []],
    ['repair', []],
    ['finish', []],
  ])('gives %s these permissions besides', (name, expected) => {
    expect(gained(`SegueFunctions${name}Role`)).toEqual(expected)
  })

  it('names the roles that the domain must know, and the mapping', () => {
    const { SearchRoles, IndexMapping } = template.toJSON().Outputs
    expect(text(SearchRoles.Value)).toContain('${SegueFunctionsindexfeedRole.Arn}')
    expect(text(IndexMapping.Value)).toBe('${SegueIndexFeedMapping}')
  })

  it('takes a table and a domain of the same app', () => {
    const given = synth((stack) => ({
      options: { sourceTable: 'orders' },
      search,
      destinationTable: new Table(stack, 'New', {
        partitionKey: { name: 'pk', type: AttributeType.STRING },
        stream: StreamViewType.KEYS_ONLY,
      }),
      searchDomain: { domainArn: 'arn:aws:es:us-east-1:000000000000:domain/court', domainEndpoint: 'the-endpoint' },
    }))
    const { Variables } = named(given, 'index-feed').Environment
    expect(text(Variables.SEGUE_DESTINATION_STREAM)).toBe('${New.StreamArn}')
    expect(text(Variables.SEGUE_OPTIONS)).toContain('"searchEndpoint":"https://the-endpoint"')
    expect(granted(given, 'SegueFunctionsindexfeedRole')).toContain(
      'es:ESHttpPost arn:aws:es:us-east-1:000000000000:domain/court/*',
    )
  })

  it('needs no permission for a cluster that is none of AWS', () => {
    const elsewhere = synth({ options: { ...all, searchEndpoint: 'http://10.0.0.1:9200' }, search })
    expect(granted(elsewhere, 'SegueFunctionsindexfeedRole').filter((line) => line.startsWith('es:'))).toEqual([])
  })

  it('has a security group in a VPC, for the domain to let in', () => {
    const inside = synth((stack) => ({ options: all, search, vpc: new Vpc(stack, 'Vpc') }))
    expect(named(inside, 'index-feed').VpcConfig.SecurityGroupIds).toHaveLength(1)
  })
})

describe('index definitions', () => {
  it.each([
    [
      'no stream of the destination',
      { destinationStream: undefined },
      search,
      /`destinationStream`.*stream of the desti/,
    ],
    ['no endpoint', { searchEndpoint: undefined }, search, /`searchEndpoint`.*endpoint of a domain/],
    [
      'a user in the endpoint',
      { searchEndpoint: 'https://a:b@search.example.com' },
      search,
      /without user and password/,
    ],
    [
      'a name that tells no domain',
      { searchEndpoint: 'https://court.us-east-1.es.amazonaws.com' },
      search,
      /searchDomain/,
    ],
    ['no module', {}, '/nowhere/indices.ts', /`search`: expected a module/],
  ])('with %s fail the synthesis', (_, change, module, problem) => {
    const attempt = () => synth({ options: { ...all, ...change }, search: module })
    expect(attempt).toThrow(OptionsError)
    expect(attempt).toThrow(problem)
  })
})
