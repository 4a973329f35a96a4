import { copyFile, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { installByMaven } from '../maven.ts'
import { STATE_DIRECTORY } from '../paths.ts'

const DYNAMODB_LOCAL_VERSION = '3.3.1'

const INSTALLED = path.join(STATE_DIRECTORY, 'dynamodb-local', DYNAMODB_LOCAL_VERSION)

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
  const java = await installByMaven(
    {
      name: `DynamoDB Local ${DYNAMODB_LOCAL_VERSION}`,
      needed: 'is AWS’s own DynamoDB, and the tests of reads and writes run on it.',
      folder: INSTALLED,
      pom: POM,
      goals: (work) => [
        ['dependency:copy-dependencies', `-DoutputDirectory=${path.join(work, 'lib')}`, '-DincludeScope=runtime'],
      ],
      async finish(work) {
        const { published, wanted } = nativeLibrary()
        await mkdir(path.join(work, 'native'))
        await copyFile(path.join(work, 'lib', published), path.join(work, 'native', wanted))
      },
    },
    log,
  )
  return { java: java.path, home: INSTALLED }
}
