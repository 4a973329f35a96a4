import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { AssetHashType, DockerImage } from 'aws-cdk-lib'
import { type AssetCode, Code } from 'aws-cdk-lib/aws-lambda'
import { type BuildOptions, buildSync } from 'esbuild'

/** The folder with `functions/` and `shared/`: the checkout, or `dist/` of the installed package. */
const ROOT = path.resolve(import.meta.dirname, '..')

/** `.ts` in a checkout, `.js` in the package. */
const EXTENSION = path.extname(import.meta.filename)

/** The names by which `functions/` import the user's modules; bound to them here. */
const MIGRATIONS = '#migrations'
const SEARCH = '#search'

/** What a deployment without index definitions has in their place. */
const NO_INDICES = path.join(ROOT, 'functions', 'wiring', `no-indices${EXTENSION}`)

const options: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // esbuild's default for Node picks the SDK's CommonJS entry points, and these cannot be tree-shaken.
  mainFields: ['module', 'main'],
  // Paths in comments are relative to this: the same code gives the same bytes on every machine.
  absWorkingDir: ROOT,
  legalComments: 'none',
  logLevel: 'error',
}

/** Some dependencies are CommonJS and call `require` for Node's own modules, which an ES module does not have. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

/**
 * The code of one file of `functions/`, bundled in this process by esbuild: no Docker, no search for a lock file, and the
 * same when this package is a dependency. Not minified, and with a source map, so that stack traces are readable.
 * @param migrations Absolute path of the user's migrations module.
 * @param search The same of the module of index definitions, if there is one.
 */
export function functionCode(name: string, migrations: string, search?: string): AssetCode {
  const folder = path.join(ROOT, 'functions')
  return Code.fromAsset(folder, {
    // The bundle decides, not the sources: a comment in another function deploys nothing.
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry('unused: bundled locally'),
      // CDK treats assets with the same folder and options as one asset; it does not see what `tryBundle` does.
      command: [name, migrations, search ?? ''],
      local: {
        tryBundle(outputDirectory) {
          const { outputFiles } = buildSync({
            ...options,
            entryPoints: [path.join(folder, name + EXTENSION)],
            // Nothing is written here. Paths in the map are relative to this file, so the bytes are the same on every machine.
            outfile: path.join(ROOT, 'index.mjs'),
            write: false,
            // Lets a quarantine reason name the line of the user's module. The text of the sources is not needed for that.
            sourcemap: 'linked',
            sourcesContent: false,
            alias: { [MIGRATIONS]: migrations, [SEARCH]: search ?? NO_INDICES },
            banner: { js: REQUIRE },
          })
          for (const file of outputFiles)
            writeFileSync(path.join(outputDirectory, path.basename(file.path)), file.contents)
          return true
        },
      },
    },
  })
}

/** A module of the user and its imports as one text, which changes only when their code does. */
export function moduleText(module: string): string {
  const { outputFiles } = buildSync({
    ...options,
    entryPoints: [module],
    absWorkingDir: path.dirname(module),
    // Minified, the text does not depend on the folders of the files.
    minify: true,
    write: false,
  })
  return outputFiles?.[0]?.text ?? ''
}
