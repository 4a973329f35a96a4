import { Stack } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { OptionsError } from '../shared/config/errors.ts'
import {
  type Deployed,
  deployedNames,
  type Permissions,
  functions as table,
} from '../shared/config/functions-and-permissions.ts'
import type { Options } from '../shared/config/options.ts'
import { codeHash } from './code-hash.ts'
import type { SegueFunction } from './functions.ts'

/** The part of an OpenSearch domain that is used here; CDK's `Domain` and imported domains have it. */
export interface SearchDomain {
  readonly domainArn: string
  readonly domainEndpoint: string
}

/** What a deployment that builds indices has besides. */
export interface SearchParts {
  /** Absolute path of the module of index definitions, and its hash. */
  module: string
  hash: string
  /** ARN of the domain; no value where it is none of AWS. */
  domainArn: string | undefined
  /** ARN of the destination's stream. */
  streamArn: string
}

/** @throws OptionsError naming what is missing. */
export function searchOf(
  scope: Construct,
  module: string,
  { searchEndpoint }: Options,
  streamArn: string | undefined,
  domain: SearchDomain | undefined,
): SearchParts {
  const hash = codeHash(module, 'search')
  const problems: string[] = []
  if (!streamArn)
    problems.push(
      '`destinationStream`: index definitions need the stream of the destination, which carries later changes into the indices. Enable it and give its ARN, or hand the table over',
    )
  if (searchEndpoint === undefined)
    problems.push('`searchEndpoint`: index definitions need the endpoint of a domain. Give it, or hand the domain over')
  if (!streamArn || searchEndpoint === undefined) throw new OptionsError(problems)
  return { module, hash, streamArn, domainArn: domain ? domain.domainArn : domainArnOf(scope, searchEndpoint) }
}

/** The roles that a domain with fine-grained access control must know. */
export function rolesThatSearch(functions: Deployed<SegueFunction>): string[] {
  return deployedNames({ search: true }).flatMap((name) => {
    const { search }: Permissions = table[name].may
    return (search && functions[name]?.role.roleArn) ?? []
  })
}

/** The ARN of a domain of this account and region, by its endpoint: `search-NAME-…` or `vpc-NAME-…` and 26 characters. */
function domainArnOf(scope: Construct, endpoint: string): string | undefined {
  // The endpoint of a domain of the same app is not known yet.
  const hostname = URL.canParse(endpoint) ? new URL(endpoint).hostname : ''
  if (hostname !== '' && !/\.es\.amazonaws\.com(\.cn)?$|\.on\.aws$/.test(hostname)) return undefined
  const [, name] = /^(?:search|vpc)-(.+)-[a-z0-9]{26}\./.exec(hostname) ?? []
  if (name === undefined)
    throw new OptionsError([
      `\`searchEndpoint\`: ${endpoint} does not name its domain. Hand the domain over (\`searchDomain\`)`,
    ])
  return Stack.of(scope).formatArn({ service: 'es', resource: 'domain', resourceName: name })
}
