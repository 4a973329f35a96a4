import { mkdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { installByMaven } from '../maven.ts'
import { STATE_DIRECTORY } from '../paths.ts'

export const OPENSEARCH_VERSION = '2.19.6'

export const OPENSEARCH_HOME = path.join(STATE_DIRECTORY, 'opensearch')
const INSTALLED = path.join(OPENSEARCH_HOME, OPENSEARCH_VERSION)

/** The distribution has no module but its transport; these are published apart. */
const modules = {
  'analysis-common': { artifact: 'analysis-common', plugin: 'org.opensearch.analysis.common.CommonAnalysisPlugin' },
  'mapper-extras': { artifact: 'mapper-extras-client', plugin: 'org.opensearch.index.mapper.MapperExtrasPlugin' },
  'parent-join': { artifact: 'parent-join-client', plugin: 'org.opensearch.join.ParentJoinPlugin' },
} as const

/** Each artifact alone: the distribution holds what they depend on. */
const dependency = (group: string, artifact: string, type: string) => `<dependency>
    <groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${OPENSEARCH_VERSION}</version><type>${type}</type>
    <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
  </dependency>`

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>segue</groupId><artifactId>opensearch</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
  ${dependency('org.opensearch.distribution.integ-test-zip', 'opensearch', 'zip')}
  ${Object.values(modules)
    .map(({ artifact }) => dependency('org.opensearch.plugin', artifact, 'jar'))
    .join('\n  ')}
  </dependencies>
</project>
`

/** What OpenSearch reads of a module beside its jar. */
const descriptor = (name: string, plugin: string) =>
  Object.entries({
    name,
    description: name,
    version: OPENSEARCH_VERSION,
    'opensearch.version': OPENSEARCH_VERSION,
    'java.version': '11',
    classname: plugin,
    'extended.plugins': '',
    'has.native.controller': 'false',
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')

/** The folder of OpenSearch, fetched with Maven on first use (about 55 MB). */
export async function installOpenSearch(
  log: (line: string) => void = () => {},
): Promise<{ java: string; home: string }> {
  const java = await installByMaven(
    {
      name: `OpenSearch ${OPENSEARCH_VERSION}`,
      needed: 'is the search cluster that the tests of indices run on.',
      folder: INSTALLED,
      pom: POM,
      goals: (work) => [
        ['dependency:unpack-dependencies', `-DoutputDirectory=${work}`, '-DincludeTypes=zip'],
        ['dependency:copy-dependencies', `-DoutputDirectory=${path.join(work, 'jars')}`, '-DincludeTypes=jar'],
      ],
      async finish(work) {
        for (const [name, { artifact, plugin }] of Object.entries(modules)) {
          const folder = path.join(work, `opensearch-${OPENSEARCH_VERSION}`, 'modules', name)
          const jar = `${artifact}-${OPENSEARCH_VERSION}.jar`
          await mkdir(folder)
          await rename(path.join(work, 'jars', jar), path.join(folder, jar))
          await writeFile(path.join(folder, 'plugin-descriptor.properties'), descriptor(name, plugin))
        }
      },
    },
    log,
  )
  return { java: java.path, home: path.join(INSTALLED, `opensearch-${OPENSEARCH_VERSION}`) }
}
