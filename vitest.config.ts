import path from 'node:path'
import { defineConfig } from 'vitest/config'
import tsconfig from './tsconfig.json' with { type: 'json' }

/** `dynamodb-segue` is this checkout, not what was last built of it; for an example with a tsconfig of its own, too. */
const alias = Object.entries(tsconfig.compilerOptions.paths).map(([find, [file = '']]) => ({
  find: new RegExp(`^${find}$`),
  replacement: path.resolve(import.meta.dirname, file),
}))

/**
 * Groups run one after the other: what starts real parts needs the machine for itself.
 * @param maxWorkers files at once; by default Vitest leaves a processor unused, of two.
 */
const project = (
  group: number,
  name: string,
  include: string[],
  testTimeout: number,
  maxWorkers: number | string = 1,
) => ({
  resolve: { alias },
  test: {
    name,
    include,
    environment: 'node' as const,
    testTimeout,
    hookTimeout: 600_000,
    maxWorkers,
    sequence: { groupOrder: group },
  },
})

/** From cheap to real. */
export default defineConfig({
  test: {
    projects: [
      project(0, 'unit', ['test/unit/**/*.test.ts', 'examples/**/*.test.ts'], 120_000, '100%'),
      project(0, 'simulation', ['test/simulation/**/*.test.ts', 'test/exhaustive/**/*.test.ts'], 900_000, '100%'),
      // A new user's projects, from what is published.
      project(1, 'package', ['test/package/**/*.test.ts'], 600_000),
      project(2, 'contract', ['test/contract/**/*.test.ts'], 180_000),
      project(3, 'integration', ['test/integration/**/*.test.ts'], 300_000),
      project(4, 'local', ['test/local/**/*.test.ts'], 300_000),
      // Each file has an emulator of its own, which is one process: two of them use two processors.
      project(5, 'e2e', ['test/e2e/**/*.test.ts'], 900_000, 2),
    ],
  },
})
