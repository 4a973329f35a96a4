import { existsSync } from 'node:fs'
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { LocalError } from '../errors.ts'
import { withLock } from '../lock.ts'
import { STATE_DIRECTORY } from '../paths.ts'
import { run } from '../processes.ts'
import { findJava, findMaven, JAVA_HINT, MAVEN_HINT } from '../tools.ts'

const DYNAMODB_LOCAL_VERSION = '3.3.1'

const HOME = path.join(STATE_DIRECTORY, 'dynamodb-local')
const INSTALLED = path.join(HOME, DYNAMODB_LOCAL_VERSION)
const NEEDED = 'is AWS’s own DynamoDB, and the tests of reads and writes run on it.'

// Four SDK modules do not exist at the version that 3.3.1 requires; the BOM moves all of them to one that exists.
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>segue</groupId><artifactId>dynamodb-local</artifactId><version>1</version><packaging>pom</packaging>
  <dependencyManagement><dependencies><dependency>
    <groupId>software.amazon.awssdk</groupId><artifactId>bom</artifactId><version>2.33.0</version>
    <type>pom</type><scope>import</scope>
  </dependency></dependencies></dependencyManagement>
  <dependencies><dependency>
    <groupId>software.amazon.dynamodb</groupId><artifactId>DynamoDBLocal</artifactId><version>${DYNAMODB_LOCAL_VERSION}</version>
  </dependency></dependencies>
</project>
`

/** Java's native library of SQLite: the name the loader looks for, and the name it is published under. */
function nativeLibrary(): { published: string; wanted: string } {
  const [system, suffix, arch] =
    process.platform === 'darwin'
      ? ['osx', 'dylib', process.arch === 'arm64' ? 'arm64' : 'amd64']
      : ['linux', 'so', process.arch === 'arm64' ? 'arm64' : 'amd64']
  const name = `libsqlite4java-${system}-${arch}`
  return { published: `${name}-1.0.392.${suffix}`, wanted: `${name}.${suffix}` }
}

/** The folder with DynamoDB Local's jars, fetched with Maven on first use (about 60 MB; use, do not redistribute). */
export async function installDynamoDbLocal(
  log: (line: string) => void = () => {},
): Promise<{ java: string; home: string }> {
  const java = await findJava()
  if (!java) throw new LocalError('tool-missing', `No Java 17 or newer found. DynamoDB Local ${NEEDED} ${JAVA_HINT}`)
  if (!existsSync(INSTALLED)) await withLock(path.join(HOME, 'install.lock'), () => fetchJars(log))
  return { java: java.path, home: INSTALLED }
}

async function fetchJars(log: (line: string) => void): Promise<void> {
  if (existsSync(INSTALLED)) return
  if (!(await findMaven()))
    throw new LocalError('tool-missing', `No Maven found to fetch DynamoDB Local, which ${NEEDED} ${MAVEN_HINT}`)
  log(`Fetching DynamoDB Local ${DYNAMODB_LOCAL_VERSION} with Maven into ${INSTALLED}; once only.`)
  const work = `${INSTALLED}.partial`
  await rm(work, { recursive: true, force: true })
  await mkdir(path.join(work, 'native'), { recursive: true })
  await writeFile(path.join(work, 'pom.xml'), POM)
  const maven = await run('mvn', [
    ...['--batch-mode', '--quiet', '--file', path.join(work, 'pom.xml'), 'dependency:copy-dependencies'],
    ...[`-DoutputDirectory=${path.join(work, 'lib')}`, '-DincludeScope=runtime'],
  ])
  if (maven.code !== 0) {
    throw new LocalError(
      'install-failed',
      `Maven could not fetch DynamoDB Local; is Maven Central, or the mirror in ~/.m2/settings.xml, reachable?\n${maven.output.slice(-3000)}`,
    )
  }
  const { published, wanted } = nativeLibrary()
  await copyFile(path.join(work, 'lib', published), path.join(work, 'native', wanted))
  await rename(work, INSTALLED)
}
