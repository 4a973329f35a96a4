import path from 'node:path'
import { parseArgs } from 'node:util'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'

/**
 * Compares what each entry of the package exports with the report beside this file, so that a change of the public API is
 * seen in review. `--update` writes the reports. Reads the declarations of `dist/`: build first.
 */
const { update } = parseArgs({ options: { update: { type: 'boolean', default: false } } }).values

const ROOT = path.resolve(import.meta.dirname, '../..')
const DIST = path.join(ROOT, 'dist')

/** The declarations of each entry, by the name of its report. */
const entries = {
  'dynamodb-segue': 'shared/migrations/index.d.ts',
  'dynamodb-segue-infra': 'infra/index.d.ts',
  'dynamodb-segue-switch': 'switch/index.d.ts',
  'dynamodb-segue-testing': 'testing/index.d.ts',
}

for (const [name, declarations] of Object.entries(entries)) {
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: ROOT,
      mainEntryPointFilePath: path.join(DIST, declarations),
      compiler: {
        overrideTsconfig: {
          compilerOptions: { module: 'nodenext', target: 'es2024', types: ['node'], strict: true, skipLibCheck: true },
          files: [path.join(DIST, declarations)],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: import.meta.dirname,
        reportTempFolder: path.join(DIST, 'api'),
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        // What is exported counts, not how comments are tagged.
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: path.join(ROOT, 'package.json'),
  })
  const { apiReportChanged, succeeded } = Extractor.invoke(config, {
    localBuild: update,
    messageCallback: (message) => {
      message.handled = message.logLevel !== ExtractorLogLevel.Error
    },
  })
  if (update) continue
  if (apiReportChanged)
    console.error(
      `The public API differs from docs/api/${name}.api.md. If that is meant: npm run api, and review the diff.`,
    )
  if (apiReportChanged || !succeeded) process.exitCode = 1
}
